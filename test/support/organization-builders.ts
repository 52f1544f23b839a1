/** Small records of an organization's runs, seen at the same moment as those of the findings table. */
import { aSweepEntry } from './findings';
import type { SweepEntry } from '../../lambda/core/model/ledger';
import type { OrganizationRun, PlaceEntry } from '../../lambda/core/model/organization';

export const [ONE, TWO, THREE] = ['222222222222', '333333333333', '444444444444'];
export const [FRANKFURT, IRELAND] = ['eu-central-1', 'eu-west-1'];

const STARTED_AT = '2025-12-31T23:55:00.000Z';
const SEEN_AT = '2026-01-01T00:00:00.000Z';

/** A run of the schedule that has ended without failures, just before the findings table is looked at. */
export function aRun(overrides: Partial<OrganizationRun> = {}): OrganizationRun {
  return {
    revision: 3, writtenBy: 'run-2', runId: 'run-2', isScheduled: true, scheduledTime: STARTED_AT,
    execution: 'arn:aws:states:eu-central-1:111122223333:execution:hygiene:run-2', digest: 'digest',
    startedAt: STARTED_AT, until: '2026-01-01T03:55:00.000Z', endedAt: '2026-01-01T00:01:00.000Z',
    accounts: 1, parts: 1, unread: [], leftOut: [], counted: { planned: 0, due: 0, limit: 20 },
    outcome: { failed: false, message: 'The run run-2 is over: 1 accounts were swept' }, ...overrides,
  };
}

/** A run of the schedule that is in progress. */
export function aRunInProgress(overrides: Partial<OrganizationRun> = {}): OrganizationRun {
  return aRun({ endedAt: undefined, outcome: undefined, counted: undefined, ...overrides });
}

/** That run as the latest sweep of the organization. */
export function aSweepOfRun(overrides: Partial<SweepEntry> = {}): SweepEntry {
  return aSweepEntry({ sweepId: 'run-2', startedAt: STARTED_AT, vpcsScanned: 4, vpcsCoveredByProof: 0, ...overrides });
}

/** The item of an account that the run has entered. */
export function anAccountEntry(account: string, overrides: Partial<PlaceEntry> = {}): PlaceEntry {
  return {
    revision: 1, writtenBy: 'run-2', runId: 'run-2', at: SEEN_AT, account, name: `name of ${account}`,
    regions: [FRANKFURT, IRELAND], enteredBy: 'run-2', succeededAt: SEEN_AT, ...overrides,
  };
}

/** The item of a Region that the run has looked at, with the counts of the first pass. */
export function aRegionEntry(
  account: string, region: string, counts: Readonly<Record<string, number>> = {}, overrides: Partial<PlaceEntry> = {},
): PlaceEntry {
  const none = { StaleIngressRules: 0, StaleEgressRules: 0, FlaggedIngressRules: 0, RulesKept: 0, ScanErrors: 0 };
  return {
    revision: 1, writtenBy: 'run-2', runId: 'run-2', at: SEEN_AT, account, region, succeededAt: SEEN_AT,
    observed: { counts: { ...none, ...counts }, planned: 0, groupIds: [], due: 0, errors: [] }, ...overrides,
  };
}

/** The failure of a place since the day before. */
export function aFailure(overrides: Partial<NonNullable<PlaceEntry['failure']>> = {}): Partial<PlaceEntry> {
  return {
    observed: undefined,
    failure: {
      code: 'AccessDenied', message: 'not authorized to perform: sts:AssumeRole', since: '2025-12-31T00:00:00.000Z',
      pass: 'observe', ...overrides,
    },
  };
}
