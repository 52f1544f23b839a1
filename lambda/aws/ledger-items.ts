/**
 * The items of the ledger: how an entry is written, and what an item must be to be read as one.
 *
 * People can change a table by hand, and a table can be restored in part. So everything that later code relies on is
 * checked here: what cannot be read is never taken for something else, and it costs itself alone.
 */
import type { AttributeValue } from '../../bundle/sdk';
import { LEDGER_EXPIRY, LEDGER_SORT_KEY } from '../../src/private/contract';
import { errorFacts, UNREADABLE_ITEM } from '../core/errors';
import type {
  ControlEntry, Items, LedgerEntry, LedgerState, SweepEntry, UnreadableItem, VpnConnectionEntry,
} from '../core/ports';

export type Item = Record<string, AttributeValue>;

/** States in which a sweep has nothing more to do about a rule. */
export const SETTLED = ['REVOKED', 'HEALED', 'RESTORED'] as const satisfies readonly LedgerState[];

const STATES: readonly LedgerState[] = ['OPEN', 'PENDING', ...SETTLED];

// ---- what a value must be

/** @returns what is wrong with a value, as it follows the value's name; undefined when nothing is */
type Check = (value: unknown) => string | undefined;

const must = (be: (value: unknown) => boolean, otherwise: string): Check => value =>
  value === undefined ? ' is missing' : be(value) ? undefined : ` is ${otherwise}`;

const text = must(value => typeof value === 'string', 'no text');
const name = must(value => typeof value === 'string' && value !== '', 'no name');
const flag = must(value => typeof value === 'boolean', 'neither true nor false');
const number = must(value => Number.isFinite(value), 'no number');
const count = must(value => Number.isSafeInteger(value) && Number(value) >= 0, 'no whole number');
const moment = must(value => typeof value === 'string' && Number.isFinite(Date.parse(value)), 'no time');

const UTC = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;

/** Times are compared as texts, too, so they have one form. */
const time: Check = value => moment(value) ?? (UTC.test(String(value)) ? undefined : ' is no time in UTC');

const oneOf = (...values: readonly string[]): Check =>
  must(value => values.includes(value as string), `none of ${values.join(', ')}`);

const optional = (check: Check): Check => value => value === undefined ? undefined : check(value);

const object = must(value => typeof value === 'object' && value !== null && !Array.isArray(value), 'no JSON object');
const array = must(value => Array.isArray(value), 'no list');

const members = (checks: Readonly<Record<string, Check>>): Check => value => object(value)
  ?? firstOf(Object.keys(checks).map(key => [`.${key}`, (value as Record<string, unknown>)[key], checks[key]]));

const recordOf = (check: Check): Check => value => object(value)
  ?? firstOf(Object.entries(value as object).map(([key, each]) => [`.${key}`, each, check]));

const listOf = (check: Check): Check => value => array(value)
  ?? firstOf((value as unknown[]).map((each, index) => [`[${index}]`, each, check]));

/** The first thing that is wrong, with the path to it. */
function firstOf(parts: ReadonlyArray<readonly [path: string, value: unknown, check: Check]>): string | undefined {
  for (const [path, value, check] of parts) {
    const wrong = check(value);
    if (wrong !== undefined) return `${path}${wrong}`;
  }
  return undefined;
}

// ---- what an entry must be

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

const BECAUSE = members({
  stale: optional(text), verdict: optional(oneOf('flagged', 'undecided')),
  declarations: listOf(members({ name: text, reason: optional(text) })),
});

const ATTEMPT = members({ sweepId: name, at: time });

const OUTCOME = members({ name, sweepId: text, recordedBy: optional(text), at: time, detail: optional(text) });

const RESTORED = members({ securityGroupRuleId: name, restoreId: text, at: time });

const ENTRY_ATTRIBUTES: Readonly<Record<keyof Omit<LedgerEntry, 'securityGroupRuleId'>, Check>> = {
  state: oneOf(...STATES), revision: count, writtenBy: name, firstSeen: time, lastSeen: time, sightings: count,
  rule: RULE, groupName: optional(text), vpcId: optional(text), stackName: optional(text),
  because: BECAUSE, keepReason: optional(text),
  attempt: optional(ATTEMPT), outcome: optional(OUTCOME), restored: optional(RESTORED),
  [LEDGER_EXPIRY]: optional(count),
};

