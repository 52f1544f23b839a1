/** Converts the option `except` to EC2's IpPermissions, without a list of sources where every source may stay. */
import { IPeer, Port } from 'aws-cdk-lib/aws-ec2';
import { isOptions, Kind, requireKind, requireKnown } from './kinds';
import { A_NARROW_PEER, NARROW_PEER, PeerSource, Ports, portsOf, sourceOf } from './peer-and-port';
import { wrong } from './words';
import { IpPermission } from '../contract/configuration';
import type { IngressException } from '../ingress-exception';

/** The option by which a user knows a part of an encoded exception, by the path of that part. */
export type ExceptionNames = ReadonlyMap<string, string>;

const SUCH_AS = 'such as { ports: [Port.HTTPS] }';

/** A Port or a Peer by itself is a likely mistake. */
const AN_EXCEPTION: Kind = {
  what: `an exception, ${SUCH_AS}`,
  is: value => isOptions(value) && !('toRuleJson' in value || 'toIngressRuleConfig' in value),
};

/** @throws when the list is empty, or an exception is wrong; the message names its place, what was got and the fix */
export function exceptionsOf(method: string, except: readonly IngressException[]): [IpPermission[], ExceptionNames] {
  const where = `${method}: except`;
  const names = new Map<string, string>();
  requireKind(where, except, { what: `a list of exceptions, ${SUCH_AS}`, is: Array.isArray });
  if (except.length === 0) throw new Error(`${where}: got an empty list; leave it out if nothing may stay`);
  const permissions = Array.from(except).flatMap((exception, index) => {
    const { ports, peers } = read(`${where}[${index}]`, exception);
    const sources = peers?.map((peer, place) => sourceOf(`${where}[${index}].peers[${place}]`, peer, A_NARROW_PEER));
    const given = ports?.map((port, place) => portsOf(`${where}[${index}].ports[${place}]`, port));
    return (given ?? [ALL_TRAFFIC]).map((each, place) => ({
      name: `except[${index}]`, port: given && `except[${index}].ports[${place}]`, ports: each, sources,
    }));
  });
  return [permissions.map((each, index) => encoded(`except[${index}]`, each, names)), names];
}

const ALL_TRAFFIC: Ports = { IpProtocol: '-1' };

function read(where: string, exception: IngressException): { ports?: Port[]; peers?: IPeer[] } {
  requireKind(where, exception, AN_EXCEPTION);
  requireKnown(where, exception, ['ports', 'peers']);
  const { ports, peers } = exception;
  if (ports === undefined && peers === undefined) {
    throw wrong(where, exception, `ports, peers or both, ${SUCH_AS}; without them all traffic would stay`);
  }
  return {
    ports: listOf(`${where}.ports`, ports, 'Port.HTTPS'), peers: listOf(`${where}.peers`, peers, NARROW_PEER),
  };
}

/** Refuses an empty list, because it might mean none or all. */
function listOf<T>(where: string, list: T[] | undefined, example: string): T[] | undefined {
  if (list === undefined) return undefined;
  requireKind(where, list, { what: `a list, such as [${example}]`, is: Array.isArray });
  if (list.length === 0) throw new Error(`${where}: got an empty list; give at least one, or leave it out to mean all`);
  // Array.from also visits the holes of a sparse list.
  return Array.from(list);
}

interface Flat {
  readonly name: string;
  readonly port?: string;
  readonly ports: Ports;
  readonly sources?: readonly PeerSource[];
}

function encoded(path: string, { name, port, ports, sources }: Flat, names: Map<string, string>): IpPermission {
  names.set(path, port ?? name);
  if (sources === undefined) return ports;
  const lists: Record<string, unknown[]> = {};
  sources.forEach(({ list, member }, index) => {
    lists[list] ??= [];
    names.set(`${path}.${list}[${lists[list].length}]`, `${name}.peers[${index}]`);
    lists[list].push(member);
  });
  return { ...ports, ...lists };
}
