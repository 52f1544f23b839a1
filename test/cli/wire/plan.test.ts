/** Tests the plan of the bundled command line for apps that CDK has synthesized, over the wire. */
import { CfnOutput, CfnParameter, Duration, Fn, Stack } from 'aws-cdk-lib';
import { Peer, Port, SecurityGroup, Vpc } from 'aws-cdk-lib/aws-ec2';
import { FlaggedAction, FlaggedIngressRule, StaleRules } from '../../../src';
import { LambdaProcess } from '../../support/lambda-process';
import { folderOf } from '../app/apps';
import { readCsv } from '../render/read-csv';
import { elementsIn, readHtml, textIn } from '../render/read-html';
import { addStack, appWith, REVOKING } from '../support/apps';
import { DeployedApp } from '../support/deployed-app';
import { FROM_ANYWHERE, type KnownNetwork, knownNetwork } from '../support/networks';
import { ACCOUNT, CliWorld, expectRefused, REGION, stopCliWorlds } from '../support/world';

afterEach(stopCliWorlds);
afterAll(() => LambdaProcess.stopReleased());

type Known = KnownNetwork & { readonly world: CliWorld };

async function knownWorld(): Promise<Known> {
  const known = knownNetwork();
  return { ...known, world: await CliWorld.start({ network: known.network }) };
}

interface Rule {
  readonly securityGroupRuleId: string;
  readonly action: 'revoke' | 'replace' | 'keep';
  readonly keepReason?: string;
  readonly notBefore?: string;
}

interface Sweep {
  readonly kind: string;
  readonly rules: readonly Rule[];
  readonly hold?: { readonly reason: string };
  readonly before?: number;
  readonly at: string;
}

interface Construct {
  readonly construct: string;
  readonly region: string;
  readonly ledger: string;
  readonly notes: readonly string[];
  readonly couldNotLook: ReadonlyArray<{ readonly message: string }>;
  readonly deployment: Sweep;
  readonly firstSweepThatMayRevoke: Sweep;
}

interface Outcome {
  readonly exitCode: number;
  readonly actions: readonly string[];
}

async function constructs(world: CliWorld, args: readonly string[]): Promise<Outcome & { all: Construct[] }> {
  const { stdout, exitCode, actions } = await world.read(['plan', ...args, '--format', 'json']);
  return { all: (JSON.parse(stdout) as { constructs: Construct[] }).constructs, exitCode, actions };
}

/** Plans an app with one construct. */
async function planned(world: CliWorld, ...args: string[]): Promise<Construct & Outcome> {
  const { all: [construct, ...others], ...run } = await constructs(world, args);
  expect(others).toEqual([]);
  return { ...construct, ...run };
}

const sshFromAnywhere = (action: FlaggedAction): FlaggedIngressRule =>
  FlaggedIngressRule.inAnyGroup(Peer.anyIpv4(), Port.SSH, { action });

const revokedBy = ({ rules }: Sweep): string[] =>
  rules.filter(({ action }) => action === 'revoke').map(each => each.securityGroupRuleId).sort();

const reasons = ({ rules }: Sweep): Record<string, string | undefined> =>
  Object.fromEntries(rules.map(each => [each.securityGroupRuleId, each.keepReason]));

