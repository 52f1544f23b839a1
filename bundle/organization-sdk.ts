/**
 * Everything that the hub of an organization uses of the AWS SDK, besides what every function uses. It is a file of its
 * own, which only the hub loads.
 */
export { AccountClient, ListRegionsCommand } from '@aws-sdk/client-account';
export {
  ListAccountsCommand, ListAccountsForParentCommand, ListOrganizationalUnitsForParentCommand, OrganizationsClient,
} from '@aws-sdk/client-organizations';
export { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
export { DescribeExecutionCommand, SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
export { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
