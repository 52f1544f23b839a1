/**
 * Encodes entries as items of the ledger, and decodes items after checking them.
 *
 * People can change a table by hand, and a table can be restored in part. Therefore everything that later code relies
 * on is checked here. An unreadable item is never mistaken for something else, and does not affect other items.
 */
import {
  type Check, count, firstOf, flag, listOf, members, moment, name, number, object, oneOf, optional, pairOf, recordOf,
  text, time,
} from './item-checks';
import type { AttributeValue } from '../../bundle/sdk';
import { LEDGER_EXPIRY, LEDGER_SORT_KEY } from '../../src/contract/names';
import { isTimeZone } from '../../src/contract/revocation-window';
import { errorFacts, UNREADABLE_ITEM } from '../core/errors';
import type { Because } from '../core/model/finding';
import type {
  AskedEntry, ChangesEntry, ConfigurationRecord, ControlEntry, EntryKey, Items, LedgerEntry, LedgerState, ProofsEntry,
  SeriesEntry, SweepEntry, UnreadableItem, UnusedGroupEntry, VpnConnectionEntry,
} from '../core/model/ledger';
import type { ImportedEntry } from '../core/model/security-hub';

export type Item = Record<string, AttributeValue>;

/** The states in which a sweep has nothing more to do for a rule. */
export const SETTLED = ['REVOKED', 'HEALED', 'RESTORED'] as const satisfies readonly LedgerState[];

const STATES: readonly LedgerState[] = ['OPEN', 'PENDING', ...SETTLED];

// ---- checks of entries

const RULE = members({
  securityGroupRuleId: name, groupId: name, groupOwnerId: optional(text), isEgress: flag, ipProtocol: name,
  fromPort: optional(number), toPort: optional(number),
  cidrIpv4: optional(text), cidrIpv6: optional(text), prefixListId: optional(text),
  referencedGroup: optional(members({
    groupId: name, userId: optional(text), vpcId: optional(text), vpcPeeringConnectionId: optional(text),
    peeringStatus: optional(text),
  })),
  description: optional(text), tags: recordOf(text),
});

const BECAUSE_DECLARATIONS = listOf(members({ name: text, reason: optional(text) }));

const BECAUSE = members({
  stale: optional(text), verdict: optional(oneOf('flagged', 'undecided')), declarations: BECAUSE_DECLARATIONS,
});

const FLAGGED_DECLARATIONS = listOf(members({
  name: text, reason: optional(text), id: optional(text), admits: optional(text), allows: optional(text),
  scope: optional(text),
  sightings: optional(count), countedSince: optional(time), countedAt: optional(time), countedFor: optional(time),
  longestGapSeconds: optional(number),
}));

const ATTEMPT = members({ sweepId: name, at: time });

const TRAFFIC = members({
  ipProtocol: name, fromPort: optional(number), toPort: optional(number),
  cidrIpv4: optional(text), cidrIpv6: optional(text), prefixListId: optional(text),
  referencedGroup: optional(members({ groupId: name, userId: optional(text) })),
});

const REPLACEMENT = members({
  isFinal: optional(flag),
  rules: listOf(members({
    traffic: TRAFFIC,
    description: optional(text), securityGroupRuleId: optional(name), existingRuleId: optional(name),
    stays: optional(flag),
    ended: optional(oneOf('TAKEN_AWAY', 'LEFT')),
  })),
});

const OUTCOME = members({ name, sweepId: text, recordedBy: optional(text), at: time, detail: optional(text) });

const RESTORED = members({ securityGroupRuleId: name, restoreId: text, at: time });

const RETURNED = members({
  revocations: count, since: optional(time), latest: time, isKept: optional(flag), retriedAt: optional(time),
  groupTags: optional(recordOf(text)),
});

const EXEMPTION = members({
  kind: oneOf('forever', 'until', 'invalid'), tag: name, value: text, reason: optional(text), until: optional(time),
  on: oneOf('rule', 'group'), told: optional(listOf(text)),
});

const ANNOUNCED = members({
  by: name, at: time, told: listOf(oneOf('event', 'message')), since: optional(time),
  replacing: optional(listOf(TRAFFIC)),
});

