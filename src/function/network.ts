/** Places the functions in a VPC, with the permissions that Lambda needs for that. */
import { ISecurityGroup, SecurityGroup } from 'aws-cdk-lib/aws-ec2';
import { Effect, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { FunctionNetwork } from '../contract/configuration';
import type { NetworkHygieneFunctionOptions } from '../network-hygiene-function-options';

/** The VPC of the functions, with subnets and security groups. Undefined if they are in no VPC. */
export interface Placement extends Required<Pick<lambda.FunctionProps, 'vpc' | 'securityGroups'>> {
  readonly vpcSubnets?: lambda.FunctionProps['vpcSubnets'];
}

/** Returns where the functions are, and creates a security group for them if none is given. */
export function placement(
  scope: Construct, hygieneName: string, { vpc, vpcSubnets, securityGroups }: NetworkHygieneFunctionOptions = {},
): Placement | undefined {
  return vpc && {
    vpc, vpcSubnets,
    securityGroups: securityGroups ?? [new SecurityGroup(scope, 'SecurityGroup', {
      vpc, description: `Functions of ${hygieneName.slice(-200)}`.replace(/[^\w .:/()#,@[\]+=&;{}!$*-]/g, '_'),
    })],
  };
}

/** Returns the placement in the form that the handler reads. */
export function functionNetwork(place: Placement | undefined): FunctionNetwork | undefined {
  return place && { vpcId: place.vpc.vpcId, securityGroupIds: idsOf(place.securityGroups) };
}

const idsOf = (groups: ISecurityGroup[]): string[] => groups.map(({ securityGroupId }) => securityGroupId);

/**
 * Allows Lambda to create the network interfaces of a function, and denies the same to the function's own code.
 *
 * Lambda documents that these actions need all resources.
 *
 * @param isOwnRole whether the role is only for functions of this library; functions of others may need these actions
 * themselves
 * @param neededByCode the actions that the function's own code needs, which are not denied
 * @see https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-permissions
 */
export function networkInterfaceStatements(
  place: Placement | undefined, isOwnRole: boolean, neededByCode: readonly string[] = [],
): PolicyStatement[] {
  if (place === undefined) return [];
  const [actions, resources] = [NETWORK_INTERFACE_ACTIONS, ['*']];
  const denied = actions.filter(action => !neededByCode.includes(action));
  return [
    new PolicyStatement({ actions, resources }),
    ...isOwnRole ? [new PolicyStatement({
      effect: Effect.DENY, actions: denied, resources, conditions: { Null: { 'lambda:SourceFunctionArn': 'false' } },
    })] : [],
  ];
}

const NETWORK_INTERFACE_ACTIONS = [
  'ec2:AssignPrivateIpAddresses',
  'ec2:CreateNetworkInterface',
  'ec2:DeleteNetworkInterface',
  'ec2:DescribeNetworkInterfaces',
  'ec2:DescribeSubnets',
  'ec2:UnassignPrivateIpAddresses',
];
