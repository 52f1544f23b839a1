/** Checks the properties of a member of an organization, and fills in the defaults. */
import { Annotations, Arn, ArnFormat } from 'aws-cdk-lib';
import { IConstruct } from 'constructs';
import { AgreedNames, agreedNames } from './agreement';
import { readableAccounts } from './declared';
import { DEPLOYMENT_KINDS } from './deployment-kinds';
import {
  A_BOOLEAN, A_PLAIN_LIST, CHECKED_ELSEWHERE, Instead, Kinds, requireGiven, requireKinds,
} from './kinds';
import { RULES_KINDS } from './rules-kinds';
import { isRoot } from './units';
import { isToken, plainWords, shown, usersWords } from './words';
import { accountId, regionName } from '../contract/decode-organization';
import { Reader } from '../contract/reader';
import type {
  NetworkHygieneMemberOptions, NetworkHygieneMemberProps, NetworkHygieneMemberStackSetProps,
} from '../network-hygiene-member-props';

/** The properties that tell a member about its hub. */
export interface Agreement extends AgreedNames {
  readonly hubAccount: string;
}

const OPTIONS: Kinds<NetworkHygieneMemberOptions> = {
  ...RULES_KINDS,
  hubAccount: CHECKED_ELSEWHERE,
  organizationId: CHECKED_ELSEWHERE,
  externalId: CHECKED_ELSEWHERE,
  hubRoleName: CHECKED_ELSEWHERE,
  hubRestoreRoleName: CHECKED_ELSEWHERE,
  sweepRoleName: CHECKED_ELSEWHERE,
  restoreRoleName: CHECKED_ELSEWHERE,
  regions: A_PLAIN_LIST,
  forwardChangesTo: CHECKED_ELSEWHERE,
};

const PROPS: Kinds<NetworkHygieneMemberProps> = { ...OPTIONS, mayRevoke: A_BOOLEAN, createRoles: A_BOOLEAN };

const STACK_SET_PROPS: Kinds<NetworkHygieneMemberStackSetProps> = {
  ...OPTIONS,
  organizationalUnits: CHECKED_ELSEWHERE,
  revokeInOrganizationalUnits: CHECKED_ELSEWHERE,
  mayRevoke: A_BOOLEAN,
  rolesRegion: CHECKED_ELSEWHERE,
  callAs: { what: "'SELF' or 'DELEGATED_ADMIN'", is: value => value === 'SELF' || value === 'DELEGATED_ADMIN' },
  stackSetName: CHECKED_ELSEWHERE,
  retainOnAccountRemoval: A_BOOLEAN,
};

/** The properties of the hub that a member does not have. */
const OF_THE_HUB: Instead = {
  ...Object.fromEntries(
    [...Object.keys(DEPLOYMENT_KINDS), 'accounts', 'maxConcurrency', 'toleratedFailures', 'accountMetrics'].map(name => (
      [name, 'it belongs to the hub only; leave it out of what the hub and its members share'])),
  ),
  revokeIn: 'it belongs to the hub; on a member, give mayRevoke',
  changeTrigger: 'it belongs to the hub; on a member, give forwardChangesTo',
};

/** The properties of a stack set that the construct does not have. */
const OF_A_STACK_SET: Instead = Object.fromEntries(
  Object.keys(STACK_SET_PROPS).filter(name => !(name in PROPS)).map(name => [name, 'use NetworkHygieneMember.stackSet()']),
);

/**
 * Checks each property by itself.
 *
 * @throws if a property is unknown or wrong; the message names it, what was got and the fix
 */
export function requireMemberProps(path: string, props: NetworkHygieneMemberProps): void {
  requireGiven(path, props, 'hubAccount and organizationId');
  requireKinds(path, props, PROPS, { ...OF_THE_HUB, ...OF_A_STACK_SET });
  if (props.createRoles === false && props.forwardChangesTo === undefined) {
    throw new Error(
      `${path}: createRoles: got false, and without forwardChangesTo nothing would be created; give forwardChangesTo, or leave the construct out`,
    );
  }
}

/**
 * Checks each property by itself.
 *
 * @throws if a property is unknown or wrong; the message names it, what was got and the fix
 */
export function requireStackSetProps(path: string, props: NetworkHygieneMemberStackSetProps): void {
  requireGiven(path, props, 'hubAccount, organizationId and organizationalUnits');
  requireKinds(path, props, STACK_SET_PROPS, {
    ...OF_THE_HUB,
    revokeIn: 'it belongs to the hub; on a stack set, give mayRevoke or revokeInOrganizationalUnits',
    createRoles: 'use rolesRegion',
  });
}

