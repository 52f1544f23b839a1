/** Gaps: everything that could not be looked at, as a section of every document. */
import { plural } from './place';
import type { Observation, ScanError } from '../../lambda/core/model/observation';
import type { Log } from '../../lambda/core/ports';
import { failure } from '../../lambda/core/report/wording';
import { hintFor, shortMessage } from '../aws/problems';
import type { Section } from '../render/document';

/** Something that a command could not look at. */
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
    const words = failure({ ...scan, error: { ...error, message: shortMessage(error.message) } });
    return { message: `${words}${hint === undefined ? '' : `; ${hint}`}`, code: error.code, vpcId, resourceId };
  });
}

/** The fields of a gap as a row. */
export const gapRow = ({ message, vpcId }: Gap) => ({ kind: 'couldNotLook', words: message, vpcId });

/** Returns the gaps of an observation. A call that only takes the place of others counts, too, because it failed. */
export const gapsOfObservation = (observation: Observation): Gap[] => [
  ...gapsOf([...observation.errors, ...observation.proofs?.failures ?? []]), ...notCoveredGaps(observation),
];

/** VPCs of other accounts. Only their owners may look for stale rules there. */
function notCoveredGaps({ vpcs }: Observation): Gap[] {
  return [...vpcs?.notCovered ?? []].sort().map(vpcId => ({
    vpcId, message: `${vpcId} belongs to another account, and only that account may look for stale rules there`,
  }));
}

/** Collects what a planned sweep would log as a warning. Each sweep may log the same. */
export function collectingWarnings(): { readonly warn: Log; readonly warnings: () => Gap[] } {
  const messages = new Set<string>();
  return {
    warn: (level, message) => {
      if (level !== 'INFO') messages.add(message);
    },
    warnings: () => [...messages].map(message => ({ message })),
  };
}

/** The number of gaps that are alike up to which each is shown. */
const MOST_ALIKE = 5;

export function gapSection(gaps: readonly Gap[]): Section[] {
  if (gaps.length === 0) return [];
  return [{
    title: 'Could not look',
    sentences: [
      { text: `${plural(gaps.length, 'thing')} could not be looked at, so the list is not complete:`, tone: 'bad' },
    ],
    tables: [{
      columns: [{ title: 'Gap', isProse: true }],
      rows: summed(gaps).map(text => [{ text, tone: 'bad' as const }]),
    }],
  }];
}

/** Missing a permission may cost every VPC, so gaps that differ only in their place are shown a few times. */
function summed(gaps: readonly Gap[]): string[] {
  const alike = new Map<string, string[]>();
  for (const { message, vpcId = '', resourceId = '' } of gaps) {
    const key = [vpcId, resourceId].reduce((text, id) => id === '' ? text : text.replaceAll(id, ''), message);
    alike.set(key, [...alike.get(key) ?? [], message]);
  }
  return [...alike.values()].flatMap(messages => {
    const more = messages.length - MOST_ALIKE;
    return more > 0 ? [...messages.slice(0, MOST_ALIKE), `and ${plural(more, 'more', 'more')} like these`] : messages;
  });
}
