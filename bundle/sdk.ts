/**
 * All that the handler uses of the AWS SDK.
 *
 * Named here one by one: this file is bundled by itself and minified, without the thousands of shapes that nothing
 * names; the handler's own code is not minified, so that its stack traces can be read.
 */
export { CloudWatchClient, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
export {
  type AttributeValue,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
} from '@aws-sdk/client-dynamodb';
export {
  AuthorizeSecurityGroupIngressCommand,
  CreateTagsCommand,
  DescribeSecurityGroupRulesCommand,
  DescribeSecurityGroupsCommand,
  DescribeStaleSecurityGroupsCommand,
  DescribeVpcEndpointsCommand,
  DescribeVpcsCommand,
  DescribeVpnConnectionsCommand,
  EC2Client,
  RevokeSecurityGroupIngressCommand,
} from '@aws-sdk/client-ec2';
export { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
export { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
