/** The product at work over the wire, as a deployment of it would be, with what each of its calls asks IAM for. */
import { type Deployment, GROUP, network as sampleNetwork, VPC } from './deployment';
import { dynamoDbRequestsOf, logRequests, requestsOf } from './requests';
import type { IamRequest } from './simulator';
import { EXEMPT_TAG } from '../../src/contract/exemptions';
import type { Network, SecurityGroupRule } from '../support/ec2-endpoint';
import { type InvocationOutcome, LambdaProcess } from '../support/lambda-process';
import { HANDLER_FOLDER, World } from '../wire/world';

/** The requests that the product made, and the rules that went and came. */
export interface Journal {
  /** The sweeping function made these. */
  readonly asked: readonly IamRequest[];
  /** The function of the findings table made these. */
  readonly askedByFindings: readonly IamRequest[];
  /** The ids of the rules that went at deployment. */
  readonly revokedAtDeployment: readonly string[];
  /** The ids of the rules that went, then or later. */
  readonly revoked: readonly string[];
  /** The outcome for each rule that was to be put back. */
  readonly restored: readonly string[];
}

/** It is deployed so long ago: configurations settle within an hour here. */
const SETTLED_MILLIS = 1.5 * 3_600_000;

/**
 * Deploys, sweeps by the schedule once all has settled, sweeps on request, puts back what was revoked, pauses, resumes,
 * adopts, and shows the findings.
 *
 * @throws when some of it fails
 */
export async function runProduct(deployment: Deployment): Promise<Journal> {
  const network = sampleNetwork();
  const before = network.snapshot();
  const world = await World.start({ network, clockOffsetMillis: -SETTLED_MILLIS });
  const findings = await startFindings(world, deployment);
  try {
    const [asked, askedByFindings]: [IamRequest[], IamRequest[]] = [logRequests(deployment.logGroup), []];
    let asking = asked;
    const unknown: unknown[] = [];
    // A hook that throws would look like a call that is lost.
    const journal = (requests: () => IamRequest[]): void => {
      try {
        asking.push(...requests());
      } catch (error) {
        unknown.push(error);
      }
    };
    world.ec2.arrived('*', (parameters, action) => (
      journal(() => requestsOf(action, parameters, network, deployment))));
    world.dynamoDb.arrived('*', (parameters, action) => (
      journal(() => dynamoDbRequestsOf(action, parameters, deployment))));
    if (deployment.choice.eventBus !== 'default') world.ec2.addEventBus(deployment.eventBus);
    if (deployment.topic !== undefined) world.ec2.addTopic(deployment.topic);

    const env = deployment.deployed.environmentOf('index');
    const { body } = await world.deployWith('Create', deployment.properties, { env });
    if (body.Status !== 'SUCCESS') throw new Error(`The deployment failed: ${body.Reason}\n${world.lambda.printed}`);
    const revokedAtDeployment = world.gone(before);
    await sweepLater(world, deployment);
    const revoked = world.gone(before);
    const restored = await restore(world, network, before, revoked, deployment);
    await pauseAndResume(world, deployment);
    asking = askedByFindings;
    const { error } = await findings.invoke({});
    if (error) throw new Error(`The findings could not be shown: ${error.message}`);
    const [scanError] = world.logged('ScanError');
    if (scanError) throw new Error(`Something could not be looked at: ${String(scanError.message)}`);
    if (unknown.length > 0) throw unknown[0];
    return { asked, askedByFindings, revokedAtDeployment, revoked, restored };
  } finally {
    await world.stop();
    await findings.release();
  }
}

/** By the schedule twice, at times that are put in as EventBridge Scheduler does; then on request. */
async function sweepLater(world: World, { deployed }: Deployment): Promise<void> {
  const env = deployed.environmentOf('index');
  const [{ Target }] = deployed.all('AWS::Scheduler::Schedule') as Array<{ Target: { Input: string } }>;
  await world.startAnother();
  const scheduled = ['2026-01-01T00:00:00Z', '2026-01-01T00:15:00Z']
    .map(time => JSON.parse(Target.Input.replace('<aws.scheduler.scheduled-time>', time)) as unknown);
  const requested = [{ sweep: { securityGroupIds: [GROUP.declared, GROUP.plain] } }, { sweep: {} }];
  for (const event of [...scheduled, ...requested]) {
    await succeed(world, world.lambda.invoke(event, undefined, { env }));
  }
}

/** Puts back what was revoked; one rule is back already, so that it is only tagged. */
async function restore(
  world: World, network: Network, before: readonly SecurityGroupRule[], revoked: readonly string[],
  { configuration }: Deployment,
): Promise<string[]> {
  if (!configuration.allowRestore) return [];
  for (const vpcId of [VPC.inside, VPC.outside, VPC.shared]) network.addPeering(vpcId, VPC.partner);
  const gone = before.filter(({ securityGroupRuleId }) => revoked.includes(securityGroupRuleId));
  // A group may be exempt by now because of what was revoked in it.
  for (const { groupId } of gone) Object.assign(network.groups.get(groupId)?.tags ?? {}, { [EXEMPT_TAG]: 'since' });
  const [first] = gone;
  if (first !== undefined) {
    const { securityGroupRuleId, groupId, isEgress, ...rule } = first;
    network.addIngress(groupId, { ...rule, tags: {} });
  }
  const securityGroupRuleIds = revoked.length > 0 ? [...revoked] : ['sgr-00000000000000001'];
  const invocation = world.lambda.invoke({ restore: { securityGroupRuleIds } }, undefined, { qualifier: 'restore' });
  const { result } = await succeed(world, invocation);
  return (result as { rules: Array<{ outcome: string }> }).rules.map(({ outcome }) => outcome);
}

async function pauseAndResume(world: World, { configuration }: Deployment): Promise<void> {
  if (configuration.staleRules === 'ignore' && configuration.flaggedIngressRules.length === 0) return;
  const until = new Date(Date.now() + 3_600_000).toISOString();
  await succeed(world, world.lambda.invoke({ pause: { until, reason: 'a test' } }, undefined, { qualifier: 'pause' }));
  await succeed(world, world.lambda.invoke({ resume: {} }, undefined, { qualifier: 'resume' }));
  await succeed(world, world.lambda.invoke({ adopt: {} }, undefined, { qualifier: 'pause' }));
}

async function succeed(world: World, outcome: Promise<InvocationOutcome>): Promise<InvocationOutcome> {
  const { error, ...others } = await outcome;
  if (error) throw new Error(`The function failed: ${error.message}\n${world.lambda.printed}`);
  return others;
}

function startFindings({ dynamoDb, ec2 }: World, { deployed }: Deployment): Promise<LambdaProcess> {
  return LambdaProcess.start({
    handlerFolder: HANDLER_FOLDER, handlerFile: 'findings.mjs', endpointUrl: ec2.url, dynamoDbUrl: dynamoDb.url,
    env: deployed.environmentOf('findings'),
  });
}
