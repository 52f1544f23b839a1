/**
 * Determines which rules a sweep revokes in another way than the product, to check the product.
 *
 * A rule allows a set of packets. Apart from its source, a packet is one of a few hundred samples, and the protocol and
 * ports of a rule are the set of samples that it allows. EXACT means an equal set, WITHIN a subset, and COVERS a
 * superset. The samples include every bound that the random worlds use, and its neighbors. A block is the bits that its
 * addresses begin with, and IANA's own files say which blocks are internet. With OVERLAPS, sources are samples, too: an
 * address for every place where a block may begin or end, or what a group or an unread list stands for. The oracle uses
 * only types of the product.
 */
import { REGISTERED_BLOCKS } from './iana/registries';
import type { LedgerEntry } from '../../lambda/core/model/ledger';
import type {
  SecurityGroup,
  SecurityGroupRule,
  StalePermission,
  StaleSecurityGroup,
} from '../../lambda/core/model/network';
import type {
  Configuration,
  FlaggedIngressRuleConfiguration,
  InternetSource,
  IpPermission,
  Match,
} from '../../src/contract/configuration';

export type Answer = 'yes' | 'no' | 'unknown';

/** Everything that a sweep knows when it decides. */
export interface World {
  readonly configuration: Configuration;
  readonly vpcIds: readonly string[];
  readonly accountId?: string;
  readonly groups: readonly SecurityGroup[];
  readonly rules: readonly SecurityGroupRule[];
  /** The entries of the prefix lists that could be read, by the id of the list. */
  readonly prefixLists: Readonly<Record<string, readonly string[]>>;
  /** The stale groups by VPC id. */
  readonly stale: ReadonlyArray<readonly [vpcId: string, groups: readonly StaleSecurityGroup[]]>;
  /** The groups of the interface endpoints of the function's VPC, as far as they were read, and whether all were. */
  readonly endpoints?: { readonly groupIds: readonly string[]; readonly isWhole: boolean };
  /** The entries of the ledger. Absent if it could not be read. */
  readonly ledger?: readonly LedgerEntry[];
  readonly now: Date;
}

/**
 * Returns the ids of the rules that a full sweep with its whole allowance must revoke, each with the indices of the
 * declarations that flag it. It is all rules that are due, or none.
 */
export function rulesToRevoke(world: World): Map<string, number[]> {
  const { revoked, uncertain } = rulesToldToRevoke(world);
  return revoked.size + uncertain > world.configuration.maxRevocationsPerSweep ? new Map() : revoked;
}

/**
 * Returns the same without the limit, and the number of rules that may be due, because the ledger has no entry of them,
 * or because their groups or the endpoints of the function's VPC could not be read.
 */
function rulesToldToRevoke(world: World): { readonly revoked: Map<string, number[]>; readonly uncertain: number } {
  const { configuration } = world;
  const stale = configuration.staleRules === 'revoke' ? staleRuleIds(world) : new Set<string>();
  const revoked = new Map<string, number[]>();
  let uncertain = 0;
  if (configuration.dryRun || configuration.enabled === false) return { revoked, uncertain };
  for (const rule of world.rules) {
    const group = world.groups.find(({ groupId }) => groupId === rule.groupId);
    const flaggedBy = configuration.flaggedIngressRules.flatMap((declaration, index) =>
      isFlagged(rule, declaration, world) === 'yes' ? index : [],
    );
    const isFlaggedToGo = flaggedBy.some(index => configuration.flaggedIngressRules[index].action?.kind !== 'report');
    const isTold = isFlaggedToGo || stale.has(rule.securityGroupRuleId);
    const mayGo = !rule.isEgress && group?.vpcId !== undefined && world.vpcIds.includes(group.vpcId)
      && !isExempt(rule, group, configuration) && !belongsToOther(rule, group, world.accountId)
      && !isOwnWay(rule, world);
    const entry = world.ledger?.find(({ securityGroupRuleId }) => securityGroupRuleId === rule.securityGroupRuleId);
    const isRecorded = entry?.state === 'OPEN' && (isFlaggedToGo || isGraceOver(entry, world));
    const isDoubtful = configuration.functionNetwork !== undefined && world.endpoints?.isWhole !== true;
    if (isTold && mayGo && isRecorded && !isDoubtful) revoked.set(rule.securityGroupRuleId, flaggedBy);
    if (isTold && mayGo && isRecorded && isDoubtful) uncertain += 1;
    const isGroupUnread = group === undefined && !rule.isEgress && !isExempt(rule, { tags: {} }, configuration)
      && !isOwnWay(rule, world);
    if (isTold && (isGroupUnread || (mayGo && entry === undefined))) uncertain += 1;
  }
  return { revoked, uncertain };
}

