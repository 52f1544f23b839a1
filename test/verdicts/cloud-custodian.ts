/**
 * Policies of Cloud Custodian (c7n 0.9.52, commit df800e9) for ingress, with the verdicts of its filters.
 *
 * The policies are those of its documentation, of its tests and of threads of its users. The verdicts follow from how
 * its filters compare: a rule with its ports, whatever the protocol; `OnlyPorts` with a rule for one single port; and
 * `Cidr` as text, unless its value type says otherwise.
 *
 * @see https://cloudcustodian.io/docs/aws/resources/security-group.html
 */
import { Peer, Port } from 'aws-cdk-lib/aws-ec2';
import type { Check } from './check';
import { FlaggedIngressRule, RuleMatch } from '../../src';

const { fromInternet, inAnyGroup, inDefaultGroups } = FlaggedIngressRule;

/** Private blocks that may stay, as in the documentation. */
const APPROVED = [Peer.ipv4('10.0.0.0/8'), Peer.ipv4('192.168.0.0/16')];

export const CLOUD_CUSTODIAN: Readonly<Record<string, Check>> = {
  'OnlyPorts: 61000 (its test of OnlyPorts)': {
    declared: [
      inAnyGroup(Peer.anyIpv4(), Port.allTraffic(), { except: [{ ports: [Port.tcp(61000)] }] }),
    ],
    rows: [
      ['tcp 60000-62000 from 10.2.0.0/16', 'goes'],
      ['tcp 61000 from 10.2.0.0/16', 'stays'],
      ['tcp 53 from 10.0.0.0/8', 'goes'],
      ['udp 61000 from 10.2.0.0/16', 'stays', 'PROTOCOL'],
      ['all traffic from 10.2.0.0/16', 'stays', 'ALL_TRAFFIC'],
    ],
  },
  'OnlyPorts: 80 and 443, from 0.0.0.0/0 or ::/0 (its test, and #1943, #2484, #2517, #3818)': {
    declared: [fromInternet(Port.allTraffic(), { except: [{ ports: [Port.tcp(80), Port.tcp(443)] }] })],
    rows: [
      ['tcp 0-62000 from 10.2.0.0/16', 'stays'],
      ['tcp 80 from 0.0.0.0/0', 'stays'],
      ['tcp 443 from 0.0.0.0/0', 'stays'],
      ['tcp 443 from ::/0', 'stays'],
      ['tcp 1234-4321 from 0.0.0.0/0', 'goes'],
      ['tcp 8080 from 0.0.0.0/0', 'goes'],
      ['tcp 8080 from ::/0', 'goes'],
      ['tcp 80-443 from 0.0.0.0/0', 'goes'],
      ['tcp 0-65535 from 0.0.0.0/0', 'goes'],
      ['icmp from 0.0.0.0/0', 'goes'],
      ['all traffic from 0.0.0.0/0', 'goes'],
      ['udp 443 from 0.0.0.0/0', 'stays', 'PROTOCOL'],
      ['tcp 22 from 0.0.0.0/1', 'stays', 'SPLIT'],
    ],
  },
  'OnlyPorts: 80 and 81, from 0.0.0.0/0': {
    declared: [fromInternet(Port.allTraffic(), { except: [{ ports: [Port.tcp(80), Port.tcp(81)] }] })],
    rows: [
      ['tcp 80 from 0.0.0.0/0', 'stays'],
      ['tcp 81 from 0.0.0.0/0', 'stays'],
      ['tcp 80-82 from 0.0.0.0/0', 'goes'],
      ['tcp 80-81 from 0.0.0.0/0', 'goes', 'UNION'],
    ],
  },
  'Ports: 22 and 3389, Cidr: 0.0.0.0/0 or CidrV6: ::/0 (its documentation)': {
    declared: [fromInternet(Port.SSH), fromInternet(Port.RDP)],
    rows: [
      ['tcp 22 from 0.0.0.0/0', 'goes'],
      ['tcp 22 from ::/0', 'goes'],
      ['tcp 3389 from 0.0.0.0/0', 'goes'],
      ['tcp 0-65535 from ::/0', 'goes'],
      ['tcp 20-25 from 0.0.0.0/0', 'goes'],
      ['all traffic from 0.0.0.0/0', 'goes'],
      ['tcp 23-3388 from 0.0.0.0/0', 'stays'],
      ['tcp 22 from 10.0.0.0/8', 'stays'],
      ['udp 22 from 0.0.0.0/0', 'goes', 'PROTOCOL'],
      ['tcp 22 from 0.0.0.0/1', 'stays', 'SPLIT'],
    ],
  },
  'Cidr: not in 10.0.0.0/8 and 192.168.0.0/16 (its documentation)': {
    declared: [inAnyGroup(Peer.anyIpv4(), Port.allTraffic(), { except: [{ peers: APPROVED }] })],
    rows: [
      ['tcp 22 from 10.1.0.0/16', 'stays'],
      ['udp 53 from 192.168.7.0/24', 'stays'],
      ['all traffic from 10.0.0.0/8', 'stays'],
      ['tcp 22 from 172.16.0.0/12', 'goes'],
      ['tcp 22 from 10.0.0.0/7', 'goes'],
      ['tcp 443 from 0.0.0.0/0', 'goes'],
      ['tcp 22 from ::/0', 'stays'],
      ['tcp 22 from itself', 'stays'],
    ],
  },
  'Ports: 22 and 3389, Cidr: not in approved blocks (#4834, #7830)': {
    declared: [Port.SSH, Port.RDP].map(port => inAnyGroup(Peer.anyIpv4(), port, { except: [{ peers: APPROVED }] })),
    rows: [
      ['tcp 22 from 192.0.2.7/32', 'goes'],
      ['tcp 3389 from 0.0.0.0/0', 'goes'],
      ['tcp 22 from 10.9.0.0/16', 'stays'],
      ['tcp 3389 from 192.168.1.1/32', 'stays'],
      ['tcp 443 from 0.0.0.0/0', 'stays'],
    ],
  },
  'Cidr: 10.42.4.0/24 (its test)': {
    declared: [inAnyGroup(Peer.ipv4('10.42.4.0/24'), Port.SSH, { match: RuleMatch.EXACT })],
    rows: [
      ['tcp 22 from 10.42.4.0/24', 'goes'],
      ['tcp 22 from 10.42.2.0/24', 'stays'],
      ['tcp 22 from itself', 'stays'],
    ],
  },
  'Cidr: in 0.0.0.0/0 (its test)': {
    declared: [inAnyGroup(Peer.anyIpv4(), Port.SSH, { match: RuleMatch.OVERLAPS })],
    rows: [
      ['tcp 22 from 10.42.4.0/24', 'goes'],
      ['tcp 20-25 from 0.0.0.0/0', 'goes'],
      ['tcp 443 from 10.42.4.0/24', 'stays'],
      ['tcp 22 from sg-0fedcba9876543210', 'stays'],
    ],
  },
  'Cidr: 0.0.0.0/0 or CidrV6: ::/0 (its example that detects and remediates)': {
    declared: [fromInternet(Port.allTraffic(), { match: RuleMatch.OVERLAPS })],
    rows: [
      ['tcp 443 from 0.0.0.0/0', 'goes'],
      ['udp 53 from ::/0', 'goes'],
      ['icmp type 8 from 0.0.0.0/0', 'goes'],
      ['all traffic from 0.0.0.0/0', 'goes'],
      ['tcp 443 from 10.0.0.0/8', 'stays'],
      ['tcp 443 from itself', 'stays'],
      ['tcp 22 from 0.0.0.0/1', 'stays', 'SPLIT'],
      ['tcp 443 from pl-0fedcba9876543210 (192.175.48.0/24, 0.0.0.0/1)', 'stays', 'PREFIX_LIST'],
    ],
  },
  'IpProtocol: -1, Ports: 22, Cidr: 0.0.0.0/0 (its example that replaces SSH from the internet)': {
    declared: [fromInternet(Port.SSH)],
    rows: [
      ['all traffic from 0.0.0.0/0', 'goes'],
      ['tcp 443 from 0.0.0.0/0', 'stays'],
      ['tcp 22 from 0.0.0.0/0', 'stays', 'NAMED_PROTOCOL'],
    ],
  },
  'GroupName: default, all ingress removed (#2525, #3021, #6125)': {
    declared: [inDefaultGroups()],
    rows: [
      ['all traffic from itself in default', 'goes'],
      ['tcp 443 from 0.0.0.0/0 in default', 'goes'],
      ['tcp 443 from 10.0.0.0/8 in default', 'goes'],
      ['all traffic from itself', 'stays'],
      ['tcp 443 from 0.0.0.0/0 in a default group in use', 'goes', 'IN_USE'],
    ],
  },
};
