/**
 * The permissions to look at the network and to change it, for a function in its own account and for the roles in the
 * members of an organization. Each statement has a reason.
 *
 * @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html
 */
import { Aws, Token } from 'aws-cdk-lib';
import { ISecurityGroup, IVpc } from 'aws-cdk-lib/aws-ec2';
import { Effect, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import {
  FormatArn, ownProductArn, prefixListArn, securityGroupArn, securityGroupRuleArn, stackArn, trailArn, vpcArn,
  vpcLinksArn,
} from './arns';
import { ChangeScope, restoreScope, revokeScope } from '../contract/change-scope';
import { Configuration, TaggedGroups } from '../contract/configuration';
import { EXEMPT_TAG, exemptTagKeys } from '../contract/exemptions';
import { CHANGE_TRIGGER_READS, ec2Action, neededChanges, replacesAnything } from '../contract/needed-actions';
import { securityHubActions } from '../contract/security-hub';

/** @param actions reads of EC2 */
export function readStatements(format: FormatArn, actions: readonly string[]): PolicyStatement[] {
  const ofLists: string[] = actions.filter(action => action === 'ec2:GetManagedPrefixListEntries');
  return [
    // Describe actions have no resource level.
    new PolicyStatement({ actions: actions.filter(action => !ofLists.includes(action)), resources: ['*'] }),
    ...ofLists.length > 0 ? [new PolicyStatement({ actions: ofLists, resources: [prefixListArn(format)] })] : [],
  ];
}

/**
 * Allows asking services which security groups they hold. The search is about every resource, and most of its actions
 * have no resource level. The one of API Gateway would allow reading everything in it.
 */
export function unusedGroupStatements(format: FormatArn, actions: readonly string[]): PolicyStatement[] {
  if (actions.length === 0) return [];
  const others = actions.filter(action => action !== API_GATEWAY_READ);
  return [
    new PolicyStatement({ actions: others, resources: ['*'] }),
    new PolicyStatement({ actions: [API_GATEWAY_READ], resources: [vpcLinksArn(format)] }),
  ];
}

const API_GATEWAY_READ = 'apigateway:GET';

/**
 * Allows importing findings of the account's own product. Findings of other accounts and products have other ARNs.
 *
 * @param region the Region; `*` for every Region
 */
export function securityHubStatements(
  configuration: Pick<Configuration, 'securityHub'>, region: string = Aws.REGION,
): PolicyStatement[] {
  const actions = securityHubActions(configuration);
  return actions.length === 0 ? [] : [new PolicyStatement({ actions, resources: [ownProductArn(region)] })];
}

/** Allows reading what is under way in CloudFormation. The stack of a group is known only from the tag of the group. */
export const stackStatement = (format: FormatArn): PolicyStatement =>
  new PolicyStatement({ actions: [...CHANGE_TRIGGER_READS.stacks], resources: [stackArn(format)] });

/** Allows reading what is under way in CloudFormation, and whether a trail makes changes known at all. */
export function changeTriggerStatements(
  format: FormatArn, { changeTrigger }: Pick<Configuration, 'changeTrigger'>,
): PolicyStatement[] {
  if (changeTrigger === undefined) return [];
  const { trails, trail } = CHANGE_TRIGGER_READS;
  return [
    stackStatement(format),
    // DescribeTrails has no resource level.
    new PolicyStatement({ actions: [...trails], resources: ['*'] }),
    new PolicyStatement({ actions: [...trail], resources: [trailArn(format)] }),
  ];
}

/**
 * Allows a request only if it has the list-valued key, with these values and no others. ForAllValues is true for an
 * empty list, so without the second operator a request without the key would pass.
 */
export function onlyOf(
  key: string, values: string[], operator: 'StringEquals' | 'StringLike' = 'StringEquals',
): Record<string, Record<string, unknown>> {
  return { [`ForAllValues:${operator}`]: { [key]: values }, Null: { [key]: 'false' } };
}

/**
 * Allows adding a rule with its tags, and adding the exempt tag. The statements of changeStatements confine the group.
 */
export function addedRuleStatements(format: FormatArn, configuration: Configuration): PolicyStatement[] {
  const { allowRestore } = configuration;
  if (!allowRestore && !replacesAnything(configuration)) return [];
  const [authorize, createTags] = [['ec2:AuthorizeSecurityGroupIngress'], ['ec2:CreateTags']];
  const resources = [securityGroupRuleArn(format, '*')];
  return [
    // The new rule is a resource of the call if it is given tags, and a rule has no ec2:Vpc.
    new PolicyStatement({ actions: authorize, resources }),
    // Allows the tags of a rule while it is created.
    new PolicyStatement({
      actions: createTags,
      resources,
      conditions: { StringEquals: { 'ec2:CreateAction': 'AuthorizeSecurityGroupIngress' } },
    }),
    // If someone else has put a rule back, it gets the exempt tag and nothing else.
    ...allowRestore ? [new PolicyStatement({
      actions: createTags,
      resources,
      conditions: onlyOf('aws:TagKeys', [EXEMPT_TAG]),
    })] : [],
  ];
}

export interface ChangePermissions {
  readonly configuration: Configuration;
  /** Undefined: every VPC. */
  readonly vpcs?: IVpc[];
  readonly exemptSecurityGroups?: ISecurityGroup[];
}

export function changeStatements(format: FormatArn, props: ChangePermissions): PolicyStatement[] {
  const { configuration, vpcs } = props;
  const changes = neededChanges(configuration).map(ec2Action);
  const revoke: string[] = changes.filter(action => action === 'ec2:RevokeSecurityGroupIngress');
  const authorize = changes.filter(action => !revoke.includes(action));
  const toRevoke = revokeScope(configuration);
  // Narrower rules are added where the broad one is revoked. A rule is put back in the group that it was revoked in.
  const toAdd = configuration.allowRestore ? restoreScope(configuration) : toRevoke;
  const isSame = JSON.stringify(toRevoke) === JSON.stringify(toAdd);
  return [
    ...isSame
      ? inScope(format, changes, toRevoke, vpcs)
      : [...inScope(format, revoke, toRevoke, vpcs), ...inScope(format, authorize, toAdd, vpcs)],
    ...exemptStatements(format, revoke, props),
  ];
}

/**
 * An IAM deny backs the handler's own check for exempt groups. Restoring is not denied, because someone may have
 * exempted the group after one of its rules was revoked.
 */
export function exemptStatements(
  format: FormatArn, actions: string[], { configuration, exemptSecurityGroups = [] }: ChangePermissions,
): PolicyStatement[] {
  if (actions.length === 0) return [];
  const deny = { effect: Effect.DENY, actions };
  const keys = exemptTagKeys(configuration.exemptTags ?? []);
  const exempt = new Set(exemptSecurityGroups.map(({ securityGroupId }) => securityGroupArn(format, securityGroupId)));
  return [
    // Each key needs its own statement: all conditions of a statement must hold, and one tag is enough to exempt.
    ...keys.map(key => new PolicyStatement({
      ...deny, resources: [securityGroupArn(format, '*')], conditions: { Null: { [`aws:ResourceTag/${key}`]: 'false' } },
    })),
    ...inParts([...exempt]).map(resources => new PolicyStatement({ ...deny, resources })),
  ];
}

/** Allows actions on the groups of a scope. */
export function inScope(
  format: FormatArn, actions: string[], scope: ChangeScope, vpcs?: IVpc[],
): PolicyStatement[] {
  if (actions.length === 0) return [];
  const resources = [securityGroupArn(format, '*')];
  const confined = (conditions: Conditions): PolicyStatement[] => inVpcs(format, vpcs).map(vpc => (
    new PolicyStatement({ actions, resources, conditions: { ...conditions, ...vpc } })));
  if (scope === 'anyGroup') return confined({});
  const named = [...new Set(scope.groupIds)].map(groupId => securityGroupArn(format, groupId));
  return [
    ...inParts(named).map(part => new PolicyStatement({ actions, resources: part })),
    ...tagConditions(scope.tagged).flatMap(confined),
  ];
}

type Conditions = Record<string, Record<string, string[]>>;

/** Returns one condition for each part of the VPCs, or one that is empty, which means every VPC. */
function inVpcs(format: FormatArn, vpcs: IVpc[] | undefined): Conditions[] {
  if (vpcs === undefined) return [{}];
  return inParts(vpcs.map(vpc => vpcArn(format, vpc))).map(part => ({ ArnEquals: { 'ec2:Vpc': part } }));
}

/**
 * IAM compares the tag key without regard to case, so it allows at least the groups that the handler takes, which
 * compares it exactly.
 */
function tagConditions(tagged: readonly TaggedGroups[]): Conditions[] {
  const valuesByKey = new Map<string, string[]>();
  for (const { key, values } of tagged) valuesByKey.set(key, [...new Set([...valuesByKey.get(key) ?? [], ...values])]);
  return [...valuesByKey].flatMap(([key, values]) => inParts(values.map(literal), STATEMENT_VALUES).map(part => (
    { StringEquals: { [`aws:ResourceTag/${key}`]: part } })));
}

/** Escapes what IAM would take for a policy variable. A token stays, because CDK writes it in the same way. */
function literal(value: string): string {
  return Token.isUnresolved(value) ? value : value.replace(/\$\{/g, '${$}{');
}

/**
 * Splits long lists, because CDK moves surplus statements into other policies but cannot split a statement.
 */
function inParts(values: string[], length = STATEMENT_ARNS): string[][] {
  const count = Math.ceil(values.length / length);
  return Array.from({ length: count }, (_, index) => values.slice(index * length, (index + 1) * length));
}

/** This many ARNs keep a statement below half of the 6,144 characters that IAM allows a policy. */
const STATEMENT_ARNS = 30;

/** The same for tag values, which have up to 256 characters. They may stand beside a list of ARNs. */
const STATEMENT_VALUES = 10;