/**
 * Whether the wait of a stale rule is over: it has been stale for long enough, enough scheduled sweeps have found it,
 * and the last one not too long ago.
 */
export function isGraceOver({ stale }: LedgerEntry, { configuration: { grace }, now }: World): boolean {
  if (grace === undefined) return true;
  const [since, latest] = [stale?.countedSince, stale?.countedAt].map(text => new Date(text ?? 'never'));
  const earlier = (seconds: number): Date => new Date(now.getTime() - seconds * 1000);
  const isLongEnough = since <= earlier(grace.seconds) && since <= now;
  const isUnbroken = latest >= earlier(grace.maxGapSeconds);
  const isOftenEnough = [...Array(grace.sightings).keys()].every(count => count < (stale?.sightings ?? 0));
  return isLongEnough && isUnbroken && isOftenEnough;
}

function isExempt(
  rule: SecurityGroupRule, group: Pick<SecurityGroup, 'tags'>, { exemptSecurityGroupIds, exemptTags = [] }: Configuration,
): boolean {
  const same = (a: string, b: string): boolean => new RegExp(`^${a.replace(/[^a-z0-9]/gi, '\\$&')}$`, 'i').test(b);
  const exempting = ['network-hygiene:exempt', ...exemptTags];
  const tagged = [rule.tags, group.tags]
    .some(tags => Object.keys(tags).some(key => exempting.some(each => same(each, key))));
  return tagged || exemptSecurityGroupIds.includes(rule.groupId);
}

/** Whether the function reaches AWS through the rule's group: that is its own, or of an endpoint of its VPC. */
export function isOwnWay({ groupId }: SecurityGroupRule, { configuration, endpoints }: World): boolean {
  const { functionNetwork } = configuration;
  if (functionNetwork === undefined) return false;
  return [...functionNetwork.securityGroupIds, ...endpoints?.groupIds ?? []].includes(groupId);
}

function belongsToOther(rule: SecurityGroupRule, group: SecurityGroup, accountId?: string): boolean {
  const owner = rule.groupOwnerId ?? group.ownerId;
  return accountId !== undefined && owner !== undefined && owner !== accountId;
}

/** The facts that decide whether a rule is flagged, in addition to the rule itself. */
type Facts = Pick<World, 'groups' | 'prefixLists'>;

/** Returns whether a declaration flags a rule. */
export function isFlagged(rule: SecurityGroupRule, declaration: FlaggedIngressRuleConfiguration, facts: Facts): Answer {
  const { match, ipPermissions } = declaration;
  if (rule.isEgress || !isForGroup(declaration, rule.groupId, facts.groups)) return 'no';
  const live = sourceOf(rule);
  const headers = headersOf(rule.ipProtocol, rule.fromPort, rule.toPort);
  if (match === 'OVERLAPS') return overlaps(headers, live, declaration, facts.prefixLists);
  return either(ipPermissions.flatMap(permission => {
    const related = relateHeaders(headers, headersOfPermission(permission), match);
    return declaredSources(permission, declaration)
      .map(source => both(related, relateSources(live, source, match, facts.prefixLists)));
  }));
}

function isForGroup(
  { groupId, defaultGroups, groupsTagged, exceptGroupIds = [] }: FlaggedIngressRuleConfiguration, id: string,
  groups: readonly SecurityGroup[],
): boolean {
  const group = groups.find(each => each.groupId === id);
  const isTagged = Object.entries(group?.tags ?? {})
    .some(([key, value]) => key === groupsTagged?.key && groupsTagged.values.includes(value));
  return !exceptGroupIds.includes(id)
    && (groupId === undefined || groupId === id)
    && (defaultGroups === undefined || group?.groupName === 'default')
    && (groupsTagged === undefined || isTagged);
}

const either = (answers: readonly Answer[]): Answer =>
  answers.find(answer => answer === 'yes') ?? answers.find(answer => answer === 'unknown') ?? 'no';

