/**
 * The IAM actions of the sessions in a member of an organization. Sweeping and restoring have a role each, and revoking
 * is a choice for each account.
 */
import { Configuration } from './configuration';
import { unusedGroupActions } from './group-holders';
import {
  CHANGE_TRIGGER_READS, ec2Action, neededChanges, neededReads, replacesAnything,
} from './needed-actions';

type Reading = Parameters<typeof neededReads>[0] & Pick<Configuration, 'unusedSecurityGroups'>;
type Changing = Parameters<typeof neededChanges>[0];

/**
 * Returns the configuration of the sweeps in an account: they restore nothing, and in an account that is only reported
 * on they also revoke nothing.
 *
 * @param configuration encoded or decoded
 */
export function sweptConfiguration<T extends Changing>(configuration: T, mayRevoke: boolean): T {
  return { ...configuration, allowRestore: false, dryRun: configuration.dryRun || !mayRevoke };
}

/** The action that shows which Regions an account has enabled. */
export const REGIONS_READ = 'ec2:DescribeRegions';

/** The action that gives a rule its tags as it is added. */
export const TAG_ACTION = 'ec2:CreateTags';

/** @param configuration encoded or decoded */
export function sweepReads(configuration: Reading): string[] {
  // Members forward changes of groups only, so nothing waits for a change of what connects VPCs.
  const reads = neededReads({ ...configuration, changeTrigger: undefined }).map(ec2Action);
  const ofChanges = configuration.changeTrigger === undefined ? [] : CHANGE_TRIGGER_READS.stacks;
  return [...new Set([REGIONS_READ, ...reads, ...unusedGroupActions(configuration), ...ofChanges])];
}

/** @param configuration encoded or decoded */
export function sweepChanges(configuration: Changing, mayRevoke: boolean): string[] {
  return withTags(neededChanges(sweptConfiguration(configuration, mayRevoke)).map(ec2Action));
}

/** @param configuration encoded or decoded */
export function restoreReads({ flaggedIngressRules }: Pick<Changing, 'flaggedIngressRules'>): string[] {
  const replaces = flaggedIngressRules.some(({ replaceWith }) => replaceWith !== undefined);
  return [
    'ec2:DescribeSecurityGroupRules', 'ec2:DescribeSecurityGroups',
    // A narrower rule is taken away if the rule that was put back admits its traffic, which prefix lists may decide.
    ...replaces ? ['ec2:DescribeManagedPrefixLists', 'ec2:GetManagedPrefixListEntries'] : [],
  ];
}

/**
 * Returns what restoring changes. The narrower rules that replaced a rule are revoked after that rule was put back.
 *
 * @param configuration encoded or decoded
 */
export function restoreChanges(configuration: Changing, mayRevoke: boolean): string[] {
  if (!configuration.allowRestore) return [];
  const takesBack = mayRevoke && replacesAnything(configuration);
  return withTags([AUTHORIZE, ...takesBack ? ['ec2:RevokeSecurityGroupIngress'] : []]);
}

const AUTHORIZE = 'ec2:AuthorizeSecurityGroupIngress';

const withTags = (changes: string[]): string[] => changes.includes(AUTHORIZE) ? [...changes, TAG_ACTION] : changes;
