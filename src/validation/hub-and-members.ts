/**
 * Compares the hub and the members of one app. A stack set is no class of this library, so that the members of an app
 * are remembered here.
 */
import { Annotations, Stack } from 'aws-cdk-lib';
import { Construct, IConstruct } from 'constructs';
import { AgreedNames } from './agreement';
import type { Agreement, StackSetTargets } from './member';
import { areKnownToDiffer } from './references';
import { isRoot } from './units';
import { shown } from './words';

/** A member that makes roles. */
interface RememberedMember {
  readonly agreement: Agreement;
  /** Whether the role that restores is made. */
  readonly restores: boolean;
  /** Whether the role that sweeps may import findings into Security Hub. */
  readonly securityHub: boolean;
  /** The OUs, or the root, of a stack set. */
  readonly units?: readonly string[];
}

interface RememberedHub {
  readonly names: AgreedNames;
  readonly restores: boolean;
  readonly securityHub: boolean;
}

const members = new WeakMap<IConstruct, RememberedMember>();
const hubs = new WeakMap<IConstruct, RememberedHub>();

/** @param made the construct, or the stack set */
export function rememberMember(made: IConstruct, member: RememberedMember): void {
  members.set(made, member);
}

/** Whether a construct is a member that makes roles, or a stack set of such members. */
export const isMember = (construct: IConstruct): boolean => members.has(construct);

/**
 * Remembers a hub, and compares it with the members when the app is synthesized, because these may be made later.
 *
 * @param warned what warnings are about. CDK 2.189 overlooks an earlier acknowledgement at the construct itself, but
 * not one above it, so this is a child of the hub.
 */
export function compareWithMembers(hub: Construct, warned: IConstruct, remembered: RememberedHub): void {
  hubs.set(hub, remembered);
  hub.node.addValidation({
    validate: () => {
      warnOfDifferences(hub, warned, remembered);
      return [];
    },
  });
}

/**
 * Warns of members that the hub cannot enter. A member of an organization with several hubs in the app may be of any of
 * them, so that nothing is said of it. The warning is in the stack of the hub, because a stage of a member may be
 * synthesized before it.
 */
function warnOfDifferences(hub: Construct, warned: IConstruct, { names, restores, securityHub }: RememberedHub): void {
  const all = hub.node.root.node.findAll();
  for (const made of all) {
    const member = members.get(made);
    if (member === undefined) continue;
    const candidates = all.filter(each => mayBeHubOf(each, member));
    if (candidates.length !== 1 || candidates[0] !== hub) continue;
    const { account } = Stack.of(hub);
    const given = { ...member.agreement, securityHub: member.securityHub };
    for (const [prop, own, action] of [
      ...areKnownToDiffer(account, given.hubAccount) ? [['hubAccount', account, SWEEP] as const] : [],
      ...SWEEPING.map(each => [each, names[each], SWEEP] as const),
      ...restores && member.restores ? RESTORING.map(each => [each, names[each], RESTORE] as const) : [],
      // A member that allows more than the hub does is deployed first, and harms nothing.
      ...securityHub ? [['securityHub', true, IMPORT] as const] : [],
    ]) {
      if (given[prop] === own) continue;
      Annotations.of(warned).addWarningV2(
        'cdk-network-hygiene:memberDiffersFromHub',
        `${made.node.path}: ${prop} is ${shown(given[prop])}, and that of ${hub.node.path} is ${shown(own)}, so the hub cannot ${action} there. Give both the same`,
      );
    }
  }
}

const [SWEEP, RESTORE, IMPORT] = ['sweep', 'restore', 'import findings'];
const SWEEPING = ['organizationId', 'externalId', 'hubRoleName', 'sweepRoleName'] as const;
const RESTORING = ['hubRestoreRoleName', 'restoreRoleName'] as const;

/** An account is in one organization, so a member that names the account of a hub is a member of its organization. */
function mayBeHubOf(construct: IConstruct, { agreement: { organizationId, hubAccount } }: RememberedMember): boolean {
  const hub = hubs.get(construct);
  return hub !== undefined
    && (hub.names.organizationId === organizationId || Stack.of(construct).account === hubAccount);
}

/**
 * An account in two stack sets gets two stacks, and the second one cannot make the roles.
 *
 * @throws if another stack set of the app makes roles of the same names in accounts of the same OU or root
 */
export function requireFreeTargets(
  scope: Construct, path: string, member: Omit<RememberedMember, 'units'>, { reportIn, revokeIn }: StackSetTargets,
): void {
  const own = [...reportIn, ...revokeIn];
  for (const made of scope.node.root.node.findAll()) {
    const other = members.get(made);
    const name = other && sharedName(member, other);
    const unit = other?.units?.find(each => own.includes(each) || [each, ...own].some(isRoot));
    if (name === undefined || unit === undefined) continue;
    throw new Error(
      `${path}: organizationalUnits: ${made.node.path} makes the role ${shown(name)} in the accounts of ${shown(unit)}, too, and an account has one role of a name; leave one of the two out, or give each OU to one of them`,
    );
  }
}

/** Returns a name of a role that two members of an organization make. IAM compares names without regard to case. */
function sharedName(one: RememberedMember, other: RememberedMember): string | undefined {
  if (one.agreement.organizationId !== other.agreement.organizationId) return undefined;
  const taken = namesOf(other).map(name => name.toLowerCase());
  return namesOf(one).find(name => taken.includes(name.toLowerCase()));
}

const namesOf = ({ agreement: { sweepRoleName, restoreRoleName }, restores }: RememberedMember): string[] =>
  [sweepRoleName, ...restores ? [restoreRoleName] : []];
