/**
 * Tries every action that the configuration needs, those of EC2 with DryRun, so that a missing permission fails the
 * deployment with its name.
 *
 * A denied action and an unusable ledger fail the deployment. Any other error, such as throttling, proves nothing; the
 * sweep will meet and report it.
 */
import { whyExempt } from './decide/exempt';
import { errorFacts, isDenied } from './errors';
import type { PreflightAction, SecurityGroup, Vpc } from './model/network';
import type { Clock, Events, Ledger, Log, Metrics, Network } from './ports';
import { sleepAbout } from './waiting';
import { type ChangeScope, isInScope, restoreScope, revokeScope } from '../../src/contract/change-scope';
import {
  type DecodedConfiguration, looksAtRules, reactsToTopology, revokesAnything,
} from '../../src/contract/configuration';
import { FILTER_VALUES_PER_CALL } from '../../src/contract/decode';
import { HYGIENE_DIMENSION, Metric } from '../../src/contract/names';
import { neededChanges, neededReads } from '../../src/contract/needed-actions';

/**
 * IAM is eventually consistent: a new role may be denied what it is allowed. Denied actions are retried for this long.
 */
export const PROPAGATION_MILLIS = 90_000;

/** The waits before a denied action is retried. The last one repeats. */
const DELAYS_MILLIS = [2000, 4000, 6000, 10_000];

/** The number of VPCs and groups to try an action on. */
const EXAMPLES = 3;

export interface PreflightDependencies {
  readonly network: Network;
  readonly ledger: Ledger;
  readonly metrics: Metrics;
  readonly events: Events;
  readonly clock: Clock;
  readonly log: Log;
  /** The function's own account, if it is known. */
  readonly accountId?: string;
  /** No denied action is retried after this time. */
  readonly preflightUntil: Date;
}

/** One permission, and the call that tries it. */
export interface Trial {
  readonly action: string;
  readonly run: () => Promise<void>;
  /** Advice on a denial, in addition to allowing the action. */
  readonly hint?: string;
  /** Returns why an error other than a denial fails the deployment. Absent if such an error proves nothing. */
  readonly required?: (code: string) => string;
  /** Whether the deployment continues after a denial. */
  readonly isOptional?: boolean;
}

/** @throws when an action is denied, or the ledger cannot be used; the message names the action */
export async function preflight(
  configuration: DecodedConfiguration,
  dependencies: PreflightDependencies,
): Promise<void> {
  const reads = neededReads(configuration)
    .filter(action => action !== 'DescribeStaleSecurityGroups')
    .map(action => ({ ...trialOf({ action }, dependencies), isOptional: isDispensable(action, configuration) }));
  const others = [
    ledgerTrial(dependencies),
    publication(configuration, dependencies),
    sending(configuration, dependencies),
  ];
  await tryAll([...reads, ...others], dependencies);
  await tryAll(await trialsOnExamples(configuration, dependencies), dependencies);
}

/** Without the associations, a sweep asks EC2 about every VPC, which only takes longer. */
const isDispensable = (action: string, configuration: DecodedConfiguration): boolean =>
  action === 'DescribeSecurityGroupVpcAssociations' && !reactsToTopology(configuration);

function trialOf(action: PreflightAction, { network }: PreflightDependencies): Trial {
  return { action: `ec2:${action.action}`, run: () => network.preflight(action) };
}

/**
 * One allowed trial is enough. A VPC of another account may be denied although others are not, and so may a group that
 * a policy protects.
 */
export function anyOf(trials: readonly Trial[]): Trial {
  const run = async (): Promise<void> => {
    let refusal: unknown;
    for (const trial of trials) {
      try {
        return await trial.run();
      } catch (error) {
        if (!isDenied(errorFacts(error))) throw error;
        refusal ??= error;
      }
    }
    throw refusal;
  };
  return { ...trials[0], run };
}

/** CloudWatch has no dry run. A heartbeat of 0 is correct, because nothing was swept yet. */
export function publication(
  { metricNamespace, hygiene }: DecodedConfiguration,
  { metrics, clock }: Pick<PreflightDependencies, 'metrics' | 'clock'>,
): Trial {
  const heartbeat = {
    name: Metric.SWEEPS,
    value: 0,
    unit: 'Count',
    dimensions: { [HYGIENE_DIMENSION]: hygiene },
  } as const;
  const run = async (): Promise<void> => void (await metrics.publish(metricNamespace, [heartbeat], clock.now()));
  return { action: 'cloudwatch:PutMetricData', run };
}

export function sending({ eventBus }: DecodedConfiguration, { events }: Pick<PreflightDependencies, 'events'>): Trial {
  return { action: 'events:PutEvents', run: () => events.preflight(eventBus) };
}

