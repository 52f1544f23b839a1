/**
 * Reads a configuration. An error names the bad value by its path, such as
 * `flaggedIngressRules[2].ipPermissions[0].IpRanges[0].CidrIp`.
 */
import {
  ApprovalConfiguration, ComesBackConfiguration, CONTRACT_VERSION, DecodedConfiguration, DEFAULT_COMES_BACK, Filter,
  FlaggedIngressRule, FunctionNetwork, VpnConnectionsConfiguration,
} from './configuration';
import { flaggedIngressRule, isTrafficKnown } from './decode-flagged-rule';
import { grace, unusedSecurityGroups } from './decode-grace';
import { organization } from './decode-organization';
import { revocationWindow } from './decode-window';
import { EXEMPT_TAG_KEY, EXEMPT_UNTIL_TAG, isExemptUntilTag, MOST_EXEMPT_TAGS } from './exemptions';
import { Reader, Words } from './reader';
import { letAllStay } from './rules/exceptions';
import { flaggedPeer, mendingOf } from './rules/flagged-peers';
import { formatCidr } from './traffic';

/** The filters that DescribeVpnConnections documents, except for `tag:<key>`. */
export const VPN_CONNECTION_FILTERS = [
  'bgp-asn',
  'customer-gateway-configuration',
  'customer-gateway-id',
  'option.static-routes-only',
  'route.destination-cidr-block',
  'state',
  'tag-key',
  'transit-gateway-id',
  'type',
  'vpn-connection-id',
  'vpn-gateway-id',
];

/**
 * The formats of some filter values. A mistyped value would silently match no connection. Wildcards pass.
 */
const FILTER_VALUES: Readonly<Record<string, readonly [pattern: RegExp, fix: string]>> = {
  'bgp-asn': [/^[1-9]\d*$/, 'an ASN from 1 to 4294967295'],
  'customer-gateway-id': [/^cgw-|[*?]/, 'an id that starts with "cgw-"'],
  'option.static-routes-only': [/^(true|false)$/, 'true or false'],
  'route.destination-cidr-block': [/\/|[*?]/, 'a CIDR block'],
  'state': [/^(pending|available|deleting|deleted)$|[*?]/, 'pending, available, deleting or deleted'],
  'transit-gateway-id': [/^tgw-|[*?]/, 'an id that starts with "tgw-"'],
  'type': [/^ipsec\.1$|[*?]/, 'ipsec.1'],
  'vpn-connection-id': [/^vpn-|[*?]/, 'an id that starts with "vpn-"'],
  'vpn-gateway-id': [/^vgw-|[*?]/, 'an id that starts with "vgw-"'],
};

/** More than a sweep can do in the time of one function invocation. */
export const MOST_REVOCATIONS = 100_000;

/** 30 days. `enabled: false` stops revoking for longer. */
export const MOST_SETTLE_SECONDS = 2_592_000;

/** A minute. A shorter notice is refused. */
export const LEAST_NOTICE_SECONDS = 60;

/** 90 days. */
export const MOST_NOTICE_SECONDS = 7_776_000;

/** An hour. An approval has to last until the next sweep. */
export const LEAST_APPROVAL_SECONDS = 3600;

/** 90 days. */
export const MOST_APPROVAL_SECONDS = 7_776_000;

/** The number of filter values that EC2 accepts in one call. */
export const FILTER_VALUES_PER_CALL = 200;

/**
 * Reads a configuration.
 *
 * @param input JSON text, or the parsed value
 * @param words how messages name paths and values, and which values CloudFormation fills in at deployment
 * @throws when a value is missing, unknown or wrong; the message names its path, what was got and the fix
 */
