/**
 * Puts revoked rules back as the ledger has them: ports, source, description and tags.
 *
 * EC2 gives a restored rule a new id. The rule is tagged as exempt when it is created, so that no sweep revokes it
 * again. Restoring is safe to repeat, because existing rules are left as they are. A rule that cannot be restored, or
 * whose record is unreadable, does not affect the others.
 */
import { EXEMPT_TAG, exemptionOf } from '../../../src/contract/exemptions';
import {
  type ErrorFacts,
  errorFacts,
  isAboutNoPlace,
  isDenied,
  isNotFound,
  isThrottled,
  OUT_OF_TIME,
  UNREADABLE_ITEM,
} from '../errors';
import { isolate } from '../isolate';
import { takeBack } from './restore-replacement';
import { Progress, report, type RestoredRule, type RestoreReport } from './restore-report';
import { type Configured, configuredIn } from './why-kept';
import { change } from '../ledger/change';
import { mayHaveRevoked, restored } from '../ledger/entry';
import { inParallel } from '../lists';
import type { LedgerEntry } from '../model/ledger';
import type { SecurityGroupRule, Tags } from '../model/network';
import { READ_BACK_DELAYS_MILLIS, readRules } from '../observe/read-rules';
import type { Clock, Ledger, Log, Network } from '../ports';
import { isSameTraffic } from '../rules/sameness';

/** The rules to put back: the given ones, or all rules that a sweep revoked. */
export type RestoreRequest = { readonly securityGroupRuleIds: readonly string[] } | { readonly sweepId: string };

export type { RestoredRule, RestoreReport } from './restore-report';

export interface RestoreDependencies {
  readonly network: Network;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly log: Log;
  readonly restoreId: string;
  /** The name of the construct, and the table of the ledger. The function can read only records with this name. */
  readonly hygiene: string;
  readonly table: string;
  /** No further rule is put back after this time. Absent: there is time for all. */
  readonly until?: Date;
}

/** A restore in progress. It reads the configuration only if rules are to be taken away. */
type Restoring = RestoreDependencies & { readonly configured: Configured };

/** The number of rules that are put back at a time. EC2's token bucket paces them. */
const AT_A_TIME = 5;

/** The number of tags that EC2 allows on a rule. */
const MOST_TAGS = 50;

/** The exempt tag. Its value is for readers only. */
const MARK: Tags = { [EXEMPT_TAG]: 'restored' };

/** @throws when the ledger cannot be read, or records no revocation by the sweep */
export async function restore(request: RestoreRequest, dependencies: RestoreDependencies): Promise<RestoreReport> {
  const { network, log, restoreId } = dependencies;
  const isOfSweep = 'sweepId' in request;
  const records = isOfSweep
    ? await revokedBy(request.sweepId, dependencies)
    : await byIds(request.securityGroupRuleIds, dependencies);
  const entries = [...records.values()].flatMap(({ entry }) => entry ?? []);
  const { existing, unread } = await readExisting(entries, network);
  const progress = new Progress(entries.length, log, restoreId);
  const rules = new Map<string, RestoredRule>();
  const restoring = { ...dependencies, configured: configuredIn(dependencies.ledger) };
  await inParallel(AT_A_TIME, [...records], async ([securityGroupRuleId, { entry, result }]) => {
    const became =
      result ?? unread.get(securityGroupRuleId) ?? (await restoreOne(entry, existing, isOfSweep, restoring));
    const rule = { securityGroupRuleId, groupId: entry?.rule.groupId, ...became };
    rules.set(securityGroupRuleId, rule);
    progress.tried(rule, entry?.rule);
  });
  return report(restoreId, [...records.keys()].flatMap(id => rules.get(id) ?? []), entries.length);
}

interface Existing {
  readonly existing: ReadonlyMap<string, SecurityGroupRule>;
  /** The rules for which EC2 could not be asked whether they exist. */
  readonly unread: ReadonlyMap<string, Result>;
}

