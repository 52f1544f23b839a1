/**
 * Chooses the VPCs that are read although the rules prove that they have no stale rule, so that a proof that is wrong
 * is noticed.
 */
import type { ProofsEntry, VpcProof } from '../model/ledger';

const DAY_SECONDS = 24 * 3600;

/** Every VPC is read once in this time. */
const CHECK_EVERY_SECONDS = 7 * DAY_SECONDS;

/** The number of VPCs that each sweep reads although they are covered by proof. */
const FEWEST_CHECKS = 10;

/** Whether no VPC is covered by proof for now. */
export function isSuspended(entry: ProofsEntry | undefined, now: Date): boolean {
  return entry?.suspendedUntil !== undefined && now.toISOString() < entry.suspendedUntil;
}

export const doubtedVpcs = (entry: ProofsEntry | undefined): Set<string> =>
  new Set(Object.entries(entry?.vpcs ?? {}).filter(([, each]) => each.cleanReads !== undefined).map(([id]) => id));

/** The VPCs to read although they are covered by proof, and the age of the oldest check of the others. */
export interface Checks {
  readonly vpcIds: ReadonlySet<string>;
  readonly oldestAgeSeconds: number;
}

/**
 * Chooses the VPCs whose latest check is the oldest: as many as it takes to check each once a week.
 *
 * @param scheduleSeconds the seconds between two scheduled sweeps; absent: the time since the latest sweep counts
 */
export function checksOf(
  provable: readonly string[], entry: ProofsEntry | undefined,
  { now, scheduleSeconds }: { readonly now: Date; readonly scheduleSeconds?: number },
): Checks {
  const ages = new Map(provable.map(vpcId => [vpcId, ageOf(entry?.vpcs[vpcId], now)]));
  const isUnread = (vpcId: string): number => Number(entry?.vpcs[vpcId]?.isUnread ?? false);
  const oldestFirst = [...provable].sort((a, b) =>
    (ages.get(b) ?? 0) - (ages.get(a) ?? 0) || isUnread(b) - isUnread(a));
  const sinceLatest = entry === undefined ? 0 : (now.getTime() - Date.parse(entry.at)) / 1000;
  const sweepsBetween = Math.max(1, Math.floor(CHECK_EVERY_SECONDS / Math.max(1, scheduleSeconds ?? sinceLatest)));
  // After an outage, all checks are overdue. Making them at once could take longer than a function may run.
  const count = Math.max(FEWEST_CHECKS, Math.ceil(provable.length / sweepsBetween));
  return {
    vpcIds: new Set(oldestFirst.slice(0, count)),
    oldestAgeSeconds: ages.get(oldestFirst[count] ?? '') ?? 0,
  };
}

/** Returns the seconds since the latest check. The age of a check by a clock that was ahead is not known. */
function ageOf(proof: VpcProof | undefined, now: Date): number {
  if (proof === undefined) return 0;
  const seconds = Math.round((now.getTime() - Date.parse(proof.readAt)) / 1000);
  return seconds < 0 ? CHECK_EVERY_SECONDS : seconds;
}
