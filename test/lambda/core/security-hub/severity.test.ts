/** Tests how severe a finding is. */
import type { LedgerEntry } from '../../../../lambda/core/model/ledger';
import type { SecurityGroupRule } from '../../../../lambda/core/model/network';
import { type Exposure, exposureOf, SENSITIVE_PORTS, SEVERITIES } from '../../../../lambda/core/security-hub/severity';
import { parseCidr } from '../../../../src/contract/traffic';
import { aRule } from '../../../support/builders';

const FLAGGED: LedgerEntry['flagged'] = { verdict: 'flagged', declarations: [], firstSeen: '', lastSeen: '' };
const STALE: LedgerEntry['stale'] = { reason: 'DELETED_GROUP', firstSeen: '', lastSeen: '', sightings: 0 };
const LISTS = new Map([
  ['pl-internet', [parseCidr('0.0.0.0/1'), parseCidr('128.0.0.0/1')]],
  ['pl-office', [parseCidr('8.8.8.0/24')]],
  ['pl-private', [parseCidr('10.0.0.0/8'), parseCidr('192.168.0.0/16')]],
]);

const exposed = (rule: Partial<SecurityGroupRule>): Exposure =>
  exposureOf({ rule: aRule(rule), flagged: FLAGGED }, LISTS);

const ports = (fromPort: number, toPort = fromPort, ipProtocol = 'tcp') => ({ ipProtocol, fromPort, toPort });
const SSH = ports(22);
const HTTPS = ports(443);
const ALL = { ipProtocol: '-1', fromPort: -1, toPort: -1 };
const INTERNET = { cidrIpv4: '0.0.0.0/0' };

it.each<[string, Partial<SecurityGroupRule>, Exposure]>([
  ['all traffic from the internet', { ...ALL, ...INTERNET }, 'ALL_FROM_INTERNET'],
  ['all traffic from the internet, as the number of a protocol that EC2 does not explain', { ...ALL, ipProtocol: 'x', ...INTERNET }, 'ALL_FROM_INTERNET'],
  ['all ports of TCP from the internet', { ...ports(0, 65535), ...INTERNET }, 'ALL_FROM_INTERNET'],
  ['all ports of UDP from all of IPv6', { ...ports(0, 65535, 'udp'), cidrIpv6: '::/0' }, 'ALL_FROM_INTERNET'],
  ['all ports of TCP but one from the internet', { ...ports(1, 65535), ...INTERNET }, 'SENSITIVE_FROM_INTERNET'],
  ['SSH from the internet', { ...SSH, ...INTERNET }, 'SENSITIVE_FROM_INTERNET'],
  ['SSH from half of the internet', { ...SSH, cidrIpv4: '128.0.0.0/1' }, 'SENSITIVE_FROM_INTERNET'],
  ['a range around a database from the internet', { ...ports(3000, 4000), cidrIpv6: '::/0' }, 'SENSITIVE_FROM_INTERNET'],
  ['Memcached over UDP from the internet', { ...ports(11211, 11211, 'udp'), ...INTERNET }, 'SENSITIVE_FROM_INTERNET'],
  ['SSH from a prefix list that is the internet', { ...SSH, prefixListId: 'pl-internet' }, 'SENSITIVE_FROM_INTERNET'],
  ['HTTPS from the internet', { ...HTTPS, ...INTERNET }, 'OTHER_FROM_INTERNET'],
  ['ICMP from the internet', { ipProtocol: 'icmp', fromPort: -1, toPort: -1, ...INTERNET }, 'OTHER_FROM_INTERNET'],
  ['ICMP of type 22 from the internet', { ipProtocol: 'icmp', fromPort: 22, toPort: -1, ...INTERNET }, 'OTHER_FROM_INTERNET'],
  ['all traffic from one public block', { ...ALL, cidrIpv4: '8.8.8.0/24' }, 'SENSITIVE_FROM_PUBLIC'],
  ['SSH from a prefix list of public addresses', { ...SSH, prefixListId: 'pl-office' }, 'SENSITIVE_FROM_PUBLIC'],
  ['SSH from a prefix list that was not read', { ...SSH, prefixListId: 'pl-unread' }, 'SENSITIVE_FROM_PUBLIC'],
  ['SSH from a source that EC2 does not explain', { ...SSH, cidrIpv4: 'everywhere' }, 'SENSITIVE_FROM_PUBLIC'],
  ['HTTPS from one public address', { ...HTTPS, cidrIpv4: '8.8.8.8/32' }, 'OTHER_FROM_PUBLIC'],
  ['HTTPS from a prefix list that was not read', { ...HTTPS, prefixListId: 'pl-unread' }, 'OTHER_FROM_PUBLIC'],
  ['all traffic from private addresses', { ...ALL, cidrIpv4: '10.0.0.0/8' }, 'FROM_PRIVATE'],
  ['SSH from unique local addresses', { ...SSH, cidrIpv6: 'fd00::/8' }, 'FROM_PRIVATE'],
  ['SSH from a prefix list of private addresses', { ...SSH, prefixListId: 'pl-private' }, 'FROM_PRIVATE'],
  ['SSH from a security group', { ...SSH, referencedGroup: { groupId: 'sg-2' } }, 'FROM_PRIVATE'],
])('a flagged rule that admits %s', (_, rule, exposure) => {
  expect(exposed(rule)).toBe(exposure);
});

it.each<[string, Pick<LedgerEntry, 'stale' | 'flagged'>, Exposure]>([
  ['only stale', { stale: STALE }, 'STALE'],
  ['only possibly flagged', { flagged: { ...FLAGGED, verdict: 'undecided' } }, 'UNDECIDED'],
  ['stale and possibly flagged', { stale: STALE, flagged: { ...FLAGGED, verdict: 'undecided' } }, 'STALE'],
  ['stale and flagged', { stale: STALE, flagged: FLAGGED }, 'ALL_FROM_INTERNET'],
])('a rule that is %s', (_, checks, exposure) => {
  expect(exposureOf({ rule: aRule({ ...ALL, ...INTERNET }), ...checks }, LISTS)).toBe(exposure);
});

const ORDER = ['INFORMATIONAL', 'LOW', 'MEDIUM', 'HIGH', 'CRITICAL'];
const rank = (exposure: Exposure): number => ORDER.indexOf(SEVERITIES[exposure].label);

it('a rule that admits more is never less severe', () => {
  const services = [HTTPS, SSH, ports(0, 65535), ALL];
  const sources = ['10.0.0.0/8', '8.8.8.0/24', '0.0.0.0/0'];
  services.forEach((service, more) => sources.forEach((cidrIpv4, broader) => {
    for (const narrower of services.slice(0, more + 1)) {
      for (const inner of sources.slice(0, broader + 1)) {
        expect(rank(exposed({ ...narrower, cidrIpv4: inner })))
          .toBeLessThanOrEqual(rank(exposed({ ...service, cidrIpv4 })));
      }
    }
  }));
});

it('each port of the table is sensitive over TCP and UDP, and no other', () => {
  const listed = new Set(Object.values(SENSITIVE_PORTS).flat().flatMap(port => typeof port === 'number' ? [port]
    : Array.from({ length: port[1] - port[0] + 1 }, (_, index) => port[0] + index)));
  expect(listed.size).toBeGreaterThan(30);
  for (const protocol of ['tcp', 'udp']) {
    for (let port = 0; port < 30_000; port++) {
      const isSensitive = exposed({ ...ports(port, port, protocol), ...INTERNET }) === 'SENSITIVE_FROM_INTERNET';
      if (isSensitive !== listed.has(port)) throw new Error(`${protocol} ${port}`);
    }
  }
});
