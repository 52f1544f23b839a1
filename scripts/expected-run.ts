/** The expected result of a run over a sample organization, and how a run differs from it. */
import { type SampleAccount, SampleOrganization, type SamplePlace, THROTTLED_READS } from './sample-organization';
import { EventType, Metric } from '../src/contract/names';
import { OrganizationMetric } from '../src/contract/organization';

/** How a run ended, what it published and named, and what it did to the networks. */
export interface RunOutcome {
  readonly status: string;
  readonly error?: string;
  /** The latest values of metrics without further dimensions. */
  readonly totals: Readonly<Record<string, number>>;
  /** The VPCs that were scanned or covered by proof. */
  readonly vpcs: number;
  readonly failedAccounts: readonly string[];
  /** Accounts with a Region. */
  readonly failedRegions: readonly string[];
  /** The Regions that were left out because they are not enabled, with their accounts. */
  readonly regionsLeftOut: readonly string[];
  readonly accountsLeftOut: readonly string[];
  /** The number of events by their types. */
  readonly events: Readonly<Record<string, number>>;
  /** The flagged rules that are gone since the first run, by account. */
  readonly revoked: Readonly<Record<string, number>>;
  /** The rules that are gone although nothing is wrong with them. */
  readonly lostRules: number;
  /** The calls of AssumeRole that STS throttled. */
  readonly throttledAssumptions: number;
  /** The calls of EC2 that read rules and were throttled. They may be more than expected, because EC2 has limits. */
  readonly throttledReads: number;
}

export interface ExpectedRun extends RunOutcome {
  /** The places that a run looks at or tries to. */
  readonly places: number;
}

/** A place that a run can look at. */
interface Seen extends SamplePlace {
  readonly account: SampleAccount;
}

/** Returns the number of rules that are due in the first run. */
export const dueIn = (organization: SampleOrganization): number =>
  sum(seenIn(organization).filter(({ account }) => account.mayRevoke), ({ flagged }) => flagged);

/**
 * @param limit the most rules that a run may revoke in the whole organization
 * @param isFirst whether nothing has run before
 */
export function expectedRun(
  organization: SampleOrganization, { limit, isFirst }: { readonly limit: number; readonly isFirst: boolean },
): ExpectedRun {
  const { accounts, entered } = organization;
  const active = accounts.filter(({ isClosed }) => !isClosed);
  const seen = seenIn(organization);
  const due = dueIn(organization);
  const mayRevoke = due <= limit;
  const revoking = mayRevoke ? seen.filter(({ account, flagged }) => account.mayRevoke && flagged > 0) : [];
  const revoked: Record<string, number> = {};
  for (const { account: { id }, flagged: all } of revoking) revoked[id] = (revoked[id] ?? 0) + all;
  const failedAccounts = active.filter(({ hasRoles }) => !hasRoles).map(({ id }) => id);
  const failedRegions = entered.flatMap(({ id, failing }) => failing ? [`${id} ${failing.region}`] : []);
  const [flagged, stale] = [sum(seen, place => place.flagged), sum(seen, place => place.stale)];
  const gone = isFirst || !mayRevoke ? 0 : due;
  const revokedNow = isFirst && mayRevoke ? due : 0;
  return {
    status: 'FAILED', error: 'AccountsFailed',
    totals: {
      [OrganizationMetric.ACCOUNTS_SWEPT]: entered.length,
      [OrganizationMetric.ACCOUNTS_FAILED]: failedAccounts.length,
      [OrganizationMetric.REGIONS_FAILED]: failedRegions.length,
      [Metric.SCAN_ERRORS]: failedAccounts.length + failedRegions.length,
      [Metric.VPCS_NOT_COVERED]: 0,
      [Metric.FLAGGED_INGRESS_RULES]: flagged - gone,
      [Metric.STALE_INGRESS_RULES]: stale,
      [Metric.INGRESS_RULES_REVOKED]: revokedNow,
      [Metric.REVOCATIONS_FAILED]: 0,
      [Metric.REVOCATIONS_WITHHELD]: mayRevoke ? 0 : due,
      [Metric.DELIVERIES_FAILED]: 0,
    },
    vpcs: sum(seen, each => each.vpcs + each.stale),
    failedAccounts, failedRegions,
    regionsLeftOut: entered.flatMap(({ id, disabledRegions }) => disabledRegions.map(region => `${id} ${region}`)),
    accountsLeftOut: accounts.filter(({ isClosed }) => isClosed).map(({ id }) => id),
    events: {
      [EventType.COVERAGE_LOST]: isFirst ? failedAccounts.length + failedRegions.length : 0,
      [EventType.FINDING_OPENED]: isFirst ? flagged + stale : 0,
      [EventType.INGRESS_RULE_REVOKED]: revokedNow,
      [EventType.FINDING_RESOLVED]: revokedNow,
      [EventType.REVOCATION_WITHHELD]: isFirst && !mayRevoke ? 1 : 0,
    },
    revoked, lostRules: 0,
    throttledAssumptions: isFirst ? sum(entered, each => each.throttledAssumptions) : 0,
    throttledReads: isFirst ? entered.filter(each => each.throttledRegion).length * THROTTLED_READS : 0,
    places: sum(entered, each => organization.enabled(each).length),
  };
}

function seenIn(organization: SampleOrganization): Seen[] {
  return organization.entered.flatMap(account => organization.enabled(account)
    .filter(region => region !== account.failing?.region)
    .map(region => ({ account, ...organization.place(account.id, region) })));
}

const sum = <T>(items: readonly T[], of: (item: T) => number): number =>
  items.reduce((total, item) => total + of(item), 0);

/** Returns a text for each thing in which a run differs from what is expected. */
export function differences(expected: RunOutcome, seen: RunOutcome): string[] {
  const keys = Object.keys(expected).filter(key => key !== 'places') as Array<keyof RunOutcome>;
  return keys.flatMap(key => different(key, expected[key], seen[key]));
}

function different(name: string, expected: unknown, seen: unknown): string[] {
  if (Array.isArray(expected) && Array.isArray(seen)) {
    const missing = expected.filter(each => !seen.includes(each));
    const more = seen.filter(each => !expected.includes(each));
    return [
      ...missing.length > 0 ? [`${name}: without ${named(missing)}`] : [],
      ...more.length > 0 ? [`${name}: also ${named(more)}`] : [],
    ];
  }
  if (typeof expected === 'object' && typeof seen === 'object') {
    const [left, right] = [expected, seen] as Array<Record<string, unknown>>;
    // A run publishes further totals, which nothing here sets up.
    const keys = name === 'totals' ? Object.keys(left) : [...new Set([...Object.keys(left), ...Object.keys(right)])];
    const counted = name === 'events' ? 0 : undefined;
    return keys.flatMap(key => different(`${name}.${key}`, left[key] ?? counted, right[key] ?? counted));
  }
  const isAtLeast = name === 'throttledReads' && Number(seen) >= Number(expected);
  return isAtLeast || expected === seen ? [] : [`${name}: expected ${String(expected)}, got ${String(seen)}`];
}

const MOST_NAMED = 10;

function named(all: readonly unknown[]): string {
  const more = all.length > MOST_NAMED ? ` and ${all.length - MOST_NAMED} more` : '';
  return `${all.slice(0, MOST_NAMED).join(', ')}${more}`;
}
