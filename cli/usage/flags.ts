/**
 * Reads the flags of the command line, which describe traffic that must not be allowed, in any group.
 *
 * A flag is `<service>[:<source>]`.
 *
 * - The service is a name such as `ssh`, a TCP port such as `22`, `<protocol>:<ports>` such as `tcp:20-30` or `udp:*`,
 *   or `icmp`, `icmpv6` or `all`. The names are those of the CDK class `Port`.
 * - The source is `internet` (the default), `public`, `any`, an address, a CIDR block, or the id of a prefix list or of
 *   a security group.
 *
 * Upper and lower case mean the same, except in ids. A flag is only reported: nothing is ever revoked for it.
 *
 * A flag reports every rule that admits any of its traffic (`OVERLAPS`): `tcp:20-30` reports a rule for TCP 22, and
 * `tcp:20-30:10.0.0.0/8` one for TCP 22 from 10.1.0.0/16. The sources 0.0.0.0/0 and ::/0 are an exception: they report
 * only rules for every address (`COVERS`). Every rule from an address overlaps them, but a person who writes them asks
 * for what is open to everyone.
 *
 * The members of a group are not known. So if a flag names addresses or a list, a rule from a group is undecided on the
 * ports of the flag, and the other way round.
 */
import { didYouMean } from './nearest';
import { quoted, UsageError } from './usage-error';
import type {
  FlaggedIngressRuleConfiguration, InternetSource, IpPermission, Match,
} from '../../src/contract/configuration';
import { flaggedIngressRule } from '../../src/contract/decode-flagged-rule';
import { Reader, shortened } from '../../src/contract/reader';
import { type Cidr, cidrSource, formatCidr, parseCidr } from '../../src/contract/traffic';

const tcp = (port: number): IpPermission => ({ IpProtocol: 'tcp', FromPort: port, ToPort: port });
const udp = (port: number): IpPermission => ({ IpProtocol: 'udp', FromPort: port, ToPort: port });

/** The constants of the CDK class Port, and the short forms `dns` and `mysql`. */
const SERVICES: Readonly<Record<string, readonly IpPermission[]>> = {
  'ssh': [tcp(22)],
  'rdp': [tcp(3389)],
  'http': [tcp(80)],
  'https': [tcp(443)],
  'dns': [tcp(53), udp(53)],
  'dns-tcp': [tcp(53)],
  'dns-udp': [udp(53)],
  'smtp': [tcp(25)],
  'imap': [tcp(143)],
  'imaps': [tcp(993)],
  'pop3': [tcp(110)],
  'pop3s': [tcp(995)],
  'ldap': [tcp(389)],
  'smb': [tcp(445)],
  'nfs': [tcp(2049)],
  'mssql': [tcp(1433)],
  'mysql': [tcp(3306)],
  'mysql-aurora': [tcp(3306)],
  'postgres': [tcp(5432)],
};

/** The names of services that a flag may have. */
export const SERVICE_NAMES: readonly string[] = Object.keys(SERVICES);

const WITH_PORTS = ['tcp', 'udp'];
const WITHOUT_PORTS: Readonly<Record<string, IpPermission>> = {
  icmp: { IpProtocol: 'icmp' },
  icmpv6: { IpProtocol: 'icmpv6' },
  all: { IpProtocol: '-1' },
};
const PROTOCOLS = [...WITH_PORTS, ...Object.keys(WITHOUT_PORTS)];

/** The defaults of `FlaggedIngressRule.fromInternet`. */
const INTERNET: InternetSource = { ipv4PrefixLength: 8, ipv6PrefixLength: 12 };

/** The members of a declaration that a source decides. The permissions get the other two. */
type FromSource = Pick<
  FlaggedIngressRuleConfiguration, 'match' | 'fromInternet' | 'fromAnyPublicAddress' | 'anySource'
> & { readonly peers?: Pick<IpPermission, 'IpRanges' | 'Ipv6Ranges' | 'PrefixListIds' | 'UserIdGroupPairs'> };