const STACK_SET_NAME = /^[A-Za-z][A-Za-z0-9-]{0,127}$/;

/** Where the stacks of a stack set are. */
export interface StackSetTargets {
  readonly reportIn: string[];
  readonly revokeIn: string[];
  /** Undefined: the Region of the stack with the stack set. */
  readonly rolesRegion?: string;
  readonly stackSetName?: string;
}

/** @throws if a target is wrong, or is known at deployment only, or targets contradict each other */
export function targetsOf(path: string, props: NetworkHygieneMemberStackSetProps): StackSetTargets {
  const unitsOf = (name: 'organizationalUnits' | 'revokeInOrganizationalUnits'): string[] =>
    readableAccounts(path, { kind: 'organizationalUnits', ids: props[name] }, name).ids ?? [];
  const reader = new Reader('', props, plainWords(key => `${path}: ${key}`));
  const units = unitsOf('organizationalUnits');
  const revokeIn = props.revokeInOrganizationalUnits === undefined ? [] : unitsOf('revokeInOrganizationalUnits');
  requireNoneInRoot(path, units);
  requireAmong(path, units, revokeIn);
  if (revokeIn.length > 0 && props.mayRevoke === true) {
    throw new Error(
      `${path}: revokeInOrganizationalUnits: got units together with mayRevoke, which means all of them; leave out one of the two`,
    );
  }
  if (props.forwardChangesTo !== undefined && props.regions === undefined) {
    throw new Error(`${path}: forwardChangesTo: got a bus without regions; give regions, in each of which a rule is made`);
  }
  const rolesRegion = reader.optional('rolesRegion');
  return {
    reportIn: units.filter(unit => !revokeIn.includes(unit)),
    revokeIn,
    rolesRegion: rolesRegion && regionAmong(rolesRegion, props.regions),
    stackSetName: reader.optional('stackSetName')
      ?.string(STACK_SET_NAME, 'a letter, then up to 127 letters, digits and hyphens'),
  };
}

/** An account in two targets gets two stacks, and the second one cannot make the roles. */
function requireNoneInRoot(path: string, units: readonly string[]): void {
  const root = units.find(isRoot);
  const index = units.findIndex(unit => !isRoot(unit));
  if (root === undefined || index < 0) return;
  throw new Error(
    `${path}: organizationalUnits[${index}]: got ${shown(units[index])} together with the root ${shown(root)}, which contains it; list either the root or OUs`,
  );
}

function requireAmong(path: string, units: readonly string[], revokeIn: readonly string[]): void {
  const index = revokeIn.findIndex(unit => !units.includes(unit));
  if (index < 0) return;
  throw new Error(
    `${path}: revokeInOrganizationalUnits[${index}]: got ${shown(revokeIn[index])}, which is not among organizationalUnits; list it there, and list no unit that contains it`,
  );
}

function regionAmong(reader: Reader, names: readonly string[] | undefined): string {
  const region = regionName(reader);
  if (names === undefined || names.includes(region)) return region;
  throw reader.error('give one of regions');
}

/** @throws if a name is wrong, or is known at deployment only, or two names are the same */
export function agreementOf(path: string, props: NetworkHygieneMemberOptions): Agreement {
  const reader = new Reader('', props, plainWords(key => `${path}: ${key}`));
  return { hubAccount: accountId(reader.get('hubAccount')), ...agreedNames(path, props) };
}

const EVENT_BUS_ARN = /^arn:[^:]+:events:[^:]+:\d{12}:event-bus\/[/.\-\w]{1,256}$/;

/** @throws if the value is not the ARN of an event bus; it may be known at deployment only */
export function busOf(path: string, props: NetworkHygieneMemberOptions): string | undefined {
  return new Reader('', props, usersWords(key => `${path}: ${key}`)).optional('forwardChangesTo')
    ?.string(EVENT_BUS_ARN, 'the ARN of an event bus, such as arn:aws:events:eu-central-1:111122223333:event-bus/hygiene');
}

/** Only the hub takes changes from a bus. Its bus is in its account. */
export function warnOfOtherBus(scope: IConstruct, { hubAccount, forwardChangesTo }: NetworkHygieneMemberOptions): void {
  if (forwardChangesTo === undefined || isToken(forwardChangesTo)) return;
  const { account } = Arn.split(forwardChangesTo, ArnFormat.SLASH_RESOURCE_NAME);
  if (account === hubAccount) return;
  Annotations.of(scope).addWarningV2(
    'cdk-network-hygiene:forwardsToAnotherAccount',
    `forwardChangesTo: got ${shown(forwardChangesTo)}, which is in the account ${account}, and hubAccount is ${hubAccount}; give the ARN of changeBus of the hub`,
  );
}
