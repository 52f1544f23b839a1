/**
 * Adds the narrower rules that replace a broader one, before that one is revoked.
 *
 * The order is fixed. The ledger has the planned rules before the first call, and the id of each added rule right after
 * its call. When all of them were read back, the broader rule is read and decided on once more, and the ledger is told
 * that the replacement is final. Only then is the broader rule revoked. If anything speaks against it before that, the
 * added rules are taken away again, and the broader rule is kept. A run that dies leaves what the next one needs to go
 * on, or to take away.
 */
import { whyHeld } from './call';
import type { RevokeOptions } from './options';
import { readAgain, type Reading, whyNot } from './reading';
import { ruleToAdd, tagsOf } from './replacing-rules';
import { becameOf, takeAway, type Taken } from './take-away';
import { changed, type GoneVerdict, type KeptVerdict, ledgerFailed, skipped } from './verdict';
import { keepFacts } from '../decide/reasons';
import { type ErrorFacts, errorFacts, isThrottled } from '../errors';
import { change } from '../ledger/change';
import { withReplacement } from '../ledger/entry';
import { added, ended, final, isAdded, leftovers, namedBy } from '../ledger/replacement';
import type { LedgerEntry, ReplacementRecord } from '../model/ledger';
import type { SecurityGroupRule } from '../model/network';
import type { PlannedRevocation } from '../model/result';
import { READ_BACK_DELAYS_MILLIS, readRules } from '../observe/read-rules';
import { admitsSame } from '../rules/sameness';
import { sleepAbout } from '../waiting';

/** The wait before a throttled call is repeated. The SDK has then repeated it several times already. */
const THROTTLED_MILLIS = 4000;

/** A rule that is to be replaced, and its entry as this run has claimed it. */
export interface Replacing {
  readonly planned: PlannedRevocation & Required<Pick<PlannedRevocation, 'replacing'>>;
  readonly pending: LedgerEntry;
}

export type Replaced = { readonly pending: LedgerEntry } & (
  /** The narrower rules are there, and the broader one may be revoked by the reading `now`. */
  | { readonly kind: 'ready'; readonly planned: PlannedRevocation; readonly now: Reading }
  | { readonly kind: 'kept'; readonly verdict: KeptVerdict | GoneVerdict }
);

export const isReplaced = (planned: PlannedRevocation): planned is Replacing['planned'] =>
  planned.replacing !== undefined;

/** A reason to stop. Absent `mayUndo`: what was added is taken away. */
interface Stop {
  readonly verdict: KeptVerdict | GoneVerdict;
  /** `false` if the ledger failed or another run has the entry, so the next run decides. */
  readonly mayUndo?: false;
}

type Left = Pick<Extract<Replaced, { kind: 'kept' }>, 'pending' | 'verdict'>;

/** @param now the reading of the rule since it was claimed */
export async function replace(replacing: Replacing, now: Reading, options: RevokeOptions): Promise<Replaced> {
  const work = new Work(replacing, options);
  const stop = await work.prepare(now);
  if (stop === undefined) return { kind: 'ready', ...work.ready };
  const { verdict, mayUndo } = stop;
  const isLeft = mayUndo === false || verdict.kind === 'gone' || isOfExemptGroup(verdict);
  return { kind: 'kept', ...isLeft ? work.left(verdict) : await work.undo(verdict) };
}

/** Nothing is removed from a group that has become exempt. */
function isOfExemptGroup({ because }: KeptVerdict): boolean {
  const heldBy = because?.heldBy;
  return keepFacts(heldBy)?.kind === 'exempt' && heldBy !== 'EXEMPT_BY_RULE_TAG';
}

class Work {
  private pending: LedgerEntry;
  private readonly planned: Replacing['planned'];
  private standIns: ReadonlyMap<number, SecurityGroupRule> = new Map();
  private now?: Reading;

  constructor(replacing: Replacing, private readonly options: RevokeOptions) {
    this.pending = replacing.pending;
    this.planned = replacing.planned;
  }

  /** @returns why the broader rule is not to be revoked; undefined if it is */
  async prepare(now: Reading): Promise<Stop | undefined> {
    return await this.decide(now)
      ?? await this.addAll()
      ?? await this.readBack()
      ?? await this.decide(await readAgain([this.standing], this.options))
      ?? this.write(record => final(record, new Map(
        [...this.standIns].map(([index, { securityGroupRuleId }]) => [index, securityGroupRuleId]),
      )));
  }

  get ready(): Pick<Extract<Replaced, { kind: 'ready' }>, 'planned' | 'now' | 'pending'> {
    const { now, pending } = this;
    if (now === undefined) throw new Error('The rule was not decided on');
    return { planned: this.standing, now, pending };
  }

  left(verdict: KeptVerdict | GoneVerdict): Left {
    return { pending: this.pending, verdict };
  }

  /** Takes away what this construct has added, unless the broader rule was about to be revoked before. */
  async undo(verdict: KeptVerdict | GoneVerdict): Promise<Left> {
    const mine = leftovers(this.pending);
    if (mine.length === 0) return this.left(verdict);
    const { rule } = this.planned;
    const taken = await takeAway({ replaced: rule, broaderId: rule.securityGroupRuleId, added: mine }, this.options);
    const became = becameOf(taken);
    const stop = became.size === 0 ? undefined : await this.write(record => ended(record, became));
    const detail = `${verdict.detail}; ${inWords(taken)}`;
    const ledgerError = stop?.verdict.kind === 'kept' ? stop.verdict.because?.ledgerError : undefined;
    const said = { ...verdict, detail };
    return this.left(
      said.kind === 'kept' && ledgerError ? { ...said, because: { ...said.because, ledgerError } } : said,
    );
  }

