/**
 * Reads the configuration that a deployment of an app would give to the function.
 *
 * Values that cannot be known before the deployment are left out. A note says so if this changes nothing, because
 * nothing in the account can refer to a resource that is not yet there. Otherwise it is a gap: something that the
 * function would look at, and that is not looked at now.
 */
import { type Fields, fieldsOf, isFields, listOf, own } from './json';
import {
  type Lookups, type Marker, markersIn, markerWords, type ResolvedText, resolveText, withNames, worst,
} from './tokens';
import {
  type Configuration, CONTRACT_VERSION, type DecodedConfiguration, type FlaggedIngressRule,
} from '../../src/contract/configuration';
import { decodeConfiguration } from '../../src/contract/decode';
import type { Path } from '../../src/contract/fingerprint';
import { CONFIGURATION_PROPERTY, DEPLOY_TIME_PATHS_PROPERTY, FINGERPRINT_PROPERTY } from '../../src/contract/names';
import { shortened, type Words } from '../../src/contract/reader';
import { UsageError } from '../usage/usage-error';

export interface AppConfiguration {
  /**
   * The configuration without what cannot be known. Lists may be empty that the function would refuse, which means
   * nothing, and never everything.
   */
  readonly configuration: DecodedConfiguration;
  /** The text that the function would get. Undefined if a part of it cannot be known. */
  readonly text?: string;
  readonly deployTimePaths: string;
  readonly fingerprint: string;
  /** Whether the text depends on a value that cannot be known now, although the resource may be there. */
  readonly isTextUnknown: boolean;
  /** The values that were left out without an effect, in sentences. */
  readonly notes: readonly string[];
  /** The values that the function would use and that are not known, in sentences. */
  readonly gaps: readonly string[];
}

/**
 * @param properties the properties of the custom resource
 * @throws UsageError when the configuration was made by another version, is not valid, or cannot be known
 */
export function configurationOf(properties: Fields, lookups: Lookups): AppConfiguration {
  const resolved = resolveText(required(properties, CONFIGURATION_PROPERTY), lookups);
  const json = configurationIn(resolved);
  const unresolved = unresolvedIn(json, resolved.markers);
  const { edited, remarks, dropped } = withoutUnknown(json, unresolved, resolved);
  const isKnown = (id: string): boolean => markersIn(id, resolved.markers).length === 0;
  const configuration = withKnownOnly(decoded(edited, resolved), isKnown, dropped);
  const told = (kind: Remark['kind']): string[] =>
    [...new Set(remarks.flatMap(remark => remark.kind === kind ? remark.text : []))];
  return {
    configuration,
    ...resolved.markers.size === 0 && { text: resolved.text },
    isTextUnknown: [...resolved.markers.values()].some(({ kind }) => kind === 'unknown'),
    deployTimePaths: plainProperty(properties, DEPLOY_TIME_PATHS_PROPERTY),
    fingerprint: plainProperty(properties, FINGERPRINT_PROPERTY),
    notes: told('note'),
    gaps: told('gap'),
  };
}

const OTHER_VERSION = 'Use one version of cdk-network-hygiene for the app and for this command, and synthesize again';

function required(properties: Fields, name: string): unknown {
  const value = own(properties, name);
  if (value !== undefined) return value;
  throw new UsageError(`The custom resource has no ${name}, so another version wrote it. ${OTHER_VERSION}`);
}

/** Returns a property that the construct always knows. */
function plainProperty(properties: Fields, name: string): string {
  const value = required(properties, name);
  if (typeof value === 'string') return value;
  throw new UsageError(
    `The ${name} of the custom resource is not a text, so another version wrote it. ${OTHER_VERSION}`,
  );
}

function configurationIn({ text, markers }: ResolvedText): Fields {
  const marker = markers.get(text);
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    json = undefined;
  }
  if (!isFields(json)) {
    // The text is not shown, because it may hold a pre-shared key.
    throw new UsageError(marker !== undefined
      ? `The configuration is not known before the deployment (${markerWords(marker)})`
      : `The configuration is not a JSON object, but a text of ${text.length} characters. ${OTHER_VERSION}`);
  }
  if (json.version !== CONTRACT_VERSION) {
    throw new UsageError(
      `The app has a configuration of version ${shortened(JSON.stringify(json.version) ?? 'none')}, and this command `
        + `reads version ${CONTRACT_VERSION}. ${OTHER_VERSION}`,
    );
  }
  return json;
}

