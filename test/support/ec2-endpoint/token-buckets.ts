import type { Parameters } from '../endpoint/parameters';

/** EC2's token buckets, per action. @see https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html */
const BUCKETS: Readonly<Record<string, readonly [capacity: number, refillPerSecond: number]>> = {
  DescribeStaleSecurityGroups: [20, 5],
  DescribeSecurityGroupReferences: [20, 5],
  RevokeSecurityGroupIngress: [50, 5],
  RevokeSecurityGroupEgress: [50, 5],
  AuthorizeSecurityGroupIngress: [50, 5],
  AuthorizeSecurityGroupEgress: [50, 5],
  ModifySecurityGroupRules: [50, 5],
  DeleteSecurityGroup: [50, 5],
  CreateTags: [100, 10],
  DeleteTags: [100, 10],
  unfiltered: [50, 10],
};
const NON_MUTATING = [100, 20] as const;

const HAS_UNFILTERED: ReadonlySet<string> = new Set(['DescribeNetworkInterfaces', 'DescribeSecurityGroups']);

/**
 * Returns the bucket of a call, which is that of its action, except for one that asks for all groups or all network
 * interfaces at once.
 */
export function bucketOf(
  action: string, { Filter, GroupId, GroupName, NetworkInterfaceId, MaxResults }: Parameters,
): string {
  const narrowing = [Filter, GroupId, GroupName, NetworkInterfaceId, MaxResults];
  const asksForEverything = narrowing.every(parameter => parameter === undefined);
  return HAS_UNFILTERED.has(action) && asksForEverything ? 'unfiltered' : action;
}

export class TokenBuckets {
  private readonly buckets = new Map<string, { tokens: number; at: number }>();

  /** @param now returns milliseconds */
  constructor(private readonly now: () => number = () => performance.now()) {}

  /** Takes a token of the bucket. @returns whether there was one */
  public take(name: string): boolean {
    const [capacity, refillPerSecond] = BUCKETS[name] ?? NON_MUTATING;
    const now = this.now();
    const bucket = this.buckets.get(name) ?? { tokens: capacity, at: now };
    this.buckets.set(name, bucket);
    bucket.tokens = Math.min(capacity, bucket.tokens + (now - bucket.at) / 1000 * refillPerSecond);
    bucket.at = now;
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    return true;
  }
}
