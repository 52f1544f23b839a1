/** Creates the configuration of the function from the properties of the construct. */
import { Duration, Token } from 'aws-cdk-lib';
import {
  ComesBackConfiguration, Configuration, CONTRACT_VERSION, DEFAULT_COMES_BACK, FlaggedActionConfiguration, looksAtRules,
  UnusedSecurityGroupsConfiguration,
} from '../contract/configuration';
import { decodeConfiguration } from '../contract/decode';
import { deployTimePaths, fingerprintOf, Path } from '../contract/fingerprint';
import { OrganizationConfiguration } from '../contract/organization';
import type { FlaggedAction } from '../flagged-action';
import type { NetworkHygieneProps } from '../network-hygiene-props';
import { NotificationFormat } from '../notification-format';
import { StaleRules } from '../stale-rules';
import { declaredApproval, declaredNotice } from '../validation/approval';
import { seconds } from '../validation/durations';
import { withMaxGap } from '../validation/grace';
import { declaredWindow } from '../validation/revocation-window';
import { usersWords } from '../validation/words';
import { VpnConnections } from '../vpn-connections';

/** The values that the construct has in addition to its properties. */
export interface Surroundings {
  /** The path of the construct, for messages. */
  readonly path: string;
  /** The name of the construct in metrics, events and the ledger. */
  readonly hygiene: string;
  readonly metricNamespace: string;
  /** The seconds between two sweeps. Undefined when the schedule is not a rate. */
  readonly intervalSeconds?: number;
  /** The organization to sweep. Undefined: the account and Region of the function. */
  readonly organization?: OrganizationConfiguration;
}

/** @throws when a property is wrong; the message names the property, the rule, the value and the fix */
export function encodedConfiguration(props: NetworkHygieneProps, surroundings: Surroundings): Configuration {
  const configuration = encode(props, surroundings);
  requireDecodable(surroundings.path, configuration);
  requireKnownNow(surroundings.path, configuration);
  requireRoom(surroundings.path, configuration);
  requireSomethingToLookAt(surroundings.path, configuration);
  return configuration;
}

function encode(props: NetworkHygieneProps, surroundings: Surroundings): Configuration {
  const { path, hygiene, metricNamespace, intervalSeconds, organization } = surroundings;
  const staleRules = props.staleRules ?? StaleRules.report();
  const rules = {
    staleRules: staleRules._action,
    grace: withMaxGap(staleRules._grace, intervalSeconds),
    // The handler treats an absent value as false.
    staleRulesAnytime: staleRules._anytime || undefined,
    flaggedIngressRules: (props.flaggedIngressRules ?? []).map(({ _configuration, _action }) => ({
      ..._configuration, action: actionOf(_action, intervalSeconds),
    })),
  };
  return {
    version: CONTRACT_VERSION,
    hygiene,
    metricNamespace,
    eventBus: props.eventBus?.eventBusArn ?? 'default',
    notificationsTopicArn: props.notifications?.topicArn,
    notificationFormat: props.notificationFormat === NotificationFormat.CHAT ? 'chat' : undefined,
    // The resources of an organization are too many for series of their own.
    resourceMetrics: organization ? false : props.resourceMetrics ?? true,
    requestRateFactor: props.requestRateFactor,
    vpcIds: props.vpcs?.map(({ vpcId }) => vpcId),
    // The handler treats an absent value as true.
    enabled: props.enabled === true ? undefined : props.enabled,
    dryRun: props.dryRun ?? false,
    ...rules,
    revocationWindow: declaredWindow(path, props.revocationWindow),
    finalNoticeSeconds: declaredNotice(path, props),
    approval: declaredApproval(path, props),
    comesBack: comesBackOf(props),
    maxRevocationsPerSweep: props.maxRevocationsPerSweep ?? 20,
    settleSeconds: seconds(`${path}: settle`, props.settle ?? Duration.hours(1), 'Duration.hours(1)'),
    scheduleSeconds: intervalSeconds,
    allowRestore: props.allowRestore ?? looksAtRules(rules),
    exemptSecurityGroupIds: (props.exemptSecurityGroups ?? []).map(({ securityGroupId }) => securityGroupId),
    exemptTags: props.exemptTags?.length === 0 ? undefined : props.exemptTags,
    vpnConnections: (props.vpnConnections ?? VpnConnections.all())._configuration,
    unusedSecurityGroups: unusedOf(props),
    securityHub: props.securityHub || undefined,
    changeTrigger: props.changeTrigger && 'cloudTrail',
    organization,
  };
}