/** A value of the configuration that is not known, or not in whole. */
interface Unresolved {
  readonly path: Path;
  readonly marker: Marker;
  /** Whether the value is the id of a resource that is not yet there. */
  readonly isNotYetThere: boolean;
}

function unresolvedIn(value: unknown, markers: ResolvedText['markers'], path: Path = []): Unresolved[] {
  const found = markersIn(value, markers);
  const marker = worst(found);
  if (marker) {
    return [{ path, marker, isNotYetThere: marker.kind === 'notYetThere' && markers.has(String(value)) }];
  }
  if (Array.isArray(value)) return value.flatMap((each, index) => unresolvedIn(each, markers, [...path, index]));
  return Object.entries(fieldsOf(value)).flatMap(([key, each]) => unresolvedIn(each, markers, [...path, key]));
}

interface Remark {
  readonly kind: 'note' | 'gap';
  readonly text: string;
}

const note = (text: string): Remark => ({ kind: 'note', text });
const gap = (text: string): Remark => ({ kind: 'gap', text });

interface Edited {
  /** The configuration, in which some placeholders may be left. */
  readonly edited: Fields;
  readonly remarks: readonly Remark[];
  /** The indexes of the declarations to leave out. */
  readonly dropped: ReadonlySet<number>;
}

/** Where events go makes no difference for what is found. */
const HARMLESS: Readonly<Record<string, string>> = {
  eventBus: 'default',
  notificationsTopicArn: 'arn:aws:sns:us-east-1:000000000000:not-yet-known',
  metricNamespace: 'NetworkHygiene',
} satisfies Partial<Configuration>;

function withoutUnknown(json: Fields, unresolved: readonly Unresolved[], resolved: ResolvedText): Edited {
  const harmless = unresolved.filter(({ path }) => own(HARMLESS, String(path[0])) !== undefined);
  const ofRules = unresolved.filter(({ path }) => path[0] === 'flaggedIngressRules' && path.length > 2);
  const others = unresolved.filter(each => !harmless.includes(each) && !ofRules.includes(each));
  const declarations = listOf(json.flaggedIngressRules).map((declaration, index) =>
    editedDeclaration(declaration, index, ofRules.filter(({ path }) => path[1] === index), resolved));
  return {
    edited: {
      ...json,
      ...Object.fromEntries(harmless.map(({ path: [key] }) => [key, own(HARMLESS, String(key))])),
      ...isEmpty(declarations) ? {} : { flaggedIngressRules: declarations.map(({ declaration }) => declaration) },
    },
    remarks: [...others.map(remarkOn), ...declarations.flatMap(({ remarks }) => remarks)],
    dropped: new Set(declarations.flatMap(({ isDropped }, index) => isDropped ? index : [])),
  };
}

const isEmpty = (list: readonly unknown[]): boolean => list.length === 0;

/** The places of a configuration that may hold an unknown value, in the words of the construct, and what that means. */
const PLACES: ReadonlyArray<readonly [path: RegExp, name: string, ifNotYetThere: string, ifUnknown: string]> = [
  [
    /^exemptSecurityGroupIds\.(\d+)$/, 'exemptSecurityGroups[$1]', 'so it has no rules',
    'so the rules of this group are taken for ones that are not exempt',
  ],
  [/^vpcIds\.(\d+)$/, 'vpcs[$1]', 'so it has no rules', 'so the rules of this VPC are not looked at'],
  [
    /^vpnConnections\.ids\.(\d+)$/, 'vpnConnections.ids[$1]', 'so it has no tunnels',
    'so this VPN connection is not looked at',
  ],
  [
    /^vpnConnections\.filters\.(\d+)\.values\.(\d+)$/, 'vpnConnections.filters[$1].values[$2]',
    'so no VPN connection has it', 'so the VPN connections with this value are not looked at',
  ],
  [
    /^functionNetwork\.vpcId$/, 'functionOptions.vpc', 'so it has no endpoints with groups that are exempt',
    'so the rules of the groups of its endpoints are taken for ones that are not exempt',
  ],
  [
    /^functionNetwork\.securityGroupIds\.(\d+)$/, 'functionOptions.securityGroups[$1]', 'so it has no rules',
    'so the rules of this group are taken for ones that are not exempt',
  ],
];