const not = (answer: Answer): Answer => answer === 'unknown' ? answer : yesOrNo(answer === 'no');

const both = (a: Answer, b: Answer): Answer =>
  a === 'no' || b === 'no' ? 'no' : a === 'yes' && b === 'yes' ? 'yes' : 'unknown';

const yesOrNo = (proposition: boolean): Answer => proposition ? 'yes' : 'no';

/** The bounds that random worlds may use. */
export const BOUNDS = [0, 1, 3, 4, 8, 22, 23, 80, 128, 443, 1023, 3389, 65534, 65535];

const PORTS = [...new Set(BOUNDS.flatMap(bound => [bound - 1, bound, bound + 1]))]
  .filter(port => port >= 0 && port <= 65535);
const ICMP_NUMBERS = [...PORTS.filter(number => number < 255), 255];
const NAMES: Record<string, string> = { tcp: '6', udp: '17', icmp: '1', icmpv6: '58' };

/**
 * Packets without their source. The text before the first slash is the protocol number. Some protocols have no ports,
 * such as ESP (50).
 */
const SAMPLES = [
  ...['6', '17'].flatMap(protocol => PORTS.map(port => `${protocol}/${port}`)),
  ...['1', '58'].flatMap(protocol =>
    ICMP_NUMBERS.flatMap(type => ICMP_NUMBERS.map(code => `${protocol}/${type}/${code}`)),
  ),
  '0/',
  '50/',
  '51/',
  '255/',
];

interface Headers {
  /** A number, `every`, or undefined if the text names no protocol. */
  readonly protocol: string | undefined;
  /** Undefined if the meaning of the ports is not documented. */
  readonly admitted: ReadonlySet<string> | undefined;
  readonly spelled: string;
}

const known = new Map<string, Headers>();

function headersOf(text: string, from = -1, to = -1): Headers {
  const key = `${text} ${from} ${to}`;
  const headers = known.get(key) ?? readHeaders(text.toLowerCase(), from, to);
  known.set(key, headers);
  return headers;
}

function readHeaders(text: string, from: number, to: number): Headers {
  const spelled = `${from}-${to}`;
  if (text === '-1' || text === 'all') return { protocol: 'every', admitted: new Set(SAMPLES), spelled };
  const protocol = NAMES[text] ?? (/^\d+$/.test(text) && Number(text) < 256 ? String(Number(text)) : undefined);
  if (protocol === undefined) return { protocol, admitted: undefined, spelled };
  const ofProtocol = SAMPLES.filter(sample => sample.startsWith(`${protocol}/`));
  if (from === -1 && to === -1) return { protocol, admitted: new Set(ofProtocol), spelled };
  const isPort = protocol === '6' || protocol === '17';
  const isIcmp = protocol === '1' || protocol === '58';
  const isUnclear = (isPort && (from < 0 || to < from)) || (isIcmp && from < 0) || (!isPort && !isIcmp);
  if (isUnclear) return { protocol, admitted: undefined, spelled };
  const admitted = ofProtocol.filter(sample => {
    const [, first, second] = sample.split('/').map(Number);
    return isPort ? from <= first && first <= to : first === from && (to === -1 || second === to);
  });
  return { protocol, admitted: new Set(admitted), spelled };
}

type ContainmentMatch = Exclude<Match, 'OVERLAPS'>;

const headersOfPermission = ({ IpProtocol, FromPort, ToPort }: IpPermission): Headers =>
  headersOf(IpProtocol, FromPort, ToPort);

function relateHeaders(live: Headers, declared: Headers, match: ContainmentMatch): Answer {
  switch (match) {
    case 'EXACT': return both(headersWithin(live, declared), headersWithin(declared, live));
    case 'WITHIN': return headersWithin(live, declared);
    case 'COVERS': return headersWithin(declared, live);
  }
}

function headersWithin(inner: Headers, outer: Headers): Answer {
  if (outer.protocol === 'every') return 'yes';
  if (inner.protocol === undefined || outer.protocol === undefined) return 'unknown';
  if (inner.protocol !== outer.protocol) return 'no';
  if (inner.admitted && outer.admitted) {
    return yesOrNo([...inner.admitted].every(sample => outer.admitted?.has(sample)));
  }
  const isWhole =
    outer.admitted
    && SAMPLES.filter(sample => sample.startsWith(`${outer.protocol}/`)).every(sample => outer.admitted?.has(sample));
  const isSame = !inner.admitted && !outer.admitted && inner.spelled === outer.spelled;
  return isWhole || isSame ? 'yes' : 'unknown';
}