/** Returns undefined for the default, so that giving it explicitly changes nothing. */
function actionOf(action: FlaggedAction | undefined, interval?: number): FlaggedActionConfiguration | undefined {
  if (action === undefined) return undefined;
  const { _kind: kind, _grace, _anytime } = action;
  if (kind === 'revoke' && _grace === undefined && !_anytime) return undefined;
  return { kind, grace: withMaxGap(_grace, interval), anytime: _anytime || undefined };
}

/** Returns undefined for the default, so that giving it explicitly changes nothing. */
function comesBackOf({ comesBack }: NetworkHygieneProps): ComesBackConfiguration | 'keepRevoking' | undefined {
  const choice = comesBack?._configuration;
  if (choice === undefined || choice === 'keepRevoking') return choice;
  const isDefault = choice.revocations === DEFAULT_COMES_BACK.revocations
    && choice.withinSeconds === DEFAULT_COMES_BACK.withinSeconds;
  return isDefault ? undefined : choice;
}

function unusedOf({ unusedSecurityGroups }: NetworkHygieneProps): UnusedSecurityGroupsConfiguration | undefined {
  const choice = unusedSecurityGroups?._configuration;
  return choice === 'ignore' ? undefined : choice;
}

/** Decodes the configuration as the handler does, so that errors appear at synthesis. */
function requireDecodable(path: string, configuration: Configuration): void {
  decodeConfiguration(configuration, usersWords(key => `${path}: ${propOf(key)}`));
}

/** Rules and VPN connections are not named here, because they are checked where they are declared. */
function propOf(key: string): string {
  return PROP_NAMES.reduce((text, [name, prop]) => text.replace(name, prop), key);
}

/** The configuration keys whose properties have other names. */
const PROP_NAMES = [
  [/^vpcIds\b/, 'vpcs'],
  [/^notificationsTopicArn$/, 'notifications.topicArn'],
  [/^eventBus$/, 'eventBus.eventBusArn'],
  [/^exemptSecurityGroupIds\b/, 'exemptSecurityGroups'],
  [/^settleSeconds$/, 'settle (in seconds)'],
  [/^scheduleSeconds$/, 'schedule (in seconds)'],
  [/^organization\./, ''],
] as const;

/** Refuses tokens in values on which the policies of the role depend. */
function requireKnownNow(path: string, { maxRevocationsPerSweep, exemptTags }: Configuration): void {
  if (Token.isUnresolved(maxRevocationsPerSweep)) {
    throw new Error(
      `${path}: maxRevocationsPerSweep: got a value that is known at deployment only; give a number, because it decides what is granted`,
    );
  }
  if ([exemptTags, ...exemptTags ?? []].some(each => Token.isUnresolved(each))) {
    throw new Error(
      `${path}: exemptTags: got a value that is known at deployment only; give plain texts, because a tag key becomes part of a condition key`,
    );
  }
}

/**
 * On an update, CloudFormation sends the text twice, escaped each time, and Lambda accepts 256 KB. A DynamoDB item
 * holds 400 KB.
 */
const MAX_CONFIGURATION_CHARACTERS = 100_000;

function requireRoom(path: string, configuration: Configuration): void {
  const size = JSON.stringify([configuration, deployTimePaths(configuration, Token.isUnresolved)]).length;
  if (size <= MAX_CONFIGURATION_CHARACTERS) return;
  throw new Error(
    `${path}: flaggedIngressRules and the other properties make a configuration of ${size} characters, and ${MAX_CONFIGURATION_CHARACTERS} are safe with CloudFormation and DynamoDB; split them over several constructs`,
  );
}

function requireSomethingToLookAt(path: string, configuration: Configuration): void {
  const { vpnConnections, unusedSecurityGroups } = configuration;
  if (looksAtRules(configuration) || vpnConnections.kind !== 'none' || unusedSecurityGroups) return;
  throw new Error(
    `${path}: staleRules, flaggedIngressRules, vpnConnections and unusedSecurityGroups leave nothing to look at; set at least one of them`,
  );
}

/** A configuration with what identifies it at deployment. */
export interface Deployed {
  readonly configuration: Configuration;
  readonly fingerprint: string;
  /** The paths at which CloudFormation fills in values. */
  readonly paths: readonly Path[];
}

/**
 * Adds the fingerprint. Tokens have other numbers at each synthesis, so the fingerprint contains their paths instead.
 */
export function withFingerprint(configuration: Configuration): Deployed {
  const paths = deployTimePaths(configuration, Token.isUnresolved);
  return { configuration, paths, fingerprint: fingerprintOf(configuration, paths) };
}
