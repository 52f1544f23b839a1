/**
 * Takes away what an earlier run has added to replace a rule, if the replacement was not finished and is no longer
 * wanted: the declaration is gone, the rule is exempt, or other rules are to replace it now.
 *
 * Rules that only wait, for example during a pause, are left as they are. The run that replaces them continues.
 */
import { becameOf, takeAway } from './take-away';
import { whyKept } from './why-kept';
import type { DecodedConfiguration } from '../../../src/contract/configuration';
import { isBeingReplaced } from '../decide/attempts';
import { type Deployed, holdOf } from '../decide/hold';
import { errorFacts } from '../errors';
import { change } from '../ledger/change';
import { held, isOpen, withReplacement, type Writer } from '../ledger/entry';
import type { Leftover } from '../ledger/leftovers';
import { ended, leftovers } from '../ledger/replacement';
import { inParallel } from '../lists';
import type { LedgerEntry } from '../model/ledger';
import type { Clock, Ledger, Log, Network } from '../ports';

/** The number of rules that are looked at together. EC2's token bucket paces the calls. */
const AT_A_TIME = 5;

export interface Tidying {
  readonly network: Network;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly log: Log;
  readonly sweepId: string;
  readonly deployed: Deployed;
  readonly configuration: DecodedConfiguration;
  readonly until: Date;
}

/** Looks again at each rule before it is taken away. */
export async function tidy(unwanted: readonly Leftover[], options: Tidying): Promise<void> {
  await inParallel(AT_A_TIME, unwanted, each => tidyOne(each, options));
}

async function tidyOne({ entry, added }: Leftover, options: Tidying): Promise<void> {
  const { ledger, clock, log, sweepId, deployed, configuration } = options;
  const { rule } = entry;
  const broaderId = rule.securityGroupRuleId;
  const writer = (): Writer => ({ id: sweepId, startedAt: clock.now(), now: clock.now() });
  try {
    if (clock.now() >= options.until || holdOf(await ledger.control(), deployed, clock.now())) return;
    // The plan does not say it of every rule: one that is only reported, or no longer found, may be in such a group.
    const kept = await whyKept(rule.groupId, async () => configuration, options);
    if (kept !== undefined) {
      const ids = added.map(({ securityGroupRuleId }) => securityGroupRuleId).join(', ');
      const text = `Left ${ids}, added to replace ${broaderId}, because ${kept.detail}`;
      log(kept.isKnown ? 'INFO' : 'WARN', text, { event: 'Replacing', groupId: rule.groupId });
      return;
    }
    const claim = await change(ledger, entry, current =>
      current && isOpenAndUnfinished(current, clock.now()) ? held(current, writer()) : undefined);
    if (!claim.isWritten) return;
    const wanted = new Set(added.map(({ securityGroupRuleId }) => securityGroupRuleId));
    const left = leftovers(claim.entry).filter(({ securityGroupRuleId }) => wanted.has(securityGroupRuleId));
    // If EC2 denies the call, the entry must not stay open for it.
    const taken = await takeAway(
      { replaced: rule, broaderId, added: left }, { ...options, unshown: 'LEFT', denied: 'LEFT' },
    );
    for (const { securityGroupRuleId: id, ended: end, detail } of taken) {
      const message = `${end === 'TAKEN_AWAY' ? 'Took away' : 'Left'} ${id}, which was added to replace ${broaderId}: ${detail}`;
      log(end === undefined ? 'WARN' : 'INFO', message, { event: 'Replacing', groupId: rule.groupId });
    }
    const became = becameOf(taken);
    await change(ledger, claim.entry, current => {
      if (current?.replacement === undefined || current.writtenBy !== sweepId) return undefined;
      const { attempt } = claim.previous ?? entry;
      return { ...withReplacement(current, ended(current.replacement, became), writer()), attempt };
    });
  } catch (error) {
    const { code, message } = errorFacts(error);
    const text = `What was added to replace ${broaderId} could not be taken away: ${code}: ${message}`;
    log('WARN', text, { event: 'Replacing', groupId: rule.groupId });
  }
}

const isOpenAndUnfinished = (entry: LedgerEntry, now: Date): boolean =>
  isOpen(entry) && !isBeingReplaced(entry, now) && leftovers(entry).length > 0;