/** @throws UsageError when nothing can be said without the value */
function remarkOn({ path, marker, isNotYetThere }: Unresolved): Remark {
  const at = path.join('.');
  const place = PLACES.find(([pattern]) => pattern.test(at));
  if (place === undefined) {
    throw new UsageError(
      `${inWords(path)} is not known before the deployment (${markerWords(marker)}), and nothing can be said without `
        + 'it',
    );
  }
  const [pattern, name, ifNotYetThere, ifUnknown] = place;
  const where = at.replace(pattern, name);
  return isNotYetThere
    ? note(`${where} is left out: ${markerWords(marker)}, ${ifNotYetThere}`)
    : gap(`${where} is not known (${markerWords(marker)}), ${ifUnknown}`);
}

function inWords(path: Path): string {
  return path.map((step, index) => typeof step === 'number' ? `[${step}]` : `${index > 0 ? '.' : ''}${step}`).join('');
}

interface EditedDeclaration {
  readonly declaration: unknown;
  readonly remarks: readonly Remark[];
  readonly isDropped?: boolean;
}

function editedDeclaration(
  given: unknown, index: number, unresolved: readonly Unresolved[], { markers }: ResolvedText,
): EditedDeclaration {
  if (unresolved.length === 0) return { declaration: given, remarks: [] };
  const name = `flaggedIngressRules[${index}]`;
  const within = unresolved.map(each => ({ ...each, path: each.path.slice(2) }));
  const group = within.find(({ path }) => path[0] === 'groupId');
  // Whatever else is unknown, a group that is not there has no rules.
  if (group?.isNotYetThere) {
    const why = `the group ${markerWords(group.marker)}, so no rule of it can be flagged`;
    return dropped(given, note(`${name} is left out: ${why}`));
  }
  const declaration = withReason(fieldsOf(given), markers);
  const absent = within.filter(each => isAbsentPeer(declaration, each));
  const isKept = ({ path: [key] }: Unresolved): boolean => key === 'reason' || key === 'exceptGroupIds';
  const deciding = within.filter(each => !absent.includes(each) && !isKept(each));
  if (!isEmpty(deciding)) {
    const what = deciding.map(({ path, marker }) => `${inWords(path)} is not known (${markerWords(marker)})`);
    return dropped(given, gap(`${name} is not looked at: ${what.join(', ')}`));
  }
  const exceptions = within.filter(({ path: [key] }) => key === 'exceptGroupIds')
    .map(each => remarkOnException(name, each));
  const ipPermissions = withoutPeers(declaration.ipPermissions, absent);
  const isDropped = !isEmpty(absent) && isEmpty(ipPermissions);
  const peers = absent.map(({ marker }) =>
    note(`${name}${isDropped ? ' is left out' : ''}: ${markerWords(marker)}, so no rule refers to it`));
  return isDropped
    ? { declaration: given, remarks: peers, isDropped }
    : { declaration: { ...declaration, ipPermissions }, remarks: [...exceptions, ...peers] };
}

const dropped = (declaration: unknown, remark: Remark): EditedDeclaration =>
  ({ declaration, remarks: [remark], isDropped: true });

/** The longest reason that a declaration can have. */
const LONGEST_REASON = 255;

/** A reason changes nothing about what is flagged, so it names what is not known. */
function withReason(declaration: Fields, markers: ResolvedText['markers']): Fields {
  const { reason } = declaration;
  if (typeof reason !== 'string') return declaration;
  return { ...declaration, reason: withNames(reason, markers).slice(0, LONGEST_REASON) };
}

const PEER_LISTS = ['PrefixListIds', 'UserIdGroupPairs'];

/**
 * Whether a value is the id of a peer that is not yet there, which therefore no rule can have.
 *
 * This holds only if rules must have exactly the peer. A prefix list has addresses, which rules with other sources may
 * admit already.
 */
