/** Compares resources and ids as far as they are known at synthesis. CloudFormation fills in some ids at deployment. */
import { CfnResource, Reference, Token, Tokenization } from 'aws-cdk-lib';
import { CfnSecurityGroup, CfnVPC } from 'aws-cdk-lib/aws-ec2';
import { CfnLogGroup } from 'aws-cdk-lib/aws-logs';
import { IConstruct } from 'constructs';

/**
 * The ids that CDK gives to all VPCs and security groups that it has yet to look up. They say nothing. Synthesis has to
 * succeed with them, because the CDK CLI looks up what a successful synthesis asks for.
 */
const NOT_LOOKED_UP_YET = ['vpc-12345', 'sg-12345678'];

interface ResourceType<T extends CfnResource> {
  readonly CFN_RESOURCE_TYPE_NAME: string;
  new (...args: never[]): T;
}

/** Whether a construct is a resource of a CloudFormation type. */
export function isA<T extends CfnResource>(type: ResourceType<T>, construct: IConstruct | undefined): construct is T {
  return CfnResource.isCfnResource(construct) && construct.cfnResourceType === type.CFN_RESOURCE_TYPE_NAME;
}

/** Whether two values are known to differ. A token may turn out to be equal. */
export function areKnownToDiffer(one: string, other: string): boolean {
  return !Token.isUnresolved(one) && !Token.isUnresolved(other) && one !== other;
}

/** Whether two ids are known to be of the same resource. */
export function areKnownToBeSame(one: string, other: string): boolean {
  if (NOT_LOOKED_UP_YET.includes(one)) return false;
  // Several attributes of a CloudFormation resource can be its id.
  return one === other || (referenced(one) !== undefined && referenced(one) === referenced(other));
}

/**
 * Whether two ids are known to be of different resources. An id that is written out may still be that of a resource of
 * the app.
 */
export function areKnownToBeOthers(one: string, other: string): boolean {
  if ([one, other].some(id => NOT_LOOKED_UP_YET.includes(id))) return false;
  if (!Token.isUnresolved(one) && !Token.isUnresolved(other)) return one !== other;
  const [first, second] = [referenced(one), referenced(other)];
  return first !== undefined && second !== undefined && first !== second;
}

/** Returns the id, or the path of the construct that has the id after the deployment. */
export function named(id: string): string {
  if (!Token.isUnresolved(id)) return id;
  const { node } = referenced(id) ?? {};
  if (node === undefined) return 'an id that is known at deployment only';
  return node.scope && node.id === 'Resource' ? node.scope.node.path : node.path;
}

/**
 * Returns the CloudFormation resource of the app that has an id, or that a construct consists of.
 *
 * @returns undefined when the app has no such resource, or it is of another type
 */
export function resourceBehind(construct: IConstruct, id: string, type: string): CfnResource | undefined {
  return [referenced(id), construct.node?.defaultChild].find(
    (each): each is CfnResource => CfnResource.isCfnResource(each) && each.cfnResourceType === type,
  );
}

/** The attributes that are the id of a resource, besides Ref. Other resources may return ids of any resource. */
const ID_ATTRIBUTES: Readonly<Record<string, string>> = {
  [CfnSecurityGroup.CFN_RESOURCE_TYPE_NAME]: 'GroupId',
  [CfnVPC.CFN_RESOURCE_TYPE_NAME]: 'VpcId',
  [CfnLogGroup.CFN_RESOURCE_TYPE_NAME]: 'Ref',
};

/** Returns the VPC, security group or log group of the app whose id a token stands for. */
function referenced(id: string): CfnResource | undefined {
  const { length, firstToken } = Tokenization.reverseString(id);
  if (length !== 1 || !Reference.isReference(firstToken)) return undefined;
  const { target, displayName } = firstToken;
  if (!CfnResource.isCfnResource(target)) return undefined;
  const attribute = ID_ATTRIBUTES[target.cfnResourceType];
  return attribute !== undefined && ['Ref', attribute].includes(displayName) ? target : undefined;
}
