import { Tokenization } from 'aws-cdk-lib';
import { Filter, VpnConnectionsConfiguration } from './contract/configuration';
import { readableVpnConnections } from './validation/declared';
import { wholeSeconds } from './validation/durations';
import { A_BOOLEAN, anInteger, CHECKED_ELSEWHERE, Kinds, listOf, orToken, requireKinds } from './validation/kinds';
import { shown } from './validation/words';
import { VpnConnectionFilters, VpnConnectionsOptions } from './vpn-connections-options';

/**
 * The Site-to-Site VPN connections to look at.
 *
 * @see https://docs.aws.amazon.com/vpn/latest/s2svpn/VPC_VPN.html
 */
export class VpnConnections {
  /**
   * Every VPN connection of the account and Region.
   *
   * @param options When a connection counts as stale.
   * @throws when an option is unknown or wrong
   */
  public static all(options: VpnConnectionsOptions = {}): VpnConnections {
    const method = 'VpnConnections.all';
    return new VpnConnections({ kind: 'all', staleAfterSeconds: staleAfterSeconds(method, options) });
  }

  /**
   * The VPN connections with the given ids. A connection that is deleted or does not exist counts as down.
   *
   * @param vpnConnectionIds The ids of the VPN connections, at least one.
   * @param options When a connection counts as stale.
   * @throws when an id is wrong, or an option is unknown or wrong
   */
  public static withIds(vpnConnectionIds: string[], options: VpnConnectionsOptions = {}): VpnConnections {
    const method = 'VpnConnections.withIds';
    return new VpnConnections(readableVpnConnections(method, {
      kind: 'withIds',
      ids: vpnConnectionIds,
      staleAfterSeconds: staleAfterSeconds(method, options),
    }));
  }

  /**
   * The VPN connections that satisfy all filters.
   *
   * @param filters The filters, at least one.
   * @param options When a connection counts as stale.
   * @throws when a filter or an option is unknown or wrong, or when the filters select only connections that are not
   * counted
   */
  public static matching(filters: VpnConnectionFilters, options: VpnConnectionsOptions = {}): VpnConnections {
    const method = 'VpnConnections.matching';
    requireKinds(method, filters, FILTERS);
    const given = givenFilters(method, filters);
    const choice = readableVpnConnections(method, {
      kind: 'matching',
      filters: given.map(({ name, values }) => ({ name, values })),
      staleAfterSeconds: staleAfterSeconds(method, options),
    }, given.map(({ prop }) => prop));
    requireStatesThatCount(method, filters);
    return new VpnConnections(choice);
  }

  /**
   * No VPN connections. No permission to look at them is granted.
   */
  public static none(): VpnConnections {
    return new VpnConnections({ kind: 'none' });
  }

  private constructor(
    /**
     * The choice in the form that the handler reads.
     *
     * @internal
     */
    public readonly _configuration: VpnConnectionsConfiguration,
  ) {}
}

const OPTIONS: Kinds<VpnConnectionsOptions> = { staleAfter: CHECKED_ELSEWHERE };

function staleAfterSeconds(method: string, options: VpnConnectionsOptions): number | undefined {
  requireKinds(method, options, OPTIONS);
  const { staleAfter } = options;
  return staleAfter === undefined
    ? undefined
    : wholeSeconds(`${method}: staleAfter`, staleAfter, 1, 'Duration.days(30)');
}

/** Decoding checks the lists of texts. Its errors do not show values that may contain a pre-shared key. */
const FILTERS: Kinds<VpnConnectionFilters> = {
  bgpAsns: listOf(orToken({ ...anInteger(1, 4_294_967_295), what: 'an ASN from 1 to 4294967295' })),
  customerGatewayConfigurations: CHECKED_ELSEWHERE,
  customerGatewayIds: CHECKED_ELSEWHERE,
  routeDestinationCidrBlocks: CHECKED_ELSEWHERE,
  states: CHECKED_ELSEWHERE,
  staticRoutesOnly: A_BOOLEAN,
  tagKeys: CHECKED_ELSEWHERE,
  tags: {
    what: "an object of lists by key, such as { Owner: ['TeamA'] }",
    is: value => typeof value === 'object' && value !== null && !Array.isArray(value),
  },
  transitGatewayIds: CHECKED_ELSEWHERE,
  types: CHECKED_ELSEWHERE,
  vpnConnectionIds: CHECKED_ELSEWHERE,
  vpnGatewayIds: CHECKED_ELSEWHERE,
};

/** A filter, and the property that it was given as. */
interface GivenFilter extends Filter {
  readonly prop: string;
}

function givenFilters(method: string, filters: VpnConnectionFilters): GivenFilter[] {
  const { bgpAsns, staticRoutesOnly, tags = {} } = filters;
  const all: ReadonlyArray<readonly [prop: string, name: string, values: string[] | undefined]> = [
    ['bgpAsns', 'bgp-asn', bgpAsns?.map(asn => Tokenization.stringifyNumber(asn))],
    ['customerGatewayConfigurations', 'customer-gateway-configuration', filters.customerGatewayConfigurations],
    ['customerGatewayIds', 'customer-gateway-id', filters.customerGatewayIds],
    [
      'staticRoutesOnly', 'option.static-routes-only',
      staticRoutesOnly === undefined ? undefined : [String(staticRoutesOnly)],
    ],
    ['routeDestinationCidrBlocks', 'route.destination-cidr-block', filters.routeDestinationCidrBlocks],
    ['states', 'state', filters.states],
    ['tagKeys', 'tag-key', filters.tagKeys],
    ['transitGatewayIds', 'transit-gateway-id', filters.transitGatewayIds],
    ['types', 'type', filters.types],
    ['vpnConnectionIds', 'vpn-connection-id', filters.vpnConnectionIds],
    ['vpnGatewayIds', 'vpn-gateway-id', filters.vpnGatewayIds],
    ...Object.entries(tags).map(([key, values]) => [`tags[${shown(key)}]`, `tag:${key}`, values] as const),
  ];
  if (Object.hasOwn(tags, '')) throw new Error(`${method}: tags: got a tag without a key; give the key of a tag`);
  const given = all.flatMap(([prop, name, values]) => values === undefined ? [] : { prop, name, values });
  if (given.length === 0) throw new Error(`${method}: filters: got none; use VpnConnections.all() to look at all`);
  return given;
}

/** Connections in these states are not counted. */
const STATES_THAT_DO_NOT_COUNT = ['deleting', 'deleted'];

/** Refuses to look only for states that are not counted: no connection would be found, as if all were well. */
function requireStatesThatCount(method: string, { states }: VpnConnectionFilters): void {
  if (!states?.every(state => STATES_THAT_DO_NOT_COUNT.includes(state))) return;
  throw new Error(
    `${method}: states: got ${shown(states)}, and connections that are being deleted, or are deleted, are not counted, `
      + 'so none would ever be found; give "available" or "pending", or leave states out',
  );
}
