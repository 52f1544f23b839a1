/**
 * Protocols and their ports as sets of numbers on one line.
 *
 * Each protocol has 65,536 numbers: one for each port of TCP and UDP, and one for each pair of an ICMP type and a code.
 * The numbers of the other protocols always occur together, because these protocols have no ports.
 */
import { difference, type Range, type Ranges } from './ranges';
import { ICMP, ICMPV6, type Ports, type Protocol, TCP, type Traffic, UDP } from '../traffic';

export type Services = Ranges<number>;

const NUMBERS = 65_536;
const CODES = 256;

const EVERY_SERVICE: Services = [{ first: 0, end: 256 * NUMBERS }];

/** The services that a rule admits. The two are equal unless the rule has something that EC2 does not explain. */
export interface AdmittedServices {
  /** The services that the rule admits for certain. */
  readonly certain: Services;
  /** The services that the rule may admit. */
  readonly possible: Services;
}

const known = new WeakMap<object, AdmittedServices>();

export function servicesOf(traffic: Pick<Traffic, 'protocol' | 'ports'>): AdmittedServices {
  const services = known.get(traffic) ?? readServices(traffic);
  known.set(traffic, services);
  return services;
}

function readServices({ protocol, ports }: Pick<Traffic, 'protocol' | 'ports'>): AdmittedServices {
  if (protocol === 'all') return { certain: EVERY_SERVICE, possible: EVERY_SERVICE };
  if (protocol === undefined) return { certain: [], possible: EVERY_SERVICE };
  const whole = [rangeOf(protocol, 0, NUMBERS)];
  // EC2 documents that such a rule allows traffic on all ports, regardless of the ports that it names.
  if (!hasPorts(protocol)) return { certain: whole, possible: whole };
  if (ports.kind === 'unclear') return { certain: [], possible: whole };
  const services = [portRange(protocol, ports)];
  return { certain: services, possible: services };
}

function portRange(protocol: number, ports: Exclude<Ports, { kind: 'unclear' }>): Range<number> {
  switch (ports.kind) {
    case 'all': return rangeOf(protocol, 0, NUMBERS);
    case 'range': return rangeOf(protocol, ports.from, ports.to + 1);
    case 'icmp': {
      const first = ports.type * CODES;
      return ports.code === -1
        ? rangeOf(protocol, first, first + CODES)
        : rangeOf(protocol, first + ports.code, first + ports.code + 1);
    }
  }
}

const rangeOf = (protocol: number, from: number, end: number): Range<number> =>
  ({ first: protocol * NUMBERS + from, end: protocol * NUMBERS + end });

const isIcmp = (protocol: number): boolean => protocol === ICMP || protocol === ICMPV6;

const hasPorts = (protocol: number): boolean => protocol === TCP || protocol === UDP || isIcmp(protocol);

/** Services of one protocol, or every service, as the fields of a rule name them. Absent numbers mean all. */
export interface NamedServices {
  readonly protocol: Protocol;
  readonly ports: Exclude<Ports, { kind: 'unclear' }>;
}

/**
 * Returns the services as rules can name them: all traffic, whole protocols, port ranges, ICMP types and codes.
 *
 * @param most the number of rules after which it gives up
 * @returns undefined if more rules are needed
 */
export function namedServices(services: Services, most: number): NamedServices[] | undefined {
  const named: NamedServices[] = [];
  for (const { protocol, from, to } of partsOf(services)) {
    named.push(...protocol === 'all' || !isIcmp(protocol) || to - from + 1 === NUMBERS
      ? [{ protocol, ports: from === 0 && to === NUMBERS - 1 ? { kind: 'all' } as const : { kind: 'range', from, to } as const }]
      : icmpParts(from, to).slice(0, most + 1).map(ports => ({ protocol, ports })));
    if (named.length > most) return undefined;
  }
  return named;
}

/** The part of a protocol's numbers that a set contains. */
export interface ServicePart {
  readonly protocol: Protocol;
  readonly from: number;
  readonly to: number;
}

/** Splits services at the bounds of protocols. */
export function* partsOf(services: Services): Generator<ServicePart> {
  if (isEveryService(services)) {
    yield { protocol: 'all', from: 0, to: NUMBERS - 1 };
    return;
  }
  for (const { first, end } of services) {
    for (let at = first; at < end;) {
      const protocol = Math.floor(at / NUMBERS);
      const next = Math.min(end, (protocol + 1) * NUMBERS);
      yield { protocol, from: at - protocol * NUMBERS, to: next - 1 - protocol * NUMBERS };
      at = next;
    }
  }
}

export const isWholeProtocol = ({ from, to }: ServicePart): boolean => from === 0 && to === NUMBERS - 1;

export const isEveryService = ([only, ...others]: Services): boolean =>
  others.length === 0 && only !== undefined && only.first === 0 && only.end === EVERY_SERVICE[0].end;

export const everyServiceBut = (services: Services): Services => difference(EVERY_SERVICE, services);

export type IcmpPorts = Extract<Ports, { kind: 'icmp' }>;

/** Splits numbers of ICMP into whole types and single codes. */
export function icmpParts(from: number, to: number): IcmpPorts[] {
  const parts: IcmpPorts[] = [];
  for (let at = from; at <= to;) {
    const type = Math.floor(at / CODES);
    const isWhole = at === type * CODES && at + CODES - 1 <= to;
    parts.push({ kind: 'icmp', type, code: isWhole ? -1 : at - type * CODES });
    at += isWhole ? CODES : 1;
  }
  return parts;
}
