/** Reads the security groups of the account and Region, and the references to them that EC2 shows. */
import { unusable } from './answers';
import { type Look } from './looking';
import {
  DescribeSecurityGroupReferencesCommand, DescribeSecurityGroupRulesCommand, DescribeSecurityGroupsCommand,
  DescribeSecurityGroupVpcAssociationsCommand,
} from '../../../bundle/holders-sdk';
import type { SecurityGroup } from '../../core/model/network';
import { type Readable, securityGroups } from '../answers';

/** Large items get smaller pages, because the text of a page and the parsed items are in memory at the same time. */
const GROUPS_PAGE_SIZE = 250;
const RULES_PAGE_SIZE = 500;
const PAGE_SIZE = 1000;

export async function readSecurityGroups(look: Look): Promise<SecurityGroup[]> {
  const client = look.ec2();
  const action = 'DescribeSecurityGroups';
  return look.list(action, NextToken => look.paced(action, () => client.send(
    new DescribeSecurityGroupsCommand({ MaxResults: GROUPS_PAGE_SIZE, NextToken }), look.options)),
  answer => [flawless(action, securityGroups(answer)), answer.NextToken]);
}

/** A rule that is not whole may refer to any group. */
export async function readGroupsInRules(look: Look): Promise<ReadonlySet<string>> {
  const client = look.ec2();
  const action = 'DescribeSecurityGroupRules';
  const ids = await look.list(action, NextToken => look.paced(action, () => client.send(
    new DescribeSecurityGroupRulesCommand({ MaxResults: RULES_PAGE_SIZE, NextToken }), look.options)),
  ({ SecurityGroupRules, NextToken }) => {
    const hasFlaw = SecurityGroupRules?.some(rule => !rule.SecurityGroupRuleId || !rule.GroupId
      || (rule.ReferencedGroupInfo && !rule.ReferencedGroupInfo.GroupId));
    if (hasFlaw) throw unusable(action, 'a rule lacks an id');
    return [SecurityGroupRules?.flatMap(rule => rule.ReferencedGroupInfo?.GroupId ?? []), NextToken];
  });
  return new Set(ids);
}

/** Every association counts, in whatever state it is. */
export async function readAssociatedGroups(look: Look): Promise<ReadonlySet<string>> {
  const client = look.ec2();
  const action = 'DescribeSecurityGroupVpcAssociations';
  const associations = await look.list(action, NextToken => look.paced(action, () => client.send(
    new DescribeSecurityGroupVpcAssociationsCommand({ MaxResults: PAGE_SIZE, NextToken }), look.options)),
  answer => [answer.SecurityGroupVpcAssociations, answer.NextToken]);
  return new Set(associations.map(({ GroupId }) => GroupId || fail(action)));
}

export async function readGroupsReferenced(look: Look, groupIds: readonly string[]): Promise<ReadonlySet<string>> {
  const client = look.ec2();
  const action = 'DescribeSecurityGroupReferences';
  const { SecurityGroupReferenceSet: references } = await look.paced(action, () => client.send(
    new DescribeSecurityGroupReferencesCommand({ GroupId: [...groupIds] }), look.options));
  const asked = new Set(groupIds);
  const ids = references?.map(({ GroupId = '' }) => GroupId) ?? fail(action);
  return ids.every(id => asked.has(id)) ? new Set(ids) : fail(action);
}

function flawless<T>(action: string, { items, flaws: [flaw] }: Readable<T>): T[] {
  if (flaw === undefined) return items;
  throw unusable(action, `it has ${flaw}`);
}

function fail(action: string): never {
  throw unusable(action, 'an item of its list is not one that was asked for, or has no id');
}
