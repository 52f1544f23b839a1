/**
 * Checks a declaration where it is made. The declaration is read in the way in which the handler reads it, and errors
 * use the names of the method that declares it.
 */
import type { ExceptionNames } from './exceptions';
import { A_PLAIN_LIST, Kind, requireKind } from './kinds';
import { plainWords, shown, usersWords } from './words';
import { FlaggedIngressRuleConfiguration, VpnConnectionsConfiguration } from '../contract/configuration';
import { decodeFlaggedIngressRule, decodeVpnConnections } from '../contract/decode';
import { decodeAccounts } from '../contract/decode-organization';
import { AccountsConfiguration } from '../contract/organization';

type Names = ReadonlyArray<readonly [path: RegExp, name: string]>;

/** The paths that a message names by the option or parameter that gave them. */
const OPTIONS: Names = [
  [/^groupId$/, 'group.securityGroupId'],
  [/^exceptGroupIds(\[\d+\])$/, 'exceptGroups$1.securityGroupId'],
  [/^replaceWith(\[\d+\])\..*/, 'replaceWith$1'],
];

const PEER_AND_PORT: Names = [
  ...OPTIONS,
  [/^ipPermissions\[0\]\.(IpRanges|Ipv6Ranges|PrefixListIds|UserIdGroupPairs)\b.*/, 'peer'],
  [/^ipPermissions\[0\]\.IpProtocol$/, 'port.protocol'],
  [/^ipPermissions\[0\]\.FromPort$/, 'port.fromPort'],
  [/^ipPermissions\[0\]\.ToPort$/, 'port.toPort'],
  [/^ipPermissions\[0\]$/, 'port'],
  [/^fromInternet\./, ''],
];

/**
 * Returns a rule that is declared by a Peer and a Port, after a check.
 *
 * @param exceptions the options that the encoded exceptions come from
 * @throws when a value is wrong; the message names the method, the parameter, what was got and the fix
 */
export function readableRule(
  method: string, rule: FlaggedIngressRuleConfiguration, exceptions?: ExceptionNames,
): FlaggedIngressRuleConfiguration {
  return readable(method, rule, PEER_AND_PORT, exceptions, asPort);
}

/**
 * Returns a rule that is declared by EC2's own IpPermissions, after a check.
 *
 * @param exceptions the options that the encoded exceptions come from
 * @throws when a value is wrong; the message names the method, the parameter, what was got and the fix
 */
export function readablePermissions(
  method: string, rule: FlaggedIngressRuleConfiguration, exceptions?: ExceptionNames,
): FlaggedIngressRuleConfiguration {
  return readable(method, rule, OPTIONS, exceptions);
}

function readable(
  method: string, rule: FlaggedIngressRuleConfiguration, names: Names, exceptions: ExceptionNames = new Map(),
  value?: (value: unknown) => unknown,
): FlaggedIngressRuleConfiguration {
  decodeFlaggedIngressRule(rule, usersWords(path => `${method}: ${renamed(exceptionNamed(path, exceptions), names)}`, value));
  return rule;
}

function renamed(path: string, names: Names): string {
  return names.reduce((text, [pattern, name]) => text.replace(pattern, name), path);
}

/** The members of an encoded permission, in the words of a Port. */
const PORT_MEMBERS: Readonly<Record<string, string>> = { IpProtocol: '.protocol', FromPort: '.fromPort', ToPort: '.toPort' };

/** Returns such as `except[0].peers[1]` for `except[2].IpRanges[0].CidrIp`. */
function exceptionNamed(path: string, exceptions: ExceptionNames): string {
  const [, place, member] = /^(except\[\d+\](?:\.\w+\[\d+\])?)(?:\.(\w+))?$/.exec(path) ?? [];
  const name = exceptions.get(place);
  return name === undefined ? path : name + (PORT_MEMBERS[member] ?? '');
}

/** Returns a permission in the words of the Port that it was made of. */
function asPort(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('IpProtocol' in value)) return value;
  const { IpProtocol: protocol, FromPort: fromPort, ToPort: toPort } = value as Record<string, unknown>;
  return { protocol, fromPort, toPort };
}

/**
 * Returns the choice of VPN connections, after a check.
 *
 * @param props the property that each filter was given as
 * @throws when a value is wrong; the message names the method, the parameter, what was got and the fix
 */
export function readableVpnConnections(
  method: string, choice: VpnConnectionsConfiguration, props: readonly string[] = [],
): VpnConnectionsConfiguration {
  decodeVpnConnections(choice, usersWords(path => {
    const name = path
      .replace(/^ids\b/, 'vpnConnectionIds')
      .replace(/^filters\[(\d+)\](\.values)?/, (_, index) => props[Number(index)]);
    return `${method}: ${name}`;
  }));
  return choice;
}

/** A list of ids. Ids of accounts are not given as numbers. */
function idsOf(kind: AccountsConfiguration['kind']): Kind {
  const example = kind === 'list' ? '111122223333' : 'ou-a1b2-c3d4e5f6';
  return {
    what: `${A_PLAIN_LIST.what}, such as ['${example}']`,
    is: A_PLAIN_LIST.is,
    each: kind === 'list' ? A_TEXT_OF_DIGITS : undefined,
  };
}

const A_TEXT_OF_DIGITS: Kind = {
  what: "the id of an account as a text of 12 digits, such as '011122223333'; a number loses its leading zeros",
  is: value => typeof value !== 'number',
};

/**
 * Returns a selection of accounts, after a check.
 *
 * @param parameter the parameter that gave the ids; undefined if no parameter did
 * @throws when a value is wrong, or is known at deployment only; the message names the method, the parameter, what was
 * got and the fix
 */
export function readableAccounts(
  method: string, choice: AccountsConfiguration, parameter?: string,
): AccountsConfiguration {
  const { ids = [], except = [] } = choice;
  if (parameter !== undefined) requireKind(`${method}: ${parameter}`, choice.ids, idsOf(choice.kind));
  requireKind(`${method}: except`, except, A_PLAIN_LIST);
  const accounts = decodeAccounts(choice, plainWords(path => `${method}: ${path.replace(/^ids\b/, parameter ?? 'ids')}`));
  const index = except.findIndex(id => ids.includes(id));
  if (index < 0) return accounts;
  throw new Error(
    `${method}: except[${index}]: got ${shown(except[index])}, which ${parameter} names, too; leave out one of the two`,
  );
}
