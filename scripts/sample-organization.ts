/**
 * An organization of a requested size, for bench-organization.ts: its accounts and Regions, what is wrong in them, and
 * what makes a run fail there. Everything follows from the options, so every process knows the same organization.
 */
import { createHash } from 'node:crypto';
import { Regions } from '../test/support/ec2-endpoint/regions';

export interface SampleOptions {
  readonly accounts: number;
  readonly regions: number;
  readonly seed: number;
}

export interface SampleAccount {
  readonly id: string;
  /** A run leaves a closed account out. */
  readonly isClosed: boolean;
  /** An account without roles denies AssumeRole. */
  readonly hasRoles: boolean;
  /** Whether the account is in the organizational unit in which rules may be revoked. */
  readonly mayRevoke: boolean;
  /** The Regions of the sweep that are not enabled. */
  readonly disabledRegions: readonly string[];
  /** The Region in which EC2 refuses every call, and its error. */
  readonly failing?: { readonly region: string; readonly code: string; readonly status: number };
  /** The number of calls of AssumeRole that STS throttles first. */
  readonly throttledAssumptions: number;
  /** The Region in which EC2 throttles the first calls that read rules. */
  readonly throttledRegion?: string;
}

/** The network of an account and Region. */
export interface SamplePlace {
  readonly vpcs: number;
  readonly groups: number;
  /** The number of rules of each group that nothing is wrong with. */
  readonly rules: number;
  /** The number of groups that SSH from anywhere is flagged in. */
  readonly flagged: number;
  /** The number of stale rules, each of which refers to a group of one further VPC. */
  readonly stale: number;
}

/** The account and Region of the hub. The account is the one whose function the synthesized state machine names. */
export const HUB = { account: '111122223333', region: 'eu-central-1' };

/** The SDK makes so many attempts. If all of them are throttled, the state machine calls again. */
export const ATTEMPTS = 4;

/** The calls of EC2 in a throttled Region that are throttled. */
export const THROTTLED_READS = 2;

const ERRORS = [{ code: 'UnauthorizedOperation', status: 403 }, { code: 'InternalError', status: 500 }];

export class SampleOrganization {
  public readonly accounts: readonly SampleAccount[];
  /** The Regions of the sweep, of which the last ones can be disabled. */
  public readonly regions: readonly string[];

  constructor(private readonly options: SampleOptions) {
    const { accounts, regions, seed } = options;
    if (accounts < 6 || regions < 2) {
      throw new Error(`got ${accounts} accounts and ${regions} Regions; give 6 and 2 at least`);
    }
    const all = new Regions().of('');
    if (regions > all.length) throw new Error(`--regions: got ${regions}; AWS has ${all.length} here`);
    const byDefault = all.filter(({ status }) => status === 'ENABLED_BY_DEFAULT').map(({ region }) => region);
    const optIn = all.filter(({ status }) => status === 'ENABLED').map(({ region }) => region);
    const optInCount = Math.max(1, Math.round(regions * 0.15), regions - byDefault.length);
    const others = byDefault.filter(region => region !== HUB.region);
    this.regions = [HUB.region, ...others].slice(0, regions - optInCount).concat(optIn.slice(0, optInCount));
    this.accounts = accountsOf(accounts, this.regions, { seed, optIn: new Set(optIn) });
  }

  /** The accounts that a run can enter. */
  public get entered(): SampleAccount[] {
    return this.accounts.filter(({ isClosed, hasRoles }) => !isClosed && hasRoles);
  }

  /** Returns the Regions of an account that are enabled. */
  public enabled({ disabledRegions }: SampleAccount): string[] {
    return this.regions.filter(region => !disabledRegions.includes(region));
  }

  /** The Region of the hub has findings in each account, so that small organizations have some, too. */
  public place(account: string, region: string): SamplePlace {
    const random = generator(`${this.options.seed} ${account} ${region}`);
    const isHome = region === HUB.region;
    const groups = 2 + Math.floor(random() * 5);
    return {
      vpcs: random() < 0.2 ? 2 : 1, groups, rules: 1 + Math.floor(random() * 4),
      flagged: isHome ? 1 + Math.floor(random() * 2) : random() < 0.05 ? 1 : 0,
      stale: random() < (isHome ? 0.2 : 0.02) ? 1 : 0,
    };
  }
}

/** The shares of the accounts with each trouble. Every organization has one account at least with each. */
const SHARES = { withoutRoles: 0.02, failing: 0.02, disabled: 0.1, throttledBySts: 0.05, throttledByEc2: 0.05 };

/** Every n-th account may be revoked in. */
const REVOKING = 4;

function accountsOf(
  count: number, regions: readonly string[],
  { seed, optIn }: { readonly seed: number; readonly optIn: ReadonlySet<string> },
): SampleAccount[] {
  const some = (share: number): number => Math.max(1, Math.round(count * share));
  const ids = shuffled(Array.from({ length: count }, (_, index) => String(200_000_000_000 + index)), seed);
  const [closed, ...others] = ids;
  const withoutRoles = new Set(others.slice(0, some(SHARES.withoutRoles)));
  const entered = others.filter(id => !withoutRoles.has(id));
  // The groups follow each other, so that they overlap in small organizations only.
  let from = 0;
  const next = (size: number): Map<string, number> => {
    const taken = Array.from({ length: size }, (_, index) => entered[(from + index) % entered.length]);
    from += size;
    return new Map(taken.map((id, index) => [id, index]));
  };
  const disabled = next(some(SHARES.disabled));
  const failing = next(some(SHARES.failing));
  const throttledBySts = next(some(SHARES.throttledBySts));
  const throttledByEc2 = next(some(SHARES.throttledByEc2));
  const middle = (index: number): string => regions[index % Math.min(regions.length, 5)];
  return ids.map((id, index) => ({
    id, isClosed: id === closed, hasRoles: !withoutRoles.has(id), mayRevoke: index % REVOKING === 0,
    disabledRegions: disabled.has(id) ? regions.filter(region => optIn.has(region)) : [],
    failing: failing.has(id)
      ? { region: middle(failing.get(id) ?? 0), ...ERRORS[(failing.get(id) ?? 0) % ERRORS.length] }
      : undefined,
    // All attempts of the first call are throttled in one account.
    throttledAssumptions: throttledBySts.has(id) ? throttledBySts.get(id) === 0 ? ATTEMPTS : 2 : 0,
    throttledRegion: throttledByEc2.has(id) ? middle(throttledByEc2.get(id) ?? 0) : undefined,
  })).sort((a, b) => a.id < b.id ? -1 : 1);
}

function shuffled(ids: string[], seed: number): string[] {
  const random = generator(`${seed}`);
  return ids.map(id => ({ id, at: random() })).sort((a, b) => a.at - b.at).map(({ id }) => id);
}

/** Returns a generator of numbers from 0 to 1 that follow from a text. */
function generator(text: string): () => number {
  let given = 0;
  return () => createHash('sha256').update(`${text} ${given++}`).digest().readUInt32BE() / 2 ** 32;
}
