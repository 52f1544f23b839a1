/**
 * Everything that the handler uses of the AWS SDK.
 *
 * This file is bundled on its own and minified, so that the thousands of shapes that no export needs are left out. The
 * handler's own code is not minified, so that its stack traces are readable.
 */
export { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
export {
  type AdvancedEventSelector,
  type AdvancedFieldSelector,
  CloudTrailClient,
  DescribeTrailsCommand,
  type EventSelector,
  GetEventSelectorsCommand,
  GetTrailStatusCommand,
} from '@aws-sdk/client-cloudtrail';
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
  DescribeManagedPrefixListsCommand,
  DescribeNetworkInterfacesCommand,
  DescribeRegionsCommand,
  DescribeSecurityGroupRulesCommand,
  DescribeSecurityGroupsCommand,
  DescribeSecurityGroupVpcAssociationsCommand,
  DescribeStaleSecurityGroupsCommand,
  DescribeTransitGatewaysCommand,
  DescribeTransitGatewayVpcAttachmentsCommand,
  DescribeVpcEndpointsCommand,
  DescribeVpcPeeringConnectionsCommand,
  DescribeVpcsCommand,
  DescribeVpnConnectionsCommand,
  EC2Client,
  GetManagedPrefixListEntriesCommand,
  RevokeSecurityGroupIngressCommand,
} from '@aws-sdk/client-ec2';
export { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
export { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
export { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
export { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
export { BatchImportFindingsCommand, SecurityHubClient } from './security-hub';
