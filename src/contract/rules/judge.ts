/**
 * Determines whether a declaration flags a live rule, and names what the rule admits that it should not.
 *
 * With OVERLAPS, a rule is flagged if it admits any of the declared traffic that no exception admits. The exceptions
 * count as one set of traffic. What is not known, such as the members of a group, may be in an exception and may be
 * declared, so a rule is flagged only if it is flagged either way.
 */
import type { PrefixLists } from './prefix-lists';
import { intersection, overlap } from './ranges';
import { matches, type Relation } from './relation';
import { type Segment, segmentsOf, ServicesByKey } from './segments';
import { type Services, servicesOf } from './services';
import {
  type Completing, completing, isMaybeLeft, isSurelyLeft, type LiveSource, liveSource, NO_SOURCES, type Sources,
  sourcesOf,
} from './sources';
import { restWords, servicesFrom } from './words';
import type { DeclaredTraffic, FlaggedIngressRule } from '../configuration';
import type { Source, Traffic } from '../traffic';

export interface Judgement {
  /** Whether the declaration flags the rule. `unknown`: this cannot be proved. */
  readonly relation: Relation;
  /** The traffic that the rule admits and no exception does, such as `tcp 0-79 from 0.0.0.0/0`, if there are any. */
  readonly admits?: string;
}

type Judging = Pick<FlaggedIngressRule, 'traffic' | 'match' | 'except'>;

export function judge(live: Traffic, declaration: Judging, prefixLists: PrefixLists): Judgement {
  const { match, traffic } = declaration;
  if (match === 'OVERLAPS') return overlaps(live, declaration, prefixLists);
  let relation: Relation = 'no';
  for (const each of traffic) {
    const one = matches(live, each, match, prefixLists);
    if (one === 'yes') return { relation: one };
    if (one === 'unknown') relation = one;
  }
  return { relation };
}

/** A declaration as every rule is compared with it. */
interface Prepared {
  /** All declared sources. */
  readonly declared: Sources;
  /** The segments for a proof that a rule is flagged. */
  readonly sure: readonly DeclaredSegment[];
  /** The segments for a proof that it is not. */
  readonly possible: readonly DeclaredSegment[];
}

interface DeclaredSegment {
  readonly services: Services;
  readonly declared: Sources;
  readonly except: Sources;
}

const known = new WeakMap<Judging, Prepared>();

function preparedFor(declaration: Judging): Prepared {
  const prepared = known.get(declaration) ?? {
    declared: sourcesOf(declaration.traffic.map(({ source }) => source)),
    sure: declaredSegments(declaration, 'certain', 'possible'),
    possible: declaredSegments(declaration, 'possible', 'certain'),
  };
  known.set(declaration, prepared);
  return prepared;
}

type Certainty = 'certain' | 'possible';

function declaredSegments(
  { traffic, except }: Judging, declaredServices: Certainty, exceptServices: Certainty,
): DeclaredSegment[] {
  const box = (each: DeclaredTraffic, certainty: Certainty, isDeclared: boolean) =>
    ({ services: servicesOf(each)[certainty], source: each.source, isDeclared });
  const segments = segmentsOf([
    ...traffic.map(each => box(each, declaredServices, true)),
    ...except.map(each => box(each, exceptServices, false)),
  ]);
  const sources = ({ boxes }: Segment<ReturnType<typeof box>>, isDeclared: boolean): Sources =>
    sourcesOf(boxes.filter(each => each.isDeclared === isDeclared).map(({ source }) => source));
  return segments
    .filter(({ boxes }) => boxes.some(({ isDeclared }) => isDeclared))
    .map(each => ({ services: [each.range], declared: sources(each, true), except: sources(each, false) }));
}

function overlaps(live: Traffic, declaration: Judging, lists: PrefixLists): Judgement {
  const { certain, possible } = servicesOf(live);
  const prepared = preparedFor(declaration);
  const meeting = prepared.possible.filter(({ services }) => overlap(services, possible));
  if (meeting.length === 0) return { relation: 'no' };
  const source = liveSource(live.source, lists);
  const complete = completing(source, lists);
  // Most rules have a source that is not declared for any service.
  if (!isMaybeLeft(source, complete(prepared.declared), NO_SOURCES)) return { relation: 'no' };
  const isSure = ({ services, declared, except }: DeclaredSegment): boolean =>
    overlap(services, certain) && isSurelyLeft(source, complete(declared), complete(except));
  const isPossible = ({ declared, except }: DeclaredSegment): boolean =>
    isMaybeLeft(source, complete(declared), complete(except));
  const relation = prepared.sure.some(isSure) ? 'yes' : meeting.some(isPossible) ? 'unknown' : 'no';
  if (relation === 'no' || declaration.except.length === 0) return { relation };
  const [found, services] = relation === 'yes'
    ? [prepared.sure.filter(isSure), certain]
    : [meeting.filter(isPossible), possible];
  return { relation, admits: admitsWords(live.source, source, services, found, complete) };
}

function admitsWords(
  named: Source, live: LiveSource, services: Services, found: readonly DeclaredSegment[], complete: Completing,
): string {
  const bySource = new ServicesByKey<string>();
  for (const each of found) {
    const words = restWords(named, live, complete(each.declared), complete(each.except));
    bySource.add(words, words, intersection(each.services, services));
  }
  return servicesFrom(bySource.entries().map(({ value, services: of }) => ({ services: of, source: value })));
}