interface Block {
  readonly family: 4 | 6;
  readonly bits: string;
}

type Source =
  | Block
  | { readonly list: string }
  | { readonly group: string; readonly account?: string }
  | 'unread';

type DeclaredSource = Source | { readonly internet: InternetSource } | 'any';

function sourceOf({ cidrIpv4, cidrIpv6, prefixListId, referencedGroup }: SecurityGroupRule): Source {
  const all: Source[] = [];
  if (cidrIpv4 !== undefined) all.push(block(cidrIpv4));
  if (cidrIpv6 !== undefined) all.push(block(cidrIpv6));
  if (prefixListId !== undefined) all.push({ list: prefixListId });
  if (referencedGroup) all.push({ group: referencedGroup.groupId, account: referencedGroup.userId });
  return all.length === 1 ? all[0] : 'unread';
}

function sourcesOf(
  { IpRanges = [], Ipv6Ranges = [], PrefixListIds = [], UserIdGroupPairs = [] }: IpPermission,
): Source[] {
  return [
    ...IpRanges.map(({ CidrIp }) => block(CidrIp)),
    ...Ipv6Ranges.map(({ CidrIpv6 }) => block(CidrIpv6)),
    ...PrefixListIds.map(({ PrefixListId }): Source => ({ list: PrefixListId })),
    ...UserIdGroupPairs.map(({ GroupId, UserId }): Source => ({ group: GroupId, account: UserId })),
  ];
}

function declaredSources(
  permission: IpPermission, { fromInternet, fromAnyPublicAddress, anySource }: FlaggedIngressRuleConfiguration,
): DeclaredSource[] {
  if (anySource) return ['any'];
  if (fromAnyPublicAddress) return [{ internet: { ipv4PrefixLength: Infinity, ipv6PrefixLength: Infinity } }];
  return fromInternet ? [{ internet: fromInternet }] : sourcesOf(permission);
}

/** Returns a block as the bits that its addresses begin with. */
function block(text: string): Source {
  const [address, length] = text.split('/');
  if (length === undefined) return 'unread';
  const bits = address.includes(':')
    ? ipv6Bits(address)
    : address
      .split('.')
      .map(octet => Number(octet).toString(2).padStart(8, '0'))
      .join('');
  return { family: address.includes(':') ? 6 : 4, bits: bits.slice(0, Number(length)) };
}

/** The URL standard has only one form of an address. What remains is to write out its zeros. */
function ipv6Bits(address: string): string {
  const [head, tail] = new URL(`http://[${address}]/`).hostname
    .slice(1, -1)
    .split('::')
    .map(half => half.split(':').filter(group => group !== ''));
  const zeros = Array<string>(8 - head.length - (tail?.length ?? 0)).fill('0');
  return [...head, ...zeros, ...tail ?? []].map(group => parseInt(group, 16).toString(2).padStart(16, '0')).join('');
}

type Lists = World['prefixLists'];

function relateSources(live: Source, declared: DeclaredSource, match: ContainmentMatch, lists: Lists): Answer {
  if (declared === 'any') return yesOrNo(match !== 'EXACT');
  if (declared !== 'unread' && 'internet' in declared) return isInternet(live, declared.internet, lists);
  if (live === 'unread' || declared === 'unread') return 'unknown';
  const same = sameByName(live, declared);
  if (match === 'EXACT' && 'bits' in live && 'bits' in declared) {
    return yesOrNo(live.family === declared.family && live.bits === declared.bits);
  }
  if (match === 'EXACT' || same === 'yes') return same;
  const [inner, outer] = (match === 'WITHIN' ? [live, declared] : [declared, live]).map(each => blocksOf(each, lists));
  // Another name may contain the same addresses, which matters if addresses are compared and not names.
  if (inner === undefined || outer === undefined) return 'unknown';
  return yesOrNo(inner.length > 0 && inner.every(each => outer.some(other => isInBlock(each, other))));
}

const isInBlock = (inner: Block, outer: Block): boolean =>
  inner.family === outer.family && inner.bits.startsWith(outer.bits);

