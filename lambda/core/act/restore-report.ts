/** The words of a restore: the log has each rule and how far it is, the answer has what became of all. */
import type { LogLevel } from '../model/delivery';
import type { SecurityGroupRule } from '../model/network';
import type { Log } from '../ports';

/**
 * - `RESTORED`: put back
 * - `ALREADY_THERE`: an equal rule was there already; it is exempt now
 * - `NOT_REVOKED`: there is nothing to put back: the rule is still there, or it was not this construct that removed it
 * - `UNKNOWN`: the ledger has no record of it
 * - `SKIPPED`: not tried, because time ran out or EC2 throttled every call; restore once more
 * - `FAILED`: EC2 or the ledger refused
 */
export type RestoreOutcome = 'RESTORED' | 'ALREADY_THERE' | 'NOT_REVOKED' | 'UNKNOWN' | 'SKIPPED' | 'FAILED';

export interface RestoredRule {
  readonly securityGroupRuleId: string;
  readonly outcome: RestoreOutcome;
  /** The rule that is there now. */
  readonly restoredAs?: string;
  readonly groupId?: string;
  readonly detail?: string;
}

export interface RestoreReport {
  readonly restoreId: string;
  /** How many rules had each outcome. */
  readonly counts: Readonly<Partial<Record<RestoreOutcome, number>>>;
  /** At most a thousand; of more than that, first those that are not back. The log has them all. */
  readonly rules: readonly RestoredRule[];
  /** How long many rules take, how many are to be tried once more, and whether some are left out above. */
  readonly note?: string;
}

/** EC2 adds so many rules at once, and then so many a second. */
const AT_ONCE = 50;
const PER_SECOND = 5;

/** Lambda answers with at most 6 MB. */
const MOST_LISTED = 1000;
const MOST_DETAIL = 1000;

const LEVELS: Readonly<Record<RestoreOutcome, LogLevel>> = {
  RESTORED: 'INFO', ALREADY_THERE: 'INFO', NOT_REVOKED: 'WARN', UNKNOWN: 'WARN', SKIPPED: 'WARN', FAILED: 'ERROR',
};

const isBack = ({ outcome }: RestoredRule): boolean => outcome === 'RESTORED' || outcome === 'ALREADY_THERE';

/** Logs each rule as it is done, and how far it is where that takes long. */
export class Progress {
  private done = 0;
  private back = 0;

  /** @param total the rules that the ledger has a record of */
  constructor(private readonly total: number, private readonly log: Log, private readonly restoreId: string) {
    if (total > AT_ONCE) this.say(`Restoring ${total} rules. ${pace(total)}`);
  }

  /** @param rule as the ledger has it, if it has */
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

/** @param total the rules that the ledger has a record of */
export function report(restoreId: string, rules: readonly RestoredRule[], total: number): RestoreReport {
  const counts: Partial<Record<RestoreOutcome, number>> = {};
  for (const { outcome } of rules) counts[outcome] = (counts[outcome] ?? 0) + 1;
  const isLong = rules.length > MOST_LISTED;
  const notBackFirst = [...rules].sort((a, b) => Number(isBack(a)) - Number(isBack(b)));
  const listed = (isLong ? notBackFirst.slice(0, MOST_LISTED) : rules).map(shortened);
  const part = `${MOST_LISTED} of ${rules.length} rules are listed here, first those that are not back`;
  const notes = [
    ...total > AT_ONCE ? [`${pace(total)}. The log of the function tells how far it is`] : [],
    ...counts.SKIPPED ? [`${rulesAre(counts.SKIPPED)} SKIPPED, so restore once more`] : [],
    ...isLong ? [`${part}; the log has them all`] : [],
  ];
  return { restoreId, counts, rules: listed, ...notes.length > 0 && { note: notes.join('. ') } };
}

function shortened(rule: RestoredRule): RestoredRule {
  const { detail = '' } = rule;
  return detail.length > MOST_DETAIL ? { ...rule, detail: `${detail.slice(0, MOST_DETAIL)}…` } : rule;
}