describe('an app that was never deployed', () => {
  test('is planned with what the sweep at deployment finds, and what the first sweep revokes', async () => {
    const { world, stale, ssh, exempt } = await knownWorld();
    const plan = await planned(world, appWith());
    expect(plan).toMatchObject({
      construct: 'Network/NetworkHygiene', account: ACCOUNT, region: REGION, ledger: 'none', notes: [], couldNotLook: [],
      deployment: { kind: 'sweeps', trigger: 'deployment', hold: { reason: 'SETTLING' } },
      firstSweepThatMayRevoke: { kind: 'schedule', trigger: 'schedule', before: 0 },
    });
    const [staleId, sshId, exemptId] = [stale, ssh, exempt].map(each => each.securityGroupRuleId);
    expect(reasons(plan.deployment)).toEqual({
      [staleId]: 'SETTLING', [sshId]: 'SETTLING', [exemptId]: 'EXEMPT_BY_RULE_TAG',
    });
    expect(reasons(plan.firstSweepThatMayRevoke)).toEqual({
      [staleId]: undefined, [sshId]: undefined, [exemptId]: 'EXEMPT_BY_RULE_TAG',
    });
    expect(plan.exitCode).toBe(1);
    expect(plan.actions).not.toEqual(expect.arrayContaining(['Query']));
  });

  test('has a plan that the deployed function keeps to', async () => {
    const { world, network } = await knownWorld();
    const folder = appWith();
    const before = network.snapshot();
    const { firstSweepThatMayRevoke } = await planned(world, folder);
    const app = await DeployedApp.deploy(world, folder);
    expect(network.snapshot()).toEqual(before);
    await (await app.at(3_700_000)).sweep();
    const gone = before.map(each => each.securityGroupRuleId).filter(id => !network.rules.has(id));
    expect(gone.sort()).toEqual(revokedBy(firstSweepThatMayRevoke));
  });

  test('and settles at once is planned to revoke at deployment', async () => {
    const { world, ssh, stale } = await knownWorld();
    const { deployment, firstSweepThatMayRevoke, exitCode } =
      await planned(world, appWith({ ...REVOKING, settle: Duration.seconds(0) }));
    expect(revokedBy(deployment)).toEqual([ssh, stale].map(each => each.securityGroupRuleId).sort());
    expect(firstSweepThatMayRevoke).toMatchObject({ kind: 'deployment' });
    expect(exitCode).toBe(1);
  });

  test('and only reports is planned to revoke nothing, ever', async () => {
    const { world } = await knownWorld();
    const { deployment, firstSweepThatMayRevoke, exitCode } = await planned(world, appWith({
      staleRules: StaleRules.report(),
      flaggedIngressRules: [sshFromAnywhere(FlaggedAction.report())],
    }));
    expect([...revokedBy(deployment), ...revokedBy(firstSweepThatMayRevoke)]).toEqual([]);
    expect(firstSweepThatMayRevoke.kind).toBe('never');
    expect(exitCode).toBe(1);
  });

  test('and finds nothing ends with 0', async () => {
    const world = await CliWorld.start();
    world.network.addVpc();
    const { exitCode } = await planned(world, appWith());
    expect(exitCode).toBe(0);
  });
});

describe('a group of the same app that is exempt', () => {
  const folder = (vpcId: string): string => appWith(stack => ({
    ...REVOKING,
    exemptSecurityGroups: [new SecurityGroup(stack, 'Bastion', {
      vpc: Vpc.fromVpcAttributes(stack, 'Vpc', { vpcId, availabilityZones: ['eu-central-1a'] }),
    })],
  }));

  test('is not yet there before the deployment, and is looked up afterwards', async () => {
    const { world, network, vpcId } = await knownWorld();
    const app = folder(vpcId);
    const before = await planned(world, app);
    expect(before.notes).toEqual([
      'exemptSecurityGroups[0] is left out: AWS::EC2::SecurityGroup Network/Bastion is not yet there, so it has no rules',
    ]);
    expect([before.couldNotLook, before.exitCode]).toEqual([[], 1]);
    expect(before.actions).not.toContain('ListStackResources');

    const { groupId } = network.addSecurityGroup({ vpcId, groupName: 'bastion' });
    const { securityGroupRuleId } = network.addIngress(groupId, FROM_ANYWHERE);
    await DeployedApp.deploy(world, app, { names: { 'AWS::EC2::SecurityGroup': groupId } });
    const after = await planned(world, app);
    expect([after.notes, after.couldNotLook]).toEqual([[], []]);
    expect(after.actions).toContain('ListStackResources');
    expect(after.deployment.kind).toBe('unchanged');
    expect(reasons(after.firstSweepThatMayRevoke)).toMatchObject({ [securityGroupRuleId]: 'EXEMPT_BY_PROP' });
    expect(revokedBy(after.firstSweepThatMayRevoke)).toEqual(revokedBy(before.firstSweepThatMayRevoke));
  });

  test.each(['DescribeStacks', 'ListStackResources'])('is a gap if %s is denied, which is worse than a finding', async action => {
    const { world, network, vpcId } = await knownWorld();
    const app = folder(vpcId);
    const { groupId } = network.addSecurityGroup({ vpcId });
    await DeployedApp.deploy(world, app, { names: { 'AWS::EC2::SecurityGroup': groupId } });
    world.ec2.deny(action);
    const { couldNotLook, exitCode, ledger } = await planned(world, app);
    const said = couldNotLook.map(({ message }) => message).join('\n');
    expect(said).toContain('exemptSecurityGroups[0] is not known');
    expect(said).toContain(`cloudformation:${action}`);
    expect(ledger).toBe('notRead');
    expect(exitCode).toBe(2);
  });
});

