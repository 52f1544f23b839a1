/** The permissions that a customer managed key must grant. */
import { Annotations, Stack } from 'aws-cdk-lib';
import { IRole, PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { IKey } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';

/** The actions that DynamoDB documents for the users of a table with a customer managed key, without its wildcards. */
export const TABLE_KEY_ACTIONS = [
  'kms:Decrypt',
  'kms:DescribeKey',
  'kms:Encrypt',
  'kms:GenerateDataKey',
  'kms:GenerateDataKeyWithoutPlaintext',
  'kms:ReEncryptFrom',
  'kms:ReEncryptTo',
];

/** The resources that a key encrypts, besides the table and the environment variables. */
export interface EncryptedResources {
  readonly isForLogGroup: boolean;
  /** Whether it encrypts the queues of changes. */
  readonly isForChanges: boolean;
  /** Whether it encrypts the lists of accounts of an organization. */
  readonly isForLists?: boolean;
}

/**
 * Lets CloudWatch Logs use the key for log groups of this account and Region, and EventBridge for rules of this
 * account.
 *
 * CDK cannot change the policy of an imported key. Then a warning prints what the policy has to allow.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html#eb-sqs-permissions
 */
export function letServicesUse(scope: Construct, key: IKey, uses: EncryptedResources): void {
  const { isForLogGroup, isForChanges } = uses;
  const stack = Stack.of(scope);
  const forServices = [
    ...isForLogGroup ? [logsStatement(stack)] : [],
    ...isForChanges ? [changesStatement(stack)] : [],
  ];
  const added = forServices.map(statement => key.addToResourcePolicy(statement, true).statementAdded);
  const isOwn = added.length > 0 ? added.every(each => each) : key.node.defaultChild !== undefined;
  if (isOwn) return;
  const statements = [...forServices, viaServicesStatement(stack, uses)]
    .map(statement => shown(stack.resolve(statement.toStatementJson())));
  Annotations.of(scope).addWarningV2(
    'cdk-network-hygiene:importedKey',
    `encryptionKey is imported, so CDK cannot change its policy; make sure that it allows this: ${JSON.stringify(statements)}`,
  );
}

function logsStatement(stack: Stack): PolicyStatement {
  return new PolicyStatement({
    sid: 'NetworkHygieneLogs',
    principals: [new ServicePrincipal(`logs.${stack.region}.${stack.urlSuffix}`)],
    actions: ['kms:Decrypt', 'kms:DescribeKey', 'kms:Encrypt', 'kms:GenerateDataKey*', 'kms:ReEncrypt*'],
    resources: ['*'],
    conditions: {
      ArnLike: {
        'kms:EncryptionContext:aws:logs:arn': stack.formatArn({ service: 'logs', resource: 'log-group:*' }),
      },
    },
  });
}

/**
 * EventBridge sends events to the queue. The rule depends on the queue, and the queue on the key, so the key's policy
 * cannot name the rule. The queue's policy does.
 */
function changesStatement(stack: Stack): PolicyStatement {
  return new PolicyStatement({
    sid: 'NetworkHygieneChanges',
    principals: [new ServicePrincipal('events.amazonaws.com')],
    actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
    resources: ['*'],
    conditions: { StringEquals: { 'aws:SourceAccount': stack.account } },
  });
}

/** DynamoDB, Lambda, SQS and S3 use the key on behalf of the deploying principal and of the roles. */
function viaServicesStatement(stack: Stack, { isForChanges, isForLists }: EncryptedResources): PolicyStatement {
  const services = ['dynamodb.*', 'lambda.*', ...isForChanges ? ['sqs.*'] : [], ...isForLists ? ['s3.*'] : []];
  return PolicyStatement.fromJson({
    Sid: 'NetworkHygieneTableAndEnvironment',
    Effect: 'Allow',
    Principal: { AWS: `arn:${stack.partition}:iam::${stack.account}:root` },
    Action: [
      'kms:CreateGrant', 'kms:Decrypt', 'kms:DescribeKey', 'kms:Encrypt', 'kms:GenerateDataKey*', 'kms:ReEncrypt*',
    ],
    Resource: '*',
    Condition: { StringLike: { 'kms:ViaService': services } },
  });
}

/** Formats a statement as text, with pseudo parameters in the notation of Fn::Sub. */
function shown(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shown);
  if (typeof value !== 'object' || value === null) return value;
  if ('Ref' in value) return `\${${String(value.Ref)}}`;
  if ('Fn::Join' in value) return ((value['Fn::Join'] as [string, unknown[]])[1]).map(shown).join('');
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, shown(member)]));
}

/**
 * Lets a role use a key through one service alone. Whatever else the key encrypts stays closed to the role.
 *
 * @param service such as `dynamodb`
 */
export function grantThrough(role: IRole, key: IKey, actions: string[], service: string): void {
  // CDK knows whether the key's own policy has to allow it, too, but takes no conditions. Hence the deny.
  key.grant(role, ...actions);
  role.addToPrincipalPolicy(PolicyStatement.fromJson({
    Effect: 'Deny',
    Action: actions,
    Resource: key.keyArn,
    Condition: { StringNotLike: { 'kms:ViaService': `${service}.*` } },
  }));
}
