/**
 * The sweep's own record: it shows readers how the sweep went, and keeps withheld revocations from being reported
 * twice.
 */
import { changeBy } from './change';
import { isKnownToSweep, isToldByGroups } from './told-withheld';
import { type DecodedConfiguration, looksAtRules } from '../../../src/contract/configuration';
import { digestOfRules } from '../decide/digest';
import { isLater } from '../decide/times';
import type { SweepEntry, ToldWithheld } from '../model/ledger';
import type { Withheld } from '../model/result';
import type { Run } from '../model/scope';
import type { Ledger } from '../ports';

export interface SweepFacts {
  readonly run: Run;
  readonly startedAt: Date;
  readonly durationMillis: number;
  /** The number of times that something could not be looked at or recorded, and the first errors in words. */
  readonly scanErrors: number;
  readonly errors: readonly string[];
  /** VPCs of other accounts in which this account may not look for stale rules. */
  readonly vpcsNotCovered: readonly string[];
  /** The numbers of VPCs that were read, and that were covered by proof. Absent if no rules were looked at. */
  readonly vpcsScanned?: number;
  readonly vpcsCoveredByProof?: number;
  readonly withheld: readonly Withheld[];
  readonly recordedVpnConnections: boolean;
  /** Whether the use of all security groups could be read and recorded. Absent: it was not asked for. */
  readonly groupUse?: 'whole' | 'part';
  /** Whether no entry of an unused security group is left to settle, because they are no longer looked for. */
  readonly hasLetGroupsGo?: boolean;
  /** The number of findings whose rule could not be identified. */
  readonly unidentified: number;
  /** Whether the sweep could look at nothing, so that it does not know what is due. */
  readonly sawNothing: boolean;
  /** The end of the settle time. Absent when it is over. */
  readonly settlesUntil?: string;
  /** The ids of the series that the sweep is about to publish, and that the item `series` may not hold. */
  readonly unrecordedSeries: readonly string[];
}

/** The number and the length of errors in the record. The log has all errors in full. */
const ERRORS = 10;
const ERROR_LENGTH = 500;

/** The changes since the previous sweep. */
export interface NewsOfSweep {
  readonly withheld: readonly Withheld[];
  readonly vpcsNotCovered: readonly string[];
  /** Whether rules waited for the next allowance at both this and the previous scheduled sweep. */
  readonly isLimitUsedAgain: boolean;
  /** The ids of the series that earlier sweeps published, and that the item `series` may not hold. */
  readonly unrecordedSeries: readonly string[];
  /** The ids of all such series that the record names from now on. */
  readonly namedSeries: readonly string[];
}

/**
 * Records the sweep, unless a later one has been recorded.
 *
 * @param read the record, if it is already being read
 * @throws when the ledger cannot be read or written
 */
export async function recordSweep(
  facts: SweepFacts, configuration: DecodedConfiguration, ledger: Ledger, read?: Promise<SweepEntry | undefined>,
): Promise<NewsOfSweep> {
  const withheld = facts.withheld.map(({ reason, rules }) =>
    ({ reason, count: rules.length, digest: digestOfRules(rules) }));
  // If what runs over some groups have reported cannot be read, it is reported again rather than never.
  const [latest, control] = await Promise.all([
    read ?? ledger.latestSweep(),
    facts.withheld.some(isToldByGroups) ? ledger.control().catch(() => undefined) : undefined,
  ]);
  let before: SweepEntry | undefined;
  const { isWritten, entry } = await changeBy<SweepEntry>(next => ledger.putLatestSweep(next), latest, current => {
    before = current;
    const isOlder = current && isLater(current.startedAt, facts.startedAt.toISOString(), facts.startedAt);
    return isOlder ? undefined : sweepEntry(facts, configuration, withheld, current);
  });
  return {
    ...newsOf(facts, withheld, before, control?.toldWithheld ?? []),
    unrecordedSeries: before?.unrecordedSeries ?? [],
    namedSeries: isWritten ? entry.unrecordedSeries ?? [] : [],
  };
}

/**
 * Removes series from the record that the item `series` holds by now. If another sweep has been recorded since, they
 * stay, because that sweep may have published them anew.
 *
 * @throws when the ledger cannot be read or written
 */
