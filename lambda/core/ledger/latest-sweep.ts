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
  /** The number of findings whose rule could not be identified. */
  readonly unidentified: number;
  /** Whether the sweep could look at nothing, so that it does not know what is due. */
  readonly sawNothing: boolean;
  /** The end of the settle time. Absent when it is over. */
  readonly settlesUntil?: string;
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
}

/**
 * Records the sweep, unless a later one has been recorded.
 *
 * @throws when the ledger cannot be read or written
 */
export async function recordSweep(
  facts: SweepFacts, configuration: DecodedConfiguration, ledger: Ledger,
): Promise<NewsOfSweep> {
  const withheld = facts.withheld.map(({ reason, rules }) =>
    ({ reason, count: rules.length, digest: digestOfRules(rules) }));
  // If what runs over some groups have reported cannot be read, it is reported again rather than never.
  const [latest, control] = await Promise.all([
    ledger.latestSweep(),
    facts.withheld.some(isToldByGroups) ? ledger.control().catch(() => undefined) : undefined,
  ]);
  let before: SweepEntry | undefined;
  await changeBy<SweepEntry>(entry => ledger.putLatestSweep(entry), latest, current => {
    before = current;
    const isOlder = current && isLater(current.startedAt, facts.startedAt.toISOString(), facts.startedAt);
    return isOlder ? undefined : sweepEntry(facts, configuration, withheld, current);
  });
  return newsOf(facts, withheld, before, control?.toldWithheld ?? []);
}

type WithheldInEntry = SweepEntry['withheld'];

const isLimitUsed = (withheld: WithheldInEntry): boolean => withheld.some(({ reason }) => reason === 'LIMIT_USED');

function sweepEntry(
  facts: SweepFacts, configuration: DecodedConfiguration, withheld: WithheldInEntry, before: SweepEntry | undefined,
): SweepEntry {
  const { run, startedAt, durationMillis, scanErrors, vpcsNotCovered, settlesUntil } = facts;
  const { vpcsScanned, vpcsCoveredByProof } = facts;
  const { enabled, dryRun, staleRules, grace, maxRevocationsPerSweep, scheduleSeconds } = configuration;
  const { eventBus, notificationsTopicArn, flaggedIngressRules } = configuration;
  return {
    revision: (before?.revision ?? 0) + 1,
    sweepId: run.id,
    startedAt: startedAt.toISOString(),
    durationMillis, scanErrors, vpcsNotCovered, vpcsScanned, vpcsCoveredByProof, settlesUntil,
    errors: facts.errors.slice(0, ERRORS).map(error => error.slice(0, ERROR_LENGTH)),
    looksAtRules: looksAtRules(configuration),
    looksAtVpnConnections: configuration.vpnConnections.kind !== 'none',
    recordedVpnConnections: facts.recordedVpnConnections,
    unidentified: facts.unidentified,
    enabled, dryRun, staleRules, grace, maxRevocationsPerSweep, scheduleSeconds, eventBus, notificationsTopicArn,
    flaggedIngressRules: flaggedIngressRules.map(({ id, name, action }) => ({ id, name, action })),
    withheld: facts.sawNothing ? before?.withheld ?? [] : withheld,
    wasLimitUsed: run.trigger === 'schedule' ? isLimitUsed(withheld) : before?.wasLimitUsed,
  };
}

function newsOf(
  facts: SweepFacts, withheld: WithheldInEntry, before: SweepEntry | undefined, told: readonly ToldWithheld[],
): NewsOfSweep {
  return {
    withheld: facts.withheld.filter((_, index) => !isKnownToSweep(withheld[index], before, told, facts.startedAt)),
    vpcsNotCovered: facts.vpcsNotCovered.filter(vpcId => !before?.vpcsNotCovered?.includes(vpcId)),
    isLimitUsedAgain: facts.run.trigger === 'schedule' && isLimitUsed(withheld) && (before?.wasLimitUsed ?? false),
  };
}
