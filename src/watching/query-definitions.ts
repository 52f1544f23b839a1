/**
 * Queries for CloudWatch Logs Insights. Each asks for lines of certain events that the handler logs; see
 * lambda/core/report/log-lines.ts.
 */
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { shortened } from '../contract/hygiene-name';
import type { LogEventName } from '../contract/log-events';
import type { NetworkHygieneBase } from '../network-hygiene-base';
import { followName } from '../validation/identity';

interface Clauses {
  readonly fields?: string[];
  /** Of which events it asks for the lines. */
  readonly events: readonly LogEventName[];
  /** Which of these lines. Absent: all. */
  readonly filters?: readonly string[];
  readonly stats?: string;
  readonly sort: string;
}

interface Query {
  readonly name: string;
  readonly query: Clauses;
}

/**
 * Later versions of CDK deprecate the property for statistics, and the first that are supported do not have its
 * successor.
 */
class QueryText extends logs.QueryString {
  constructor(private readonly clauses: Clauses) {
    super();
  }

  public toString(): string {
    const { fields, events, filters = [], stats, sort } = this.clauses;
    return [
      ...fields ? [`fields ${fields.join(', ')}`] : [],
      ...[ofEvents(events), ...filters].map(statement => `filter ${statement}`),
      ...stats === undefined ? [] : [`stats ${stats}`],
      `sort ${sort}`,
    ].join('\n| ');
  }
}

const ofEvents = (events: readonly LogEventName[]): string =>
  events.length === 1 ? `event = "${events[0]}"` : `event in [${events.map(event => `"${event}"`).join(', ')}]`;

const RULE = [
  'rule.securityGroupRuleId',
  'rule.groupId',
  'rule.ipProtocol',
  'rule.fromPort',
  'rule.toPort',
  'rule.cidrIpv4',
  'rule.cidrIpv6',
  'rule.prefixListId',
  'rule.referencedGroup.groupId',
  'rule.description',
];

/** Of the declarations that flag a rule, the first. */
const BECAUSE = ['because.stale', 'because.declarations.0.name', 'because.declarations.0.reason'];

const GONE = '["REVOKED", "REVOKED_CHANGED", "UNRECORDED"]';
const NEWEST_FIRST = '@timestamp desc';