const joinedLists = new Map<string, readonly Block[]>();

/** Returns the largest blocks that a block or a list consists of; undefined if they are not known. */
function blocksOf(source: Exclude<Source, 'unread'>, lists: Lists): readonly Block[] | undefined {
  if ('bits' in source) return [source];
  const entries = 'list' in source ? lists[source.list] : undefined;
  if (entries === undefined) return undefined;
  const key = entries.join(' ');
  const joined = joinedLists.get(key) ?? joinedBlocks(entries.flatMap(entry => block(entry) as Block));
  joinedLists.set(key, joined);
  return joined;
}

/** Drops blocks in other blocks, and joins two halves of a block, until nothing changes. */
function joinedBlocks(blocks: readonly Block[]): readonly Block[] {
  const alone = blocks.filter((each, index) => !blocks.some((other, at) =>
    at !== index && isInBlock(each, other) && (each.bits !== other.bits || at < index)));
  const half = alone.find(({ family, bits }) => bits.endsWith('0')
    && alone.some(other => other.family === family && other.bits === `${bits.slice(0, -1)}1`));
  if (half === undefined) return alone;
  return joinedBlocks([...alone, { family: half.family, bits: half.bits.slice(0, -1) }]);
}

/** The source of a packet: an address with all its bits, or what a group or an unread list stands for. */
type Sender = Source;

const MULTICAST_IPV4 = '1110';
/** IANA allocates no other global unicast space of IPv6. */
const UNICAST_IPV6 = '001';

/** A rule is flagged if it admits a packet that is declared and not excepted. */
function overlaps(
  headers: Headers, live: Source, declaration: FlaggedIngressRuleConfiguration, lists: Lists,
): Answer {
  const { ipPermissions, except = [] } = declaration;
  const declared = ipPermissions
    .map(each => ({ headers: headersOfPermission(each), sources: declaredSources(each, declaration) }));
  const excepted = except.map(each => {
    const isBare = [each.IpRanges, each.Ipv6Ranges, each.PrefixListIds, each.UserIdGroupPairs].every(list => !list);
    return { headers: headersOfPermission(each), sources: isBare ? ['any' as const] : sourcesOf(each) };
  });
  const answers = new Map<string, Answer>();
  return either(SAMPLES.map(sample => {
    const admitted = admits(headers, sample);
    const [of, notOf] = [declared, excepted].map(list => list.map(each => admits(each.headers, sample)));
    if (admitted === 'no' || of.every(each => each === 'no')) return 'no';
    const key = JSON.stringify([of, notOf]);
    const left = answers.get(key) ?? isLeft(
      live,
      declared.flatMap(({ sources }, index) => sources.map(source => ({ source, admitted: of[index] }))),
      excepted.flatMap(({ sources }, index) => sources.map(source => ({ source, admitted: notOf[index] }))),
      lists,
    );
    answers.set(key, left);
    return both(admitted, left);
  }));
}

function admits({ protocol, admitted }: Headers, sample: string): Answer {
  if (admitted) return yesOrNo(admitted.has(sample));
  const [ofSample] = sample.split('/');
  if (protocol === undefined) return 'unknown';
  if (protocol !== ofSample) return 'no';
  // EC2 ignores the ports of a protocol that has none.
  return Object.values(NAMES).includes(protocol) ? 'unknown' : 'yes';
}

interface Part {
  readonly source: DeclaredSource;
  readonly admitted: Answer;
}

