/**
 * Writes to the ledger, before a run decides, which rules it found and which it no longer finds.
 *
 * It also finishes what earlier runs began: for a rule that was about to be revoked, EC2 shows whether it is gone. If
 * the ledger cannot be read or written, an error is reported, and no rule counts as known. An unreadable item, or an
 * entry that the ledger does not accept, affects only its own rule.
 */
import { announcementAfter, channelsOf, heardBy, isCalledOff } from './announcement';
import { approvalAfter } from './approval';
import { change, ENTRIES_AT_A_TIME } from './change';
import {
  type Absence,
  isOpen,
  type Look,
  type Looks,
  NO_LONGER_LOOKED_FOR,
  notFound,
  seen,
  type Writer,
} from './entry';
import { withExemptionTold } from './exemption';
import { newsOf } from './news';
import { leftovers } from './replacement';
import { mayHaveReturned, returnedOf } from './returns';
import { Sightings } from './sightings';
import type { DecodedConfiguration } from '../../../src/contract/configuration';
import { flaggedIngress, mayApplyTo } from '../checks/flagged-ingress';
import { changedBy, namedBy } from '../decide/changed-by';
import { exemptionOfRule } from '../decide/exempt';
import { maxGapsOf } from '../decide/flagged';
import type { RecordedDecision } from '../decide/plan';
import { stackChangeOf } from '../decide/stacks';
import { type ErrorFacts, errorFacts, isAboutNoPlace, isAboutOneItem, isUnreachable, UNREADABLE_ITEM } from '../errors';
import { isolate } from '../isolate';
import { inParallel } from '../lists';
import type { ChangedBy } from '../model/change';
import type { Check, Finding, FoundRule } from '../model/finding';
import type { Items, LedgerEntry, Returned } from '../model/ledger';
import type { SecurityGroupRule } from '../model/network';
import type { Observation, ScanError } from '../model/observation';
import type { EntryChange } from '../model/result';
import type { Run } from '../model/scope';
import { covers, isReadFor } from '../observe/observe';
import { NOT_SHOWN, readRules, shownByGroupOnly } from '../observe/read-rules';
import type { DecidingLedger, NetworkReader } from '../ports';
import { isSameTraffic } from '../rules/sameness';

/** The ledger after a run has written what it saw. */
export interface Bookkeeping {
  /** The entries of the rules found, by rule id. Absent if the ledger could not be read or written. */
  readonly entries?: ReadonlyMap<string, LedgerEntry>;
  /** Open entries of rules in places where the run could not look. */
  readonly hidden: readonly LedgerEntry[];
  /** The number of unreadable items of rules that the run did not find. Each may belong to a rule that is due. */
  readonly unreadable: number;
  readonly changes: readonly EntryChange[];
  /** Open entries of rules that are no longer found, but that an earlier run has begun to replace. */
  readonly unfinished: readonly LedgerEntry[];
  /** Errors of reading EC2. */
  readonly errors: readonly ScanError[];
  /** The error because of which there are no entries, or errors that each name a found rule without an entry. */
  readonly ledgerErrors: readonly ScanError[];
  /** The sightings that are left to the claims of their rules. Absent if there are none. */
  readonly sightings?: Sightings;
}

export const NO_BOOKS: Bookkeeping = {
  hidden: [], unreadable: 0, changes: [], unfinished: [], errors: [], ledgerErrors: [],
};

export interface BookkeepingDependencies {
  readonly ledger: DecidingLedger;
  readonly network: NetworkReader;
  readonly writer: Writer;
  readonly run: Run;
  /** Whether the ledger can be trusted. Only then are the entries of rules that are gone settled. */
  readonly isTrusted: boolean;
  /** Decides about the rule of an entry, for readers of the ledger and for what people are told. */
  readonly decide: (finding: Finding, entry: LedgerEntry) => RecordedDecision;
  /** Whether the run claims what it plans to revoke. Then it writes these sightings with the claims. */
  readonly isClaiming?: boolean;
}