const APPROVAL = members({
  digest: name, replacing: optional(listOf(TRAFFIC)), by: name, at: time, isTold: optional(flag),
  validSeconds: optional(number),
  approved: optional(members({ by: name, at: time, approvedBy: optional(text) })),
});

const CHANGED_BY = members({
  eventName: name, eventId: optional(text), at: optional(time), arn: optional(text),
  tool: optional(oneOf('CloudFormation', 'Terraform', 'console')),
});

const STALE = members({
  reason: name,
  vpcIds: optional(listOf(name)),
  firstSeen: time,
  lastSeen: time,
  sightings: count,
  countedSince: optional(time),
  countedAt: optional(time),
  countedFor: optional(time), longestGapSeconds: optional(number),
});

const FLAGGED = members({
  verdict: oneOf('flagged', 'undecided'), declarations: FLAGGED_DECLARATIONS, firstSeen: time, lastSeen: time,
});

type EntryAttributes = Omit<LedgerEntry, 'securityGroupRuleId' | 'earlierRevision'>;

const ENTRY_ATTRIBUTES: Readonly<Record<keyof EntryAttributes, Check>> = {
  state: oneOf(...STATES), revision: count, writtenBy: name, firstSeen: time, lastSeen: time,
  stale: optional(STALE), flagged: optional(FLAGGED),
  rule: RULE, groupName: optional(text), vpcId: optional(text), stackName: optional(text), keepReason: optional(text),
  stackChangeAt: optional(time),
  attempt: optional(ATTEMPT), replacement: optional(REPLACEMENT), outcome: optional(OUTCOME),
  restored: optional(RESTORED), returned: optional(RETURNED), exemption: optional(EXEMPTION),
  announced: optional(ANNOUNCED), approval: optional(APPROVAL),
  changedBy: optional(CHANGED_BY),
  [LEDGER_EXPIRY]: optional(count),
};

const ENTRY = members(ENTRY_ATTRIBUTES);
const JSON_ATTRIBUTES: readonly string[] = [
  'rule', 'stale', 'flagged', 'because', 'attempt', 'replacement', 'outcome', 'restored', 'returned', 'exemption',
  'announced', 'approval', 'changedBy',
];

/**
 * Earlier versions kept these attributes in an item whose key is the rule id alone. The attributes became `stale` and
 * `flagged`.
 */
const EARLIER = members({ because: BECAUSE, sightings: count, firstSeen: time, lastSeen: time });

const VPN_CONNECTION = members({
  vpnConnectionId: name, revision: count, writtenBy: name, writtenAt: time, status: name, since: time, stale: flag,
  longPending: optional(flag),
  name: optional(text), gateway: optional(text), customerGatewayId: optional(text), staticRoutesOnly: optional(flag),
  tunnels: listOf(members({
    outsideIpAddress: text, status: text, statusMessage: optional(text), acceptedRoutes: optional(number),
    lastStatusChange: optional(text), flappedAt: optional(text),
  })),
  expiresAt: optional(count),
});

const UNUSED_GROUP = members({
  groupId: name, state: oneOf('OPEN', 'HEALED'), revision: count, writtenBy: name, writtenAt: time, since: time,
  sightings: count, countedFor: optional(time), reportedAt: optional(time), notLookedAt: optional(listOf(text)),
  usedBy: optional(text), groupName: optional(text), vpcId: optional(text), stackName: optional(text),
  expiresAt: optional(count),
});

/** A reader of the record computes when the window opens, which an unknown time zone would not allow. */
const timeZoneName: Check = value => name(value) ?? (isTimeZone(String(value)) ? undefined : ' is not a time zone');

const GRACE = members({ seconds: number, sightings: number, maxGapSeconds: number });