describe('an app that is deployed', () => {
  test('and has not changed starts no sweep at its deployment', async () => {
    const { world, ssh, stale } = await knownWorld();
    const app = appWith();
    await DeployedApp.deploy(world, app);
    const { deployment, firstSweepThatMayRevoke, ledger, exitCode, actions } = await planned(world, app);
    expect([deployment.kind, ledger, exitCode]).toEqual(['unchanged', 'read', 1]);
    expect(revokedBy(firstSweepThatMayRevoke)).toEqual([ssh, stale].map(each => each.securityGroupRuleId).sort());
    expect(actions).toEqual(expect.arrayContaining(['GetItem', 'Query', 'ListStackResources']));
    const { stdout } = await world.read(['plan', app]);
    expect(stdout).toMatch(/This configuration is in force since 20\d\d-[^]*, so a deployment starts no sweep/);
  });

  test('and has changed sweeps at its deployment, and settles again', async () => {
    const { world } = await knownWorld();
    await DeployedApp.deploy(world, appWith({ ...REVOKING, settle: Duration.seconds(0), dryRun: true }));
    const { deployment, ledger } = await planned(world, appWith());
    expect(deployment).toMatchObject({ kind: 'sweeps', hold: { reason: 'SETTLING' } });
    expect(ledger).toBe('read');
  });

  test('counts the time of a grace from when the ledger has first seen a rule', async () => {
    const { world, ssh } = await knownWorld();
    const grace = FlaggedAction.revokeAfter(Duration.days(10), { sightings: 2, maxGap: Duration.days(7) });
    const app = appWith({
      flaggedIngressRules: [sshFromAnywhere(grace)],
    });
    // Only scheduled sweeps count.
    await (await DeployedApp.deploy(world, app, { clockOffsetMillis: -5 * 86_400_000 })).sweep();
    const [known, unknown] = [await planned(world, app), await planned(world, app, '--no-ledger')];
    const days = ({ firstSweepThatMayRevoke: { rules } }: Construct): number => {
      const rule = rules.find(each => each.securityGroupRuleId === ssh.securityGroupRuleId);
      return Math.round((Date.parse(rule?.notBefore ?? '') - Date.now()) / 86_400_000);
    };
    expect([days(known), days(unknown)]).toEqual([5, 10]);
    expect(unknown).toMatchObject({ ledger: 'ignored' });
    expect(unknown.actions).not.toEqual(expect.arrayContaining(['Query']));
    expect(unknown.actions).not.toEqual(expect.arrayContaining(['GetItem']));
    const { stdout } = await world.read(['plan', app, '--no-ledger']);
    expect(stdout).toContain('The ledger is left out, so no rule counts as seen before.');
  });

  test.each(['Query', 'GetItem'])('and whose ledger may not be read with %s is planned without it, and says so', async action => {
    const { world } = await knownWorld();
    const app = appWith();
    await DeployedApp.deploy(world, app);
    world.dynamoDb.deny(action);
    const { stdout, stderr, exitCode } = await world.read(['plan', app]);
    expect(stdout).toContain('The ledger could not be read, so the plan does not know since when rules were found');
    expect(stdout).toMatch(/AccessDeniedException: .*dynamodb:.*`npx cdk-network-hygiene policy`/);
    expect(stdout).not.toContain('The deployment fails');
    expect([stderr, exitCode]).toEqual(['', 2]);
  });

  test('and whose ledger may not be read can be planned without it', async () => {
    const { world } = await knownWorld();
    const app = appWith();
    await DeployedApp.deploy(world, app);
    for (const action of ['Query', 'GetItem']) world.dynamoDb.deny(action);
    const { ledger, exitCode, couldNotLook } = await planned(world, app, '--no-ledger');
    expect([ledger, exitCode, couldNotLook]).toEqual(['ignored', 1, []]);
  });

  test('and is paused revokes nothing before the pause ends', async () => {
    const { world } = await knownWorld();
    const app = appWith({ ...REVOKING, settle: Duration.seconds(0), dryRun: true });
    await DeployedApp.deploy(world, app);
    const { exitCode } = await world.run(['pause', '--for', '5h', '--reason', 'the quarter ends', '--app', app]);
    expect(exitCode).toBe(0);
    const changed = appWith({ ...REVOKING, settle: Duration.seconds(0) });
    const { deployment, firstSweepThatMayRevoke } = await planned(world, changed);
    expect(deployment).toMatchObject({ kind: 'sweeps', hold: { reason: 'PAUSED' } });
    expect(revokedBy(deployment)).toEqual([]);
    const hours = (Date.parse(firstSweepThatMayRevoke.at) - Date.now()) / 3_600_000;
    expect(hours).toBeGreaterThan(4.9);
    expect(hours).toBeLessThan(6.1);
    expect(revokedBy(firstSweepThatMayRevoke)).toHaveLength(2);
    const { stdout } = await world.read(['plan', changed]);
    expect(stdout).toContain('the quarter ends');
  });

  test('and whose record of a pause cannot be read cannot be deployed again', async () => {
    const { world } = await knownWorld();
    const app = appWith();
    await DeployedApp.deploy(world, app);
    await world.dynamoDb.put({ hygiene: 'Network/NetworkHygiene', id: 'control', revision: 9, control: '{' });
    const { stdout, exitCode } = await world.read(['plan', appWith({ ...REVOKING, dryRun: true })]);
    expect(stdout).toMatch(/The deployment fails: /);
    expect(exitCode).toBe(2);
  });
});

