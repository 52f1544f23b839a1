/** Runs the product over the wire, as a deployment would, and records the IAM requests of each call. */
import { arns, OTHER_ACCOUNT } from './deployed';
import { type Deployment, GROUP, network as sampleNetwork, VPC } from './deployment';
import { dynamoDbRequestsOf, logRequests, networkInterfaceRequests, pollingRequests, requestsOf } from './requests';
import type { IamRequest } from './simulator';
import { EXEMPT_TAG } from '../../src/contract/exemptions';
import { CHANGE_QUEUE_VARIABLE, SWEEPING_FUNCTION_VARIABLE } from '../../src/contract/names';
import {
  authorizeIngress, callEvent, deletePeering, deleteTransitGateway, disassociate, modifyAttachment, sqsEvent,
} from '../support/cloudtrail/records';
import type { Network, SecurityGroupRule } from '../support/ec2-endpoint';
import { type InvocationOutcome, LambdaProcess } from '../support/lambda-process';
import { HANDLER_FOLDER, World } from '../wire/world';

/** The requests that the product made, and the rules that it revoked and restored. */
export interface Journal {
  /** The requests of the sweeping function. */
  readonly asked: readonly IamRequest[];
  /** The requests of the function of the findings table. */
  readonly askedByFindings: readonly IamRequest[];
  /** The ids of the rules that were revoked at deployment. */
  readonly revokedAtDeployment: readonly string[];
  /** The ids of the rules that were revoked then or later. */
  readonly revoked: readonly string[];
  /** The outcome for each rule that was to be restored. */
  readonly restored: readonly string[];
}

/** The time since the deployment. Configurations settle within an hour here. */
const SETTLED_MILLIS = 1.5 * 3_600_000;

/**
 * Deploys, sweeps on schedule after settling, sweeps on request, restores what was revoked, pauses, resumes, adopts,
 * receives changes, and shows the findings.
 *
 * @throws when any of it fails
 */