type Writing = BookkeepingDependencies & {
  readonly observation: Observation;
  readonly configuration: DecodedConfiguration;
  /** The entries of the groups with rules that are not open yet, by group. */
  readonly histories: ReadonlyMap<string, Items<LedgerEntry>>;
};

const WRITING = 'writing to the ledger';

export async function keepBooks(
  found: readonly Finding[], observation: Observation, configuration: DecodedConfiguration,
  dependencies: BookkeepingDependencies,
): Promise<Bookkeeping> {
  const { ledger, network, run } = dependencies;
  const books = new Books();
  let doing = 'reading the ledger';
  try {
    const rules = found.filter((finding): finding is FoundRule => finding.rule !== undefined);
    const foundIds = new Set(rules.map(({ rule }) => rule.securityGroupRuleId));
    const items = await (run.scope.kind === 'groups'
      ? ledger.unsettled(run.scope.groupIds, [...foundIds])
      : ledger.unsettled());
    books.unreadable.push(...items.unreadable.map(({ id: resourceId, message }) =>
      ({ doing, resourceId, error: { code: UNREADABLE_ITEM, message } })));
    const unreadable = new Set(items.unreadable.map(({ id }) => id));
    const unsettled = new Map(items.entries.map(entry => [entry.securityGroupRuleId, entry]));
    const missing = [...unsettled.values()].filter(({ securityGroupRuleId: id }) => !foundIds.has(id));
    const writable = rules.filter(({ rule }) => !unreadable.has(rule.securityGroupRuleId));
    const histories = await readHistories(
      writable.filter(({ rule }) => mayHaveReturned(rule, unsettled.get(rule.securityGroupRuleId))), ledger,
    );
    const existence = await readExisting(missing, network);
    books.errors.push(...existence.errors);
    doing = WRITING;
    const writing = { ...dependencies, observation, configuration, histories };
    await inParallel(ENTRIES_AT_A_TIME, writable, async finding => {
      const id = finding.rule.securityGroupRuleId;
      await books.alone(id, () => recordFound(finding, unsettled.get(id), books, writing));
    });
    await inParallel(ENTRIES_AT_A_TIME, missing, async entry => {
      const rule = existence.of(entry);
      const isSame = rule !== undefined && rule !== 'gone' && isSameTraffic(rule, entry.rule);
      const looks = believable(looksAt(entry, isSame, writing), rule, books, writing);
      const absence = { rule, looks, endedBy: whoEnded(entry, { rule, isSame }, run) };
      const isDone = await books.alone(entry.securityGroupRuleId, () => recordMissing(entry, absence, books, writing));
      if (!isDone && absence.rule !== 'gone') books.hidden.push(entry);
    });
    return books.kept([...unreadable].filter(id => !foundIds.has(id)).length);
  } catch (error) {
    return books.failed({ doing, error: errorFacts(error) });
  }
}

/**
 * Writes the sightings that no claim has written.
 *
 * @param earlier the errors of the ledger since the books were kept
 * @returns the books as the run leaves them
 */
export async function finishBooks(
  kept: Bookkeeping, ledger: DecidingLedger, earlier: readonly ErrorFacts[],
): Promise<Bookkeeping> {
  const { sightings } = kept;
  if (sightings === undefined) return kept;
  const books = new Books();
  let failed: readonly ScanError[] | undefined;
  try {
    // A ledger that timed out before would take as long again.
    if (sightings.size > 0 && earlier.some(isUnreachable)) failed = [];
    else await sightings.writeRest(ledger, (id, write) => books.alone(id, write));
  } catch (error) {
    failed = [{ doing: WRITING, error: errorFacts(error) }];
  }
  const changes = [...kept.changes, ...sightings.changes];
  const ledgerErrors = [...kept.ledgerErrors, ...books.unreadable, ...failed ?? []];
  if (failed) return { ...NO_BOOKS, changes, errors: kept.errors, ledgerErrors };
  return { ...kept, changes, ledgerErrors, entries: new Map([...kept.entries ?? [], ...sightings.entries]) };
}

