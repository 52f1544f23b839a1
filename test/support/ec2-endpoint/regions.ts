/**
 * AWS's Regions, and which of them each account has enabled. An account has all of them, until a test disables one.
 *
 * @see https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-regions.html
 */
import type { Place } from '../endpoint/place';

export type RegionStatus = 'ENABLED' | 'ENABLED_BY_DEFAULT' | 'ENABLING' | 'DISABLING' | 'DISABLED';

/** The Regions that every account has, and that it cannot disable. */
const BY_DEFAULT: ReadonlySet<string> = new Set([
  'ap-northeast-1', 'ap-northeast-2', 'ap-northeast-3', 'ap-south-1', 'ap-southeast-1', 'ap-southeast-2', 'ca-central-1',
  'eu-central-1', 'eu-north-1', 'eu-west-1', 'eu-west-2', 'eu-west-3', 'sa-east-1', 'us-east-1', 'us-east-2', 'us-west-1',
  'us-west-2',
]);

const OPT_IN = [
  'af-south-1', 'ap-east-1', 'ap-south-2', 'ap-southeast-3', 'ap-southeast-4', 'ap-southeast-5', 'ap-southeast-7',
  'ca-west-1', 'eu-central-2', 'eu-south-1', 'eu-south-2', 'il-central-1', 'me-central-1', 'me-south-1', 'mx-central-1',
];

export interface RegionOfAccount {
  readonly region: string;
  readonly status: RegionStatus;
}

export class Regions {
  private readonly statuses = new Map<string, RegionStatus>();

  /**
   * @param account absent: all accounts
   * @throws when the Region cannot have the status
   */
  public set(region: string, status: Exclude<RegionStatus, 'ENABLED_BY_DEFAULT'>, account = ''): void {
    if (BY_DEFAULT.has(region)) throw new Error(`No account can disable ${region}, which is enabled by default`);
    this.statuses.set(`${account} ${region}`, status);
  }

  public statusOf({ account, region }: Place): RegionStatus {
    if (BY_DEFAULT.has(region)) return 'ENABLED_BY_DEFAULT';
    return this.statuses.get(`${account} ${region}`) ?? this.statuses.get(` ${region}`) ?? 'ENABLED';
  }

  /** Whether the Region knows the keys of the account. */
  public isUsable(place: Place): boolean {
    return isEnabled(this.statusOf(place));
  }

  /** Returns all Regions in the order of their names. */
  public of(account: string): RegionOfAccount[] {
    return [...BY_DEFAULT, ...OPT_IN].sort().map(region => ({ region, status: this.statusOf({ account, region }) }));
  }
}

export const isEnabled = (status: RegionStatus): boolean => status === 'ENABLED' || status === 'ENABLED_BY_DEFAULT';
