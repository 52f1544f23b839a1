/**
 * Deploys the construct to a real account, with a VPC and a flagged rule, and asserts what AWS then returns.
 *
 * `npm run integ -- --force --update-on-failed --parallel-regions eu-central-1` deploys it; `npm run integ` only
 * compares the snapshot.
 */
import { ExpectedResult, IntegTest, Match } from '@aws-cdk/integ-tests-alpha';
import { App, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Peer, Port, SecurityGroup, SubnetType, Vpc } from 'aws-cdk-lib/aws-ec2';
import { SqsQueue } from 'aws-cdk-lib/aws-events-targets';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { FlaggedIngressRule, NetworkHygiene, NetworkHygieneDashboard, StaleRules } from '../../src';

const app = new App();
const stack = new Stack(app, 'NetworkHygieneInteg');

const vpc = new Vpc(stack, 'Vpc', {
  natGateways: 0,
  maxAzs: 1,
  restrictDefaultSecurityGroup: false,
  subnetConfiguration: [{ name: 'isolated', subnetType: SubnetType.PRIVATE_ISOLATED }],
});
const group = new SecurityGroup(stack, 'Group', {
  vpc,
  allowAllOutbound: false,
  description: 'has a rule that is flagged, and one that is not',
});
group.addIngressRule(Peer.anyIpv4(), Port.SSH, 'flagged');
group.addIngressRule(Peer.ipv4('10.0.0.0/8'), Port.SSH, 'not flagged');

const hygiene = new NetworkHygiene(stack, 'NetworkHygiene', {
  vpcs: [vpc],
  staleRules: StaleRules.revokeAfter(Duration.days(7)),
  flaggedIngressRules: [FlaggedIngressRule.onGroup(group, Peer.anyIpv4(), Port.SSH, { reason: 'integration test' })],
  ledgerRemovalPolicy: RemovalPolicy.DESTROY,
  // Revoking starts at the deployment, because the assertions look right after it.
  settle: Duration.seconds(0),
});
hygiene.customResource.node.addDependency(group);
const alarms = hygiene.addAlarms();
hygiene.addQueryDefinitions();
new NetworkHygieneDashboard(stack, 'Dashboard', { hygienes: [hygiene] });
const told = new Queue(stack, 'Told');
hygiene.onIngressRuleRevoked('Revoked', { target: new SqsQueue(told) });

const { assertions } = new IntegTest(app, 'Integ', { testCases: [stack], diffAssets: false });

// Only the flagged rule is gone: of two ingress permissions for port 22, one source is left.
assertions.awsApiCall('EC2', 'describeSecurityGroups', { GroupIds: [group.securityGroupId] }).expect(
  ExpectedResult.objectLike({
    SecurityGroups: [
      Match.objectLike({
        IpPermissions: [Match.objectLike({ FromPort: 22, IpRanges: [Match.objectLike({ CidrIp: '10.0.0.0/8' })] })],
      }),
    ],
  }),
);

// The ledger has one revoked rule.
assertions
  .awsApiCall('DynamoDB', 'scan', {
    TableName: hygiene.ledger.tableName,
    Select: 'COUNT',
    FilterExpression: '#s = :revoked',
    ExpressionAttributeNames: { '#s': 'state' },
    ExpressionAttributeValues: { ':revoked': { S: 'REVOKED' } },
  })
  .expect(ExpectedResult.objectLike({ Count: 1 }));

// The alias restores rules, and reports that a rule is unknown.
if (hygiene.restoreAlias) {
  assertions.invokeFunction({
    functionName: hygiene.restoreAlias.functionName,
    payload: JSON.stringify({ restore: { securityGroupRuleIds: ['sgr-0ffffffffffffffff'] } }),
  }).expect(ExpectedResult.objectLike({ Payload: Match.stringLikeRegexp('UNKNOWN') }));
}

// An event reports the revocation, and the findings table shows how to restore the rule.
assertions
  .awsApiCall('SQS', 'receiveMessage', { QueueUrl: told.queueUrl, WaitTimeSeconds: 20 })
  .expect(
    ExpectedResult.objectLike({
      Messages: [Match.objectLike({ Body: Match.stringLikeRegexp('"detail-type":"Ingress Rule Revoked"') })],
    }),
  )
  .waitForAssertions({ totalTimeout: Duration.minutes(5) });
assertions
  .invokeFunction({
    functionName: hygiene.findingsFunction.functionName,
    payload: JSON.stringify({ widgetContext: { theme: 'light' } }),
  })
  .expect(ExpectedResult.objectLike({ Payload: Match.stringLikeRegexp('aws lambda invoke --function-name') }));

// The heartbeat arrived, so its alarm is not in ALARM.
assertions
  .awsApiCall('CloudWatch', 'describeAlarms', { AlarmNames: [alarms.sweepMissing?.alarmName] })
  .expect(
    ExpectedResult.objectLike({
      MetricAlarms: [Match.objectLike({ StateValue: Match.stringLikeRegexp('OK|INSUFFICIENT_DATA') })],
    }),
  );

// The sweep has published its metrics; the preflight does not publish this one. CloudWatch may take a quarter of an
// hour to list a new metric.
assertions
  .awsApiCall('CloudWatch', 'listMetrics', {
    Namespace: hygiene.metricNamespace,
    MetricName: 'IngressRulesRevoked',
    Dimensions: [{ Name: 'Hygiene', Value: hygiene.node.path }],
  })
  .expect(
    ExpectedResult.objectLike({ Metrics: Match.arrayWith([Match.objectLike({ MetricName: 'IngressRulesRevoked' })]) }),
  )
  .waitForAssertions({ totalTimeout: Duration.minutes(20) });

app.synth();