/** Collects results while entries are written in parallel. */
class Books {
  readonly entries = new Map<string, LedgerEntry>();
  readonly hidden: LedgerEntry[] = [];
  readonly changes: EntryChange[] = [];
  readonly unfinished: LedgerEntry[] = [];
  readonly errors: ScanError[] = [];
  /** Errors about unreadable items, and about entries that the ledger does not accept. */
  readonly unreadable: ScanError[] = [];
  readonly sightings = new Sightings();

  /** Writes one entry. An error about one item affects only that item. @returns whether the write succeeded */
  async alone(resourceId: string, write: () => Promise<unknown>): Promise<boolean> {
    try {
      await write();
      return true;
    } catch (error) {
      const facts = errorFacts(error);
      if (!isAboutOneItem(facts)) throw error;
      this.unreadable.push({ doing: WRITING, resourceId, error: facts });
      return false;
    }
  }

  kept(unreadable: number): Bookkeeping {
    const { entries, hidden, changes, unfinished, errors, sightings } = this;
    return {
      entries, hidden, unreadable, changes, unfinished, errors, ledgerErrors: this.unreadable,
      ...sightings.size > 0 && { sightings },
    };
  }

  failed(error: ScanError): Bookkeeping {
    const { changes, errors } = this;
    return { ...NO_BOOKS, changes, errors, ledgerErrors: [...this.unreadable, error] };
  }
}

async function recordFound(
  finding: FoundRule, unsettled: LedgerEntry | undefined, books: Books, writing: Writing,
): Promise<void> {
  const { ledger, observation, configuration, writer, run, decide, isClaiming } = writing;
  const id = finding.rule.securityGroupRuleId;
  const history = writing.histories.get(finding.groupId);
  const known = unsettled ?? history?.entries.find(each => each.securityGroupRuleId === id);
  const isUnreadable = history?.unreadable.some(each => each.id === id) ?? false;
  const group = observation.groups.get(finding.groupId);
  const counting = {
    counts: run.trigger === 'schedule',
    scheduledTime: run.scheduledTime,
    maxGapSeconds: configuration.grace?.maxGapSeconds ?? Infinity,
    flaggedGaps: maxGapsOf(configuration.flaggedIngressRules),
    exemption: exemptionOfRule(finding.rule, group, configuration),
  };
  const follow = (current: LedgerEntry | undefined): LedgerEntry | undefined => {
    // If the group could not be read, its known VPC is used, because EC2 may name the rule for another VPC.
    const vpcId = group?.vpcId ?? current?.vpcId ?? finding.stale?.vpcId;
    const place = { rule: finding.rule, vpcId, stale: current?.stale };
    const looks = looksAt(place, current !== undefined && isSameTraffic(current.rule, finding.rule), writing);
    const unreadVpcIds = current?.stale?.vpcIds?.filter(each => !isReadFor(observation.coverage.stale, each));
    const by = whoMade(finding, current, run);
    const sighting = seen(current, finding, group, writer, { ...counting, looks, unreadVpcIds, changedBy: by });
    if (sighting === undefined) return undefined;
    const following = { ...sighting, announced: heardBy(sighting.announced, channelsOf(configuration, run)) };
    const returned = returning(finding, [current, known], writing);
    // Only changes can make a run come while a deployment is under way.
    const stackChangeAt = configuration.changeTrigger && stackChangeOf(finding.rule, following, run, writer);
    const decision = decide(finding, { ...following, returned, stackChangeAt });
    const { keepReason } = decision;
    return withExemptionTold({
      ...following, returned, keepReason,
      stackChangeAt: keepReason === 'STACK_IN_PROGRESS' ? stackChangeAt ?? writer.now.toISOString() : stackChangeAt,
      announced: announcementAfter(following.announced, decision, configuration.finalNoticeSeconds, writer),
      approval: approvalAfter(following.approval, decision, configuration.approval, writer),
    }, writer.now);
  };
  const mayWait = isClaiming && !isUnreadable && mayBeNoted(finding.rule, known, configuration);
  const sighted = mayWait ? follow(known) : undefined;
  if (sighted && isToBeClaimed(sighted)) {
    books.entries.set(id, sighted);
    books.sightings.add({ known, seen: sighted });
    return;
  }
  const { isWritten, previous, entry } = await change(ledger, known, follow);
  if (entry) books.entries.set(id, entry);
  if (isWritten) books.changes.push(...newsOf(previous, entry));
}

