/** Decides whether the revocation window lets a rule be revoked now. */
import type { DecodedConfiguration } from '../../../src/contract/configuration';
import { isOpen, openedAt } from '../../../src/contract/revocation-window';

export interface WindowContext extends Pick<DecodedConfiguration, 'revocationWindow'> {
  /** Whether the run looks at everything that it may revoke. */
  readonly isWhole: boolean;
  /** The time at which the latest scheduled sweep began. Absent: none is known. */
  readonly scheduleBegunAt?: string;
  readonly now: Date;
}

/**
 * Whether nothing may be revoked now, except for what may go at any time. After the window has opened, a sweep of
 * everything comes first, because only such a sweep knows whether too many rules have waited.
 */
export function isOutsideWindow({ revocationWindow, isWhole, scheduleBegunAt, now }: WindowContext): boolean {
  if (revocationWindow === undefined) return false;
  if (!isOpen(revocationWindow, now)) return true;
  if (isWhole) return false;
  const opened = openedAt(revocationWindow, now)?.getTime() ?? NaN;
  const begun = Date.parse(scheduleBegunAt ?? '');
  return !(begun >= opened && begun <= now.getTime());
}
