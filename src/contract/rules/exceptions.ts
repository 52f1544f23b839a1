/** Determines what the exceptions of a declaration leave of it, as far as that is certain before anything is read. */
import { REACHABLE } from './address-space';
import { addressesOf, shareAddresses } from './addresses';
import { judge } from './judge';
import { NO_LISTS } from './prefix-lists';
import { overlap } from './ranges';
import { servicesOf } from './services';
import { isMaybeLeft, liveSource, NO_SOURCES, sourcesOf } from './sources';
import type { DeclaredTraffic, FlaggedIngressRule } from '../configuration';
import { parseCidr, type Source } from '../traffic';

type DeclaredSource = DeclaredTraffic['source'];

/** Every live source is in one of these, or is a group or a list, which is never proved to be internet. */
const WHOLE_INTERNET: readonly Source[] =
  ['0.0.0.0/0', '::/0'].map(block => ({ kind: 'cidr', cidr: parseCidr(block) }));

/** Whether the exceptions certainly let all of the declared traffic stay, so that no rule is ever flagged. */
export function letAllStay({ traffic, except }: Pick<FlaggedIngressRule, 'traffic' | 'except'>): boolean {
  if (except.length === 0 || traffic.length === 0) return false;
  return traffic.every(({ protocol, ports, source }) => {
    // A live rule has one source, and no rule can have every source.
    if (source.kind === 'any') return false;
    const sources = source.kind === 'internet' ? WHOLE_INTERNET : [source];
    return sources.every(each =>
      judge({ protocol, ports, source: each }, { match: 'OVERLAPS', traffic, except }, NO_LISTS).relation === 'no');
  });
}

/**
 * Whether an exception certainly has nothing in common with the declared traffic.
 *
 * A narrow block can be a part of a broad source, so the prefix lengths that make a source broad do not matter here.
 */
export function isWithoutEffect(exception: DeclaredTraffic, traffic: readonly DeclaredTraffic[]): boolean {
  const services = servicesOf(exception).possible;
  return !traffic.some(declared =>
    overlap(services, servicesOf(declared).possible) && mayShare(exception.source, declared.source));
}

function mayShare(exception: DeclaredSource, declared: DeclaredSource): boolean {
  if (exception.kind === 'any' || exception.kind === 'internet' || declared.kind === 'any') return true;
  if (declared.kind !== 'internet') {
    return isMaybeLeft(liveSource(exception, NO_LISTS), sourcesOf([declared]), NO_SOURCES);
  }
  switch (exception.kind) {
    case 'cidr': return shareAddresses(addressesOf([exception.cidr]), REACHABLE);
    // A reference to a group allows the private addresses of its members.
    case 'securityGroup': return false;
    default: return true;
  }
}
