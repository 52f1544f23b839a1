/** Checks the settings of the function. */
import { Annotations, Duration } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { secondsBetween } from './durations';
import { anInteger, aResource, doing, having, Kinds, listOf, orToken, requireKinds } from './kinds';
import { LONGEST_SWEEP } from './sweep-times';
import type { NetworkHygieneFunctionOptions } from '../network-hygiene-function-options';

/** A deployment waits for IAM for up to 90 seconds, and then needs time to sweep. */
const SHORTEST_SWEEP = Duration.minutes(2);

const KINDS: Kinds<NetworkHygieneFunctionOptions> = {
  vpc: aResource('vpcId', 'an IVpc, such as Vpc.fromLookup()'),
  vpcSubnets: {
    what: 'a SubnetSelection, such as { subnetType: SubnetType.PRIVATE_WITH_EGRESS }',
    is: value => typeof value === 'object' && value !== null,
  },
  securityGroups: listOf(aResource('securityGroupId', 'an ISecurityGroup, such as SecurityGroup.fromSecurityGroupId()')),
  memorySize: orToken(anInteger(128, 10_240)),
  timeout: having('toSeconds', 'a Duration, such as Duration.minutes(5)'),
  reservedConcurrentExecutions: orToken(anInteger(1, Number.MAX_SAFE_INTEGER)),
  architecture: having('dockerPlatform', 'an Architecture, such as Architecture.ARM_64'),
  tracing: { what: 'one of Tracing, such as Tracing.ACTIVE', is: value => typeof value === 'string' },
  deadLetterQueue: aResource('queueArn', 'an IQueue of aws-sqs'),
  onFailure: doing('bind', 'an IDestination, such as an SqsDestination of aws-lambda-destinations'),
  environmentEncryption: aResource('keyArn', 'an IKey of aws-kms'),
};

/**
 * @param whyNoVpc why the options about a VPC are refused; absent: they are not
 * @throws when an option is unknown, wrong, or has no effect without another
 */
export function requireFunctionOptions(
  scope: Construct, options: NetworkHygieneFunctionOptions | undefined, whyNoVpc?: string,
): void {
  if (options === undefined) return;
  const where = `${scope.node.path}: functionOptions`;
  requireKinds(where, options, KINDS);
  const { vpc, vpcSubnets, securityGroups, timeout, reservedConcurrentExecutions } = options;
  const refused = Object.entries({ vpc, vpcSubnets, securityGroups }).find(([, given]) => given !== undefined);
  if (whyNoVpc !== undefined && refused) {
    throw new Error(`${where}: ${refused[0]}: got ${refused[0]}; leave it out, because ${whyNoVpc}`);
  }
  for (const [name, given] of Object.entries({ vpcSubnets, securityGroups })) {
    if (given !== undefined && vpc === undefined) {
      throw new Error(`${where}: ${name}: got ${name} without a vpc; give vpc, too, or leave ${name} out`);
    }
  }
  if (securityGroups?.length === 0) {
    throw new Error(`${where}: securityGroups: got an empty list; give at least one, or leave it out for a new group`);
  }
  if (timeout) {
    const limits = [SHORTEST_SWEEP.toSeconds(), LONGEST_SWEEP.toSeconds()] as const;
    secondsBetween(`${where}: timeout`, timeout, limits, 'Duration.minutes(5)');
  }
  if (reservedConcurrentExecutions === 1) {
    Annotations.of(scope).addWarningV2(
      'cdk-network-hygiene:oneExecutionAtATime',
      'functionOptions.reservedConcurrentExecutions is 1, so Lambda refuses to pause, resume, retry or restore while a sweep runs; give at least 2',
    );
  }
}