const SWEEP = members({
  revision: count, sweepId: name, startedAt: time, durationMillis: number, scanErrors: count, errors: listOf(text),
  vpcsNotCovered: optional(listOf(text)), vpcsScanned: optional(count), vpcsCoveredByProof: optional(count),
  looksAtRules: flag, looksAtVpnConnections: flag, recordedVpnConnections: flag,
  groupUse: optional(oneOf('whole', 'part', 'left')), unidentified: count,
  dryRun: flag, staleRules: text, maxRevocationsPerSweep: number,
  grace: optional(GRACE),
  flaggedIngressRules: optional(listOf(members({
    id: name, name: text, action: members({
      kind: oneOf('report', 'revoke'), grace: optional(GRACE), anytime: optional(flag),
    }),
    isReplacing: optional(flag),
  }))),
  revocationWindow: optional(members({ days: optional(listOf(name)), from: name, to: name, timeZone: timeZoneName })),
  staleRulesAnytime: optional(flag), finalNoticeSeconds: optional(number),
  approval: optional(members({ validSeconds: number })),
  enabled: optional(flag), settlesUntil: optional(text), scheduleSeconds: optional(number),
  eventBus: optional(text), notificationsTopicArn: optional(text), notificationFormat: optional(text),
  withheld: listOf(members({ reason: text, count: number, digest: text })), wasLimitUsed: optional(flag),
  unrecordedSeries: optional(listOf(name)),
});

const PAUSE = members({
  until: moment, reason: text, begunAt: moment, pauseId: text, resumedAt: optional(moment), told: listOf(text),
});

const CONTROL = members({
  revision: count, writtenBy: text, pause: optional(PAUSE), earlier: optional(listOf(PAUSE)), table: optional(name),
  configuration: optional(members({ fingerprint: name, digest: name, since: moment })),
  allowance: optional(members({
    openedBy: name, openedAt: moment, startedAt: optional(moment), scheduledTime: optional(text),
    limit: count, used: count,
    reserved: optional(recordOf(count)), waiting: optional(listOf(text)),
    overLimit: optional(members({ planned: count, runId: text, at: time })),
  })),
  mismatch: optional(members({ fingerprint: text, sweeps: count, scheduledTime: optional(text) })),
  counting: optional(members({ runId: name, until: moment })),
  toldWithheld: optional(listOf(members({ reason: text, digest: text, by: text, at: optional(moment) }))),
});

const CONFIGURATION = members({ revision: count, writtenBy: text, text: name, deployTimePaths: name });

const CHANGES = members({
  revision: count, writtenBy: text, readAt: recordOf(moment), events: listOf(text), sweptAt: optional(moment),
  stackChangeAt: optional(moment),
  requested: optional(members({
    since: moment, askedSince: optional(moment), remindedAt: optional(moment),
    awaited: listOf(members({
      kind: oneOf('peering', 'transitGateway', 'transitGatewayAttachment', 'association'), id: name,
      vpcId: optional(text), isEnding: flag, since: moment,
    })),
  })),
});

const PROOFS = members({
  revision: count, writtenBy: text, table: name, at: time, suspendedUntil: optional(time),
  vpcs: recordOf(members({ readAt: time, isUnread: optional(flag), cleanReads: optional(count) })),
});

const listsByTime: Check = value => object(value)
  ?? firstOf(Object.entries(value as object).flatMap(([key, ids]) =>
    [[`[${key}]`, key, time], [`[${key}]`, ids, listOf(name)]] as const));

const ASKED = members({
  revision: count, sweepId: name, at: time, expiresAt: count,
  rules: listOf(members({ securityGroupRuleId: name, groupId: name, digest: name, request: name })),
});

const IMPORTED = members({
  part: count, revision: count, writtenBy: text, findings: recordOf(pairOf(name, time)),
});

const SERIES = members({ revision: count, writtenBy: text, live: listsByTime });

// ---- encoding

export function encode(entry: LedgerEntry): Item {
  const { rule, stale, flagged, attempt, replacement, outcome, restored, returned, changedBy } = entry;
  const { exemption, announced, approval } = entry;
  return attributes({
    securityGroupRuleId: { S: entry.securityGroupRuleId },
    state: { S: entry.state },
    revision: { N: String(entry.revision) },
    writtenBy: { S: entry.writtenBy },
    firstSeen: { S: entry.firstSeen },
    lastSeen: { S: entry.lastSeen },
    groupId: { S: rule.groupId },
    groupName: textOf(entry.groupName),
    vpcId: textOf(entry.vpcId),
    stackName: textOf(entry.stackName),
    rule: { S: JSON.stringify(rule) },
    stale: stale && { S: JSON.stringify(stale) },
    flagged: flagged && { S: JSON.stringify(flagged) },
    keepReason: textOf(entry.keepReason),
    stackChangeAt: textOf(entry.stackChangeAt),
    attempt: attempt && { S: JSON.stringify(attempt) },
    attemptedBy: textOf(attempt?.sweepId),
    replacement: replacement && { S: JSON.stringify(replacement) },
    outcome: outcome && { S: JSON.stringify(outcome) },
    ...outcome?.name === 'REVOKED' && { revokedBy: textOf(outcome.sweepId), recordedBy: textOf(outcome.recordedBy) },
    restored: restored && { S: JSON.stringify(restored) },
    returned: returned && { S: JSON.stringify(returned) },
    exemption: exemption && { S: JSON.stringify(exemption) },
    announced: announced && { S: JSON.stringify(announced) },
    approval: approval && { S: JSON.stringify(approval) },
    changedBy: changedBy && { S: JSON.stringify(changedBy) },
    [LEDGER_EXPIRY]: entry.expiresAt === undefined ? undefined : { N: String(entry.expiresAt) },
  });
}