/** @throws when no rule can be read at all */
async function readExisting(entries: readonly LedgerEntry[], network: Network): Promise<Existing> {
  const existing = new Map<string, SecurityGroupRule>();
  const idsOf = ({ securityGroupRuleId, restored: later }: LedgerEntry): string[] =>
    [securityGroupRuleId, ...later ? [later.securityGroupRuleId] : []];
  const isolated = await isolate(entries, {
    placeOf: ({ securityGroupRuleId }) => securityGroupRuleId,
    isAboutAll: isAboutNoPlace,
    work: async part => {
      for (const [id, rule] of await readRules(part.flatMap(idsOf), network)) existing.set(id, rule);
    },
  });
  if (isolated.reduce((sum, { items }) => sum + items.length, 0) === entries.length && isolated.length > 0) {
    throw isolated[0].error;
  }
  const unread = isolated.flatMap(({ items, error }) =>
    items.map(({ securityGroupRuleId }): [string, Result] => [
      securityGroupRuleId,
      { outcome: 'FAILED', detail: `the rule could not be looked up: ${explain(errorFacts(error))}` },
    ]),
  );
  return { existing, unread: new Map(unread) };
}

/** The entry of a rule, or the reason why it cannot be restored. */
type KnownRule =
  | { readonly entry: LedgerEntry; readonly result?: undefined }
  | { readonly entry?: undefined; readonly result: Result };

type KnownRules = Map<string, KnownRule>;

async function revokedBy(sweepId: string, dependencies: RestoreDependencies): Promise<KnownRules> {
  const { entries, unreadable } = await dependencies.ledger.revokedBy(sweepId);
  const known: KnownRules = new Map();
  for (const entry of entries) known.set(entry.securityGroupRuleId, { entry });
  for (const { id, message } of unreadable) known.set(id, { result: { outcome: 'FAILED', detail: message } });
  if (known.size === 0) {
    const query = search('revokedBy = :value', sweepId, dependencies);
    throw new Error(
      `The ledger has no rule that the sweep ${sweepId} revoked ${underName(dependencies)}. Nothing was done. ${query}`,
    );
  }
  return known;
}

async function byIds(
  securityGroupRuleIds: readonly string[], dependencies: RestoreDependencies,
): Promise<KnownRules> {
  const known: KnownRules = new Map(securityGroupRuleIds.map(id => [id, { result: unknown(id, dependencies) }]));
  const { entries, unreadable } = await dependencies.ledger.find([...known.keys()]);
  for (const entry of entries) known.set(entry.securityGroupRuleId, { entry });
  for (const { id, message } of unreadable) known.set(id, { result: { outcome: 'FAILED', detail: message } });
  return known;
}

type Result = Pick<RestoredRule, 'outcome' | 'restoredAs' | 'detail' | 'replacedBy'>;

function unknown(securityGroupRuleId: string, dependencies: RestoreDependencies): Result {
  const query = search('contains(id, :value)', securityGroupRuleId, dependencies);
  return { outcome: 'UNKNOWN', detail: `the ledger has no record of it ${underName(dependencies)}. ${query}` };
}

const underName = ({ hygiene }: RestoreDependencies): string => `under the name ${hygiene}`;

/**
 * Returns the command that finds the record under another name. The function can read only its own records, so a person
 * has to run it.
 */
function search(filter: string, value: string, { table }: RestoreDependencies): string {
  return 'Another NetworkHygiene may have it, or this one under an earlier name. Find the name with: '
    + `aws dynamodb scan --table-name ${table} --projection-expression "hygiene, id" --filter-expression "${filter}" `
    + `--expression-attribute-values '{":value":{"S":"${value}"}}'`;
}

const skipped = (detail: string): Result => ({ outcome: 'SKIPPED', detail: `${detail}; restore once more` });
const OUT_OF_TIME_BEFORE = skipped('not tried, because the function ran out of time');
const OUT_OF_TIME_MEANWHILE = skipped('not finished, because the function ran out of time');
const THROTTLED = skipped('not tried, because EC2 throttled every call');