describe('the account', () => {
  test('of a stack without env has to be named, before anything is called', async () => {
    const { world } = await knownWorld();
    const app = appWith(REVOKING, {});
    const run = await world.read(['plan', app]);
    expectRefused(run, /^The stack Network has no env, so it can be deployed to any account\. Name the account that you mean with --account <id>/);
    expect(run.calls).toEqual([]);
    expect((await planned(world, app, '--account', ACCOUNT)).region).toBe(REGION);
  });

  test('of a stack without env is looked at in each Region that is given', async () => {
    const { world } = await knownWorld();
    const regions = ['eu-west-1', 'us-east-1'];
    const args = [appWith(REVOKING, {}), '--account', ACCOUNT, ...regions.flatMap(each => ['--region', each])];
    const { all } = await constructs(world, args);
    expect(all.map(({ region }) => region)).toEqual(regions);
  });

  test('of the credentials has to be that of the stack', async () => {
    const { world } = await knownWorld();
    const app = appWith(REVOKING, { env: { account: '444455556666', region: REGION } });
    const run = await world.read(['plan', app]);
    expectRefused(run, /^The stack Network is for account 444455556666, and the credentials are of account 111122223333 \(arn:.*Give the --profile or the --role-arn of that account/);
    expect(run.actions).toEqual(['GetCallerIdentity']);
  });

  test('that a role belongs to is the one that counts', async () => {
    const { world } = await knownWorld();
    const app = appWith(REVOKING, { env: { account: '444455556666', region: REGION } });
    const { exitCode } = await planned(world, app, '--role-arn', 'arn:aws:iam::444455556666:role/Auditor');
    expect(exitCode).toBe(1);
  });

  test('and the Region of a stack with env are kept to', async () => {
    const { world } = await knownWorld();
    const app = appWith(REVOKING, { env: { account: ACCOUNT, region: 'eu-west-1' } });
    expect((await planned(world, app)).region).toBe('eu-west-1');
    expectRefused(await world.read(['plan', app, '--region', 'us-east-1']), /--region us-east-1: no stack with a NetworkHygiene is there\. The app has Network in eu-west-1/);
  });
});

describe('an app of several stacks', () => {
  const folder = (): string => folderOf(app => {
    for (const name of ['One', 'Two']) addStack(app, name, REVOKING);
  });

  test('is planned with all of them, or with those that are selected', async () => {
    const { world } = await knownWorld();
    const app = folder();
    const paths = async (...args: string[]): Promise<string[]> =>
      (await constructs(world, [app, ...args])).all.map(({ construct }) => construct);
    expect(await paths()).toEqual(['One/NetworkHygiene', 'Two/NetworkHygiene']);
    expect(await paths('--stack', 'Two')).toEqual(['Two/NetworkHygiene']);
    expect(await paths('--construct', 'One/NetworkHygiene')).toEqual(['One/NetworkHygiene']);
    expectRefused(await world.read(['plan', app, '--stack', 'Tow']), /--stack "Tow" matches no NetworkHygiene\. Did you mean Two\?/);
  });

  test('reads the stacks of the account once', async () => {
    const { world } = await knownWorld();
    const { calls } = await world.read(['plan', folder()]);
    const stacks = calls.filter(({ action }) => action === 'DescribeStacks').map(({ parameters }) => parameters.StackName);
    expect(stacks.sort()).toEqual(['One', 'Two']);
  });
});

describe('values from elsewhere', () => {
  test('are read from the exports of other stacks', async () => {
    const { world, vpcId, stale } = await knownWorld();
    world.ec2.addStack({ stackName: 'Vpcs', outputs: [{ key: 'Vpc', value: vpcId, exportName: 'main-vpc' }] });
    const app = appWith(stack => ({
      ...REVOKING,
      vpcs: [Vpc.fromVpcAttributes(stack, 'Vpc', { vpcId: Fn.importValue('main-vpc'), availabilityZones: ['eu-central-1a'] })],
    }));
    const plan = await planned(world, app);
    expect(plan.actions).toContain('ListExports');
    expect([plan.notes, plan.couldNotLook]).toEqual([[], []]);
    expect(revokedBy(plan.firstSweepThatMayRevoke)).toContain(stale.securityGroupRuleId);

    world.ec2.deny('ListExports');
    const unknown = await planned(world, app);
    expect(unknown.couldNotLook.map(({ message }) => message).join()).toContain('vpcs[0] is not known');
    expect([revokedBy(unknown.firstSweepThatMayRevoke), unknown.exitCode]).toEqual([[], 2]);
  });

  test('are read from the parameters of the deployed stack', async () => {
    const { world, vpcId } = await knownWorld();
    const app = appWith(stack => {
      const parameter = new CfnParameter(stack, 'VpcId', { type: 'String' });
      new CfnOutput(stack, 'Out', { value: parameter.valueAsString });
      return {
        ...REVOKING,
        vpcs: [Vpc.fromVpcAttributes(stack, 'Vpc', { vpcId: parameter.valueAsString, availabilityZones: ['eu-central-1a'] })],
      };
    });
    const before = await planned(world, app);
    expect([before.exitCode, before.couldNotLook.length]).toEqual([2, 1]);
    world.ec2.addStack({ stackName: 'Network', parameters: [{ key: 'VpcId', value: vpcId }] });
    const after = await planned(world, app);
    expect([after.exitCode, after.couldNotLook]).toEqual([1, []]);
    expect(revokedBy(after.firstSweepThatMayRevoke)).toHaveLength(2);
  });
});

describe('the format', () => {
  const plannedAs = async (format: string): Promise<string> => {
    const { world } = await knownWorld();
    const { stdout, stderr, exitCode } = await world.read(['plan', appWith(), '--format', format]);
    expect([stderr, exitCode]).toEqual(['', 1]);
    return stdout;
  };

  test('table says what happens to each rule, and what it comes to', async () => {
    const text = await plannedAs('table');
    expect(text).toContain('Plan of Network/NetworkHygiene\n');
    expect(text).toMatch(/^Revoked +sgr-/m);
    expect(text).toMatch(/Plan: 2 rules to revoke, 0 to replace, 1 to keep, 1 VPN connection with a problem\.\n$/);
  });

  test('csv has each rule for each sweep', async () => {
    const [columns, ...rows] = readCsv(await plannedAs('csv'));
    const column = (name: string): string[] => rows.map(row => row[columns.indexOf(name)]);
    expect(column('sweep').filter(each => each !== '')).toEqual([...Array<string>(3).fill('deployment'), ...Array<string>(3).fill('schedule')]);
    expect(column('action').filter(each => each === 'revoke')).toHaveLength(2);
  });

  test('html is a page, and markdown a comment, with each rule', async () => {
    const page = readHtml(await plannedAs('html'));
    expect(textIn(page)).toContain('2 rules to revoke');
    expect(elementsIn(page, 'tr').length).toBeGreaterThan(4);
    expect(await plannedAs('markdown')).toMatch(/^# Plan of Network\/NetworkHygiene\n/);
  });
});

test('a folder without an app, and one of an app without the construct, end the command before anything is called', async () => {
  const { world } = await knownWorld();
  const without = await world.read(['plan']);
  expectRefused(without, /^There is no synthesized app in cdk\.out: it has no manifest\.json\. Run `npx cdk synth` first/);
  const other = await world.read(['plan', folderOf(app => void new CfnOutput(new Stack(app, 'Other'), 'Out', { value: 'x' }))]);
  expectRefused(other, /^The app has no NetworkHygiene\. Its stacks are Other/);
  expect([...without.calls, ...other.calls]).toEqual([]);
});
