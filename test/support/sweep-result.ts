/** The result of a sweep that looked everywhere and found nothing. */
import { ACCOUNT, aFlaggedRule, aGroup } from './builders';
import { aCoverage } from './ledger-builders';
import type { Outcome } from '../../lambda/core/act/outcomes';
import { withheldBy } from '../../lambda/core/decide/withheld';
import type { Observation, ProofReading } from '../../lambda/core/model/observation';
import type { RevocationOutcome, SweepResult } from '../../lambda/core/model/result';
import { EVERYTHING } from '../../lambda/core/model/scope';

type Overrides = Partial<Omit<SweepResult, 'observation'>> & { readonly observation?: Partial<Observation> };

/** By default, the withheld revocations follow from the plan and the outcomes. */
export function aSweepResult({ observation, ...overrides }: Overrides = {}): SweepResult {
  const result: SweepResult = {
    run: { id: 'sweep-1', trigger: 'schedule', scope: EVERYTHING },
    observation: {
      vpcs: vpcsScanned('vpc-1', 'vpc-2'),
      groups: new Map(),
      stale: [],
      flagged: [],
      prefixLists: new Map(),
      vpnConnections: [],
      isVpnAnswerWhole: true,
      errors: [],
      coverage: { stale: aCoverage(['vpc-1', 'vpc-2']), flagged: aCoverage(['vpc-1', 'vpc-2']) },
      ...observation,
    },
    plan: { revoke: [], keep: [] },
    outcomes: [],
    changes: [],
    vpnConnectionChanges: [],
    newlyLongPending: [],
    tunnelFlaps: new Map(),
    withheld: [],
    newlyWithheld: [],
    isLimitUsedAgain: false,
    newlyNotCovered: [],
    entries: new Map(),
    hidden: [],
    pause: { state: 'none' },
    pauseChanges: [],
    due: 0,
    series: { data: [], ends: [] },
    ledgerErrors: [],
    startedAt: new Date('2026-01-01T00:00:00Z'),
    durationMillis: 1234,
    ...overrides,
  };
  const configuration = { enabled: true, dryRun: false, maxRevocationsPerSweep: 20 };
  const withheld = withheldBy(result.plan, result.outcomes, configuration, result.startedAt);
  return { ...result, withheld: overrides.withheld ?? withheld };
}

export function vpcsScanned(...vpcIds: string[]): NonNullable<Observation['vpcs']> {
  const all = new Set(vpcIds);
  const notCovered = new Set<string>();
  return {
    inScope: all, ownerIds: new Set([ACCOUNT]), scanned: all, proved: new Set(), notCovered,
    flagged: all, sawStaleRules: true, sawFlaggedRules: true,
  };
}

/** How stale rules were looked for, if every VPC was read. */
export const proofsOf = (overrides: Partial<ProofReading> = {}): ProofReading => ({
  candidates: new Map(), checked: new Set(), proved: new Set(), wrong: new Set(), doubtful: new Set(),
  oldestCheckAgeSeconds: 0, failures: [], ...overrides,
});

export function anOutcome(outcome: Outcome, overrides: Partial<RevocationOutcome> = {}): RevocationOutcome {
  const { rule, declarations } = aFlaggedRule();
  return { rule, group: aGroup({ ownerId: ACCOUNT }), because: { declarations }, outcome, ...overrides };
}