const KEYWORDS: Readonly<Record<string, FromSource>> = {
  internet: { match: 'OVERLAPS', fromInternet: INTERNET },
  public: { match: 'OVERLAPS', fromAnyPublicAddress: true },
  any: { match: 'OVERLAPS', anySource: true },
};

const SOURCES = 'internet, public, any, an address, a CIDR block, pl-... and sg-...';

const EXAMPLES = 'Give for example ssh, tcp:5432:internet or tcp:20-30:10.0.0.0/8';

/** Returns the error for a flag. */
type Wrong = (what: string) => UsageError;

const wrongAt = (where: string): Wrong => what =>
  new UsageError(`${where}: ${what}${/[.?]$/.test(what) ? '' : '.'} ${EXAMPLES}`);

/**
 * Reads the value of `--flag`.
 *
 * @throws UsageError when it is not a flag
 */
export function declarationOf(text: string): FlaggedIngressRuleConfiguration {
  const wrong = wrongAt(`--flag ${quoted(text)}`);
  if (/\S\s+\S/.test(text)) throw wrong('it has white space. A reason can only be given in a --flag-file');
  return read(text.trim(), wrong);
}

/** A flag of a file, and what it is called in findings: its text, or its place if it has none. */
export interface FlagOfFile {
  readonly name: string;
  readonly declaration: FlaggedIngressRuleConfiguration;
}

/**
 * Reads the content of a `--flag-file`.
 *
 * It has one flag per line. Text after the flag is its reason. Blank lines and lines that begin with # are skipped.
 *
 * It may also be a JSON list. An item is such a line, or an object with `IpPermissions` as the AWS CLI writes them and
 * perhaps a `reason`. Each source of each permission is compared by itself, as for a flag that names the source; if one
 * of them is 0.0.0.0/0 or ::/0, only rules are reported that admit all of a permission from a source.
 *
 * @param name the name of the file, for messages
 * @throws UsageError when an item is not a flag, or the file has none
 */
export function flagsOfFile(text: string, name: string): FlagOfFile[] {
  const content = text.replace(/^\ufeff/, '').trim();
  const flags = content.startsWith('[') ? ofList(content, name) : ofLines(text.replace(/^\ufeff/, ''), name);
  if (flags.length === 0) throw wrongAt(name)('the file has no flags');
  return flags;
}