/**
 * Whether other runs find an entry in which they can note that CloudFormation changes the rule, or who made it. Only
 * changes have them do so. A rule that is new to the ledger has to be written first.
 */
const mayBeNoted = (
  rule: SecurityGroupRule, known: LedgerEntry | undefined, { changeTrigger }: DecodedConfiguration,
): boolean => changeTrigger === undefined || (known?.state === 'OPEN' && isSameTraffic(known.rule, rule));

/**
 * Whether the run is going to claim the rule of an entry. Rules that were added to replace it may be taken away before,
 * and an item of an earlier version is moved, so their entries are written at once.
 */
const isToBeClaimed = ({ state, keepReason, replacement, earlierRevision }: LedgerEntry): boolean =>
  state === 'OPEN' && keepReason === undefined && replacement === undefined && earlierRevision === undefined;

/**
 * Returns who made or modified a rule that was found. A rule that the ledger knows was not added by a change of this
 * run, unless an event says so.
 */
function whoMade(
  { rule, flagged }: FoundRule, current: LedgerEntry | undefined, { changes = [] }: Run,
): ChangedBy | undefined {
  // A rule is stale because of its peer, so a change of its group is not the cause.
  if (flagged === undefined) return namedBy(rule, changes, 'there');
  if (current === undefined) return changedBy(rule, changes, 'there');
  return isSameTraffic(current.rule, rule) ? namedBy(rule, changes, 'there') : changedBy(rule, changes, 'modified');
}

/**
 * Returns who removed a rule, or modified it so that it is no longer found. If the rule is unchanged, something else
 * has ended the finding.
 */
function whoEnded(
  entry: LedgerEntry, { rule, isSame }: Pick<Absence, 'rule'> & { readonly isSame: boolean }, { changes = [] }: Run,
): ChangedBy | undefined {
  if (rule === 'gone') return changedBy(entry.rule, changes, 'removed');
  return rule === undefined || isSame ? undefined : changedBy(rule, changes, 'modified');
}

/** Reads the entries of the groups of these rules. */
const readHistories = (
  findings: readonly FoundRule[], ledger: DecidingLedger,
): Promise<ReadonlyMap<string, Items<LedgerEntry>>> =>
  ledger.ofGroups([...new Set(findings.map(({ groupId }) => groupId))]);

/**
 * Returns how often a rule came back. While the rule is there, what was found first stays, because the time that has
 * passed since is no absence.
 *
 * @param known the entry of the rule now and as it was read first
 * @throws when a record of the same traffic cannot be read, so that the rule may have come back too often
 */
function returning(
  { rule, groupId }: FoundRule, known: ReadonlyArray<LedgerEntry | undefined>,
  { histories, configuration: { comesBack }, observation, writer: { now } }: Writing,
): Returned | undefined {
  const same = known.find(each => each !== undefined && isSameTraffic(each.rule, rule));
  if (same) return same.returned;
  const { entries, unreadable } = histories.get(groupId) ?? { entries: [], unreadable: [] };
  const doubt = unreadable.find(each => each.rule !== undefined && isSameTraffic(each.rule, rule));
  if (doubt) throw Object.assign(new Error(doubt.message), { name: UNREADABLE_ITEM });
  return returnedOf(rule, entries, { comesBack, groupTags: observation.groups.get(groupId)?.tags, now });
}

