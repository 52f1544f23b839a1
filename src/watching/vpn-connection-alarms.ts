/** Plans the alarms that are about one VPN connection each. */
import { Reference, Stack, Token, Tokenization } from 'aws-cdk-lib';
import { IConstruct } from 'constructs';
import type { AlarmSubject } from './alarm-subject';
import { VPN_CONNECTION_DIMENSION } from '../contract/names';
import type { VpnConnectionsDownAlarmOptions } from '../network-hygiene-alarms-options';
import type { NetworkHygieneBase } from '../network-hygiene-base';

/**
 * Returns one subject for each VPN connection that the configuration names.
 *
 * @throws when the ids are not known, the connections have no metrics of their own, or an option does not apply
 */
export function eachVpnConnection(
  path: string, { threshold }: VpnConnectionsDownAlarmOptions, hygiene: NetworkHygieneBase,
): AlarmSubject[] {
  const { vpnConnections, resourceMetrics, organization } = hygiene._configuration;
  const { kind, ids = [] } = vpnConnections;
  const refused = (got: string, fix: string): Error => new Error(`${path}.perConnection: got true ${got}; ${fix}`);
  if (organization) {
    throw refused('for an organization, whose metrics are totals', 'leave perConnection out');
  }
  if (kind !== 'withIds') {
    throw refused(
      `with VpnConnections.${kind}(), whose connections are not known before the deployment`,
      'give VpnConnections.withIds() the id of each',
    );
  }
  if (Token.isUnresolved(ids)) {
    throw refused(
      'with a list of ids whose length is known at deployment only',
      'give VpnConnections.withIds() a list of ids, each of which may be known at deployment only',
    );
  }
  if (!resourceMetrics) {
    throw refused(
      'with resourceMetrics false, so no VPN connection has a metric of its own', 'leave resourceMetrics out',
    );
  }
  if (threshold !== undefined) {
    throw refused(`with threshold ${threshold}, but each alarm is about one VPN connection`, 'leave threshold out');
  }
  return [...new Set(ids)].map(vpnConnectionId => ({
    title: 'VpnConnectionDown',
    // A missing connection has the value 0. A connection that could not be looked at has no value.
    metric: options =>
      hygiene.metricTunnelsUp({ ...options, dimensionsMap: { [VPN_CONNECTION_DIMENSION]: vpnConnectionId } }),
    threshold: 1,
    isLow: true,
    what: `VPN connection ${vpnConnectionId} has no tunnel up, or is missing`,
    lookAt: `the log lines whose event is VpnConnection and whose vpnConnectionId is ${vpnConnectionId}, then at the `
      + 'customer gateway device',
    vpnConnectionId,
  }));
}

/**
 * Returns the construct id of a connection's alarm, which must not contain tokens. It depends on the connection and not
 * on its position in the list: if a connection is removed from the list, the alarms of the others must not change.
 */
export function constructIdOf(vpnConnectionId: string, scope: IConstruct): string {
  if (!Token.isUnresolved(vpnConnectionId)) return vpnConnectionId;
  const { length, firstToken } = Tokenization.reverseString(vpnConnectionId);
  return length === 1 && Reference.isReference(firstToken)
    ? `${firstToken.target.node.path}/${firstToken.displayName}`
    : JSON.stringify(Stack.of(scope).resolve(vpnConnectionId));
}
