/** What could not be looked at, as a section of every document. */
import { plural } from './place';
import type { Observation, ScanError } from '../../lambda/core/model/observation';
import { failure } from '../../lambda/core/report/wording';
import { hintFor } from '../aws/problems';
import type { Section } from '../render/document';

/** Something that a command could not look at, and what to do. */
export interface Gap {
  readonly message: string;
  readonly code?: string;
  readonly vpcId?: string;
  readonly resourceId?: string;
}

export function gapsOf(errors: readonly ScanError[]): Gap[] {
  return errors.map(scan => {
    const { error, vpcId, resourceId } = scan;
    const hint = hintFor(error);
    return { message: `${failure(scan)}${hint === undefined ? '' : `; ${hint}`}`, code: error.code, vpcId, resourceId };
  });
}

/** VPCs of other accounts. Only their owners may look for stale rules there. */
export function notCoveredGaps({ vpcs }: Observation): Gap[] {
  return [...vpcs?.notCovered ?? []].sort().map(vpcId => ({
    vpcId, message: `${vpcId} belongs to another account, and only that account may look for stale rules there`,
  }));
}

export function gapSection(gaps: readonly Gap[]): Section[] {
  if (gaps.length === 0) return [];
  return [{
    title: 'Could not look',
    sentences: [
      { text: `${plural(gaps.length, 'thing')} could not be looked at, so the list is not complete:`, tone: 'bad' },
    ],
    tables: [{
      columns: [{ title: 'What', isProse: true }],
      rows: gaps.map(({ message }) => [{ text: message, tone: 'bad' as const }]),
    }],
  }];
}