/** Errors that only another table fixes. */
const LEDGER_IS_WRONG = /^(ResourceNotFoundException|ValidationException)$/;

/** DynamoDB has no dry run. A write with a condition that is never true changes nothing. */
export function ledgerTrial({ ledger }: Pick<PreflightDependencies, 'ledger'>): Trial {
  return {
    action: 'dynamodb:Query, dynamodb:GetItem or dynamodb:PutItem',
    run: () => ledger.preflight(),
    required: code =>
      LEDGER_IS_WRONG.test(code)
        ? 'The ledger cannot be used. Give an existing table with the partition key hygiene and the sort key id, both strings'
        : 'The ledger could not be tested. Deploy again when DynamoDB responds',
  };
}

/**
 * Returns trials of the actions that EC2 authorizes per VPC or group. A few existing ones that are not exempt stand for
 * all.
 */
async function trialsOnExamples(
  configuration: DecodedConfiguration, dependencies: PreflightDependencies,
): Promise<Trial[]> {
  if (!looksAtRules(configuration)) return [];
  const { network, log, accountId } = dependencies;
  try {
    const isOwn = ({ ownerId }: Owned): boolean =>
      accountId === undefined || ownerId === undefined || ownerId === accountId;
    const vpcs = [...(await network.vpcs(configuration.vpcIds))].sort((a, b) => Number(isOwn(b)) - Number(isOwn(a)));
    const stale = configuration.staleRules === 'ignore' ? [] : staleTrials(vpcs, isOwn, dependencies);
    const changes = neededChanges(configuration);
    const onGroups: Trial[] = [];
    for (const { scope, actions } of byScope(changes, configuration)) {
      const examples = await exampleGroups({ actions, scope, vpcs, isOwn }, configuration, dependencies);
      if (examples.length === 0) continue;
      onGroups.push(...actions.map(action =>
        anyOf(examples.map(group => groupTrial(action, group, configuration, dependencies)))));
    }
    return [...(stale.length > 0 ? [anyOf(stale)] : []), ...onGroups];
  } catch (error) {
    const { code, message } = errorFacts(error);
    const text = `The preflight could not look for a VPC and a group to try actions on: ${code}: ${message}`;
    log('WARN', text, { event: 'Preflight' });
    return [];
  }
}

interface Owned {
  readonly ownerId?: string;
}

type IsOwn = (resource: Owned) => boolean;

/** If all VPCs belong to other accounts, a denial may be theirs. The sweep counts such VPCs as not covered. */
function staleTrials(vpcs: readonly Vpc[], isOwn: IsOwn, dependencies: PreflightDependencies): Trial[] {
  const isAnyOwn = vpcs.some(isOwn);
  return vpcs.slice(0, EXAMPLES).filter(vpc => !isAnyOwn || isOwn(vpc)).map(({ vpcId }) => ({
    ...trialOf({ action: 'DescribeStaleSecurityGroups', vpcId }, dependencies), isOptional: !isAnyOwn,
  }));
}

/** Changes, and the groups in which the role may make them. */
interface Changes {
  readonly scope: ChangeScope;
  readonly actions: readonly ChangeAction[];
}

function byScope(changes: readonly ChangeAction[], configuration: DecodedConfiguration): Changes[] {
  const found = new Map<string, { scope: ChangeScope; actions: ChangeAction[] }>();
  for (const action of changes) {
    const isRestoring = action === 'AuthorizeSecurityGroupIngress' && configuration.allowRestore;
    const scope = isRestoring ? restoreScope(configuration) : revokeScope(configuration);
    const { actions } = found.get(JSON.stringify(scope)) ?? { actions: [] };
    found.set(JSON.stringify(scope), { scope, actions: [...actions, action] });
  }
  return [...found.values()];
}

interface Wanted extends Changes {
  readonly vpcs: readonly Vpc[];
  readonly isOwn: IsOwn;
}

/** Returns groups of this account that are in the scope of the change and not exempt, in the VPCs in scope. */
async function exampleGroups(
  { actions, scope, vpcs, isOwn }: Wanted, configuration: DecodedConfiguration,
  { network, clock, log }: PreflightDependencies,
): Promise<SecurityGroup[]> {
  const named = scope === 'anyGroup' ? [] : scope.groupIds;
  const vpcIds = vpcs.slice(0, EXAMPLES).map(({ vpcId }) => vpcId);
  if (named.length === 0 && vpcIds.length === 0) return [];
  const groups = await network.securityGroups(
    named.length > 0 ? { groupIds: named.slice(0, FILTER_VALUES_PER_CALL) } : { vpcIds },
  );
  const inScope = groups.filter(group => (
    isOwn(group) && vpcs.some(({ vpcId }) => vpcId === group.vpcId) && isInScope(scope, group)));
  const why = (group: SecurityGroup): string | undefined => whyExempt(group, configuration, clock.now());
  const examples = inScope.filter(group => why(group) === undefined).slice(0, EXAMPLES);
  if (examples.length === 0 && inScope.length > 0) {
    const shown = inScope.slice(0, EXAMPLES).map(group => `${group.groupId} ${why(group)}`);
    const text = `The preflight did not try ${actions.join(' and ')}: each group that it looked at is exempt (${shown.join(', ')})`;
    log('INFO', text, { event: 'Preflight' });
  }
  return examples;
}

