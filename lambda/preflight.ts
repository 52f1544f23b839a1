/**
 * Tries every EC2 action that the configuration needs, with DryRun, so that a permission that is missing fails a deployment in seconds and by name.
 *
 * Only a refusal fails it. Anything else, such as throttling, proves nothing and is left to the sweep to meet and report.
 */
import { errorFacts, isDenied } from './errors';
import type { Clock, Log, Network, PreflightAction } from './ports';
import { type DecodedConfiguration, FILTER_VALUES_PER_CALL, revokesAnything } from '../src/private/contract';

/** IAM is eventually consistent: a role that was made a moment ago may be refused what it is allowed. */
const DELAYS_MILLIS = [0, 2000, 4000, 6000];

export interface PreflightDependencies {
  readonly network: Network;
  readonly clock: Clock;
  readonly log: Log;
}

export async function preflight(configuration: DecodedConfiguration, dependencies: PreflightDependencies): Promise<void> {
  await tryAll(readActions(configuration), dependencies);
  await tryAll(await actionsOnExamples(configuration, dependencies), dependencies);
}

function looksAtRules({ staleRules, flaggedIngressRules }: DecodedConfiguration): boolean {
  return staleRules !== 'ignore' || flaggedIngressRules.length > 0;
}

function readActions(configuration: DecodedConfiguration): PreflightAction[] {
  return [
    ...looksAtRules(configuration) ? [{ action: 'DescribeVpcs' } as const, { action: 'DescribeSecurityGroups' } as const, { action: 'DescribeSecurityGroupRules' } as const] : [],
    ...configuration.vpnConnections.kind === 'none' ? [] : [{ action: 'DescribeVpnConnections' } as const],
  ];
}

/** Actions that EC2 decides on for a certain VPC or group: one that is there stands for all. */
async function actionsOnExamples(configuration: DecodedConfiguration, { network, log }: PreflightDependencies): Promise<PreflightAction[]> {
  if (!looksAtRules(configuration)) return [];
  try {
    const vpcId = (await network.vpcs(configuration.vpcIds)).at(0)?.vpcId;
    const declared = [...new Set(configuration.flaggedIngressRules.flatMap(({ groupId }) => groupId ?? []))].slice(0, FILTER_VALUES_PER_CALL);
    const groups = !revokesAnything(configuration) ? [] : declared.length > 0 ? await network.securityGroups({ groupIds: declared })
      : vpcId === undefined ? [] : await network.securityGroups({ vpcIds: [vpcId] });
    return [
      ...vpcId !== undefined && configuration.staleRules !== 'ignore' ? [{ action: 'DescribeStaleSecurityGroups' as const, vpcId }] : [],
      ...groups.slice(0, 1).map(({ groupId }) => ({ action: 'RevokeSecurityGroupIngress' as const, groupId })),
    ];
  } catch (error) {
    const { code, message } = errorFacts(error);
    log('WARN', `The preflight could not look for a VPC and a group to try actions on: ${code}: ${message}`, { event: 'Preflight' });
    return [];
  }
}

async function tryAll(actions: readonly PreflightAction[], dependencies: PreflightDependencies): Promise<void> {
  const refusals = (await Promise.all(actions.map(action => tryUntilAllowed(action, dependencies)))).flatMap(refusal => refusal ?? []);
  if (refusals.length > 0) throw new Error(`Preflight: ${refusals.join(' ')}`);
}

/** @returns what EC2 refused, in words; undefined when it would have allowed it */
async function tryUntilAllowed(action: PreflightAction, { network, clock, log }: PreflightDependencies): Promise<string | undefined> {
  let refusal: string | undefined;
  for (const delay of DELAYS_MILLIS) {
    if (delay > 0) await clock.sleep(delay);
    try {
      await network.preflight(action);
      return undefined;
    } catch (error) {
      const facts = errorFacts(error);
      if (!isDenied(facts)) {
        log('WARN', `The preflight could not try ${action.action}: ${facts.code}: ${facts.message}`, { event: 'Preflight', action, error: facts });
        return undefined;
      }
      refusal = `EC2 refused ec2:${action.action} (${facts.code}${facts.requestId ? `, request ${facts.requestId}` : ''}): ${facts.message.slice(0, 300)}. `
        + 'Allow it to the role of the function, and look for a service control policy or a permissions boundary that denies it.';
    }
  }
  return refusal;
}