export async function forgetUnrecorded(
  recorded: ReadonlySet<string>, sweepId: string, ledger: Pick<Ledger, 'latestSweep' | 'putLatestSweep'>,
): Promise<void> {
  await changeBy<SweepEntry>(entry => ledger.putLatestSweep(entry), await ledger.latestSweep(), current => {
    if (current?.sweepId !== sweepId) return undefined;
    const left = current.unrecordedSeries?.filter(id => !recorded.has(id));
    return { ...current, revision: current.revision + 1, unrecordedSeries: unlessEmpty(left) };
  });
}

/** The most series that the record names. The others are not published. */
const MOST_UNRECORDED = 1000;

function unrecordedSeries(facts: SweepFacts, before: SweepEntry | undefined): readonly string[] | undefined {
  const all = new Set([...before?.unrecordedSeries ?? [], ...facts.unrecordedSeries]);
  return unlessEmpty([...all].slice(0, MOST_UNRECORDED));
}

const unlessEmpty = <T>(list: readonly T[] = []): readonly T[] | undefined => list.length > 0 ? list : undefined;

type WithheldInEntry = SweepEntry['withheld'];

const isLimitUsed = (withheld: WithheldInEntry): boolean => withheld.some(({ reason }) => reason === 'LIMIT_USED');

function sweepEntry(
  facts: SweepFacts, configuration: DecodedConfiguration, withheld: WithheldInEntry, before: SweepEntry | undefined,
): SweepEntry {
  const { run, startedAt, durationMillis, scanErrors, vpcsNotCovered, settlesUntil } = facts;
  const { vpcsScanned, vpcsCoveredByProof } = facts;
  const { enabled, dryRun, staleRules, grace, maxRevocationsPerSweep, scheduleSeconds } = configuration;
  const { eventBus, notificationsTopicArn, notificationFormat, flaggedIngressRules } = configuration;
  const { revocationWindow, staleRulesAnytime, finalNoticeSeconds, approval } = configuration;
  return {
    revision: (before?.revision ?? 0) + 1,
    sweepId: run.id,
    startedAt: startedAt.toISOString(),
    durationMillis, scanErrors, vpcsNotCovered, vpcsScanned, vpcsCoveredByProof, settlesUntil,
    errors: facts.errors.slice(0, ERRORS).map(error => error.slice(0, ERROR_LENGTH)),
    looksAtRules: looksAtRules(configuration),
    looksAtVpnConnections: configuration.vpnConnections.kind !== 'none',
    recordedVpnConnections: facts.recordedVpnConnections,
    groupUse: facts.groupUse ?? (before?.groupUse && !facts.hasLetGroupsGo ? 'left' : undefined),
    unidentified: facts.unidentified,
    enabled, dryRun, staleRules, grace, maxRevocationsPerSweep, scheduleSeconds,
    eventBus, notificationsTopicArn, notificationFormat,
    flaggedIngressRules: flaggedIngressRules.map(({ id, name, action, replaceWith }) =>
      ({ id, name, action, ...replaceWith && { isReplacing: true as const } })),
    revocationWindow, staleRulesAnytime, finalNoticeSeconds, approval,
    withheld: facts.sawNothing ? before?.withheld ?? [] : withheld,
    wasLimitUsed: run.trigger === 'schedule' ? isLimitUsed(withheld) : before?.wasLimitUsed,
    unrecordedSeries: unrecordedSeries(facts, before),
  };
}

function newsOf(
  facts: SweepFacts, withheld: WithheldInEntry, before: SweepEntry | undefined, told: readonly ToldWithheld[],
): Omit<NewsOfSweep, 'unrecordedSeries' | 'namedSeries'> {
  return {
    withheld: facts.withheld.filter((_, index) => !isKnownToSweep(withheld[index], before, told, facts.startedAt)),
    vpcsNotCovered: facts.vpcsNotCovered.filter(vpcId => !before?.vpcsNotCovered?.includes(vpcId)),
    isLimitUsedAgain: facts.run.trigger === 'schedule' && isLimitUsed(withheld) && (before?.wasLimitUsed ?? false),
  };
}