const isOutOfTime = ({ clock, until }: RestoreDependencies): boolean => until !== undefined && clock.now() >= until;

async function restoreOne(
  entry: LedgerEntry, existing: ReadonlyMap<string, SecurityGroupRule>, isOneOfMany: boolean,
  dependencies: Restoring,
): Promise<Result> {
  if (existing.has(entry.securityGroupRuleId)) {
    return { outcome: 'NOT_REVOKED', restoredAs: entry.securityGroupRuleId, detail: 'the rule is still there' };
  }
  const isRevoked =
    entry.state === 'REVOKED'
    || entry.state === 'RESTORED'
    || entry.outcome?.name === 'REVOKED'
    || mayHaveRevoked(entry);
  if (!isRevoked) {
    return { outcome: 'NOT_REVOKED', detail: `this construct did not revoke it; the ledger has it as ${entry.state}` };
  }
  const { restored: before } = entry;
  const earlier = before && existing.get(before.securityGroupRuleId);
  if (isOutOfTime(dependencies)) return OUT_OF_TIME_BEFORE;
  try {
    if (earlier && isSameTraffic(earlier, entry.rule)) {
      await markExempt(earlier, dependencies);
      const restoredAs = earlier.securityGroupRuleId;
      const result: Result = { outcome: 'ALREADY_THERE', restoredAs, detail: `restored at ${before.at}` };
      return await withoutReplacement(result, entry, restoredAs, dependencies);
    }
    // Someone has removed this rule on purpose since it was restored.
    if (before && isOneOfMany) {
      return {
        outcome: 'NOT_REVOKED',
        detail: `it was restored at ${before.at}, and removed since; to put it back once more, name it by its id`,
      };
    }
    const { restoredAs, isShown, ...result } = await putBack(entry.rule, dependencies);
    if (restoredAs === undefined) return result;
    const recorded = await record(entry, { ...result, restoredAs }, dependencies);
    if (!isShown || recorded.entry === undefined) return recorded.result;
    return await withoutReplacement(recorded.result, recorded.entry, restoredAs, dependencies);
  } catch (error) {
    const facts = errorFacts(error);
    return OUT_OF_TIME.has(facts.code) ? OUT_OF_TIME_MEANWHILE : { outcome: 'FAILED', detail: explain(facts) };
  }
}

/** Takes away what replaced a rule, now that the rule was read back. */
async function withoutReplacement(
  result: Result, entry: LedgerEntry, restoredAs: string, dependencies: Restoring,
): Promise<Result> {
  const replacedBy = await takeBack(entry, restoredAs, dependencies);
  return replacedBy.length > 0 ? { ...result, replacedBy } : result;
}

/** `isShown`: whether EC2 shows the rule with the same traffic as before. */
type Back = Result & { readonly isShown?: boolean };

/** @returns a result without `restoredAs` if the rule could not be added */
async function putBack(rule: SecurityGroupRule, dependencies: RestoreDependencies): Promise<Back> {
  const added = await add(rule, dependencies);
  if (added.outcome === 'SKIPPED') return added;
  const { outcome, securityGroupRuleId } = added;
  try {
    const there = await shown(rule, securityGroupRuleId, dependencies);
    if (there) {
      await markExempt(there, dependencies);
      const isShown = isSameTraffic(there, rule);
      return { outcome, restoredAs: there.securityGroupRuleId, detail: differences(rule, there), isShown };
    }
  } catch (error) {
    if (securityGroupRuleId === undefined) throw error;
    return {
      outcome,
      restoredAs: securityGroupRuleId,
      detail: `it is there, but could not be read back: ${explain(errorFacts(error))}`,
    };
  }
  if (securityGroupRuleId !== undefined) {
    return { outcome, restoredAs: securityGroupRuleId, detail: 'EC2 does not show it yet' };
  }
  throw Object.assign(new Error('EC2 says that the rule is there, but does not show it'), { name: 'NotShown' });
}

