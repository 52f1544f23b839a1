/**
 * Tests that no failing call makes anything look better than it is: whichever call of a command fails, it does not end
 * as if it had looked at everything, and it makes no call that it must not make.
 */
import { Fn } from 'aws-cdk-lib';
import { Peer, Port, SecurityGroup } from 'aws-cdk-lib/aws-ec2';
import { FlaggedIngressRule } from '../../../src';
import { LambdaProcess } from '../../support/lambda-process';
import { appWith, REVOKING } from '../support/apps';
import { DeployedApp, FUNCTION_NAME } from '../support/deployed-app';
import { FROM_ANYWHERE, knownNetwork } from '../support/networks';
import { type CliRun, CliWorld, stopCliWorlds } from '../support/world';

let world: CliWorld;
let commands: ReadonlyArray<readonly string[]>;

beforeAll(async () => {
  const known = knownNetwork();
  const { network, groupId, ssh } = known;
  const { prefixListId } = network.addPrefixList(['192.0.2.0/24']);
  const ofList = network.addIngress(groupId, { ...FROM_ANYWHERE, cidrIpv4: undefined, prefixListId });
  network.addIngress(network.addSecurityGroup({ vpcId: known.vpcId, groupName: 'default' }).groupId, FROM_ANYWHERE);
  world = await CliWorld.start({ network });
  world.ec2.addStack({ stackName: 'Groups', outputs: [{ key: 'G', value: groupId, exportName: 'group' }] });
  const app = appWith(stack => ({
    ...REVOKING,
    flaggedIngressRules: [
      FlaggedIngressRule.fromInternet(Port.SSH), FlaggedIngressRule.inDefaultGroups(),
      FlaggedIngressRule.inAnyGroup(Peer.prefixList(prefixListId), Port.SSH),
    ],
    exemptSecurityGroups: [SecurityGroup.fromSecurityGroupId(stack, 'Imported', Fn.importValue('group'))],
  }));
  await DeployedApp.deploy(world, app, { imports: { group: groupId } });
  commands = [
    ['report', '--flag', 'ssh', '--flag', `ssh:${prefixListId}`, '--stale', '--vpn'], ['plan', app],
    ['explain', ssh.securityGroupRuleId, '--app', app], ['explain', ofList.securityGroupRuleId, '--flag', 'ssh', '--flag', `ssh:${prefixListId}`],
    ['status', '--app', app], ['status', '--function-name', FUNCTION_NAME],
  ];
});

afterEach(() => {
  for (const double of [world.ec2, world.dynamoDb]) double.clearFaults();
});

afterAll(async () => {
  await stopCliWorlds();
  await LambdaProcess.stopReleased();
});

const CASES = [0, 1, 2, 3, 4, 5];
/** The commands that read the network. */
const OF_NETWORK = CASES.slice(0, 4);

function expectNotWell({ exitCode, stdout, stderr, actions }: CliRun, action: string): void {
  expect(actions).toContain(action);
  expect([action, exitCode]).toEqual([action, stdout === '' ? 3 : 2]);
  // An error of the command line itself would begin like this.
  expect(`${stdout}${stderr}`).not.toContain('Something unexpected went wrong');
  if (exitCode === 3) expect(stdout).toBe('');
  else expect(stdout).toMatch(/could not be (looked at|read)|not known/);
}

/** Returns the actions that a command calls if nothing fails. */
async function actionsOf(index: number): Promise<{ command: readonly string[]; actions: readonly string[] }> {
  const command = commands[index];
  const { exitCode, stderr, actions } = await world.read(command);
  expect([exitCode, stderr]).toEqual([1, '']);
  return { command, actions };
}

test.each(CASES)('the call that fails is noticed, by command %#', async index => {
  const { command, actions } = await actionsOf(index);
  // A status needs the name of the ledger only, and no import has a part in it.
  for (const action of actions.filter(each => command[0] !== 'status' || each !== 'ListExports')) {
    const fault = { action, kind: 'error', code: 'StrangeException', message: 'as told', status: 400 } as const;
    for (const double of [world.ec2, world.dynamoDb]) double.fault(fault);
    expectNotWell(await world.read(command), action);
    for (const double of [world.ec2, world.dynamoDb]) double.clearFaults();
  }
});

test.each(OF_NETWORK)('the answer of EC2 that is empty is not taken for an empty network, by command %#', async index => {
  const { command, actions } = await actionsOf(index);
  // The SDK does not tell an empty answer of the other services from one without items.
  for (const action of actions.filter(each => /^(Describe(?!Stacks)|GetManaged)/.test(each))) {
    world.ec2.distort(action, () => ({}));
    expectNotWell(await world.read(command), action);
    world.ec2.clearFaults();
  }
});