function ofLines(text: string, name: string): FlagOfFile[] {
  if (text.trimStart().startsWith('{')) {
    throw new UsageError(`${name}: the JSON is an object. Put it in a list: [{"IpPermissions": [...]}]`);
  }
  return text.split(/\r\n|\r|\n/).flatMap((line, index) =>
    /^\s*(#|$)/.test(line) ? [] : [ofLine(line, `${name}, line ${index + 1}`)]);
}

function ofList(text: string, name: string): FlagOfFile[] {
  return parseList(text, name).map((item, index) => {
    const where = `${name}[${index}]`;
    return typeof item === 'string' ? ofLine(item, where) : { name: where, declaration: ofPermissions(item, where) };
  });
}

function parseList(text: string, name: string): unknown[] {
  try {
    return JSON.parse(text) as unknown[];
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new UsageError(
      `${name}: the file begins with "[" but is not JSON (${why}). Give a JSON list, or one flag per line`,
    );
  }
}

/** The length of a reason that the configuration accepts. */
const MOST_REASON = 255;

function ofLine(line: string, where: string): FlagOfFile {
  const [, flag = '', reason] = /^\s*(\S+)(?:\s+(\S.*?))?\s*$/s.exec(line) ?? [];
  const wrong = wrongAt(`${where}, ${quoted(flag)}`);
  const declaration = read(flag, wrong);
  if (reason === undefined) return { name: flag, declaration };
  if (reason.length > MOST_REASON) {
    throw new UsageError(`${where}: the reason has ${reason.length} characters. Give at most ${MOST_REASON}`);
  }
  return { name: flag, declaration: { ...declaration, reason } };
}

const PERMISSION_KEYS = ['IpPermissions', 'ipPermissions'];

function ofPermissions(item: unknown, where: string): FlaggedIngressRuleConfiguration {
  const wrong = (what: string): UsageError =>
    new UsageError(`${where}: ${what}. Give a flag such as "ssh", or {"IpPermissions": [...], "reason": "..."}`);
  if (typeof item !== 'object' || item === null || Array.isArray(item)) {
    throw wrong(`${shortened(JSON.stringify(item))} is neither a text nor an object`);
  }
  const unknown = Object.keys(item).find(key => ![...PERMISSION_KEYS, 'reason'].includes(key));
  if (unknown !== undefined) throw wrong(`the key ${quoted(unknown)} is not known`);
  const [key, ...others] = PERMISSION_KEYS.filter(each => Object.hasOwn(item, each));
  if (key === undefined) throw wrong('IpPermissions are missing');
  if (others.length > 0) throw wrong('IpPermissions are given twice');
  const { [key]: ipPermissions, reason } = item as Record<string, IpPermission[]> & { reason?: string };
  return checked({ ...REPORTED, match: 'OVERLAPS', ipPermissions, ...reason !== undefined && { reason } }, where, key);
}

/** Decodes a declaration as the function would. */
function checked(
  declaration: FlaggedIngressRuleConfiguration, where: string, permissionsKey: string,
): FlaggedIngressRuleConfiguration {
  try {
    const { traffic, match } = flaggedIngressRule(new Reader(where, declaration), where);
    const isOfEveryone = traffic.some(({ source }) => source.kind === 'cidr' && isEveryAddress(source.cidr));
    return { ...declaration, match: isOfEveryone ? 'COVERS' : match };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new UsageError(message.replace(`${where}.ipPermissions`, `${where}.${permissionsKey}`));
  }
}

const REPORTED = { anyGroup: true, action: { kind: 'report' } } as const;

function read(flag: string, wrong: Wrong): FlaggedIngressRuleConfiguration {
  const { permissions, source } = parts(flag, wrong);
  const { peers, ...from } = source === undefined ? KEYWORDS.internet : sourceOf(source, wrong);
  return { ...REPORTED, ...from, ipPermissions: permissions.map(each => ({ ...each, ...peers })) };
}

interface Parts {
  readonly permissions: readonly IpPermission[];
  /** Absent: the default. */
  readonly source?: string;
}

function parts(flag: string, wrong: Wrong): Parts {
  // A port followed by an IPv6 source may read as one address, such as 22:fd00::/8, so the protocol must be given.
  if (isSource(flag)) {
    const mayBePort = /^\d+:/.test(flag) ? `. If it begins with a port, write tcp:${flag}` : '';
    throw wrong(`it reads as a source without a service. Write ssh:${flag} or all:${flag}${mayBePort}`);
  }
  const [head, rest] = cut(flag);
  const name = head.toLowerCase().replaceAll('_', '-');
  if (Object.hasOwn(SERVICES, name)) return { permissions: SERVICES[name], source: rest };
  if (WITH_PORTS.includes(name)) return withPorts(name, rest, wrong);
  if (Object.hasOwn(WITHOUT_PORTS, name)) return withoutPorts(name, rest, wrong);
  if (/^\d+$/.test(head)) return { permissions: [portsOf('tcp', head, wrong)], source: rest };
  throw wrong(whyUnknown(head, rest));
}

function whyUnknown(head: string, rest = ''): string {
  if (head === '') return 'the service is missing';
  if (/^(\d+-\d*|\*)$/.test(head)) return `ports need a protocol, as in tcp:${head}`;
  if (/^(\*|\d+(-\d*)?)(:|$)/.test(rest)) return `the protocol is not known. ${didYouMean(head, PROTOCOLS)}`.trim();
  const known = [...SERVICE_NAMES, ...PROTOCOLS];
  return `the service is not known. ${didYouMean(head, known)}Known are ${known.join(', ')} and TCP ports`;
}

/** Splits a text at its first colon. */
function cut(text: string): [head: string, rest: string | undefined] {
  const colon = text.indexOf(':');
  return colon === -1 ? [text, undefined] : [text.slice(0, colon), text.slice(colon + 1)];
}

function withPorts(protocol: string, rest: string | undefined, wrong: Wrong): Parts {
  if (!rest) throw wrong(`the ports are missing, as in ${protocol}:22, ${protocol}:20-30 or ${protocol}:*`);
  const [ports, source] = cut(rest);
  return { permissions: [portsOf(protocol, ports, wrong)], source };
}

function portsOf(protocol: string, text: string, wrong: Wrong): IpPermission {
  if (text === '*') return { IpProtocol: protocol };
  const [, first, last = first] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text) ?? [];
  const [from, to] = [Number(first), Number(last)];
  if (first !== undefined && to <= 65_535 && from > to) {
    throw wrong(`${quoted(text)} is reversed. Did you mean ${last}-${first}?`);
  }
  if (first === undefined || to > 65_535) {
    throw wrong(`${quoted(text)} is not a port from 0 to 65535, a range such as 20-30, or *`);
  }
  return { IpProtocol: protocol, FromPort: from, ToPort: to };
}

function withoutPorts(protocol: string, rest: string | undefined, wrong: Wrong): Parts {
  const permissions = [WITHOUT_PORTS[protocol]];
  if (rest === undefined || rest === '*') return { permissions };
  const [first, others] = cut(rest);
  if (first === '*') return { permissions, source: others };
  if (/^\d+(-\d*)?$/.test(first) && !isSource(rest)) {
    throw wrong(protocol === 'all'
      ? `all means every port. Give tcp:${first} or udp:${first}`
      : `${protocol} means every type. Single types can only be given as IpPermissions in a --flag-file`);
  }
  return { permissions, source: rest };
}

/** Whether a text is a source that a service could have. */
const isSource = (text: string): boolean =>
  Object.hasOwn(KEYWORDS, text.toLowerCase()) || /^(pl|sg)-/.test(text) || cidrSource(asBlock(text)).kind === 'cidr';

function sourceOf(text: string, wrong: Wrong): FromSource {
  if (text === '') throw wrong('the source after the colon is missing. Leave the colon out for the internet');
  const keyword = text.toLowerCase();
  if (Object.hasOwn(KEYWORDS, keyword)) return KEYWORDS[keyword];
  const [, kind] = /^(pl|sg)-/.exec(text) ?? [];
  if (kind !== undefined) return named(kind, text, wrong);
  if (/^[\da-f.:]*[.:][\da-f.:]*(\/\d*)?$/i.test(text)) return block(text, wrong);
  throw wrong(
    `the source ${quoted(text)} is not known. ${didYouMean(text, Object.keys(KEYWORDS))}Known are ${SOURCES}`,
  );
}

function named(kind: string, id: string, wrong: Wrong): FromSource {
  if (!/^\w\w-[0-9a-f]{1,17}$/.test(id)) {
    throw wrong(`the source ${quoted(id)} is not an id such as ${kind}-0123456789abcdef0`);
  }
  return {
    match: 'OVERLAPS',
    peers: kind === 'pl' ? { PrefixListIds: [{ PrefixListId: id }] } : { UserIdGroupPairs: [{ GroupId: id }] },
  };
}

function block(text: string, wrong: Wrong): FromSource {
  // Nothing is sent from these two addresses, so a prefix length was forgotten.
  if (text === '0.0.0.0' || text === '::') throw wrong(`the source ${text} is one address. Did you mean ${text}/0?`);
  const cidr = cidrOf(text, wrong);
  const match: Match = isEveryAddress(cidr) ? 'COVERS' : 'OVERLAPS';
  const written = formatCidr(cidr);
  return {
    match,
    peers: cidr.family === 4 ? { IpRanges: [{ CidrIp: written }] } : { Ipv6Ranges: [{ CidrIpv6: written }] },
  };
}

function cidrOf(text: string, wrong: Wrong): Cidr {
  try {
    return parseCidr(asBlock(text));
  } catch (error) {
    throw wrong(error instanceof Error ? error.message : String(error));
  }
}

/** Completes an address to the block that has only this address. */
const asBlock = (text: string): string => text.includes('/') ? text : `${text}/${text.includes(':') ? 128 : 32}`;

const isEveryAddress = ({ prefixLength }: Cidr): boolean => prefixLength === 0;