/** They are the same whatever the configuration, for the log tells of earlier ones, too. */
const QUERIES: readonly Query[] = [
  {
    name: 'What was revoked',
    query: {
      fields: ['@timestamp', 'outcome', ...RULE, 'group.groupName', 'group.vpcId', ...BECAUSE, 'sweepId'],
      events: ['Revocation'],
      filters: [`outcome in ${GONE}`],
      sort: NEWEST_FIRST,
    },
  },
  {
    name: 'What was to be revoked and was not',
    query: {
      fields: ['@timestamp', 'outcome', 'detail', 'error.code', 'error.message', ...RULE, ...BECAUSE, 'sweepId'],
      events: ['Revocation'],
      filters: [`outcome not in ${GONE}`],
      sort: NEWEST_FIRST,
    },
  },
  {
    name: 'Why rules were kept',
    query: {
      events: ['RuleKept'],
      stats:
        'count_distinct(rule.securityGroupRuleId) as rules, count_distinct(groupId) as groups, max(@timestamp) as last by keepReason',
      sort: 'rules desc',
    },
  },
  {
    name: 'Which rules were kept',
    query: {
      events: ['RuleKept'],
      stats:
        'max(@timestamp) as last, latest(firstSeen) as since, latest(stackName) as stack by keepReason, groupId, rule.securityGroupRuleId',
      sort: 'keepReason, groupId',
    },
  },
  {
    name: 'Findings opened and resolved',
    query: {
      fields: [
        '@timestamp',
        'change',
        ...RULE,
        'groupName',
        'vpcId',
        'stackName',
        ...BECAUSE,
        'firstSeen',
        'sightings',
        'sweepId',
      ],
      events: ['Finding'],
      sort: NEWEST_FIRST,
    },
  },
  {
    name: 'When VPN connections changed',
    query: {
      fields: ['@timestamp', 'vpnConnectionId', 'name', 'previousStatus', 'status', 'sweepId'],
      events: ['VpnConnectionStateChanged'],
      sort: NEWEST_FIRST,
    },
  },
  {
    name: 'Which VPN connections were not up',
    query: {
      fields: [
        '@timestamp',
        'vpnConnectionId',
        'name',
        'status',
        'state',
        'gateway',
        'customerGatewayId',
        'tunnels.0.outsideIpAddress',
        'tunnels.0.status',
        'tunnels.0.statusMessage',
        'tunnels.1.outsideIpAddress',
        'tunnels.1.status',
        'tunnels.1.statusMessage',
        'sweepId',
      ],
      events: ['VpnConnection'],
      filters: ['status not in ["UP", "PENDING"]'],
      sort: NEWEST_FIRST,
    },
  },
  {
    name: 'What could not be looked at',
    query: {
      fields: [
        '@timestamp',
        'event',
        'doing',
        'vpcId',
        'resourceId',
        'error.code',
        'error.message',
        'message',
        'sweepId',
      ],
      events: ['ScanError', 'VpcNotCovered', 'Failed'],
      sort: NEWEST_FIRST,
    },
  },
  {
    name: 'What was not delivered',
    query: {
      fields: [
        '@timestamp',
        'detailType',
        'securityGroupRuleId',
        'vpnConnectionId',
        'eventBus',
        'topicArn',
        'metricName',
        'value',
        'error.code',
        'error.message',
        'sweepId',
      ],
      events: ['DeliveryFailed'],
      sort: NEWEST_FIRST,
    },
  },
  {
    name: 'What was restored',
    query: {
      fields: [
        '@timestamp',
        'outcome',
        'securityGroupRuleId',
        'restoredAs',
        'groupId',
        'detail',
        ...RULE.slice(2),
        'restoreId',
      ],
      events: ['Restore'],
      sort: NEWEST_FIRST,
    },
  },
  {
    name: 'When revoking was paused',
    query: {
      fields: ['@timestamp', 'change', 'until', 'reason', 'due', 'maxRevocationsPerSweep', 'pauseId', 'sweepId'],
      events: ['Pause'],
      // Without the line of each sweep that finds a pause in force.
      filters: ['change in ["BEGUN", "EXTENDED", "ENDING", "ENDED"]'],
      sort: NEWEST_FIRST,
    },
  },
  {
    name: 'What held back revoking',
    query: {
      fields: [
        '@timestamp',
        'event',
        'reason',
        'until',
        'planned',
        'maxRevocationsPerSweep',
        'table',
        'previousTable',
        'message',
        'sweepId',
      ],
      events: ['Ledger', 'RevocationsWithheld'],
      sort: NEWEST_FIRST,
    },
  },
  {
    name: 'Sweeps',
    query: {
      fields: [
        '@timestamp',
        'trigger',
        'groups',
        'durationMillis',
        'vpcsScanned',
        'vpcsNotCovered',
        'staleRules',
        'flaggedIngressRules',
        'undecidedIngressRules',
        'kept',
        'outcomes.REVOKED',
        'outcomes.FAILED',
        'outcomes.SKIPPED',
        'vpnConnections',
        'scanErrors',
        'sweepId',
      ],
      events: ['Sweep'],
      sort: NEWEST_FIRST,
    },
  },
];

/** CloudWatch Logs takes no longer ones. */
const LONGEST_NAME = 255;

export function queryDefinitions(hygiene: NetworkHygieneBase, logGroup: logs.ILogGroup): logs.QueryDefinition[] {
  const { hygieneName } = hygiene;
  const queries = new Construct(hygiene, 'Queries');
  // A slash makes a folder. CloudFormation takes neither colons nor asterisks.
  const folder = hygieneName.replace(/[:*]/g, '_');
  return QUERIES.map(({ name, query }) => {
    const definition = new logs.QueryDefinition(queries, name, {
      queryDefinitionName: `NetworkHygiene/${shortened(`${folder}/${name}`, LONGEST_NAME - 'NetworkHygiene/'.length)}`,
      queryString: new QueryText(query),
      logGroups: [logGroup],
    });
    followName(definition, hygieneName, name.replace(/\W/g, ''));
    return definition;
  });
}