export async function runProduct(deployment: Deployment): Promise<Journal> {
  const network = sampleNetwork();
  const before = network.snapshot();
  const world = await World.start({ network, clockOffsetMillis: -SETTLED_MILLIS });
  const findings = await startFindings(world, deployment);
  try {
    const placing = deployment.choice.functionVpc === undefined ? [] : networkInterfaceRequests();
    const polling = deployment.changeQueue === undefined ? [] : pollingRequests(deployment.changeQueue);
    const asked = [...logRequests(deployment.logGroup), ...placing, ...polling];
    const askedByFindings = [...placing];
    let asking = asked;
    const unknown: unknown[] = [];
    // If a hook threw, the call would look like a lost one.
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
    addTrails(world);

    const env = deployment.deployed.environmentOf('index.handler');
    const { body } = await world.deployWith('Create', deployment.properties, { env });
    if (body.Status !== 'SUCCESS') throw new Error(`The deployment failed: ${body.Reason}\n${world.lambda.printed}`);
    const revokedAtDeployment = world.gone(before);
    await sweepLater(world, deployment);
    const revoked = world.gone(before);
    const restored = await restore(world, network, before, revoked, deployment);
    await pauseAndResume(world, deployment);
    await receiveChanges(world, network, deployment);
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

/** Sweeps twice on schedule, with times as EventBridge Scheduler fills them in, and then on request. */
async function sweepLater(world: World, { deployed }: Deployment): Promise<void> {
  const env = deployed.environmentOf('index.handler');
  const [{ Target }] = deployed.all('AWS::Scheduler::Schedule') as Array<{ Target: { Input: string } }>;
  await world.startAnother();
  const scheduled = ['2026-01-01T00:00:00Z', '2026-01-01T00:15:00Z']
    .map(time => JSON.parse(Target.Input.replace('<aws.scheduler.scheduled-time>', time)) as unknown);
  const requested = [{ sweep: { securityGroupIds: [GROUP.declared, GROUP.plain] } }, { sweep: {} }];
  for (const event of [...scheduled, ...requested]) {
    await succeed(world, world.lambda.invoke(event, undefined, { env }));
  }
}

/** Restores what was revoked. One rule already exists again, so it only gets the tag. */
async function restore(
  world: World, network: Network, before: readonly SecurityGroupRule[], revoked: readonly string[],
  { configuration }: Deployment,
): Promise<string[]> {
  if (!configuration.allowRestore) return [];
  for (const vpcId of [VPC.inside, VPC.outside, VPC.shared]) network.addPeering(vpcId, VPC.partner);
  const gone = before.filter(({ securityGroupRuleId }) => revoked.includes(securityGroupRuleId));
  // A group may have become exempt because of what was revoked in it.
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

/** Adds a trail of another Region that does not log, and one of the organization, which has another account. */
function addTrails({ ec2 }: World): void {
  ec2.addTrail({ name: 'everywhere', homeRegion: 'us-east-1', isLogging: false });
  const trailArn = arns.trail('organization', OTHER_ACCOUNT);
  ec2.addTrail({ name: 'organization', trailArn, isOrganization: true, isMultiRegion: true });
}

/**
 * Delivers a change of a group of a stack, and changes that ask for a full sweep. It is started, and another one is put
 * off.
 */
async function receiveChanges(world: World, network: Network, { changeQueue, deployed }: Deployment): Promise<void> {
  if (changeQueue === undefined) return;
  const declared = network.groups.get(GROUP.declared);
  const stack = world.ec2.addStack({ stackName: 'Network' });
  // Since the restore, the group may be exempt.
  if (declared) declared.tags = { 'Owner': 'TeamA', 'aws:cloudformation:stack-id': stack.stackId };
  const ssh = { ipProtocol: 'tcp', fromPort: 22, toPort: 22, cidrIpv4: '0.0.0.0/0', tags: {} };
  const opened = network.addIngress(GROUP.declared, ssh);
  const at = new Date().toISOString().replace(/\.\d+Z$/, 'Z');
  const unreadable = (): object => callEvent('AuthorizeSecurityGroupIngress', { omitted: true }, {}, { at });
  const changes = [
    authorizeIngress({ groupId: GROUP.declared, ruleIds: [opened.securityGroupRuleId], at }),
    unreadable(),
    deletePeering({ peeringId: 'pcx-f000000000000000f', at }),
    deleteTransitGateway({ transitGatewayId: 'tgw-f000000000000000f', at }),
    modifyAttachment({ attachmentId: 'tgw-attach-f000000000000000f', at }),
    disassociate({ groupId: GROUP.shared, vpcId: VPC.shared, at }),
  ];
  const named = deployed.environmentOf('index.change');
  world.ec2.addFunction(named[SWEEPING_FUNCTION_VARIABLE]);
  // The SDK calls the host of the queue's URL.
  const env = { ...named, [CHANGE_QUEUE_VARIABLE]: world.ec2.addQueue(changeQueue.split(':')[5]) };
  const lambda = await world.startChange();
  for (const messages of [changes, [unreadable()]]) {
    const { result } = await succeed(world, lambda.invoke(sqsEvent(...messages), undefined, { env }));
    const { batchItemFailures } = result as { batchItemFailures: unknown[] };
    if (batchItemFailures.length > 0) throw new Error(`Changes are delivered again:\n${world.printed}`);
  }
}

async function succeed(world: World, outcome: Promise<InvocationOutcome>): Promise<InvocationOutcome> {
  const { error, ...others } = await outcome;
  if (error) throw new Error(`The function failed: ${error.message}\n${world.lambda.printed}`);
  return others;
}

function startFindings({ dynamoDb, ec2 }: World, { deployed }: Deployment): Promise<LambdaProcess> {
  return LambdaProcess.start({
    handlerFolder: HANDLER_FOLDER, handlerFile: 'findings.mjs', endpointUrl: ec2.url, dynamoDbUrl: dynamoDb.url,
    env: deployed.environmentOf('findings.handler'),
  });
}