/** @returns the id of the new rule if EC2 returns it; no id for an existing rule */
async function add(
  rule: SecurityGroupRule, { network }: RestoreDependencies,
): Promise<Result & { securityGroupRuleId?: string }> {
  try {
    return {
      outcome: 'RESTORED',
      securityGroupRuleId: await network.authorizeIngress(rule, { ...ownTags(rule.tags), ...MARK }),
    };
  } catch (error) {
    const facts = errorFacts(error);
    if (isThrottled(facts)) return THROTTLED;
    const { code, attempts = 1 } = facts;
    if (code !== 'InvalidPermission.Duplicate') throw error;
    // A second attempt of the call gets this error because of the rule that the first attempt added.
    return { outcome: attempts > 1 ? 'RESTORED' : 'ALREADY_THERE' };
  }
}

async function markExempt(
  { securityGroupRuleId, tags }: SecurityGroupRule,
  { network }: RestoreDependencies,
): Promise<void> {
  // A tag with a date would end, and then the rule would be revoked again.
  if (exemptionOf(tags, [])?.kind !== 'forever') await network.tagRule(securityGroupRuleId, MARK);
}

/** Returns the added or existing rule, by its id if it is known. */
async function shown(
  rule: SecurityGroupRule, securityGroupRuleId: string | undefined, { network, clock }: RestoreDependencies,
): Promise<SecurityGroupRule | undefined> {
  for (const delay of READ_BACK_DELAYS_MILLIS) {
    if (delay > 0) await clock.sleep(delay);
    if (securityGroupRuleId !== undefined) {
      const there = (await readRules([securityGroupRuleId], network)).get(securityGroupRuleId);
      if (there) return there;
      continue;
    }
    for await (const page of network.securityGroupRules({ groupIds: [rule.groupId] })) {
      const there = page.find(each => isSameTraffic(each, rule));
      if (there) return there;
    }
  }
  return undefined;
}

async function record(
  entry: LedgerEntry, result: Result & { restoredAs: string }, { ledger, clock, restoreId }: RestoreDependencies,
): Promise<{ result: Result; entry?: LedgerEntry }> {
  try {
    const writer = { id: restoreId, startedAt: clock.now(), now: clock.now() };
    const done = await change(ledger, entry, current =>
      restored(current ?? { ...entry, revision: 0 }, result.restoredAs, writer));
    return { result, entry: done.entry };
  } catch (error) {
    const { code, message } = errorFacts(error);
    const detail = `it is there, but the ledger could not be written (${code}: ${message}); restore it once more to record it`;
    return { result: { ...result, detail } };
  }
}

/** Only AWS may set keys that start with `aws:`. One tag must be left for the exempt tag. */
function ownTags(tags: Tags): Tags {
  return Object.fromEntries(Object.entries(tags).filter(([key]) => !key.startsWith('aws:')).slice(0, MOST_TAGS - 1));
}

function differences(recorded: SecurityGroupRule, there: SecurityGroupRule): string | undefined {
  const missing = Object.entries(recorded.tags)
    .filter(([key, value]) => !key.startsWith('aws:') && there.tags[key] !== value)
    .map(([key]) => `the tag ${key}`);
  const isSameDescription = recorded.description === there.description;
  const different = [
    ...(isSameTraffic(recorded, there) ? [] : ['its traffic']),
    ...(isSameDescription ? [] : ['its description']),
    ...missing,
  ];
  return different.length > 0 ? `it differs from what was revoked in ${different.join(', ')}` : undefined;
}

function explain(error: ErrorFacts): string {
  if (error.code === UNREADABLE_ITEM) return error.message;
  const said = `${error.code}: ${error.message}`;
  if (isNotFound(error)) {
    return (
      `${said}. Its group is gone, or the group that it refers to is, or no active peering connection leads there. `
      + 'Create it again, and then restore the rule'
    );
  }
  if (isDenied(error)) {
    return (
      `${said}. With allowRestore, the function may add rules in the groups in which it may revoke them. Check that the properties still include its group, and that nothing `
      + 'denies ec2:AuthorizeSecurityGroupIngress or ec2:CreateTags to its role'
    );
  }
  return said;
}