const ENTRY = members(ENTRY_ATTRIBUTES);
const ATTRIBUTES = Object.keys(ENTRY_ATTRIBUTES);
const JSON_ATTRIBUTES: readonly string[] = ['rule', 'because', 'attempt', 'outcome', 'restored'];

const VPN_CONNECTION = members({
  vpnConnectionId: name, revision: count, writtenBy: name, writtenAt: time, status: name, since: time, stale: flag,
  name: optional(text), gateway: optional(text), customerGatewayId: optional(text), staticRoutesOnly: optional(flag),
  tunnels: listOf(members({
    outsideIpAddress: text, status: text, statusMessage: optional(text), acceptedRoutes: optional(number),
    lastStatusChange: optional(text),
  })),
  expiresAt: optional(count),
});

const SWEEP = members({
  revision: count, sweepId: name, startedAt: time, durationMillis: number, scanErrors: count, errors: listOf(text),
  vpcsNotCovered: optional(listOf(text)), looksAtRules: flag, looksAtVpnConnections: flag, recordedVpnConnections: flag,
  unidentified: count,
  dryRun: flag, staleRules: text, maxRevocationsPerSweep: number,
  grace: optional(members({ seconds: number, sightings: number, maxGapSeconds: number })),
  eventBus: optional(text), notificationsTopicArn: optional(text),
  withheld: listOf(members({ reason: text, count: number, digest: text })),
});

const PAUSE = members({
  until: moment, reason: text, begunAt: moment, pauseId: text, resumedAt: optional(moment), told: listOf(text),
});

const CONTROL = members({ revision: count, writtenBy: text, pause: optional(PAUSE), earlier: optional(listOf(PAUSE)) });

// ---- writing

export function encode(entry: LedgerEntry): Item {
  const { rule, attempt, outcome, restored } = entry;
  return attributes({
    state: { S: entry.state },
    revision: { N: String(entry.revision) },
    sightings: { N: String(entry.sightings) },
    writtenBy: { S: entry.writtenBy },
    firstSeen: { S: entry.firstSeen },
    lastSeen: { S: entry.lastSeen },
    groupId: { S: rule.groupId },
    groupName: textOf(entry.groupName),
    vpcId: textOf(entry.vpcId),
    stackName: textOf(entry.stackName),
    rule: { S: JSON.stringify(rule) },
    because: { S: JSON.stringify(entry.because) },
    keepReason: textOf(entry.keepReason),
    attempt: attempt && { S: JSON.stringify(attempt) },
    attemptedBy: textOf(attempt?.sweepId),
    outcome: outcome && { S: JSON.stringify(outcome) },
    ...outcome?.name === 'REVOKED' && { revokedBy: textOf(outcome.sweepId), recordedBy: textOf(outcome.recordedBy) },
    restored: restored && { S: JSON.stringify(restored) },
    [LEDGER_EXPIRY]: entry.expiresAt === undefined ? undefined : { N: String(entry.expiresAt) },
  });
}

export function attributes(values: Record<string, AttributeValue | undefined>): Item {
  const there = Object.entries(values).flatMap(([key, value]) => value === undefined ? [] : [[key, value] as const]);
  return Object.fromEntries(there);
}

export const textOf = (value: string | undefined): AttributeValue | undefined =>
  value === undefined || value === '' ? undefined : { S: value };

// ---- reading

/** Reads each item by itself. */
export function readable<T>(items: readonly Item[], read: (item: Item) => T): Items<T> {
  const entries: T[] = [];
  const others: UnreadableItem[] = [];
  for (const item of items) {
    try {
      entries.push(read(item));
    } catch (error) {
      others.push({ id: idOf(item), message: errorFacts(error).message });
    }
  }
  return { entries, unreadable: others };
}

