/** Decides whether the announcement of a revocation is old enough for the revocation. */
import type { DecodedConfiguration } from '../../../src/contract/configuration';
import type { RuleTraffic } from '../../../src/contract/rules/live-rule';
import type { Announcement } from '../model/ledger';
import { isSameWritten } from '../rules/sameness';

/**
 * Returns the first moment at which the notice is over, in milliseconds since 1970.
 *
 * @returns undefined if not everyone has been told yet
 */
export function endOfNotice(
  announced: Pick<Announcement, 'since'> | undefined, finalNoticeSeconds: number,
): number | undefined {
  const since = Date.parse(announced?.since ?? '');
  return Number.isFinite(since) ? since + finalNoticeSeconds * 1000 : undefined;
}

/** Whether an announcement names what is to replace the rule now. */
export const isAsAnnounced = (
  { replacing: told = [] }: Pick<Announcement, 'replacing'>, replacing: readonly RuleTraffic[] = [],
): boolean => isSameWritten(told, replacing);

/**
 * Whether the rule of an announcement is still kept for it. A time that is invalid or in the future never ends it, and
 * neither does the announcement of another replacement.
 */
export function isWithinNotice(
  announced: Announcement | undefined, replacing: readonly RuleTraffic[] | undefined,
  { finalNoticeSeconds, now }: Pick<DecodedConfiguration, 'finalNoticeSeconds'> & { readonly now: Date },
): boolean {
  if (finalNoticeSeconds === undefined) return false;
  if (announced !== undefined && !isAsAnnounced(announced, replacing)) return true;
  const end = endOfNotice(announced, finalNoticeSeconds);
  return end === undefined || !(now.getTime() >= end);
}
