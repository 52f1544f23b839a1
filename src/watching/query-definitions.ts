/**
 * Queries for CloudWatch Logs Insights. Each selects lines that the handler logs; see lambda/core/report/log-lines.ts.
 */
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { shortened } from '../contract/hygiene-name';
import type { LogEventName } from '../contract/log-events';
import type { NetworkHygieneBase } from '../network-hygiene-base';
import { followName } from '../validation/identity';

interface Clauses {
  readonly fields?: string[];
  /** The events whose lines the query selects. */
  readonly events: readonly LogEventName[];
  /** Further conditions on these lines. Absent: all lines. */
  readonly filters?: readonly string[];
  readonly stats?: string;
  /** The fields by which statistics are grouped. */
  readonly by?: readonly string[];
  readonly sort: string;
}

interface Query {
  readonly name: string;
  readonly query: Clauses;
}

/**
 * Replaces the options of QueryString: later versions of CDK deprecate its property for statistics, and the earliest
 * supported versions lack the successor.
 */
class QueryText extends logs.QueryString {
  constructor(private readonly clauses: Clauses) {
    super();
  }

  public toString(): string {
    const { fields, events, filters = [], stats, by = [], sort } = this.clauses;
    return [
      ...fields ? [`fields ${fields.join(', ')}`] : [],
      ...[ofEvents(events), ...filters].map(statement => `filter ${statement}`),
      ...stats === undefined ? [] : [`stats ${stats} by ${by.join(', ')}`],
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

/** A line lists all declarations that flag a rule; the queries show the first. */
const BECAUSE = ['because.stale', 'because.declarations.0.name', 'because.declarations.0.reason'];

const GONE = '["REVOKED", "REVOKED_CHANGED", "UNRECORDED"]';
const NEWEST_FIRST = '@timestamp desc';

/** The queries do not depend on the configuration, because the log also holds lines of earlier configurations. */
const QUERIES: readonly Query[] = [
  {
    name: 'What was revoked',
    query: {
      fields: ['@timestamp', 'outcome', ...RULE, 'group.groupName', 'group.vpcId', ...BECAUSE, 'changedBy.arn', 'sweepId'],
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
        'count_distinct(rule.securityGroupRuleId) as rules, count_distinct(groupId) as groups, max(@timestamp) as last',
      by: ['keepReason'],
      sort: 'rules desc',
    },
  },
  {
    name: 'Which rules were kept',
    query: {
      events: ['RuleKept'],
      stats: 'max(@timestamp) as last, latest(firstSeen) as since, latest(stackName) as stack',
      by: ['keepReason', 'groupId', 'rule.securityGroupRuleId'],
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
        'returned.revocations',
        'returned.latest',
        'changedBy.arn',
        'sweepId',
      ],
      events: ['Finding'],
      sort: NEWEST_FIRST,
    },
  },
  {
    name: 'Who changed what',
    query: {
      fields: [
        '@timestamp', 'at', 'eventName', 'arn', 'tool', 'groupIds.0', 'securityGroupRuleIds.0', 'eventId', 'sweepId',
      ],
      events: ['Change'],
      sort: NEWEST_FIRST,
    },
  },
  {
    name: 'Which changes asked for a full sweep',
    query: {
      fields: ['@timestamp', 'event', 'message', 'eventName', 'eventId', 'at', 'messageId'],
      events: ['ChangeUnread', 'FullSweep'],
      sort: NEWEST_FIRST,
    },
  },
  {
    name: 'Which security groups are unused',
    query: {
      fields: ['@timestamp', 'groupId', 'groupName', 'vpcId', 'stackName', 'since', 'sightings', 'change', 'usedBy'],
      events: ['UnusedGroup'],
      sort: NEWEST_FIRST,
    },
  },
  {
    name: 'When VPN connections changed',
    query: {
      fields: ['@timestamp', 'event', 'vpnConnectionId', 'name', 'previousStatus', 'status', 'since', 'sweepId'],
      events: ['VpnConnectionStateChanged', 'VpnConnectionPending'],
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
        'flappedTunnels.0',
        'sweepId',
      ],
      events: ['VpnConnection'],
      // A tunnel that flapped was not up in between.
      filters: ['status not in ["UP", "PENDING"] or ispresent(flappedTunnels.0)'],
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
      events: ['ScanError', 'VpcNotCovered', 'ProofUnavailable', 'Failed'],
      sort: NEWEST_FIRST,
    },
  },
  {
    name: 'What was not delivered',
    query: {
      fields: [
        '@timestamp',
        'detailType',
        'findingId',
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
    name: 'What was retried',
    query: {
      fields: ['@timestamp', 'outcome', 'securityGroupRuleId', 'groupId', 'detail', 'retryId'],
      events: ['Retry'],
      sort: NEWEST_FIRST,
    },
  },
  {
    name: 'What was announced or approved',
    query: {
      fields: [
        '@timestamp', 'event', 'change', 'outcome', 'securityGroupRuleId', 'groupName', 'detail', 'digest', 'approvedBy',
        'approveId', 'sweepId',
      ],
      events: ['Announcement', 'Approval', 'Exemption'],
      sort: NEWEST_FIRST,
    },
  },
  {
    name: 'When revoking was paused',
    query: {
      fields: ['@timestamp', 'change', 'until', 'reason', 'due', 'maxRevocationsPerSweep', 'pauseId', 'sweepId'],
      events: ['Pause'],
      // Leaves out the line that each sweep logs while a pause is in force.
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

/** The fields that name the place of an organization that a line is about. */
const PLACE = ['account', 'region'];

/** The queries that only an organization has. */
const ORGANIZATION_QUERIES: readonly Query[] = [
  {
    name: 'Which accounts and Regions could not be looked at',
    query: {
      fields: [
        '@timestamp', 'event', ...PLACE, 'pass', 'error.code', 'error.message', 'message', 'runId', 'sweepId',
      ],
      events: ['AccountFailed', 'RegionFailed', 'AccountsLeftOut', 'RegionsLeftOut', 'RegionsUnread'],
      sort: NEWEST_FIRST,
    },
  },
  {
    name: 'Runs',
    query: {
      fields: [
        '@timestamp',
        'message',
        'accountsSwept',
        'accountsFailed',
        'regionsFailed',
        'planned',
        'due',
        'limit',
        'runId',
      ],
      events: ['OrganizationRun'],
      sort: NEWEST_FIRST,
    },
  },
];

/** The longest name that CloudWatch Logs accepts. */
const LONGEST_NAME = 255;

export function queryDefinitions(hygiene: NetworkHygieneBase, logGroup: logs.ILogGroup): logs.QueryDefinition[] {
  const { hygieneName, _stateMachine: stateMachine } = hygiene;
  const all = stateMachine === undefined ? QUERIES : [...QUERIES.map(withPlace), ...ORGANIZATION_QUERIES];
  const queries = new Construct(hygiene, 'Queries');
  // CloudWatch Logs shows a slash as a folder. CloudFormation does not accept colons and asterisks.
  const folder = hygieneName.replace(/[:*]/g, '_');
  return all.map(({ name, query }) => {
    const definition = new logs.QueryDefinition(queries, name, {
      queryDefinitionName: `NetworkHygiene/${shortened(`${folder}/${name}`, LONGEST_NAME - 'NetworkHygiene/'.length)}`,
      queryString: new QueryText(query),
      logGroups: [logGroup],
    });
    followName(definition, hygieneName, name.replace(/\W/g, ''));
    return definition;
  });
}

/** Adds the account and the Region to the columns: after the time, or to those by which rules are counted. */
function withPlace({ name, query }: Query): Query {
  const { fields: [time, ...others] = [], by = [] } = query;
  return {
    name,
    query: {
      ...query, ...time !== undefined && { fields: [time, ...PLACE, ...others] },
      by: by.includes('groupId') ? [...by, ...PLACE] : by,
    },
  };
}