/** @throws `UnreadableItem` for what is no entry; so do the others */
export function decode(item: Item): LedgerEntry {
  const id = idOf(item);
  const refused = (wrong: string): Error => unreadable(id, wrong, REPAIR_OF_RULE);
  const values = Object.fromEntries(Object.entries(item).map(([key, value]) => [key, plain(key, value)]));
  const wrong = ENTRY(values);
  if (wrong !== undefined) throw refused(wrong.slice(1));
  const known = ATTRIBUTES.map(key => [key, values[key]] as const);
  const entry = { securityGroupRuleId: id, ...Object.fromEntries(known) } as unknown as LedgerEntry;
  const { rule, state, attempt } = entry;
  if (rule.securityGroupRuleId !== id) throw refused(`rule is another rule, ${rule.securityGroupRuleId}`);
  // Without it a rule that is gone would count as removed by someone else, and its record would expire.
  if (state === 'PENDING' && attempt === undefined) throw refused('attempt is missing, and state is PENDING');
  return entry;
}

export function decodeVpnConnection(item: Item): VpnConnectionEntry {
  const entry = decodeText<VpnConnectionEntry>(item, 'connection', VPN_CONNECTION, WRITTEN_ANEW);
  const { vpnConnectionId } = entry;
  if (vpnConnectionId === idOf(item)) return entry;
  throw unreadable(idOf(item), `connection is another VPN connection, ${vpnConnectionId}`, WRITTEN_ANEW);
}

export function decodeSweep(item: Item): SweepEntry {
  return decodeText(item, 'sweep', SWEEP, WRITTEN_ANEW);
}

export function decodeControl(item: Item): ControlEntry {
  const control = decodeText<ControlEntry>(item, 'control', CONTROL, PAUSED_ANEW);
  const { pause } = control;
  // Someone may have changed what the console shows. Which of the two is meant is a doubt, and a doubt is a pause.
  if (item.pausedUntil?.S !== (pause && (pause.resumedAt ?? pause.until))) {
    throw unreadable(idOf(item), 'pausedUntil is not the one of control', PAUSED_ANEW);
  }
  return control;
}

/** Reads an item that is one attribute of JSON text, beside the revision that writes are conditional on. */
function decodeText<T>(item: Item, attribute: string, check: Check, repair: string): T {
  const value = parsed(item[attribute]?.S);
  const wrong = check(value);
  if (wrong !== undefined) throw unreadable(idOf(item), `${attribute}${wrong}`, repair);
  if (Number(item.revision?.N) !== (value as { revision: number }).revision) {
    throw unreadable(idOf(item), `revision is not the one of ${attribute}`, repair);
  }
  return value as T;
}

const idOf = (item: Item): string => item[LEDGER_SORT_KEY]?.S ?? '';

/** An attribute that is neither text nor a number, which no check takes. */
const OTHER = Symbol('other');

function plain(key: string, { S, N }: AttributeValue): unknown {
  if (N !== undefined) return Number(N);
  if (S === undefined) return OTHER;
  return JSON_ATTRIBUTES.includes(key) ? parsed(S) : S;
}

/** A text that is no JSON stays as it is, which no check takes. */
function parsed(value: string | undefined): unknown {
  try {
    return value === undefined ? undefined : JSON.parse(value) as unknown;
  } catch {
    return value;
  }
}

/** @param wrong an attribute of the item, and what is wrong with it */
function unreadable(id: string, wrong: string, repair: string): Error {
  const message = `the ledger's item ${id} cannot be read: its attribute ${wrong}. ${repair}`;
  return Object.assign(new Error(message), { name: UNREADABLE_ITEM });
}

const REPAIR_OF_RULE = 'Look at its attributes state and rule. If the rule is still in its group, delete the item, and '
  + 'the next sweep writes it anew. If the rule is gone, a restore needs the record: correct the attribute, or restore '
  + "the item from the table's point-in-time recovery";

const WRITTEN_ANEW = 'Delete the item, and the next sweep writes it anew';

const PAUSED_ANEW = 'Delete the item, and pause again if revoking is to stay paused';
