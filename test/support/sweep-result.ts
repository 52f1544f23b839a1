/** The result of a sweep that looked everywhere and found nothing. */
import { ACCOUNT, aFlaggedRule, aGroup } from './builders';
import type { Outcome, RevocationOutcome } from '../../lambda/core/act/outcome';
import type { Observation } from '../../lambda/core/observe/observe';
import type { SweepResult } from '../../lambda/core/sweep';

type Overrides = Partial<Omit<SweepResult, 'observation'>> & { readonly observation?: Partial<Observation> };

export function aSweepResult({ observation, ...overrides }: Overrides = {}): SweepResult {
  return {
    observation: { vpcs: vpcsScanned('vpc-1', 'vpc-2'), groups: new Map(), stale: [], flagged: [], vpnConnections: [], isVpnAnswerWhole: true, errors: [], ...observation },
    plan: { revoke: [], keep: [] },
    outcomes: [],
    changes: [],
    vpnConnectionChanges: [],
    newlyWithheld: [],
    newlyNotCovered: [],
    entries: new Map(),
    pause: { state: 'none' },
    pauseChanges: [],
    due: 0,
    ledgerErrors: [],
    deliveriesFailed: 0,
    startedAt: new Date('2026-01-01T00:00:00Z'),
    durationMillis: 1234,
    ...overrides,
  };
}

export function vpcsScanned(...vpcIds: string[]): NonNullable<Observation['vpcs']> {
  const all = new Set(vpcIds);
  const notCovered = new Set<string>();
  return {
    inScope: all, ownerIds: new Set([ACCOUNT]), scanned: all, notCovered,
    coveredForFlagged: all, flagged: all, sawStaleRules: true, sawFlaggedRules: true,
  };
}

export function anOutcome(outcome: Outcome, overrides: Partial<RevocationOutcome> = {}): RevocationOutcome {
  const { rule, declarations } = aFlaggedRule();
  return { rule, group: aGroup({ ownerId: ACCOUNT }), because: { declarations }, outcome, ...overrides };
}
