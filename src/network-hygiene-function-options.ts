import { Duration } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as sqs from 'aws-cdk-lib/aws-sqs';

/**
 * Options for the Lambda function that sweeps. They have the same meaning as in `FunctionProps` of aws-lambda.
 *
 * The function of the findings table gets the same VPC, subnets, security groups, architecture, tracing and encryption
 * of environment variables. The function that `changeTrigger` adds gets these, too, and the same memory and reserved
 * concurrency. Its timeout is an option of `ChangeTrigger.cloudTrail`.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/lambda-functions.html
 */
export interface NetworkHygieneFunctionOptions {
  /**
   * The VPC of the function.
   *
   * In the VPC, the function needs access to Amazon EC2, Amazon DynamoDB, Amazon CloudWatch and Amazon EventBridge, to
   * Amazon SNS if `notifications` is given, and to Amazon S3 for the responses to CloudFormation. With `changeTrigger`,
   * it also needs access to AWS CloudFormation, AWS CloudTrail, AWS Lambda and Amazon SQS. NAT gateways or VPC
   * endpoints provide this access.
   *
   * Rules of the security groups of this VPC's interface endpoints, and of the function's own groups, are never
   * revoked. Exempt the groups of endpoints in other VPCs yourself, with `exemptSecurityGroups`.
   *
   * @default - the function is in no VPC
   * @see https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html
   */
  readonly vpc?: ec2.IVpc;

  /**
   * The subnets of the function. They require `vpc`.
   *
   * @default - the private subnets of the VPC
   */
  readonly vpcSubnets?: ec2.SubnetSelection;

  /**
   * The security groups of the function. They require `vpc`. IAM denies revoking rules of these groups.
   *
   * @default - a new group, which allows all outbound traffic and no inbound traffic
   */
  readonly securityGroups?: ec2.ISecurityGroup[];

  /**
   * The memory of the function in MiB, from 128 to 10240. Lambda allots CPU power in proportion to it.
   *
   * @default 512
   * @see https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
   */
  readonly memorySize?: number;

  /**
   * The longest time that a sweep may take, from 2 to 15 minutes. A sweep reports what it cannot do in that time, and
   * leaves it to the next sweep.
   *
   * @default Duration.minutes(15)
   */
  readonly timeout?: Duration;

  /**
   * The number of invocations that may run at once, at least 1.
   *
   * With 1, Lambda refuses to pause, resume, retry or restore while a sweep runs, so give at least 2. With
   * `changeTrigger`, as many are reserved for the function that changes trigger, too, and `maxConcurrency` must fit.
   *
   * @default - no concurrency is reserved
   * @see https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html
   */
  readonly reservedConcurrentExecutions?: number;

  /**
   * The instruction set of the function.
   *
   * @default Architecture.ARM_64
   */
  readonly architecture?: lambda.Architecture;

  /**
   * Whether AWS X-Ray traces the function.
   *
   * @default Tracing.DISABLED
   * @see https://docs.aws.amazon.com/lambda/latest/dg/services-xray.html
   */
  readonly tracing?: lambda.Tracing;

  /**
   * The queue that receives the events of failed sweeps.
   *
   * The event of a deployment contains a URL. Until the URL expires, anyone who has it can respond to CloudFormation in
   * the function's name. Allow only people who may deploy the stack to read the queue.
   *
   * @default - Lambda drops the events of sweeps that fail; the next sweep is the retry
   * @see https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
   */
  readonly deadLetterQueue?: sqs.IQueue;

  /**
   * The destination for the records of failed sweeps, such as an SqsDestination or an SnsDestination of
   * aws-lambda-destinations.
   *
   * A record contains the event, so the advice of `deadLetterQueue` about the event of a deployment applies here, too.
   *
   * @default - none
   * @see https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
   */
  readonly onFailure?: lambda.IDestination;

  /**
   * The key that encrypts the environment variables. They hold names of resources and a fingerprint, and no secrets.
   *
   * @default - `encryptionKey` of NetworkHygiene; without that, the AWS managed key of Lambda
   * @see https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars-encryption.html
   */
  readonly environmentEncryption?: kms.IKey;
}