async function recordMissing(
  known: LedgerEntry, absence: Absence, books: Books, writing: Writing,
): Promise<void> {
  const { ledger, writer, isTrusted, decide } = writing;
  // A run that may do so takes away the added rules first. A closed entry would not be read again.
  const isUnfinished = (entry: LedgerEntry): boolean => absence.rule !== 'gone' && leftovers(entry).length > 0;
  const { isWritten, previous, entry } = await change(ledger, known, current => {
    // A ledger that was made for another table says nothing about rules that are gone, and its entries must not begin
    // to expire.
    if (absence.rule === 'gone' && !isTrusted) return undefined;
    const following = current && notFound(current, absence, writer);
    if (following?.state === 'HEALED' && (!isTrusted || isUnfinished(following))) return undefined;
    // If one check no longer holds the entry, the reason to keep it must be determined again.
    return following && isLess(following, current)
      ? { ...following, keepReason: decide(leftOf(following), following).keepReason }
      : following;
  });
  if (entry && isOpen(entry) && isUnfinished(entry) && notFound(entry, absence, writer)?.state === 'HEALED') {
    books.unfinished.push(entry);
  } else if (entry && isOpen(entry)) {
    books.hidden.push(entry);
  } else if (isWritten) {
    books.changes.push({ change: endOf(entry, previous), entry });
    if (isCalledOff(previous, entry)) books.changes.push({ change: 'CALLED_OFF', entry, previous });
  }
}

/** Treats a rule as not looked at if the check for flagged rules missed it although it exists and is flagged. */
function believable(
  looks: Looks, rule: Absence['rule'], { errors }: Books,
  { observation, configuration: { flaggedIngressRules } }: Writing,
): Looks {
  if (looks.flagged !== 'looked' || rule === undefined || rule === 'gone') return looks;
  const facts = { declared: flaggedIngressRules, groups: observation.groups, prefixLists: observation.prefixLists };
  if (flaggedIngress(rule, facts) === undefined) return looks;
  errors.push({ doing: 'looking for flagged ingress rules', resourceId: rule.securityGroupRuleId, error: NOT_LISTED });
  return { ...looks, flagged: 'not-looked' };
}

const NOT_LISTED: ErrorFacts = {
  code: 'UnusableAnswer', message: 'EC2 did not return the rule or its group, although the rule exists',
};

/** Whether one check no longer holds the entry while another one still does. */
function isLess(following: LedgerEntry, { stale, flagged }: LedgerEntry): boolean {
  return isOpen(following) && (following.stale !== stale || following.flagged !== flagged);
}

/** Returns a finding from the entry of a rule that the run did not find. */
function leftOf({ rule, stale, flagged, vpcId = '', groupName = '' }: LedgerEntry): Finding {
  const { groupId, isEgress, ipProtocol, fromPort, toPort, referencedGroup: reference = {} } = rule;
  return {
    groupId,
    rule,
    stale: stale && {
      direction: isEgress ? 'egress' : 'ingress', vpcId, groupId, groupName, rule, reason: 'OTHER',
      permission: { ipProtocol, fromPort, toPort, reference },
    },
    flagged: flagged && { ...flagged, rule },
  };
}

/** Returns how a finding ended. */
function endOf({ state, outcome }: LedgerEntry, previous: LedgerEntry | undefined): EntryChange['change'] {
  if (state === 'HEALED') return outcome?.name === NO_LONGER_LOOKED_FOR ? 'LET_GO' : 'HEALED';
  // A revoked rule that briefly reappeared returns to REVOKED without a new attempt.
  return previous?.attempt ? 'FINISHED' : 'HEALED';
}

/** Whether an error of the ledger concerns one item only. */
export const isOfOneItem = ({ error, resourceId }: ScanError): boolean =>
  error.code === UNREADABLE_ITEM || (resourceId !== undefined && isAboutOneItem(error));

