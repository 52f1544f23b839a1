/** Where the functions are in the network, and what Lambda needs to put them there. */
import { ISecurityGroup, SecurityGroup } from 'aws-cdk-lib/aws-ec2';
import { Effect, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { FunctionNetwork } from '../contract/configuration';
import type { NetworkHygieneFunctionOptions } from '../network-hygiene-function-options';

/** The place of the functions. Undefined: they are in no VPC. */
export interface Placement extends Required<Pick<lambda.FunctionProps, 'vpc' | 'securityGroups'>> {
  readonly vpcSubnets?: lambda.FunctionProps['vpcSubnets'];
}

/** Makes a group for the functions where none is given. */
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

/** As the handler reads it. */
export function functionNetwork(place: Placement | undefined): FunctionNetwork | undefined {
  return place && { vpcId: place.vpc.vpcId, securityGroupIds: idsOf(place.securityGroups) };
}

const idsOf = (groups: ISecurityGroup[]): string[] => groups.map(({ securityGroupId }) => securityGroupId);

/**
 * Lets Lambda make the network interfaces of a function, and denies the same to the function's own code.
 *
 * Lambda documents that these actions need all resources.
 *
 * @param isOwnRole whether the role is for functions of this library alone; others may need these actions themselves
 * @see https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-permissions
 */
export function networkInterfaceStatements(place: Placement | undefined, isOwnRole: boolean): PolicyStatement[] {
  if (place === undefined) return [];
  const [actions, resources] = [NETWORK_INTERFACE_ACTIONS, ['*']];
  return [
    new PolicyStatement({ actions, resources }),
    ...isOwnRole ? [new PolicyStatement({
      effect: Effect.DENY, actions, resources, conditions: { Null: { 'lambda:SourceFunctionArn': 'false' } },
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