export function attributes(values: Record<string, AttributeValue | undefined>): Item {
  const there = Object.entries(values).flatMap(([key, value]) => value === undefined ? [] : [[key, value] as const]);
  return Object.fromEntries(there);
}

export const textOf = (value: string | undefined): AttributeValue | undefined =>
  value === undefined || value === '' ? undefined : { S: value };

// ---- decoding

/** Decodes each item separately, so that an unreadable one does not affect the others. */
export function readable<T>(items: readonly Item[], read: (item: Item) => T): Items<T> {
  const entries: T[] = [];
  const others: UnreadableItem[] = [];
  for (const item of items) {
    try {
      entries.push(read(item));
    } catch (error) {
      others.push({ id: ruleIdOf(idOf(item)), message: errorFacts(error).message });
    }
  }
  return { entries, unreadable: others };
}

/** Decodes the entries of a group. If an entry cannot be read, its rule may still say which traffic it is about. */
export function entriesOfGroup(items: readonly Item[]): Items<LedgerEntry> {
  const { entries, unreadable: others } = readable(items, decode);
  const rules = new Map(items.map(item => [ruleIdOf(idOf(item)), item.rule && plain('rule', item.rule)]));
  return {
    entries,
    unreadable: others.map(({ id, message }): UnreadableItem => {
      const rule = rules.get(id);
      return isRule(rule) ? { id, message, rule } : { id, message };
    }),
  };
}

const isRule = (value: unknown): value is LedgerEntry['rule'] => RULE(value) === undefined;

/** @throws `UnreadableItem` if the item is not an entry; so do the other decoders */
export function decode(item: Item): LedgerEntry {
  const id = idOf(item);
  const refused = (wrong: string): Error => unreadable(id, wrong, REPAIR_OF_RULE);
  const isEarlier = !id.includes(KEY_SEPARATOR);
  const plainItem = Object.fromEntries(Object.entries(item).map(([key, value]) => [key, plain(key, value)]));
  let values: unknown = plainItem;
  if (isEarlier) {
    if (!isEarlierEntry(plainItem)) throw refused(EARLIER(plainItem)?.slice(1) ?? '');
    values = { ...plainItem, ...checksOf(plainItem) };
  }
  if (!isEntry(values)) throw refused(ENTRY(values)?.slice(1) ?? '');
  const entry = entryOf(values);
  const { rule, state, attempt } = entry;
  if (rule.securityGroupRuleId !== ruleIdOf(id)) throw refused(`rule contains another rule, ${rule.securityGroupRuleId}`);
  if (!isEarlier && entryId(rule) !== id) throw refused(`rule belongs to another group, ${rule.groupId}`);
  // Without the attempt, a rule that is gone would count as removed by someone else, and its record would expire.
  if (state === 'PENDING' && attempt === undefined) throw refused('attempt is missing, and state is PENDING');
  return isEarlier ? { ...entry, revision: 0, earlierRevision: entry.revision } : entry;
}

function isEntry(values: unknown): values is EntryAttributes {
  return ENTRY(values) === undefined;
}

function isEarlierEntry(values: unknown): values is EarlierEntry {
  return EARLIER(values) === undefined;
}

