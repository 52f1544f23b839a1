/** Describes traffic in words, such as `tcp 80 and 443 from 10.0.0.0/8`. Long lists are cut off, and say so. */
import { type Addresses, blockOf, containsAddresses, inBoth, without } from './addresses';
import type { RuleTraffic } from './live-rule';
import { type Range } from './ranges';
import { ServicesByKey } from './segments';
import {
  everyServiceBut, icmpParts, isEveryService, isWholeProtocol, partsOf, type ServicePart, type Services, servicesOf,
} from './services';
import type { LiveSource, Sources } from './sources';
import type { DeclaredTraffic, FlaggedIngressRule } from '../configuration';
import { formatAddress, formatCidr, parseProtocol, type Protocol, type Source } from '../traffic';

const PROTOCOLS: Readonly<Record<string, string>> = { 1: 'icmp', 6: 'tcp', 17: 'udp', 58: 'icmpv6' };

function protocolWords(protocol: Protocol): string {
  return protocol === 'all' ? 'all traffic' : PROTOCOLS[protocol] ?? `protocol ${protocol}`;
}

/** Describes the protocol and the ports of a rule, such as `tcp 443`, `icmp type 8 code 0` or `all traffic`. */
export function portsInWords({ ipProtocol, fromPort, toPort }: RuleTraffic): string {
  const protocol = parseProtocol(ipProtocol);
  const name = protocol === undefined ? ipProtocol : protocolWords(protocol);
  if (protocol === 'all' || fromPort === undefined || fromPort === -1) return name;
  if (name.startsWith('icmp')) return `${name} ${icmpWords(fromPort, toPort ?? -1)}`;
  return `${name} ${rangeWords(fromPort, toPort ?? fromPort)}`;
}

const icmpWords = (type: number, code: number): string => `type ${type}${code === -1 ? '' : ` code ${code}`}`;

const rangeWords = (from: number, to: number): string => from === to ? `${from}` : `${from}-${to}`;

/** The most parts of a list that are written out. */
const MOST_PARTS = 4;

/** Joins parts with commas and "and", and counts those that are too many. */
function listed(parts: readonly string[], others = 'other ranges'): string {
  const shown = parts.length > MOST_PARTS
    ? [...parts.slice(0, MOST_PARTS - 1), `${parts.length - MOST_PARTS + 1} ${others}`]
    : parts;
  if (shown.length < 2) return shown.join('');
  // A comma keeps apart lists within a list.
  const isNested = shown.some(part => part.includes(' and '));
  return `${shown.slice(0, -1).join(', ')}${isNested ? ',' : ''} and ${shown[shown.length - 1]}`;
}

/** More whole protocols than this are described by what is missing. */
const NEARLY_ALL = 128;

/** Describes services, such as `tcp 0-79 and 81-65535` or `all traffic other than tcp 80`. */
export function servicesWords(services: Services): string {
  if (isEveryService(services)) return protocolWords('all');
  const parts = [...partsOf(services)];
  const whole = parts.filter(isWholeProtocol);
  if (whole.length > NEARLY_ALL) return `all traffic other than ${servicesWords(everyServiceBut(services))}`;
  const inPart = parts.filter(part => !isWholeProtocol(part));
  const protocols = [...new Set(inPart.map(({ protocol }) => protocol))];
  return listed([
    ...protocols.map(protocol => partsWords(protocol, inPart.filter(part => part.protocol === protocol))),
    ...whole.map(({ protocol }) => protocolWords(protocol)),
  ], 'other protocols');
}

function partsWords(protocol: Protocol, parts: readonly ServicePart[]): string {
  const name = protocolWords(protocol);
  if (!name.startsWith('icmp')) return `${name} ${listed(parts.map(({ from, to }) => rangeWords(from, to)))}`;
  return `${name} ${listed(parts.flatMap(({ from, to }) => icmpParts(from, to)).map(({ type, code }) => icmpWords(type, code)))}`;
}

/** Describes several sets of services, each with its source in words. Equal services are named once. */
export function servicesFrom(
  boxes: ReadonlyArray<{ readonly services: Services; readonly source: string | undefined }>,
): string {
  const byServices = new Map<string, string[]>();
  for (const { services, source } of boxes) {
    const words = servicesWords(services);
    byServices.set(words, [...byServices.get(words) ?? [], ...source === undefined ? [] : [source]]);
  }
  return listed([...byServices].map(([services, sources]) =>
    sources.length === 0 ? services : `${services} from ${listed(sources, 'other sources')}`), 'other kinds of traffic');
}

/** Describes the traffic that the exceptions of a declaration allow, such as `tcp 80 and 443`. Empty without any. */
export function allowedWords({ except }: Pick<FlaggedIngressRule, 'except'>): string {
  const bySource = new ServicesByKey<string | undefined>();
  for (const each of except) {
    const source = sourceWords(each.source);
    bySource.add(source ?? '', source, servicesOf(each).possible);
  }
  return servicesFrom(bySource.entries().map(({ value, services }) => ({ services, source: value })));
}

/** @returns undefined for every source */
function sourceWords(source: DeclaredTraffic['source']): string | undefined {
  switch (source.kind) {
    case 'any': return undefined;
    case 'internet': return 'the internet';
    case 'cidr': return formatCidr(source.cidr);
    case 'prefixList': return source.prefixListId;
    case 'securityGroup': return source.groupId;
    case 'unclear': return 'an unknown source';
  }
}

/**
 * Describes the part of a live source that is declared and that no exception has. It says nothing about reach, because
 * the globally reachable part of 0.0.0.0/0 has dozens of ranges.
 */
export function restWords(named: Source, live: LiveSource, declared: Sources, except: Sources): string {
  const name = sourceWords(named) ?? '';
  if (live.kind !== 'addresses') return name;
  const isByAddress = !declared.isAny && !declared.isUnclear && declared.internet.length === 0
    && declared.groups.length === 0 && declared.listIds.length === 0;
  const rest = without(isByAddress ? inBoth(live.addresses, declared.addresses) : live.addresses, except.addresses);
  return containsAddresses(rest, live.addresses) ? name : addressesWords(rest);
}

function addressesWords(addresses: Addresses): string {
  const ranges = ([4, 6] as const).flatMap(family => addresses[family].map(range => ({ family, range })));
  return listed(ranges.map(({ family, range }, index) =>
    // Those that are only counted need no text.
    index < MOST_PARTS ? addressRangeWords(family, range) : ''));
}

function addressRangeWords(family: 4 | 6, range: Range<bigint>): string {
  const block = blockOf(family, range);
  return block
    ? formatCidr(block)
    : `${formatAddress(family, range.first)}-${formatAddress(family, range.end - 1n)}`;
}
