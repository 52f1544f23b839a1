/**
 * Checks of Prowler (commit 3e000fa) for ingress, with their verdicts on a group that has only this rule and that a
 * network interface uses. `goes` means that the check fails.
 *
 * The verdicts follow from how its checks compare. "The internet" is exactly 0.0.0.0/0 or ::/0. A rule for all traffic
 * from there fails each of them. Other rules fail if the protocol is the same and the range has the port, or all ports.
 *
 * @see https://docs.prowler.com
 */
import { Port } from 'aws-cdk-lib/aws-ec2';
import type { Check, Row } from './check';
import { FlaggedIngressRule, RuleMatch } from '../../src';

const { fromAnyPublicAddress, fromInternet, inDefaultGroups } = FlaggedIngressRule;

/** The checks for ports of TCP. For each of their ports a rule is flagged that lets it in from the internet. */
const PORTS: Readonly<Record<string, readonly number[]>> = {
  tcp_port_22: [22],
  tcp_port_3389: [3389],
  tcp_port_telnet_23: [23],
  tcp_port_ftp_20_21: [20, 21],
  tcp_port_mysql_3306: [3306],
  tcp_port_postgres_5432: [5432],
  tcp_port_sql_server_1433_1434: [1433, 1434],
  tcp_port_oracle_1521_2483: [1521, 2483],
  tcp_port_redis_6379: [6379],
  tcp_port_memcached_11211: [11211],
  tcp_port_mongodb_27017_27018: [27017, 27018],
  tcp_port_kafka_9092: [9092],
  tcp_port_cassandra_7199_9160_8888: [7199, 9160, 8888],
  tcp_port_elasticsearch_kibana_9200_9300_5601: [9200, 9300, 5601],
  high_risk_tcp_ports: [25, 110, 135, 143, 445, 3000, 4333, 5000, 5500, 8080, 8088],
};

const portCheck = (ports: readonly number[]): Check => ({
  declared: ports.map(port => fromInternet(Port.tcp(port))),
  rows: [
    ...ports.flatMap((port): Row[] => [
      [`tcp ${port} from 0.0.0.0/0`, 'goes'],
      [`tcp ${port} from ::/0`, 'goes'],
      [`tcp ${port - 1}-${port + 1} from 0.0.0.0/0`, 'goes'],
      [`tcp ${port} from 10.0.0.0/8`, 'stays'],
      [`tcp ${port} from 192.175.48.7/32`, 'stays'],
      [`tcp ${port} from itself`, 'stays'],
      [`udp ${port} from 0.0.0.0/0`, 'stays'],
      [`tcp ${port} from 0.0.0.0/1`, 'stays', 'SPLIT'],
    ]),
    ['tcp 0-65535 from 0.0.0.0/0', 'goes'],
    ['all traffic from 0.0.0.0/0', 'goes'],
    ['all traffic from ::/0', 'goes'],
    ['udp 0-65535 from 0.0.0.0/0', 'stays'],
    ['tcp 443 from 0.0.0.0/0', 'stays'],
    ['icmp from 0.0.0.0/0', 'stays'],
    ['all traffic from 10.0.0.0/8', 'stays'],
  ],
});

const FROM_INTERNET = 'ec2_securitygroup_allow_ingress_from_internet_to_';

export const PROWLER: Readonly<Record<string, Check>> = {
  ...Object.fromEntries(Object.entries(PORTS).map(([name, ports]) => [`${FROM_INTERNET}${name}`, portCheck(ports)])),
  [`${FROM_INTERNET}all_ports`]: {
    declared: [fromInternet(Port.allTcp()), fromInternet(Port.allUdp())],
    rows: [
      ['all traffic from 0.0.0.0/0', 'goes'],
      ['all traffic from ::/0', 'goes'],
      ['tcp 0-65535 from 0.0.0.0/0', 'goes'],
      ['udp 0-65535 from ::/0', 'goes'],
      ['tcp 1-65535 from 0.0.0.0/0', 'stays'],
      ['tcp 22 from 0.0.0.0/0', 'stays'],
      ['icmp from 0.0.0.0/0', 'stays'],
      ['all traffic from 10.0.0.0/8', 'stays'],
      ['all traffic from 128.0.0.0/1', 'stays', 'SPLIT'],
    ],
  },
  [`${FROM_INTERNET}any_port`]: {
    declared: [fromInternet(Port.allTraffic(), { match: RuleMatch.OVERLAPS })],
    rows: [
      ['tcp 443 from 0.0.0.0/0', 'goes'],
      ['udp 53 from ::/0', 'goes'],
      ['icmp type 8 from 0.0.0.0/0', 'goes'],
      ['all traffic from 0.0.0.0/0', 'goes'],
      ['tcp 443 from 10.0.0.0/8', 'stays'],
      ['tcp 443 from 192.175.48.7/32', 'stays'],
      ['all traffic from itself', 'stays'],
      ['tcp 22 from 0.0.0.0/1', 'stays', 'SPLIT'],
      ['tcp 443 from pl-0fedcba9876543210 (192.175.48.0/24, 0.0.0.0/1)', 'stays', 'PREFIX_LIST'],
    ],
  },
  [`${FROM_INTERNET}any_port_from_ip`]: {
    declared: [fromAnyPublicAddress(Port.allTraffic(), { match: RuleMatch.OVERLAPS })],
    rows: [
      ['tcp 443 from 8.8.8.8/32', 'goes'],
      ['udp 500 from 8.8.8.0/24', 'goes'],
      ['all traffic from 2600:1f14::/35', 'goes'],
      ['tcp 443 from 10.0.0.0/8', 'stays'],
      ['tcp 443 from 100.64.0.0/10', 'stays'],
      ['tcp 443 from 203.0.113.7/32', 'stays'],
      ['tcp 443 from fd00::/8', 'stays'],
      ['tcp 443 from 0.0.0.0/0', 'stays', 'EVERYONE'],
    ],
  },
  ec2_securitygroup_allow_wide_open_public_ipv4: {
    declared: [
      fromInternet(Port.allTraffic(), { match: RuleMatch.OVERLAPS, ipv4PrefixLength: 24, ipv6PrefixLength: 1 }),
    ],
    rows: [
      ['tcp 443 from 8.8.8.0/23', 'goes'],
      ['udp 53 from 8.0.0.0/8', 'goes'],
      ['tcp 443 from 8.8.8.0/24', 'stays'],
      ['tcp 443 from 10.0.0.0/8', 'stays'],
      ['tcp 443 from 172.16.0.0/12', 'stays'],
      ['tcp 443 from 2600:1f14::/35', 'stays'],
      ['tcp 443 from 0.0.0.0/0', 'stays', 'EVERYONE'],
    ],
  },
  ec2_securitygroup_default_restrict_traffic: {
    declared: [inDefaultGroups()],
    rows: [
      ['all traffic from itself in default', 'goes'],
      ['tcp 443 from 10.0.0.0/8 in default', 'goes'],
      ['all traffic from 0.0.0.0/0', 'stays'],
      ['tcp 443 from 0.0.0.0/0 in a default group in use', 'goes', 'IN_USE'],
    ],
  },
};