type ChangeAction = ReturnType<typeof neededChanges>[number];

function groupTrial(
  action: ChangeAction,
  group: SecurityGroup,
  configuration: DecodedConfiguration,
  dependencies: PreflightDependencies,
): Trial {
  const { groupId } = group;
  const tagKeys = Object.keys(group.tags);
  const tagged =
    tagKeys.length > 0
      ? `, whose tags are ${tagKeys.join(', ')}. If a policy denies by one of these, name it in exemptTags`
      : '';
  return {
    action: `ec2:${action}`,
    run: () => runUnlessExempt(action, groupId, configuration, dependencies),
    hint: ` It was tried on ${groupId} (${group.groupName})${tagged}.`,
    // If nothing is revoked, restoring is needed only for rules that an earlier configuration revoked.
    isOptional: action === 'AuthorizeSecurityGroupIngress' && !revokesAnything(configuration),
  };
}

/** If the group has become exempt since it was read, IAM denies only what the handler would not do anyway. */
async function runUnlessExempt(
  action: ChangeAction, groupId: string, configuration: DecodedConfiguration,
  { network, clock, log }: PreflightDependencies,
): Promise<void> {
  try {
    await network.preflight({ action, groupId });
  } catch (error) {
    if (!isDenied(errorFacts(error))) throw error;
    // If this read fails, it proves nothing, and the denial stands.
    const now = await network.securityGroups({ groupIds: [groupId] }).then(groups => groups.at(0), () => undefined);
    const reason = now && whyExempt(now, configuration, clock.now());
    if (reason === undefined) throw error;
    log('INFO', `The preflight did not try ec2:${action}: ${groupId} ${reason}`, { event: 'Preflight' });
  }
}

export async function tryAll(
  trials: readonly Trial[], dependencies: Pick<PreflightDependencies, 'clock' | 'log' | 'preflightUntil'>,
): Promise<void> {
  const refusals = (await Promise.all(trials.map(trial => tryUntilAllowed(trial, dependencies)))).flatMap(
    refusal => refusal ?? [],
  );
  if (refusals.length > 0) throw new Error(`Preflight: ${refusals.join(' ')}`);
}

/** @returns why the deployment cannot continue, in words; undefined if it can */
async function tryUntilAllowed(
  trial: Trial,
  { clock, log, preflightUntil }: Pick<PreflightDependencies, 'clock' | 'log' | 'preflightUntil'>,
): Promise<string | undefined> {
  const { action, run, required, hint, isOptional } = trial;
  try {
    await untilAllowed(run, { clock, preflightUntil }, facts =>
      isDenied(facts) || (required !== undefined && !LEDGER_IS_WRONG.test(facts.code)));
    return undefined;
  } catch (error) {
    const facts = errorFacts(error);
    if (!isDenied(facts) && required !== undefined) {
      return `${required(facts.code)}: ${facts.code}: ${facts.message.slice(0, 300)}.`;
    }
    if (!isDenied(facts)) {
      log('WARN', `The preflight could not try ${action}: ${facts.code}: ${facts.message}`, {
        event: 'Preflight',
        action,
        error: facts,
      });
      return undefined;
    }
    const refusal =
      `AWS refused ${action} (${facts.code}${facts.requestId ? `, request ${facts.requestId}` : ''}): ${facts.message.slice(0, 300)}.`
      + `${hint ?? ''} Allow it to the role of the function, and look for a service control policy or a permissions boundary that denies it.`;
    if (!isOptional) return refusal;
    log('WARN', refusal, { event: 'Preflight', action, error: facts });
    return undefined;
  }
}

/**
 * Calls again what is denied, because a new role may be denied for a while what it is allowed.
 *
 * @param mayPass whether an error may pass with time; absent: denials may
 * @throws the error of the last call
 */
export async function untilAllowed<T>(
  call: () => Promise<T>,
  { clock, preflightUntil }: Pick<PreflightDependencies, 'clock' | 'preflightUntil'>,
  mayPass = isDenied,
): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await call();
    } catch (error) {
      if (!mayPass(errorFacts(error)) || clock.now() >= preflightUntil) throw error;
      await sleepAbout(DELAYS_MILLIS[attempt] ?? DELAYS_MILLIS[DELAYS_MILLIS.length - 1], preflightUntil, clock);
    }
  }
}
