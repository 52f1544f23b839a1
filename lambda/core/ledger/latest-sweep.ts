/** What a sweep writes to the ledger of itself: for who reads the ledger, and so that the same revocations withheld again are no news. */
import { createHash } from 'node:crypto';
import { type DecodedConfiguration, looksAtRules } from '../../../src/private/contract';
import type { ScanError } from '../observe/observe';
import type { Ledger, SecurityGroupRule, SweepEntry } from '../ports';
import { changeBy } from './change';
import { isAhead } from './entry';
import { failure } from '../report/wording';

/** Revocations that a sweep planned and did not try, for one reason. */
export interface Withheld {
  readonly reason: string;
  readonly rules: readonly SecurityGroupRule[];
}

export interface SweepFacts {
  readonly sweepId: string;
  readonly startedAt: Date;
  readonly durationMillis: number;
  readonly errors: readonly ScanError[];
  /** VPCs of other accounts in which this account may not look. */
  readonly vpcsNotCovered: readonly string[];
  readonly withheld: readonly Withheld[];
  readonly recordedVpnConnections: boolean;
  /** Findings whose rule could not be told. */
  readonly unidentified: number;
  /** Whether it could look at nothing, and so knows of nothing that is to be revoked. */
  readonly sawNothing: boolean;
}

/** Errors in words; all of them are in the log, whole. */
const ERRORS = 10;
const ERROR_LENGTH = 500;

/** What was not so at the sweep before. */
export interface SweepNews {
  readonly withheld: readonly Withheld[];
  readonly vpcsNotCovered: readonly string[];
}

/**
 * Records the sweep, unless a later one has been recorded.
 *
 * @throws when the ledger cannot be read or written
 */
export async function recordSweep(facts: SweepFacts, configuration: DecodedConfiguration, ledger: Ledger): Promise<SweepNews> {
  let known: SweepEntry['withheld'] = [];
  let knownVpcs: readonly string[] = [];
  const withheld = facts.withheld.map(({ reason, rules }) => ({ reason, count: rules.length, digest: digest(rules) }));
  await changeBy<SweepEntry>(entry => ledger.putLatestSweep(entry), await ledger.latestSweep(), current => {
    known = current?.withheld ?? [];
    knownVpcs = current?.vpcsNotCovered ?? [];
    if (current && current.startedAt > facts.startedAt.toISOString() && !isAhead(current.startedAt, facts.startedAt)) return undefined;
    return {
      revision: (current?.revision ?? 0) + 1,
      sweepId: facts.sweepId,
      startedAt: facts.startedAt.toISOString(),
      durationMillis: facts.durationMillis,
      scanErrors: facts.errors.length,
      errors: facts.errors.slice(0, ERRORS).map(error => failure(error).slice(0, ERROR_LENGTH)),
      vpcsNotCovered: facts.vpcsNotCovered,
      looksAtRules: looksAtRules(configuration),
      looksAtVpnConnections: configuration.vpnConnections.kind !== 'none',
      recordedVpnConnections: facts.recordedVpnConnections,
      unidentified: facts.unidentified,
      enabled: configuration.enabled,
      dryRun: configuration.dryRun,
      staleRules: configuration.staleRules,
      grace: configuration.grace,
      maxRevocationsPerSweep: configuration.maxRevocationsPerSweep,
      eventBus: configuration.eventBus,
      notificationsTopicArn: configuration.notificationsTopicArn,
      withheld: facts.sawNothing ? known : withheld,
    };
  });
  const isKnown = (now: SweepEntry['withheld'][number]): boolean => known.some(each => each.reason === now.reason && each.digest === now.digest);
  return {
    withheld: facts.withheld.filter((_, index) => !isKnown(withheld[index])),
    vpcsNotCovered: facts.vpcsNotCovered.filter(vpcId => !knownVpcs.includes(vpcId)),
  };
}

/** Tells one set of rules from another. */
function digest(rules: readonly SecurityGroupRule[]): string {
  const ids = rules.map(({ securityGroupRuleId }) => securityGroupRuleId).sort();
  return createHash('sha256').update(ids.join()).digest('hex').slice(0, 16);
}