/** Picks the known attributes, because an item may have others. */
function entryOf(values: EntryAttributes): LedgerEntry {
  const {
    state, revision, writtenBy, firstSeen, lastSeen, stale, flagged, rule, groupName, vpcId, stackName, keepReason,
    stackChangeAt, attempt, replacement, outcome, restored, returned, exemption, announced, approval, changedBy,
    expiresAt,
  } = values;
  return {
    securityGroupRuleId: rule.securityGroupRuleId,
    state,
    revision,
    writtenBy,
    firstSeen,
    lastSeen,
    stale,
    flagged,
    rule,
    groupName,
    vpcId,
    stackName,
    keepReason,
    stackChangeAt,
    attempt,
    replacement,
    outcome,
    restored,
    returned,
    exemption,
    announced,
    approval,
    changedBy,
    expiresAt,
  };
}

interface EarlierEntry {
  readonly because: Because;
  readonly sightings: number;
  readonly firstSeen: string;
  readonly lastSeen: string;
}

/** In earlier versions, each sweep was a sighting of every rule that it found. */
function checksOf({ because, sightings, firstSeen, lastSeen }: EarlierEntry): Pick<LedgerEntry, 'stale' | 'flagged'> {
  const { stale: reason, verdict, declarations } = because;
  const seen = { firstSeen, lastSeen };
  return {
    stale: reason === undefined ? undefined
      : { reason, ...seen, sightings, countedSince: firstSeen, countedAt: lastSeen },
    flagged: verdict && { verdict, declarations, ...seen },
  };
}

// ---- ids of entries

/** Whether an entry has replaced this item of an earlier version. */
export const isMoved = ({ movedTo }: Item): boolean => movedTo !== undefined;

const KEY_SEPARATOR = '#';

/** The common prefix of the ids of all entries of a group. */
export const groupPrefix = (groupId: string): string => `${groupId}${KEY_SEPARATOR}`;

/** The id begins with the group, so that one query reads the entries of one group only. */
export const entryId = ({ groupId, securityGroupRuleId }: EntryKey): string =>
  `${groupPrefix(groupId)}${securityGroupRuleId}`;

/** Returns the group that the id of an item begins with. */
export const groupIdOf = (item: Item): string => idOf(item).split(KEY_SEPARATOR, 1)[0];

const ruleIdOf = (id: string): string => id.slice(id.indexOf(KEY_SEPARATOR) + 1);

export function decodeVpnConnection(item: Item): VpnConnectionEntry {
  const entry = decodeText<VpnConnectionEntry>(item, 'connection', VPN_CONNECTION, WRITTEN_ANEW);
  const { vpnConnectionId } = entry;
  if (vpnConnectionId === idOf(item)) return entry;
  throw unreadable(idOf(item), `connection contains another VPN connection, ${vpnConnectionId}`, WRITTEN_ANEW);
}

/** The common prefix of the ids of unused security groups. Ids of rules' entries begin otherwise. */
export const UNUSED_GROUP_PREFIX = `group${KEY_SEPARATOR}`;

export function decodeUnusedGroup(item: Item): UnusedGroupEntry {
  const entry = decodeText<UnusedGroupEntry>(item, 'group', UNUSED_GROUP, WRITTEN_ANEW);
  if (`${UNUSED_GROUP_PREFIX}${entry.groupId}` === idOf(item)) return entry;
  throw unreadable(idOf(item), `group contains another security group, ${entry.groupId}`, WRITTEN_ANEW);
}

/** The common prefix of the ids of the items about approvals that sweeps have asked for. */
export const ASKED_PREFIX = `asked${KEY_SEPARATOR}`;

export function decodeAsked(item: Item): AskedEntry {
  const entry = decodeText<AskedEntry>(item, 'asked', ASKED, ASKED_ANEW);
  if (`${ASKED_PREFIX}${entry.sweepId}` === idOf(item)) return entry;
  throw unreadable(idOf(item), `asked contains another sweep, ${entry.sweepId}`, ASKED_ANEW);
}

export function decodeSweep(item: Item): SweepEntry {
  return decodeText(item, 'sweep', SWEEP, WRITTEN_ANEW);
}

