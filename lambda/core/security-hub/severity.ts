/** Determines how severe a finding is, from what is exposed. */
import { DEFAULT_INTERNET } from '../../../src/contract/configuration';
import { REACHABLE } from '../../../src/contract/rules/address-space';
import { shareAddresses } from '../../../src/contract/rules/addresses';
import { trafficOf } from '../../../src/contract/rules/live-rule';
import type { PrefixLists } from '../../../src/contract/rules/prefix-lists';
import { containsRanges, overlap, union } from '../../../src/contract/rules/ranges';
import { isInternet } from '../../../src/contract/rules/relation';
import { type Services, servicesOf } from '../../../src/contract/rules/services';
import { liveSource } from '../../../src/contract/rules/sources';
import { type Source, TCP, UDP } from '../../../src/contract/traffic';
import type { LedgerEntry } from '../model/ledger';
import type { SeverityLabel } from '../model/security-hub';

/**
 * The ports that severities distinguish, by what they are for. The services listen on TCP or UDP, and some on both.
 */
export const SENSITIVE_PORTS: Readonly<Record<string, ReadonlyArray<number | readonly [from: number, to: number]>>> = {
  'SSH, Telnet and remote shells': [22, 23, [512, 514]],
  'Remote Desktop, VNC and WinRM': [3389, [5900, 5903], 5985, 5986],
  'Windows RPC, NetBIOS and SMB': [135, [137, 139], 445],
  'FTP and NFS': [20, 21, 2049],
  'Docker, Kubernetes and etcd': [2375, 2376, 2379, 2380, 6443, 10250],
  'SQL Server, Oracle, MySQL, PostgreSQL and Redshift': [1433, 1434, 1521, 3306, 5432, 5439],
  'Redis, Memcached, MongoDB and Cassandra': [6379, 11211, [27017, 27019], 9042],
  'Elasticsearch and OpenSearch': [5601, 9200, 9300],
};

/** The kinds of findings by what they expose, the most severe first. */
export const SEVERITIES = {
  ALL_FROM_INTERNET: { label: 'CRITICAL', words: 'every port of TCP or UDP from the internet' },
  SENSITIVE_FROM_INTERNET: {
    label: 'HIGH', words: 'a port for remote administration, files or data from the internet',
  },
  OTHER_FROM_INTERNET: { label: 'MEDIUM', words: 'other traffic from the internet' },
  SENSITIVE_FROM_PUBLIC: {
    label: 'MEDIUM', words: 'every port, or such a port, from some public addresses, or from addresses that could not be read',
  },
  OTHER_FROM_PUBLIC: {
    label: 'LOW', words: 'other traffic from some public addresses, or from addresses that could not be read',
  },
  FROM_PRIVATE: { label: 'LOW', words: 'traffic from private addresses or from a security group' },
  STALE: { label: 'LOW', words: 'nothing now, because the rule is stale; it may again' },
  UNDECIDED: { label: 'INFORMATIONAL', words: 'what a declaration may mean, which cannot be proved' },
  UNUSED_GROUP: { label: 'INFORMATIONAL', words: 'nothing, because nothing uses the security group' },
} as const satisfies Readonly<Record<string, { readonly label: SeverityLabel; readonly words: string }>>;

export type Exposure = keyof typeof SEVERITIES;

const portsOf = (protocol: number, [from, to]: readonly [number, number]): Services =>
  servicesOf({ protocol, ports: { kind: 'range', from, to } }).certain;

const SENSITIVE: Services = union([TCP, UDP].flatMap(protocol =>
  Object.values(SENSITIVE_PORTS).flat().flatMap(port =>
    portsOf(protocol, typeof port === 'number' ? [port, port] : port))));

const WHOLE: readonly Services[] = [TCP, UDP].map(protocol =>
  servicesOf({ protocol, ports: { kind: 'all' } }).certain);

/** Returns what a rule exposes. A rule that is stale and flagged counts as flagged. */
export function exposureOf(
  { rule, stale, flagged }: Pick<LedgerEntry, 'rule' | 'stale' | 'flagged'>, prefixLists: PrefixLists,
): Exposure {
  if (flagged?.verdict !== 'flagged') return stale === undefined ? 'UNDECIDED' : 'STALE';
  const { protocol, ports, source } = trafficOf(rule);
  const { possible } = servicesOf({ protocol, ports });
  const isAll = WHOLE.some(each => containsRanges(possible, each));
  const isSensitive = isAll || overlap(possible, SENSITIVE);
  switch (reachOf(source, prefixLists)) {
    case 'internet': return isAll ? 'ALL_FROM_INTERNET' : isSensitive ? 'SENSITIVE_FROM_INTERNET' : 'OTHER_FROM_INTERNET';
    case 'public': return isSensitive ? 'SENSITIVE_FROM_PUBLIC' : 'OTHER_FROM_PUBLIC';
    case 'private': return 'FROM_PRIVATE';
  }
}

/** An unknown source counts as public. */
function reachOf(source: Source, lists: PrefixLists): 'internet' | 'public' | 'private' {
  if (isInternet(source, DEFAULT_INTERNET, lists) === 'yes') return 'internet';
  const live = liveSource(source, lists);
  if (live.kind === 'securityGroup') return 'private';
  return live.kind !== 'addresses' || shareAddresses(live.addresses, REACHABLE) ? 'public' : 'private';
}
