/**
 * Tries every action that the configuration needs, of EC2 with DryRun, so that a permission that is missing fails a deployment in seconds and by name.
 *
 * Only a refusal fails it. Anything else, such as throttling, proves nothing and is left to the sweep to meet and report.
 */
import { errorFacts, isDenied } from './errors';
import type { Clock, Events, Ledger, Log, Metrics, Network, PreflightAction } from './ports';
import { isExempt } from './revocation/plan';
import { type DecodedConfiguration, FILTER_VALUES_PER_CALL, HYGIENE_DIMENSION, looksAtRules, Metric, revokesAnything } from '../src/private/contract';

/** IAM is eventually consistent: a role that was made a moment ago may be refused what it is allowed. */
const DELAYS_MILLIS = [0, 2000, 4000, 6000];

/** VPCs to try an action on. */
const EXAMPLE_VPCS = 3;

export interface PreflightDependencies {
  readonly network: Network;
  readonly ledger?: Ledger;
  readonly metrics: Metrics;
  readonly events: Events;
  readonly clock: Clock;
  readonly log: Log;
  /** The function's own account, where it is known. */
  readonly accountId?: string;
}

/** One permission, and the call that tries it. */
interface Trial {
  readonly action: string;
  readonly run: () => Promise<void>;
}

/** @throws when a call is refused; the message names its action */
export async function preflight(configuration: DecodedConfiguration, dependencies: PreflightDependencies): Promise<void> {
  const { network } = dependencies;
  const trial = (action: PreflightAction): Trial => ({ action: `ec2:${action.action}`, run: () => network.preflight(action) });
  const reads = readActions(configuration).map(trial);
  const others = [...ledgerTrial(dependencies), publication(configuration, dependencies), sending(configuration, dependencies)];
  await tryAll([...reads, ...others], dependencies);
  const examples = await actionsOnExamples(configuration, dependencies);
  const ofVpcs = examples.filter(({ action }) => action === 'DescribeStaleSecurityGroups');
  const ofGroups = examples.filter(example => !ofVpcs.includes(example));
  await tryAll([...ofVpcs.length > 0 ? [anyOf(ofVpcs.map(trial))] : [], ...ofGroups.map(trial)], dependencies);
}

/** A VPC of another account may be refused where others are not: one that is allowed is enough. */
function anyOf(trials: readonly Trial[]): Trial {
  const run = async (): Promise<void> => {
    let refusal: unknown;
    for (const trial of trials) {
      try {
        return await trial.run();
      } catch (error) {
        if (!isDenied(errorFacts(error))) throw error;
        refusal = error;
      }
    }
    throw refusal;
  };
  return { action: trials[0].action, run };
}

/** CloudWatch has no dry run; a heartbeat of 0 says what is true: nothing was swept yet. */
function publication({ metricNamespace, hygiene }: DecodedConfiguration, { metrics, clock }: PreflightDependencies): Trial {
  const heartbeat = { name: Metric.SWEEPS, value: 0, unit: 'Count', dimensions: { [HYGIENE_DIMENSION]: hygiene } } as const;
  return { action: 'cloudwatch:PutMetricData', run: () => metrics.publish(metricNamespace, [heartbeat], clock.now()) };
}

function sending({ eventBus }: DecodedConfiguration, { events }: PreflightDependencies): Trial {
  return { action: 'events:PutEvents', run: () => events.preflight(eventBus) };
}

/** DynamoDB has no dry run; a write that is conditional on what is never true changes nothing. */
function ledgerTrial({ ledger }: PreflightDependencies): Trial[] {
  return ledger ? [{ action: 'dynamodb:Query, dynamodb:GetItem or dynamodb:PutItem', run: () => ledger.preflight() }] : [];
}

function readActions(configuration: DecodedConfiguration): PreflightAction[] {
  return [
    ...looksAtRules(configuration)
      ? [{ action: 'DescribeVpcs' } as const, { action: 'DescribeSecurityGroups' } as const, { action: 'DescribeSecurityGroupRules' } as const]
      : [],
    ...configuration.vpnConnections.kind === 'none' ? [] : [{ action: 'DescribeVpnConnections' } as const],
  ];
}

/** Actions that EC2 decides on for a certain VPC or group: one that is there, and that nothing exempts, stands for all. */
async function actionsOnExamples(
  configuration: DecodedConfiguration, { network, log, accountId }: PreflightDependencies,
): Promise<PreflightAction[]> {
  if (!looksAtRules(configuration)) return [];
  try {
    const vpcs = await network.vpcs(configuration.vpcIds);
    const isOwn = ({ ownerId }: { ownerId?: string }): boolean => accountId === undefined || ownerId === undefined || ownerId === accountId;
    const vpcId = (vpcs.find(isOwn) ?? vpcs.at(0))?.vpcId;
    const declared = [...new Set(configuration.flaggedIngressRules.flatMap(({ groupId }) => groupId ?? []))].slice(0, FILTER_VALUES_PER_CALL);
    const changes = [
      ...revokesAnything(configuration) ? ['RevokeSecurityGroupIngress' as const] : [],
      ...configuration.allowRestore ? ['AuthorizeSecurityGroupIngress' as const] : [],
    ];
    const groups = changes.length === 0 ? [] : declared.length > 0 ? await network.securityGroups({ groupIds: declared })
      : vpcId === undefined ? [] : await network.securityGroups({ vpcIds: [vpcId] });
    const example = groups.find(group => isOwn(group) && !isExempt(group.tags) && !configuration.exemptSecurityGroupIds.includes(group.groupId)
      && vpcs.some(vpc => vpc.vpcId === group.vpcId));
    return [
      ...configuration.staleRules === 'ignore' ? [] : [...vpcs].sort((a, b) => Number(isOwn(b)) - Number(isOwn(a))).slice(0, EXAMPLE_VPCS)
        .map(vpc => ({ action: 'DescribeStaleSecurityGroups' as const, vpcId: vpc.vpcId })),
      ...example ? changes.map(action => ({ action, groupId: example.groupId })) : [],
    ];
  } catch (error) {
    const { code, message } = errorFacts(error);
    log('WARN', `The preflight could not look for a VPC and a group to try actions on: ${code}: ${message}`, { event: 'Preflight' });
    return [];
  }
}

async function tryAll(trials: readonly Trial[], dependencies: PreflightDependencies): Promise<void> {
  const refusals = (await Promise.all(trials.map(trial => tryUntilAllowed(trial, dependencies)))).flatMap(refusal => refusal ?? []);
  if (refusals.length > 0) throw new Error(`Preflight: ${refusals.join(' ')}`);
}

/** @returns what was refused, in words; undefined when it is allowed */
async function tryUntilAllowed({ action, run }: Trial, { clock, log }: PreflightDependencies): Promise<string | undefined> {
  let refusal: string | undefined;
  for (const delay of DELAYS_MILLIS) {
    if (delay > 0) await clock.sleep(delay);
    try {
      await run();
      return undefined;
    } catch (error) {
      const facts = errorFacts(error);
      if (!isDenied(facts)) {
        log('WARN', `The preflight could not try ${action}: ${facts.code}: ${facts.message}`, { event: 'Preflight', action, error: facts });
        return undefined;
      }
      refusal = `AWS refused ${action} (${facts.code}${facts.requestId ? `, request ${facts.requestId}` : ''}): ${facts.message.slice(0, 300)}. `
        + 'Allow it to the role of the function, and look for a service control policy or a permissions boundary that denies it.';
    }
  }
  return refusal;
}