export function decodeControl(item: Item): ControlEntry {
  const control = decodeText<ControlEntry>(item, 'control', CONTROL, PAUSED_ANEW);
  const { pause } = control;
  // If someone has edited the attribute that the console shows, it is unclear which of the two values is meant. The
  // doubt counts as a pause.
  if (item.pausedUntil?.S !== (pause && (pause.resumedAt ?? pause.until))) {
    throw unreadable(idOf(item), 'pausedUntil differs from the one in control', PAUSED_ANEW);
  }
  return control;
}

export function decodeConfigurationRecord(item: Item): ConfigurationRecord {
  return decodeText(item, 'record', CONFIGURATION, DEPLOYED_ANEW);
}

export function decodeChanges(item: Item): ChangesEntry {
  return decodeText(item, 'changes', CHANGES, CHANGES_ANEW);
}

export function decodeProofs(item: Item): ProofsEntry {
  return decodeText(item, 'proofs', PROOFS, PROOFS_ANEW);
}

/** The common prefix of the ids of the items that have what was imported into Security Hub. */
export const IMPORTED_PREFIX = `securityHub${KEY_SEPARATOR}`;

/** The ids of the parts sort like their numbers. */
export const importedId = (part: number): string => `${IMPORTED_PREFIX}${String(part).padStart(2, '0')}`;

export function decodeImported(item: Item): ImportedEntry {
  const entry = decodeText<ImportedEntry>(item, TEXT, IMPORTED, IMPORTED_ANEW);
  if (importedId(entry.part) === idOf(item)) return entry;
  throw unreadable(idOf(item), `${TEXT} contains another part, ${entry.part}`, IMPORTED_ANEW);
}

export function decodeSeries(item: Item): SeriesEntry {
  return decodeText(item, 'series', SERIES, SERIES_ANEW);
}

/** The attribute of the items of organizations, and of the leases of their places. */
export const TEXT = 'record';

/** Decodes an item that has one attribute of JSON text, and the revision for conditional writes. */
export function decodeText<T>(item: Item, attribute: string, check: Check, repair: string): T {
  const value = parsed(item[attribute]?.S);
  const wrong = check(value);
  if (wrong !== undefined) throw unreadable(idOf(item), `${attribute}${wrong}`, repair);
  if (Number(item.revision?.N) !== (value as { revision: number }).revision) {
    throw unreadable(idOf(item), `revision differs from the one in ${attribute}`, repair);
  }
  return value as T;
}

export const idOf = (item: Item): string => item[LEDGER_SORT_KEY]?.S ?? '';

/** Stands for an attribute that is neither a string nor a number. No check accepts it. */
const OTHER = Symbol('other');

function plain(key: string, { S, N }: AttributeValue): unknown {
  if (N !== undefined) return Number(N);
  if (S === undefined) return OTHER;
  return JSON_ATTRIBUTES.includes(key) ? parsed(S) : S;
}

/** Returns a text that is not JSON unchanged. No check accepts it. */
function parsed(value: string | undefined): unknown {
  try {
    return value === undefined ? undefined : JSON.parse(value) as unknown;
  } catch {
    return value;
  }
}

/** @param wrong the name of an attribute, followed by its problem */
export function unreadable(id: string, wrong: string, repair: string): Error {
  const message = `the ledger's item ${id} cannot be read: its attribute ${wrong}. ${repair}`;
  return Object.assign(new Error(message), { name: UNREADABLE_ITEM });
}

const REPAIR_OF_RULE = 'Look at its attributes state and rule. If the rule is still in its group, delete the item, and '
  + 'the next sweep writes it anew. If the rule is gone, a restore needs the record: correct the attribute, or restore '
  + "the item from the table's point-in-time recovery";

const WRITTEN_ANEW = 'Delete the item, and the next sweep writes it anew';

const DEPLOYED_ANEW =
  'Delete the item, and deploy a change of the configuration, so that CloudFormation writes it anew';

const PROOFS_ANEW = 'Delete the item, and the next sweep writes it anew. Until then, every VPC is read';

const CHANGES_ANEW = 'Delete the item, and the next change writes it anew';

const IMPORTED_ANEW = 'Delete the item, and the next full sweep imports the findings that it was about again';

const SERIES_ANEW = 'Delete the item, and the next sweep that has something to say writes it anew';

const ASKED_ANEW = 'Delete the item, and approve the rules by their ids';

const PAUSED_ANEW =
  'Delete the item, deploy a change of the configuration, and pause again if revoking is to stay paused';
