/**
 * The settings that compliance packs ask for: a VPC, your own key, reserved concurrency, a dead-letter queue and
 * tracing. docs/compliance.md says what each pack then reports, and why.
 *
 * The VPC needs interface endpoints for EC2, CloudWatch, EventBridge, SNS, CloudFormation, CloudTrail, Lambda and SQS,
 * and gateway endpoints for DynamoDB and S3. NAT gateways also do.
 */
import { App, Duration, Stack } from 'aws-cdk-lib';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { Port, Vpc } from 'aws-cdk-lib/aws-ec2';
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Tracing } from 'aws-cdk-lib/aws-lambda';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import {
  ChangeTrigger, FlaggedIngressRule, NetworkHygiene, NetworkHygieneDashboard, StaleRules,
} from 'cdk-network-hygiene';

const app = new App();
const stack = new Stack(app, 'Compliant');

const vpc = Vpc.fromVpcAttributes(stack, 'Vpc', {
  vpcId: 'vpc-0123456789abcdef0',
  availabilityZones: ['eu-central-1a', 'eu-central-1b'],
  privateSubnetIds: ['subnet-0123456789abcdef0', 'subnet-0123456789abcdef1'],
  privateSubnetRouteTableIds: ['rtb-0123456789abcdef0', 'rtb-0123456789abcdef1'],
});

const key = new Key(stack, 'Key', { enableKeyRotation: true });
const topic = new Topic(stack, 'Topic', { masterKey: key, enforceSSL: true });
// Alarms need the key to publish to the encrypted topic.
const alarms = new ServicePrincipal('cloudwatch.amazonaws.com', { conditions: { StringEquals: { 'aws:SourceAccount': stack.account } } });
topic.grantPublish(alarms);
key.grant(alarms, 'kms:Decrypt', 'kms:GenerateDataKey*');

const hygiene = new NetworkHygiene(stack, 'NetworkHygiene', {
  staleRules: StaleRules.revokeAfter(Duration.days(7)),
  flaggedIngressRules: [FlaggedIngressRule.fromInternet(Port.SSH)],
  changeTrigger: ChangeTrigger.cloudTrail(),
  notifications: topic,
  encryptionKey: key,
  functionOptions: {
    vpc,
    reservedConcurrentExecutions: 2,
    deadLetterQueue: new Queue(stack, 'FailedSweeps', { encryptionMasterKey: key, enforceSSL: true, retentionPeriod: Duration.days(14) }),
    tracing: Tracing.ACTIVE,
  },
});
hygiene.addAlarms({ action: new SnsAction(topic) });
hygiene.addQueryDefinitions();
new NetworkHygieneDashboard(stack, 'Dashboard', { hygienes: [hygiene] });

app.synth();