/** Returns whether a live source has a sender that is declared and not excepted. */
function isLeft(live: Source, declared: readonly Part[], excepted: readonly Part[], lists: Lists): Answer {
  const liveBlocks = live === 'unread' ? undefined : blocksOf(live, lists);
  const has = (parts: readonly Part[], sender: Sender): Answer => either(parts.map(({ source, admitted }) => {
    // A packet from the internet is from no member, though a VPC may use the same addresses.
    const isFromInternet = parts !== declared && sender !== 'unread' && 'bits' in sender
      && sender.family === 4 && isReachable(sender);
    return isFromInternet && isGroup(source) ? 'no' : both(admitted, holds(source, sender, live, lists));
  }));
  const addresses = sampleAddresses(
    [live, ...declared.map(({ source }) => source), ...excepted.map(({ source }) => source)], lists, liveBlocks,
  );
  if (liveBlocks === undefined) {
    // All members of a group, and all entries of a list, have an address of one of the two families.
    const isAllExcepted = addresses.every(each =>
      has(excepted.filter(({ source }) => !isGroup(source)), each) === 'yes');
    const left = isAllExcepted ? 'no' : both(has(declared, live), not(has(excepted, live)));
    return live === 'unread' && left === 'yes' ? 'unknown' : left;
  }
  const senders = addresses.filter(address => liveBlocks.some(each => isInBlock(address, each)));
  const butGroups = excepted.filter(({ source }) => !isGroup(source));
  const leftBy = (parts: readonly Part[]) => (sender: Block): Answer =>
    both(has(declared, sender), not(has(parts, sender)));
  const whole = senders.filter(({ family, bits }) => {
    const vpc = bits.slice(0, family === 4 ? 16 : 44);
    return addresses.filter(each => each.family === family && each.bits.startsWith(vpc))
      .every(each => senders.includes(each) && leftBy(butGroups)(each) === 'yes');
  });
  // A group does not have all addresses of the largest VPC.
  return whole.length > 0 ? 'yes' : either(senders.map(leftBy(excepted)));
}

const isGroup = (source: DeclaredSource): boolean => typeof source === 'object' && 'group' in source;

function holds(source: DeclaredSource, sender: Sender, live: Source, lists: Lists): Answer {
  if (source === 'any') return 'yes';
  if (source === 'unread' || sender === 'unread') return 'unknown';
  if ('internet' in source) {
    if (!('bits' in sender)) return isInternet(sender, source.internet, lists);
    const blocks = live === 'unread' ? [] : blocksOf(live, lists) ?? [];
    return yesOrNo(isReachable(sender) && blocks.some(each =>
      isInBlock(sender, each) && isInternet(each, source.internet, lists) === 'yes'));
  }
  const blocks = blocksOf(source, lists);
  if ('bits' in sender && blocks) return yesOrNo(blocks.some(each => isInBlock(sender, each)));
  if (blocks?.length === 0) return 'no';
  return sameByName(sender as Exclude<Source, 'unread'>, source) === 'yes' ? 'yes' : 'unknown';
}

const knownReach = new Map<string, boolean>();

function isReachable({ family, bits }: Block): boolean {
  const is = knownReach.get(`${family} ${bits}`) ?? holdsReachable(family, bits);
  knownReach.set(`${family} ${bits}`, is);
  return is;
}

const UNICAST_BOUNDS: readonly Block[] = [{ family: 4, bits: MULTICAST_IPV4 }, { family: 6, bits: UNICAST_IPV6 }];

const WIDTH = { 4: 32, 6: 128 } as const;

/**
 * Returns an address for every part of the address space in which all addresses are in the same blocks.
 *
 * @param live the blocks whose addresses matter. Absent: all
 */
function sampleAddresses(sources: readonly DeclaredSource[], lists: Lists, live?: readonly Block[]): Block[] {
  const isReachDecisive = sources.some(each => typeof each === 'object' && ('internet' in each || 'group' in each));
  const blocks = [
    ...sources.flatMap(each =>
      typeof each === 'object' && !('internet' in each) ? blocksOf(each, lists) ?? [] : []),
    ...isReachDecisive ? [...SPECIAL, ...UNICAST_BOUNDS] : [],
    { family: 4, bits: '' } as const, { family: 6, bits: '' } as const,
  ];
  const bounds = new Map<string, Block>();
  const add = (family: 4 | 6, bits: string | undefined): void => {
    if (bits !== undefined) bounds.set(`${family} ${bits}`, { family, bits: bits.padEnd(WIDTH[family], '0') });
  };
  const isNear = (each: Block): boolean =>
    live === undefined || live.some(other => isInBlock(each, other) || isInBlock(other, each));
  for (const { family, bits } of blocks.filter(isNear)) {
    add(family, bits);
    add(family, following(bits));
    // A whole VPC may begin inside a part.
    for (const each of [bits, following(bits)]) {
      const vpc = each?.padEnd(WIDTH[family], '0').slice(0, family === 4 ? 16 : 44);
      add(family, vpc);
      add(family, vpc === undefined ? vpc : following(vpc));
    }
  }
  return [...new Map([...bounds.values()].map(each => [`${each.family} ${each.bits}`, each])).values()];
}

