/**
 * The template of a member for AWS CloudFormation StackSets. It has the same roles and the same rule as the construct,
 * and is deployed to several Regions of an account, so it makes the roles in one of them.
 */
import { Aws, Fn, Stack } from 'aws-cdk-lib';
import { PolicyDocument, PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { FORWARDING_DESCRIPTION, forwardedChanges, forwardingStatement } from './member-changes';
import type { Member } from './member-configuration';
import { MemberRole, memberRoles } from './member-roles';

/** The parameters of the template. */
export const MemberParameter = {
  ROLES_REGION: 'RolesRegion',
  MAY_REVOKE: 'MayRevoke',
  FORWARD_CHANGES_TO: 'ForwardChangesTo',
} as const;

/** The conditions of the template. */
const Condition = { HAS_ROLES: 'HasRoles', REVOKES: 'Revokes' } as const;

/** AWS CloudFormation accepts this many bytes in a template that a request contains. */
const MOST_BYTES = 51_200;

/**
 * Returns the template as JSON text. It names no account and no Region.
 *
 * @throws if the template is larger than a stack set can contain
 */
export function memberTemplate(stack: Stack, path: string, member: Member): string {
  const roles = memberRoles(stack, path, member);
  const template = {
    AWSTemplateFormatVersion: '2010-09-09',
    Description: `Roles for the network hygiene of the organization ${member.agreement.organizationId}`,
    Parameters: parameters(member),
    Conditions: {
      [Condition.HAS_ROLES]: { 'Fn::Equals': [Aws.REGION, Fn.ref(MemberParameter.ROLES_REGION)] },
      ...roles.some(({ policies }) => policies.some(({ isForRevoking }) => isForRevoking)) && {
        [Condition.REVOKES]: {
          'Fn::And': [
            { Condition: Condition.HAS_ROLES }, { 'Fn::Equals': [Fn.ref(MemberParameter.MAY_REVOKE), 'true'] },
          ],
        },
      },
    },
    Resources: Object.assign({}, ...roles.map(roleResources), forwardingResources(member)) as object,
    // The parameter is there even if nothing is revoked now, so that stacks can override it before something is.
    Outputs: {
      [MemberParameter.MAY_REVOKE]: {
        Description: 'Whether rules may be revoked in this account', Value: Fn.ref(MemberParameter.MAY_REVOKE),
      },
    },
  };
  const text = JSON.stringify(stack.resolve(template));
  const size = Buffer.byteLength(text);
  if (size <= MOST_BYTES) return text;
  throw new Error(
    `${path}: flaggedIngressRules and exemptTags make a template of ${size} bytes, and a stack set takes ${MOST_BYTES}; use fewer tags, or deploy NetworkHygieneMember in stacks of their own`,
  );
}

function parameters({ forwardChangesTo }: Member): object {
  return {
    [MemberParameter.ROLES_REGION]: {
      Type: 'String', Description: 'The Region whose stack has the roles, because roles are global',
    },
    [MemberParameter.MAY_REVOKE]: {
      Type: 'String', AllowedValues: ['true', 'false'], Default: 'false',
      Description: 'Whether rules may be revoked in this account',
    },
    ...forwardChangesTo !== undefined && {
      [MemberParameter.FORWARD_CHANGES_TO]: {
        Type: 'String', Description: 'The ARN of the event bus that gets changes of security groups',
      },
    },
  };
}

function roleResources({ id, roleName, description, trusted, policies }: MemberRole): object {
  const roleId = `${id}Role`;
  const trust = new PolicyStatement({ actions: ['sts:AssumeRole'], principals: [trusted] });
  return {
    [roleId]: {
      Type: 'AWS::IAM::Role',
      Condition: Condition.HAS_ROLES,
      Properties: { RoleName: roleName, Description: description, AssumeRolePolicyDocument: document([trust]) },
    },
    ...Object.fromEntries(policies.map(({ id: policyId, statements, isForRevoking }) => [policyId, {
      Type: 'AWS::IAM::ManagedPolicy',
      Condition: isForRevoking ? Condition.REVOKES : Condition.HAS_ROLES,
      Properties: { Description: description, PolicyDocument: document(statements), Roles: [Fn.ref(roleId)] },
    }])),
  };
}

/**
 * Each Region has a rule, and a role for it whose name CloudFormation makes up, so that no Region waits for another.
 */
function forwardingResources(member: Member): object {
  if (member.forwardChangesTo === undefined) return {};
  const bus = Fn.ref(MemberParameter.FORWARD_CHANGES_TO);
  const roleId = 'ChangeRuleRole';
  const trust = new PolicyStatement({
    actions: ['sts:AssumeRole'], principals: [new ServicePrincipal('events.amazonaws.com')],
  });
  const { detailType, ...pattern } = forwardedChanges(member);
  return {
    [roleId]: {
      Type: 'AWS::IAM::Role',
      Properties: {
        Description: FORWARDING_DESCRIPTION,
        AssumeRolePolicyDocument: document([trust]),
        Policies: [{ PolicyName: 'PutEvents', PolicyDocument: document([forwardingStatement(bus)]) }],
      },
    },
    ChangeRule: {
      Type: 'AWS::Events::Rule',
      Properties: {
        Description: FORWARDING_DESCRIPTION,
        State: 'ENABLED',
        EventPattern: { ...pattern, 'detail-type': detailType },
        Targets: [{ Id: 'Hub', Arn: bus, RoleArn: { 'Fn::GetAtt': [roleId, 'Arn'] } }],
      },
    },
  };
}

const document = (statements: PolicyStatement[]): PolicyDocument => new PolicyDocument({ statements });