/** Returns the failure of the ledger. An error of one item does not count, because the other items are still valid. */
export const ledgerFailureIn = (errors: readonly ScanError[]): ScanError | undefined =>
  errors.find(error => !isOfOneItem(error));

type Place = Pick<LedgerEntry, 'vpcId' | 'stale'> & { readonly rule: Pick<SecurityGroupRule, 'groupId'> };

/**
 * Returns what the run can say about a rule for each check. A run over some groups closes no findings because of the
 * configuration; the next full run does. If the rule is unchanged and no longer flagged, then the declarations, the
 * tags of its group or the entries of a prefix list have changed.
 *
 * @param isSame whether the rule allows the same traffic as when it was last found
 */
function looksAt(place: Place, isSame: boolean, { observation, configuration, run }: Writing): Looks {
  const { staleRules, flaggedIngressRules: declared, vpcIds: named } = configuration;
  const { rule: { groupId }, vpcId, stale } = place;
  const isWhole = run.scope.kind === 'everything';
  const isDeclared = declared.some(each => mayApplyTo(each, groupId, observation.groups.get(groupId)));
  const look = (check: Check, isAsked: boolean, vpcIds: readonly string[]): Look => {
    const [first, ...others] = vpcIds.filter(each => named?.includes(each) ?? true);
    const isOutside = vpcIds.length > 0 && first === undefined;
    if (isWhole && (!isAsked || isOutside)) return 'not-asked';
    const isCovered = covers(observation.coverage, check, { groupId, vpcId: first, otherVpcIds: others });
    return isAsked && isCovered ? 'looked' : 'not-looked';
  };
  const own = vpcId === undefined ? [] : [vpcId];
  // The group may be associated with VPCs that a run over some groups does not read.
  const isVpcKnown = isWhole || stale === undefined || stale.vpcIds !== undefined;
  return {
    stale: look('stale', staleRules !== 'ignore' && isVpcKnown, [...new Set([...own, ...stale?.vpcIds ?? []])]),
    flagged: look('flagged', isDeclared && (isWhole || !isSame), own),
  };
}

/** The state in EC2 of the rules that the run did not find. */
interface Existence {
  /** Returns the rule as EC2 has it, `gone` if it does not exist, or undefined if it could not be read. */
  readonly of: (entry: LedgerEntry) => SecurityGroupRule | 'gone' | undefined;
  readonly errors: readonly ScanError[];
}

/** Reads these rules. A group whose rules cannot be read affects only its own rules. */
async function readExisting(missing: readonly LedgerEntry[], network: NetworkReader): Promise<Existence> {
  const known = new Map<string, SecurityGroupRule | 'gone'>();
  const errors: ScanError[] = [];
  const unread = await isolate(missing, {
    placeOf: ({ rule }) => rule.groupId, isAboutAll: isAboutNoPlace, work: async entries => {
      const shown = await readRules(entries.map(({ securityGroupRuleId }) => securityGroupRuleId), network);
      const notShown = entries.map(({ rule }) => rule).filter(({ securityGroupRuleId: id }) => !shown.has(id));
      const unshown = await shownByGroupOnly(notShown, network);
      for (const [id, rule] of [...shown, ...unshown]) known.set(id, rule);
      for (const { securityGroupRuleId: id } of notShown) if (!unshown.has(id)) known.set(id, 'gone');
      errors.push(...[...unshown.keys()].map(resourceId =>
        ({ doing: 'reading a rule by its id', resourceId, error: NOT_SHOWN })));
    },
  });
  for (const { items, error } of unread) {
    const resourceId = new Set(items.map(({ rule }) => rule.groupId)).size === 1 ? items[0].rule.groupId : undefined;
    errors.push({ doing: 'reading the rules of the ledger that were not found', resourceId, error: errorFacts(error) });
  }
  return { of: ({ securityGroupRuleId }) => known.get(securityGroupRuleId), errors };
}