/** Returns the bits that follow, counted up by one; undefined after the last. */
function following(bits: string): string | undefined {
  const zero = bits.lastIndexOf('0');
  return zero < 0 ? undefined : `${bits.slice(0, zero)}1${'0'.repeat(bits.length - zero - 1)}`;
}

function sameByName(live: Exclude<Source, 'unread'>, declared: Exclude<Source, 'unread'>): Answer {
  if ('list' in live && 'list' in declared) return yesOrNo(live.list === declared.list);
  if (!('group' in live) || !('group' in declared) || live.group !== declared.group) return 'no';
  if (declared.account === undefined) return 'yes';
  return live.account === undefined ? 'unknown' : yesOrNo(live.account === declared.account);
}

/** The rows of IANA's registries. */
const SPECIAL = REGISTERED_BLOCKS.flatMap(({ block: text, globallyReachable }) => {
  const special = block(text);
  return special !== 'unread' && 'bits' in special ? { ...special, isReachable: globallyReachable === 'True' } : [];
});

/** Returns the most specific row that contains all addresses that begin with the given bits. */
function rowAround(family: 4 | 6, bits: string): { readonly isReachable: boolean } | undefined {
  const around = SPECIAL.filter(row => row.family === family && bits.startsWith(row.bits));
  return around.sort((a, b) => a.bits.length - b.bits.length).pop();
}

/**
 * Returns whether any address that begins with these bits is globally reachable. It tests the two halves if they
 * differ.
 */
function holdsReachable(family: 4 | 6, bits: string): boolean {
  const rows = SPECIAL.filter(row => row.family === family).map(row => row.bits);
  const bounds = [...rows, family === 4 ? MULTICAST_IPV4 : UNICAST_IPV6];
  const isMixed = bounds.some(bound => bound.length > bits.length && bound.startsWith(bits));
  if (isMixed) return ['0', '1'].some(bit => holdsReachable(family, bits + bit));
  const isUnicast = family === 4 ? !bits.startsWith(MULTICAST_IPV4) : bits.startsWith(UNICAST_IPV6);
  return rowAround(family, bits)?.isReachable ?? isUnicast;
}

const knownSpace = new Map<string, boolean>();

/** Returns whether the block of the addresses that begin with these bits is internet, or contains a part of it. */
export function isInternetSpace(family: 4 | 6, bits: string): boolean {
  const key = `${family} ${bits}`;
  const is = knownSpace.get(key) ?? rowAround(family, bits)?.isReachable ?? holdsReachable(family, bits);
  knownSpace.set(key, is);
  return is;
}

function isInternet(source: Source, { ipv4PrefixLength, ipv6PrefixLength }: InternetSource, lists: Lists): Answer {
  if (source === 'unread') return 'unknown';
  if ('group' in source) return 'no';
  const blocks = blocksOf(source, lists);
  return blocks === undefined ? 'unknown' : yesOrNo(blocks.some(({ family, bits }) =>
    isInternetSpace(family, bits) && bits.length < (family === 4 ? ipv4PrefixLength : ipv6PrefixLength)));
}

/** Returns the ingress rules that EC2 calls stale, and that differ from all others of their group. */
function staleRuleIds({ stale, rules }: World): Set<string> {
  const identified = stale.flatMap(([, groups]) => groups).flatMap(({ groupId, ingress }) => {
    const ofGroup = rules.filter(rule => !rule.isEgress && rule.groupId === groupId);
    return ingress.map(permission => ofGroup.filter(rule => isNamedBy(rule, permission)));
  });
  return new Set(identified.filter(candidates => candidates.length === 1).map(([rule]) => rule.securityGroupRuleId));
}

function isNamedBy(rule: SecurityGroupRule, { ipProtocol, fromPort, toPort, reference }: StalePermission): boolean {
  const headers = relateHeaders(
    headersOf(rule.ipProtocol, rule.fromPort, rule.toPort),
    headersOf(ipProtocol, fromPort, toPort),
    'EXACT',
  );
  const details = ['vpcId', 'vpcPeeringConnectionId'] as const;
  const contradicts = details.some(detail => {
    const [a, b] = [rule.referencedGroup?.[detail], reference[detail]];
    return a !== undefined && b !== undefined && a !== b;
  });
  return headers === 'yes' && rule.referencedGroup?.groupId === reference.groupId && !contradicts;
}
