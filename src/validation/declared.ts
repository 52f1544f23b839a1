/**
 * Checks a declaration where it is made. The declaration is read in the way in which the handler reads it, and errors
 * use the names of the method that declares it.
 */
import { usersWords } from './words';
import { FlaggedIngressRuleConfiguration, VpnConnectionsConfiguration } from '../contract/configuration';
import { decodeFlaggedIngressRule, decodeVpnConnections } from '../contract/decode';

type Names = ReadonlyArray<readonly [path: RegExp, name: string]>;

const GROUP: Names = [[/^groupId$/, 'group.securityGroupId']];

const PEER_AND_PORT: Names = [
  ...GROUP,
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
 * @throws when a value is wrong; the message names the method, the parameter, what was got and the fix
 */
export function readableRule(method: string, rule: FlaggedIngressRuleConfiguration): FlaggedIngressRuleConfiguration {
  decodeFlaggedIngressRule(rule, usersWords(path => `${method}: ${renamed(path, PEER_AND_PORT)}`, asPort));
  return rule;
}

/**
 * Returns a rule that is declared by EC2's own IpPermissions, after a check.
 *
 * @throws when a value is wrong; the message names the method, the parameter, what was got and the fix
 */
export function readablePermissions(
  method: string, rule: FlaggedIngressRuleConfiguration,
): FlaggedIngressRuleConfiguration {
  decodeFlaggedIngressRule(rule, usersWords(path => `${method}: ${renamed(path, GROUP)}`));
  return rule;
}

function renamed(path: string, names: Names): string {
  return names.reduce((text, [pattern, name]) => text.replace(pattern, name), path);
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
