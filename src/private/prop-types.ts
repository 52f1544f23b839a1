/** What TypeScript and jsii check of properties, for callers in plain JavaScript. */
import { FlaggedIngressRule } from '../flagged-ingress-rule';
import type { NetworkHygieneProps } from '../network-hygiene';
import { StaleRules } from '../stale-rules';
import { VpnConnections } from '../vpn-connections';

/** A misspelt `dryRun` must not come to mean false. */
const KNOWN_PROPS: ReadonlySet<string> = new Set<keyof NetworkHygieneProps>([
  'vpcs', 'staleRules', 'flaggedIngressRules', 'exemptSecurityGroups', 'vpnConnections', 'maxRevocationsPerSweep', 'allowRestore', 'dryRun', 'schedule',
  'metricNamespace', 'resourceMetrics', 'requestRateFactor', 'ledger', 'ledgerRemovalPolicy', 'eventBus', 'notifications', 'role', 'logGroup',
]);

/** @throws when a property is unknown, or of another type than it has to be; the message names it, what was got and the fix */
export function requireTypes(path: string, props: NetworkHygieneProps): void {
  const unknown = Object.keys(props).find(key => !KNOWN_PROPS.has(key));
  if (unknown !== undefined) throw new Error(`${path}: ${unknown}: no such property; known are ${[...KNOWN_PROPS].join(', ')}`);
  const require = (name: string, value: unknown, what: string, is: (value: object) => boolean): void => {
    if (value === undefined || (typeof value === 'object' && value !== null && is(value))) return;
    throw new Error(`${path}: ${name}: got ${typeof value === 'object' ? 'an object of another kind' : JSON.stringify(value)}; give ${what}`);
  };
  const requireAll = (name: string, values: unknown, what: string, is: (value: object) => boolean): void => {
    require(name, values, `a list of ${what}`, Array.isArray);
    if (Array.isArray(values)) values.forEach((value, index) => require(`${name}[${index}]`, value ?? null, what, is));
  };
  requireAll('vpcs', props.vpcs, 'an IVpc, such as Vpc.fromLookup()', value => 'vpcId' in value);
  requireAll('flaggedIngressRules', props.flaggedIngressRules, 'a FlaggedIngressRule', value => value instanceof FlaggedIngressRule);
  requireAll('exemptSecurityGroups', props.exemptSecurityGroups, 'an ISecurityGroup, such as SecurityGroup.fromSecurityGroupId()', value => 'securityGroupId' in value);
  require('staleRules', props.staleRules, 'a StaleRules, such as StaleRules.report()', value => value instanceof StaleRules);
  require('vpnConnections', props.vpnConnections, 'a VpnConnections, such as VpnConnections.all()', value => value instanceof VpnConnections);
  require('schedule', props.schedule, 'a ScheduleExpression of aws-scheduler', value => 'expressionString' in value);
  require('ledger', props.ledger, 'an ITable of aws-dynamodb, such as Table.fromTableName()', value => 'tableArn' in value);
  require('eventBus', props.eventBus, 'an IEventBus, such as EventBus.fromEventBusArn()', value => 'eventBusArn' in value);
  require('notifications', props.notifications, 'an ITopic of aws-sns, such as Topic.fromTopicArn()', value => 'topicArn' in value);
  require('role', props.role, 'an IRole, such as Role.fromRoleArn()', value => 'roleArn' in value);
  require('logGroup', props.logGroup, 'an ILogGroup, such as LogGroup.fromLogGroupName()', value => 'logGroupArn' in value);
}