  private get standing(): PlannedRevocation {
    return { ...this.planned, standIns: [...this.standIns.values()] };
  }

  private get record(): ReplacementRecord {
    return this.pending.replacement ?? { rules: [] };
  }

  private async decide(now: Reading): Promise<Stop | undefined> {
    this.now = now;
    if (this.options.clock.now() >= this.options.until) return { verdict: skipped(OUT_OF_TIME) };
    const verdict = whyNot(this.standing, now, this.options) ?? await whyHeld(this.options);
    return verdict && { verdict };
  }

  private async addAll(): Promise<Stop | undefined> {
    for (const index of namedBy(this.record, this.planned.replacing)) {
      const stop = await this.add(index);
      if (stop) return stop;
    }
    return undefined;
  }

  private async add(index: number): Promise<Stop | undefined> {
    const { network, clock, until, log } = this.options;
    const rule = ruleToAdd(this.planned.rule, this.record.rules[index]);
    const message = `Adding an ingress rule to ${rule.groupId}, to replace ${rule.securityGroupRuleId}`;
    for (let throttledBy: ErrorFacts | undefined; ;) {
      if (clock.now() >= until) return { verdict: skipped(OUT_OF_TIME, undefined, throttledBy) };
      try {
        log('INFO', message, { event: 'Replacing', groupId: rule.groupId, rule });
        const id = await network.authorizeIngress(rule, tagsOf(this.planned.rule));
        return id === undefined ? undefined : await this.write(record => added(record, index, id));
      } catch (thrown) {
        const error = errorFacts(thrown);
        // Such a rule is there already. Even if a first attempt of this call may have added it, nobody knows.
        if (error.code === 'InvalidPermission.Duplicate') return undefined;
        if (!isThrottled(error)) return { verdict: notAdded(error) };
        throttledBy = error;
      }
      await sleepAbout(THROTTLED_MILLIS, until, clock);
    }
  }

  /** Waits until EC2 shows each narrower rule: by its id if this construct has added it, otherwise by its traffic. */
  private async readBack(): Promise<Stop | undefined> {
    const { network, clock, until } = this.options;
    const open = new Set(namedBy(this.record, this.planned.replacing));
    const found = new Map<number, SecurityGroupRule>();
    try {
      for (const delay of READ_BACK_DELAYS_MILLIS) {
        if (clock.now() >= until) return { verdict: skipped(OUT_OF_TIME) };
        if (delay > 0) await clock.sleep(delay);
        for (const [index, rule] of await this.shown(open, network)) {
          found.set(index, rule);
          open.delete(index);
        }
        if (open.size === 0) break;
      }
    } catch (thrown) {
      const error = errorFacts(thrown);
      return { verdict: { kind: 'kept', outcome: 'FAILED', detail: 'the rules that replace it could not be read back', error } };
    }
    if (open.size > 0) {
      const detail = 'EC2 does not show a rule that replaces it, or someone has changed it';
      return { verdict: { kind: 'kept', outcome: 'FAILED', detail } };
    }
    this.standIns = found;
    return undefined;
  }

  private async shown(
    open: ReadonlySet<number>, network: RevokeOptions['network'],
  ): Promise<Array<readonly [number, SecurityGroupRule]>> {
    const { rules } = this.record;
    const ids = [...open].flatMap(index => isAdded(rules[index]) ? rules[index].securityGroupRuleId ?? [] : []);
    const byId = ids.length > 0 ? await readRules(ids, network) : new Map<string, SecurityGroupRule>();
    const ofGroup = ids.length < open.size ? await rulesOf(this.planned.rule.groupId, network) : [];
    return [...open].flatMap(index => {
      const { securityGroupRuleId: id, traffic } = rules[index];
      const rule = id === undefined ? ofGroup.find(each => admitsSame(each, traffic)) : byId.get(id);
      return rule && admitsSame(rule, traffic) ? [[index, rule] as const] : [];
    });
  }

  /** Writes the record, unless another run has taken the entry over. */
  private async write(follow: (record: ReplacementRecord) => ReplacementRecord): Promise<Stop | undefined> {
    const { ledger, sweepId, clock } = this.options;
    const writer = { id: sweepId, startedAt: clock.now(), now: clock.now() };
    try {
      const { isWritten, entry } = await change(ledger, this.pending, current =>
        current?.state === 'PENDING' && current.writtenBy === sweepId
          ? withReplacement(current, follow(current.replacement ?? { rules: [] }), writer)
          : undefined);
      if (isWritten) {
        this.pending = entry;
        return undefined;
      }
      return { verdict: changed(`the ledger has it as ${entry?.state ?? 'unknown'} now`), mayUndo: false };
    } catch (error) {
      return { verdict: ledgerFailed(errorFacts(error)), mayUndo: false };
    }
  }
}

const OUT_OF_TIME = 'the sweep ran out of time before the rules that replace it were there; the next one continues';

function notAdded(error: ErrorFacts): KeptVerdict {
  const detail = error.code === 'RulesPerSecurityGroupLimitExceeded'
    ? 'its group has no room for a rule that replaces it; ask for a higher quota of rules per security group'
    : 'EC2 did not add a rule that replaces it';
  return { kind: 'kept', outcome: 'FAILED', detail, error };
}

async function rulesOf(groupId: string, network: RevokeOptions['network']): Promise<SecurityGroupRule[]> {
  const rules: SecurityGroupRule[] = [];
  for await (const page of network.securityGroupRules({ groupIds: [groupId] })) rules.push(...page);
  return rules;
}

function inWords(taken: readonly Taken[]): string {
  return taken.map(({ securityGroupRuleId: id, ended: end, detail }) =>
    end === 'TAKEN_AWAY' ? `${id}, which was added, was taken away` : `${id}, which was added, was not taken away: ${detail}`,
  ).join('; ');
}
