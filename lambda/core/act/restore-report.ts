/** The texts of a restore. The log has each rule and the progress, and the answer has all outcomes. */
import type { LogLevel } from '../model/delivery';
import type { SecurityGroupRule } from '../model/network';
import type { Log } from '../ports';

/**
 * - `RESTORED`: the rule was put back
 * - `ALREADY_THERE`: an equal rule already existed; it is exempt now
 * - `NOT_REVOKED`: nothing can be put back, because the rule still exists, or this construct did not remove it
 * - `UNKNOWN`: the ledger has no record of the rule
 * - `SKIPPED`: not tried, because time ran out or EC2 throttled every call; restore once more
 * - `FAILED`: EC2 or the ledger returned an error
 */
export type RestoreOutcome = 'RESTORED' | 'ALREADY_THERE' | 'NOT_REVOKED' | 'UNKNOWN' | 'SKIPPED' | 'FAILED';

/** A rule that had replaced the one that was put back, and its outcome. */
export interface TakenAwayRule {
  readonly securityGroupRuleId: string;
  /**
   * - `TAKEN_AWAY`: it is gone, because the rule that was put back admits its traffic, too
   * - `LEFT`: it stays as it is, because someone has changed it, or it was gone already
   * - `FAILED`: it could not be taken away; restore once more
   */
  readonly outcome: 'TAKEN_AWAY' | 'LEFT' | 'FAILED';
  readonly detail: string;
}

export interface RestoredRule {
  readonly securityGroupRuleId: string;
  readonly outcome: RestoreOutcome;
  /** The id of the rule that exists now. */
  readonly restoredAs?: string;
  readonly groupId?: string;
  readonly detail?: string;
  /** The rules that this construct had added in its place. Absent: there are none, or the rule is not back. */
  readonly replacedBy?: readonly TakenAwayRule[];
}

export interface RestoreReport {
  readonly restoreId: string;
  /** The number of rules with each outcome. */
  readonly counts: Readonly<Partial<Record<RestoreOutcome, number>>>;
  /** At most a thousand rules, those that are not back first. The log has all of them. */
  readonly rules: readonly RestoredRule[];
  /** A note on how long many rules take, how many to try again, and whether the list is incomplete. */
  readonly note?: string;
}

/** The number of rules that EC2 adds at once, and the number per second after that. */
const AT_ONCE = 50;
const PER_SECOND = 5;

/** A Lambda response is limited to 6 MB. */
const MOST_LISTED = 1000;
const MOST_DETAIL = 1000;

const LEVELS: Readonly<Record<RestoreOutcome, LogLevel>> = {
  RESTORED: 'INFO', ALREADY_THERE: 'INFO', NOT_REVOKED: 'WARN', UNKNOWN: 'WARN', SKIPPED: 'WARN', FAILED: 'ERROR',
};

const isBack = ({ outcome }: RestoredRule): boolean => outcome === 'RESTORED' || outcome === 'ALREADY_THERE';

/** Logs each rule when it is done. If there are many, it also logs the progress. */
export class Progress {
  private done = 0;
  private back = 0;

  /** @param total the number of rules with a record in the ledger */
  constructor(private readonly total: number, private readonly log: Log, private readonly restoreId: string) {
    if (total > AT_ONCE) this.say(`Restoring ${total} rules. ${pace(total)}`);
  }

  /** @param rule the rule in the ledger, if there is one */
  tried(restored: RestoredRule, rule: SecurityGroupRule | undefined): void {
    const { securityGroupRuleId, outcome, restoredAs, detail } = restored;
    const message = `Restoring ${securityGroupRuleId}: ${outcome}${restoredAs ? ` as ${restoredAs}` : ''}`;
    const fields = { event: 'Restore' as const, restoreId: this.restoreId, ...restored, rule };
    this.log(LEVELS[outcome], detail ? `${message}: ${detail}` : message, fields);
    if (rule === undefined) return;
    this.done += 1;
    this.back += Number(isBack(restored));
    if (this.total > AT_ONCE && this.done % AT_ONCE === 0) this.say(this.soFar());
  }

  private soFar(): string {
    const others = this.done - this.back;
    return `Restored ${this.back} of ${this.total} rules so far${others > 0 ? `; ${others} others are not back` : ''}`;
  }

  private say(message: string): void {
    this.log('INFO', message, { event: 'Restore', restoreId: this.restoreId, done: this.done, total: this.total });
  }
}

function pace(total: number): string {
  const seconds = Math.ceil((total - AT_ONCE) / PER_SECOND);
  const limit = `EC2 adds ${AT_ONCE} rules at once and then about ${PER_SECOND} a second`;
  return `${limit}, so ${total} take about ${seconds} seconds`;
}

const rulesAre = (count: number): string => count === 1 ? '1 rule is' : `${count} rules are`;

/** @param total the number of rules with a record in the ledger */
export function report(restoreId: string, rules: readonly RestoredRule[], total: number): RestoreReport {
  const counts: Partial<Record<RestoreOutcome, number>> = {};
  for (const { outcome } of rules) counts[outcome] = (counts[outcome] ?? 0) + 1;
  const isLong = rules.length > MOST_LISTED;
  const notBackFirst = [...rules].sort((a, b) => Number(isBack(a)) - Number(isBack(b)));
  const listed = (isLong ? notBackFirst.slice(0, MOST_LISTED) : rules).map(shortened);
  const part = `${MOST_LISTED} of ${rules.length} rules are listed here, and those that are not back come first`;
  const notes = [
    ...total > AT_ONCE ? [`${pace(total)}. The log of the function shows the progress`] : [],
    ...counts.SKIPPED ? [`${rulesAre(counts.SKIPPED)} SKIPPED, so restore once more`] : [],
    ...isLong ? [`${part}; the log has them all`] : [],
  ];
  return { restoreId, counts, rules: listed, ...notes.length > 0 && { note: notes.join('. ') } };
}

function shortened(rule: RestoredRule): RestoredRule {
  const { detail = '' } = rule;
  return detail.length > MOST_DETAIL ? { ...rule, detail: `${detail.slice(0, MOST_DETAIL)}…` } : rule;
}