function isAbsentPeer({ match }: Fields, { path, isNotYetThere }: Unresolved): boolean {
  const [key, , list, , id] = path;
  return match === 'EXACT' && isNotYetThere && path.length === 5 && key === 'ipPermissions'
    && PEER_LISTS.includes(String(list)) && (id === 'PrefixListId' || id === 'GroupId');
}

/** Leaves out peers, and permissions that have no other source. */
function withoutPeers(ipPermissions: unknown, peers: readonly Unresolved[]): unknown[] {
  return listOf(ipPermissions).flatMap((permission, index) => {
    const here = peers.filter(({ path }) => path[1] === index);
    if (isEmpty(here)) return [permission];
    const kept = Object.fromEntries(Object.entries(fieldsOf(permission)).flatMap(([key, value]) => {
      if (!Array.isArray(value)) return [[key, value]];
      const others = value.filter((_, at) => !here.some(({ path }) => path[2] === key && path[3] === at));
      return isEmpty(others) ? [] : [[key, others]];
    }));
    return Object.values(kept).some(Array.isArray) ? [kept] : [];
  });
}

function remarkOnException(name: string, { path, marker, isNotYetThere }: Unresolved): Remark {
  const where = `${name}.exceptGroups[${path[1]}]`;
  const effect = 'so the rules of this group are taken for ones that the declaration is about';
  return isNotYetThere
    ? note(`${where} is left out: ${markerWords(marker)}, so it has no rules`)
    : gap(`${where} is not known (${markerWords(marker)}), ${effect}`);
}

/** Decodes a configuration. Placeholders that are left in it are tokens, as at synthesis. */
function decoded(edited: Fields, { markers }: ResolvedText): DecodedConfiguration {
  const words: Words = {
    isToken: value => !isEmpty(markersIn(value, markers)),
    path: path => path || 'configuration',
    value: value => shortened(withNames(JSON.stringify(value) ?? String(value), markers)),
    unknown: (key, known) => `"${key}" is unknown. Known here: ${known.join(', ')}`,
  };
  try {
    return decodeConfiguration(edited, words);
  } catch (error) {
    throw new UsageError(
      `The configuration of the app is not valid: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

/** Leaves out what is not known. An empty list stays, because an absent one would mean everything. */
function withKnownOnly(
  configuration: DecodedConfiguration, isKnown: (id: string) => boolean, droppedRules: ReadonlySet<number>,
): DecodedConfiguration {
  const { vpcIds, vpnConnections, functionNetwork, exemptSecurityGroupIds, flaggedIngressRules } = configuration;
  const known = (ids: readonly string[]): string[] => ids.filter(isKnown);
  const knownNetwork = functionNetwork && isKnown(functionNetwork.vpcId)
    ? { ...functionNetwork, securityGroupIds: known(functionNetwork.securityGroupIds) } : undefined;
  return {
    ...configuration,
    vpcIds: vpcIds && known(vpcIds),
    exemptSecurityGroupIds: known([
      ...exemptSecurityGroupIds,
      // The groups of the function are exempt in any case.
      ...functionNetwork && knownNetwork === undefined ? functionNetwork.securityGroupIds : [],
    ]),
    flaggedIngressRules: flaggedIngressRules.flatMap((each, index): FlaggedIngressRule[] =>
      droppedRules.has(index) ? [] : [{ ...each, exceptGroupIds: known(each.exceptGroupIds) }]),
    vpnConnections: knownConnections(vpnConnections, known),
    functionNetwork: knownNetwork,
  };
}

type VpnConnections = DecodedConfiguration['vpnConnections'];

function knownConnections(vpnConnections: VpnConnections, known: (ids: readonly string[]) => string[]): VpnConnections {
  const { kind, ids, filters } = vpnConnections;
  const knownFilters = filters?.map(filter => ({ ...filter, values: known(filter.values) }));
  // EC2 refuses a filter without values, and without the filter more would match.
  const isNone = kind === 'matching' && knownFilters?.some(({ values }) => isEmpty(values));
  return isNone ? { kind: 'none' } : { ...vpnConnections, ids: ids && known(ids), filters: knownFilters };
}