export function decodeConfiguration(
  input: unknown,
  words?: Words,
): DecodedConfiguration {
  const root = new Reader('', typeof input === 'string' ? parseJson(input) : input, words);
  const version = root.object().version;
  if (version !== CONTRACT_VERSION) {
    throw root
      .get('version')
      .error(
        `this handler reads version ${CONTRACT_VERSION}. Deploy the stack again with one version of cdk-network-hygiene`,
      );
  }
  root.allow(
    'version',
    'hygiene',
    'metricNamespace',
    'eventBus',
    'notificationsTopicArn',
    'notificationFormat',
    'resourceMetrics',
    'requestRateFactor',
    'enabled',
    'dryRun',
    'vpcIds',
    'staleRules',
    'grace',
    'staleRulesAnytime',
    'flaggedIngressRules',
    'revocationWindow',
    'finalNoticeSeconds',
    'approval',
    'comesBack',
    'maxRevocationsPerSweep',
    'settleSeconds',
    'scheduleSeconds',
    'allowRestore',
    'exemptSecurityGroupIds',
    'exemptTags',
    'vpnConnections',
    'unusedSecurityGroups',
    'securityHub',
    'changeTrigger',
    'functionNetwork',
    'organization',
  );
  return {
    version,
    hygiene: root.get('hygiene').string(/^(?!:)[\x20-\x7e]{1,1024}$/, 'the name of the construct, in printable ASCII'),
    metricNamespace: root
      .get('metricNamespace')
      .string(
        /^(?!:|AWS\/)[A-Za-z0-9.\-_/#:]{1,255}$/,
        'a CloudWatch namespace: 1 to 255 of A-Z a-z 0-9 . - _ / # :, not starting with ":" or "AWS/"',
      ),
    eventBus: root
      .get('eventBus')
      .string(/^(arn:[^:]+:events:[^:]+:\d*:event-bus\/)?[\/.\-\w]{1,256}$/, 'the name or the ARN of an event bus'),
    notificationsTopicArn: root
      .optional('notificationsTopicArn')
      ?.string(/^arn:[^:]+:sns:[^:]+:\d*:[\w.-]{1,256}$/, 'the ARN of an SNS topic'),
    notificationFormat: root.optional('notificationFormat')?.oneOf(['chat']),
    resourceMetrics: root.get('resourceMetrics').boolean(),
    requestRateFactor: root.optional('requestRateFactor')?.number(0.1, 1000),
    enabled: root.optional('enabled')?.boolean() ?? true,
    dryRun: root.get('dryRun').boolean(),
    vpcIds: root
      .optional('vpcIds')
      ?.list('leave it out to mean every VPC')
      .map(vpc => vpc.id('vpc')),
    staleRules: root.get('staleRules').oneOf(['ignore', 'report', 'revoke']),
    grace: grace(root.optional('grace')),
    staleRulesAnytime: root.optional('staleRulesAnytime')?.boolean() || undefined,
    flaggedIngressRules: flaggedIngressRules(root.get('flaggedIngressRules').list()),
    revocationWindow: revocationWindow(root.optional('revocationWindow')),
    finalNoticeSeconds: root.optional('finalNoticeSeconds')?.integer(LEAST_NOTICE_SECONDS, MOST_NOTICE_SECONDS),
    approval: approval(root.optional('approval')),
    comesBack: comesBack(root.optional('comesBack')),
    maxRevocationsPerSweep: root.get('maxRevocationsPerSweep').integer(0, MOST_REVOCATIONS),
    settleSeconds: root.get('settleSeconds').integer(0, MOST_SETTLE_SECONDS),
    scheduleSeconds: root.optional('scheduleSeconds')?.integer(1, Number.MAX_SAFE_INTEGER),
    allowRestore: root.get('allowRestore').boolean(),
    exemptSecurityGroupIds: root
      .get('exemptSecurityGroupIds')
      .list()
      .map(group => group.id('sg')),
    exemptTags: exemptTags(root.optional('exemptTags')),
    vpnConnections: vpnConnections(root.get('vpnConnections').secret()),
    unusedSecurityGroups: unusedSecurityGroups(root.optional('unusedSecurityGroups')),
    securityHub: root.optional('securityHub')?.boolean() || undefined,
    changeTrigger: root.optional('changeTrigger')?.oneOf(['cloudTrail']),
    functionNetwork: functionNetwork(root.optional('functionNetwork')),
    organization: organization(root.optional('organization')),
  };
}


function flaggedIngressRules(readers: readonly Reader[]): FlaggedIngressRule[] {
  const declarations = readers.map((rule, index) => effectiveRule(rule, `flaggedIngressRules[${index}]`));
  const peerAt = (declaration: number, peer: number): Reader =>
    readers[declaration].get('replaceWith').list()[peer];
  const isKnown = (declaration: number, peer?: number): boolean => peer === undefined
    ? isTrafficKnown(readers[declaration])
    : !peerAt(declaration, peer).holdsToken();
  const flagged = flaggedPeer(declarations, isKnown);
  if (flagged) {
    const source = declarations[flagged.declaration].replaceWith?.[flagged.peer];
    throw peerAt(flagged.declaration, flagged.peer).problem(
      `got ${source?.kind === 'cidr' ? formatCidr(source.cidr) : source?.prefixListId}, which ${flagged.by.name} flags, so a rule would be replaced for ever; ${mendingOf(flagged.by, source)}`,
    );
  }
  return declarations;
}

/** Reads a flagged rule, and refuses one that could never flag anything. */
function effectiveRule(rule: Reader, name: string): FlaggedIngressRule {
  const declared = flaggedIngressRule(rule, name);
  if (isTrafficKnown(rule) && letAllStay(declared)) {
    throw rule.get('except').problem(
      'lets all of the declared traffic stay, so nothing would ever be flagged; narrow it, or leave the declaration out',
    );
  }
  return declared;
}

/** Reads a flagged rule by itself, where it is declared. */
export function decodeFlaggedIngressRule(input: unknown, words: Words): FlaggedIngressRule {
  return effectiveRule(new Reader('', input, words), '');
}

/** Reads which VPN connections to look at by itself, where that is declared. */
export function decodeVpnConnections(input: unknown, words: Words): VpnConnectionsConfiguration {
  return vpnConnections(new Reader('', input, words).secret());
}

function exemptTags(reader: Reader | undefined): string[] {
  const keys = reader?.list() ?? [];
  if (reader && keys.length > MOST_EXEMPT_TAGS) throw reader.error(`give at most ${MOST_EXEMPT_TAGS} tag keys`);
  return keys.map(each => {
    const key = each.string(
      EXEMPT_TAG_KEY,
      'a tag key: 1 to 128 letters (Latin ones, because IAM takes no others in a policy), digits, spaces or _ . : / = + - @, with no space at either end',
    );
    // IAM would deny by it even after its day.
    if (isExemptUntilTag(key)) {
      throw each.error(`give another key: ${EXEMPT_UNTIL_TAG} always exempts, and only until the day that its value names`);
    }
    return key;
  });
}

function approval(reader: Reader | undefined): ApprovalConfiguration | undefined {
  if (reader === undefined) return undefined;
  reader.allow('validSeconds');
  return { validSeconds: reader.get('validSeconds').integer(LEAST_APPROVAL_SECONDS, MOST_APPROVAL_SECONDS) };
}

/** The most revocations that a returning rule can be allowed. */
export const MOST_RETURNS = 1000;

/** 90 days, for which the ledger keeps rules that are gone. */
export const MOST_RETURN_SECONDS = 7_776_000;

function comesBack(reader: Reader | undefined): ComesBackConfiguration | undefined {
  if (reader === undefined) return DEFAULT_COMES_BACK;
  if (reader.is('keepRevoking')) return undefined;
  reader.allow('revocations', 'withinSeconds');
  return {
    revocations: reader.get('revocations').integer(1, MOST_RETURNS),
    withinSeconds: reader.get('withinSeconds').integer(1, MOST_RETURN_SECONDS),
  };
}

function functionNetwork(reader: Reader | undefined): FunctionNetwork | undefined {
  reader?.allow('vpcId', 'securityGroupIds');
  return reader && {
    vpcId: reader.get('vpcId').id('vpc'),
    securityGroupIds: reader.get('securityGroupIds').list('give the security groups of the function').map(group => group.id('sg')),
  };
}

/**
 * Messages show only the name of a filter, because values of customer-gateway-configuration may hold a pre-shared key.
 */
function vpnConnections(reader: Reader): VpnConnectionsConfiguration {
  reader.allow('kind', 'ids', 'filters', 'staleAfterSeconds');
  const kind = reader.get('kind').shown().oneOf(['none', 'all', 'withIds', 'matching']);
  return {
    kind,
    ids:
      kind === 'withIds'
        ? reader
          .get('ids')
          .shown()
          .list('use VpnConnections.none() to look at none')
          .map(id => id.id('vpn'))
        : undefined,
    filters: kind === 'matching' ? vpnConnectionFilters(reader.get('filters')) : undefined,
    staleAfterSeconds: reader.optional('staleAfterSeconds')?.shown().integer(1, Number.MAX_SAFE_INTEGER),
  };
}

function vpnConnectionFilters(reader: Reader): Filter[] {
  const filters = reader.list('use VpnConnections.all() to look at all').map(vpnConnectionFilter);
  const values = filters.reduce((sum, filter) => sum + filter.values.length, 0);
  if (values > FILTER_VALUES_PER_CALL) {
    throw reader.problem(`got ${values} values together; EC2 takes at most ${FILTER_VALUES_PER_CALL} in one call`);
  }
  return filters;
}

function vpnConnectionFilter(filter: Reader): Filter {
  filter.allow('name', 'values');
  const name = filter.get('name').shown().string(/^[^]+$/, 'a filter name');
  if (!VPN_CONNECTION_FILTERS.includes(name) && !/^tag:[^]+$/.test(name)) {
    throw filter.get('name').shown().error(`give one of ${VPN_CONNECTION_FILTERS.join(', ')} or tag:<key>`);
  }
  const [pattern, fix] = FILTER_VALUES[name] ?? [/[^]/, 'a text that is not empty'];
  const isValue = (text: string): boolean =>
    pattern.test(text) && (name !== 'bgp-asn' || Number(text) <= 4_294_967_295);
  // A filter's values are shown only if they have a fixed format, because other values may be secret.
  const given = FILTER_VALUES[name] ? filter.get('values').shown() : filter.get('values');
  const values = given.list(`EC2 refuses a filter without values, and ${name} has none`).map(value => {
    const text = value.string(/^[^]*$/, `a text for the filter ${name}`);
    if (!value.isToken && !isValue(text)) throw value.error(`give ${fix} for the filter ${name}`);
    return text;
  });
  return { name, values };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's message quotes the text, and the text may hold a pre-shared key.
    throw new Error(`configuration: not JSON, but a text of ${text.length} characters`);
  }
}
