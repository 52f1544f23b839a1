/** Tests the commands about a deployed function of the bundled command line, over the wire. */
import { Duration } from 'aws-cdk-lib';
import { HYGIENE_VARIABLE, LEDGER_TABLE_VARIABLE } from '../../../src/contract/names';
import { LambdaProcess } from '../../support/lambda-process';
import { folderOf } from '../app/apps';
import { addStack, appWith, REVOKING } from '../support/apps';
import { DeployedApp, FUNCTION_NAME } from '../support/deployed-app';
import { type KnownNetwork, knownNetwork } from '../support/networks';
import { CliWorld, expectRefused, stopCliWorlds } from '../support/world';

afterEach(stopCliWorlds);
afterAll(() => LambdaProcess.stopReleased());

/** Revokes from the first sweep on. */
const AT_ONCE = { ...REVOKING, settle: Duration.seconds(0) };

interface Scene extends KnownNetwork {
  readonly world: CliWorld;
  readonly app: string;
  readonly deployed: DeployedApp;
  /** The arguments that name the function: by the app, or by its name. */
  readonly targets: ReadonlyArray<readonly string[]>;
}

async function scene(props: typeof REVOKING = AT_ONCE): Promise<Scene> {
  const known = knownNetwork();
  const world = await CliWorld.start({ network: known.network });
  const app = appWith(props);
  const deployed = await DeployedApp.deploy(world, app);
  return { ...known, world, app, deployed, targets: [['--app', app], ['--function-name', FUNCTION_NAME]] };
}

/** The commands that ask the function, with a rule. */
const REQUESTS = (ruleId: string): Readonly<Record<string, readonly string[]>> => ({
  restore: ['restore', ruleId], pause: ['pause', '--for', '2h', '--reason', 'freeze'], resume: ['resume'],
  retry: ['retry', ruleId],
});

const NAMES = Object.keys(REQUESTS(''));

const invocations = ({ ec2 }: CliWorld): Array<[unknown, string]> => ec2.calls.filter(({ action }) => action === 'Invoke')
  .map(({ parameters, outcome }) => [parameters.Qualifier, outcome]);

/** The last line of standard error. The others say what is being done. */
const lastLine = <T extends { readonly stderr: string }>(run: T): T =>
  ({ ...run, stderr: `${run.stderr.trimEnd().split('\n').at(-1)}\n` });

describe('status', () => {
  test('shows what is open and what was revoked, by the app and by the function', async () => {
    const { world, targets, ssh, stale, exempt, clean, vpnConnectionId } = await scene();
    for (const target of targets) {
      const { stdout, stderr, exitCode, calls } = await world.read(['status', ...target]);
      const open = stdout.slice(stdout.indexOf('Open findings'), stdout.indexOf('Revoked rules'));
      const revoked = stdout.slice(stdout.indexOf('Revoked rules'));
      expect(open).toContain(exempt.securityGroupRuleId);
      for (const { securityGroupRuleId } of [ssh, stale]) {
        expect(revoked).toContain(securityGroupRuleId);
        expect(open).not.toContain(securityGroupRuleId);
      }
      expect(stdout).not.toContain(clean.securityGroupRuleId);
      expect(stdout).toMatch(new RegExp(`DOWN +${vpnConnectionId}`));
      expect([stderr, exitCode]).toEqual(['', 1]);
      expect(calls.map(({ action }) => action)).not.toContain('Invoke');
    }
  });

  test('shows a pause, and as data, too', async () => {
    const { world, app } = await scene();
    await world.run(['pause', '--for', '3h', '--reason', 'the quarter ends', '--app', app]);
    expect((await world.read(['status', '--app', app])).stdout).toMatch(/Revoking is paused until 20\d\d-.*: the quarter ends\./);
    const { stdout } = await world.read(['status', '--app', app, '--format', 'json']);
    expect(JSON.parse(stdout)).toMatchObject({
      command: 'status', constructs: [{ hygiene: 'Network/NetworkHygiene', pause: { state: 'holds', reason: 'the quarter ends' } }],
    });
  });

  test('of a ledger with an item that cannot be read shows the rest, and ends with 2', async () => {
    const { world, app, exempt } = await scene();
    await world.dynamoDb.put({
      hygiene: 'Network/NetworkHygiene', id: 'sg-1#sgr-1', securityGroupRuleId: 'sgr-1', state: 'OPEN', revision: 1, rule: '{',
    });
    const { stdout, exitCode } = await world.read(['status', '--app', app]);
    expect(stdout).toContain('sgr-1');
    expect(stdout).toContain(exempt.securityGroupRuleId);
    expect(exitCode).toBe(2);
  });

  test.each(['Query', 'GetItem'])('ends if the ledger may not be read with %s', async action => {
    const { world, targets } = await scene();
    world.dynamoDb.deny(action);
    for (const target of targets) {
      expectRefused(await world.read(['status', ...target]), /^The ledger of Network\/NetworkHygiene \(table ledger\) could not be read: AccessDeniedException: .*cdk-network-hygiene policy/);
    }
  });

  test('of a function that may not be read says what is needed', async () => {
    const { world } = await scene();
    world.ec2.deny('GetFunctionConfiguration');
    expectRefused(
      await world.read(['status', '--function-name', FUNCTION_NAME]),
      /^The function handler could not be read in eu-central-1: AccessDeniedException: .*; you need lambda:GetFunctionConfiguration for it/,
    );
  });

  test('of a function that is not one of a construct says so', async () => {
    const { world } = await scene();
    world.ec2.addFunction('other', { environment: { TABLE: 'x' } });
    expectRefused(await world.read(['status', '--function-name', 'other']), /other is not the function of a NetworkHygiene/);
    world.ec2.addFunction('encrypted', { environmentError: 'KMS access was denied' });
    expectRefused(await world.read(['status', '--function-name', 'encrypted']), /its environment cannot be read: KMS access was denied/);
    expectRefused(await world.read(['status', '--function-name', 'none']), /ResourceNotFoundException: Function not found/);
  });

  test('of a table that is gone says so', async () => {
    const { world } = await scene();
    world.ec2.addFunction('orphan', { environment: { [LEDGER_TABLE_VARIABLE]: 'gone', [HYGIENE_VARIABLE]: 'Network/NetworkHygiene' } });
    expectRefused(await world.read(['status', '--function-name', 'orphan']), /\(table gone\) could not be read: ResourceNotFoundException/);
  });

  test('of an app that is not deployed says so', async () => {
    const world = await CliWorld.start();
    expectRefused(await world.read(['status', '--app', appWith()]), /^Network\/NetworkHygiene has no ledger yet: the stack Network is not deployed/);
  });

  test('in several Regions of which one refuses shows the others, and what could not be looked at', async () => {
    const { world, exempt } = await scene();
    world.ec2.disableRegion('me-south-1');
    const args = ['status', '--function-name', FUNCTION_NAME, '--region', 'me-south-1'];
    const { stdout, stderr, exitCode } = await world.read([...args, '--region', 'eu-central-1']);
    expect(stdout).toContain(exempt.securityGroupRuleId);
    expect(stdout).toMatch(/me-south-1 may not be enabled/);
    expect([stderr, exitCode]).toEqual(['', 2]);
    expectRefused(await world.read(args), /me-south-1 may not be enabled/);
  });
});

interface Restored {
  readonly securityGroupRuleId: string;
  readonly outcome: string;
}

describe('restore', () => {
  test('puts a rule back through its alias, and does not do so twice', async () => {
    const { world, targets, network, ssh, groupId } = await scene();
    const there = (): string[] => network.rulesOf(groupId)
      .filter(({ cidrIpv4, fromPort }) => cidrIpv4 === '0.0.0.0/0' && fromPort === 22).map(each => each.securityGroupRuleId);
    expect(there()).toEqual([]);
    const first = await world.run(['restore', ssh.securityGroupRuleId, ...targets[0]]);
    expect(first.stdout).toMatch(new RegExp(`^RESTORED +${ssh.securityGroupRuleId} +${there()[0]} `, 'm'));
    expect([there().length, first.exitCode]).toEqual([1, 0]);
    const second = await world.run(['restore', ssh.securityGroupRuleId, ...targets[1]]);
    expect(second.stdout).toMatch(/^ALREADY_THERE /m);
    expect([there().length, second.exitCode]).toEqual([1, 0]);
    expect(invocations(world)).toEqual([['restore', 'OK'], ['restore', 'OK']]);
  });

  test('puts back what a sweep has revoked', async () => {
    const { world, app, network, ssh } = await scene();
    const [item] = (await world.dynamoDb.items()).filter(({ id }) => id === 'latest-sweep');
    const { sweepId } = JSON.parse(String(item.sweep)) as { sweepId: string };
    const { stdout, exitCode } = await world.run(['restore', '--sweep', sweepId, '--app', app, '--format', 'json']);
    const { answer: { rules } } = JSON.parse(stdout) as { answer: { rules: Restored[] } };
    expect(rules.find(each => each.securityGroupRuleId === ssh.securityGroupRuleId)?.outcome).toBe('RESTORED');
    expect(network.rules.size).toBeGreaterThan(2);
    expect(exitCode).toBe(rules.every(({ outcome }) => outcome === 'RESTORED') ? 0 : 1);
  });

  test('of a rule that was never revoked ends with 1', async () => {
    const { world, app, clean } = await scene();
    const { stdout, exitCode } = await world.run(['restore', clean.securityGroupRuleId, '--app', app]);
    expect(stdout).toContain(clean.securityGroupRuleId);
    expect(stdout).not.toMatch(/^RESTORED/m);
    expect(exitCode).toBe(1);
  });
});

test('pause and resume change when rules are revoked, and nothing else', async () => {
  const { world, targets: [byApp, byName], network, ssh, deployed } = await scene({ ...AT_ONCE, dryRun: true });
  const paused = await world.run(['pause', '--for', '2h', '--reason', 'freeze', ...byApp]);
  expect(paused.stdout).toMatch(/Revoking is paused until .*: freeze\./);
  const again = await world.run(['pause', '--for', '1h', '--reason', 'shorter', ...byName]);
  expect(again.stdout).toMatch(/: freeze/);
  await deployed.sweep();
  expect((await world.read(['status', ...byApp])).stdout).toContain('freeze');
  const resumed = await world.run(['resume', ...byName]);
  expect(resumed.stdout).toMatch(/Revoking is resumed/);
  expect([paused, again, resumed].map(({ exitCode }) => exitCode)).toEqual([0, 0, 0]);
  expect((await world.read(['status', ...byApp])).stdout).not.toContain('freeze');
  expect(invocations(world)).toEqual([['pause', 'OK'], ['pause', 'OK'], ['resume', 'OK']]);
  expect(network.rules.has(ssh.securityGroupRuleId)).toBe(true);
});

test('retry of a rule that does not come back ends with 1, and says why', async () => {
  const { world, app, exempt } = await scene();
  const { stdout, exitCode } = await world.run(['retry', exempt.securityGroupRuleId, '--app', app]);
  expect(stdout).toMatch(new RegExp(`^NOT_KEPT +${exempt.securityGroupRuleId} .*it is not kept because it comes back`, 'm'));
  expect(exitCode).toBe(1);
  expect(invocations(world)).toEqual([['retry', 'OK']]);
});

describe.each(NAMES)('%s', name => {
  test('that is denied says what is needed, and is tried once', async () => {
    const { world, targets, ssh } = await scene();
    world.ec2.deny('Invoke');
    for (const target of targets) {
      const run = await world.run([...REQUESTS(ssh.securityGroupRuleId)[name], ...target]);
      expectRefused(lastLine(run), new RegExp(`^The function .*handler could not be invoked through the alias ${name}: AccessDeniedException: .*; you need lambda:InvokeFunction for it`));
    }
    expect(invocations(world)).toEqual(targets.map(() => [name, 'AccessDeniedException']));
  });

  test('that fails in the function shows its message, and nothing of its code', async () => {
    const { world, ssh } = await scene();
    world.ec2.addFunction(FUNCTION_NAME, {
      aliases: NAMES, run: () => ({ error: { name: 'Error', message: 'It was\n\u001b[31mrefused', stack: 'Error: x\n    at secretPlace (index.mjs:1:1)' } }),
    });
    const run = await world.run([...REQUESTS(ssh.securityGroupRuleId)[name], '--function-name', FUNCTION_NAME]);
    expectRefused(lastLine(run), new RegExp(`^The function did not ${name}: It was  \\[31mrefused$`, 'm'));
    expect(run.stderr).not.toContain('secretPlace');
  });

  test('whose answer is lost is not sent again, and it is said that it may have been done', async () => {
    const { world, ssh } = await scene();
    world.ec2.fault({ action: 'Invoke', kind: 'drop-socket' });
    const run = await world.run([...REQUESTS(ssh.securityGroupRuleId)[name], '--function-name', FUNCTION_NAME]);
    expectRefused(lastLine(run), /its answer was lost, so look with `status` whether it was done: \w+: socket hang up/, 2);
    expect(invocations(world)).toEqual([[name, 'drop-socket']]);
  });

  test('that is throttled is not sent again', async () => {
    const { world, ssh } = await scene();
    world.ec2.fault({ action: 'Invoke', kind: 'throttle' });
    const run = await world.run([...REQUESTS(ssh.securityGroupRuleId)[name], '--function-name', FUNCTION_NAME]);
    expectRefused(lastLine(run), /could not be invoked .*TooManyRequestsException/);
    expect(invocations(world)).toHaveLength(1);
  });

  test('of an app that is not deployed asks nobody', async () => {
    const { network } = knownNetwork();
    const world = await CliWorld.start({ network });
    const app = appWith();
    const run = await world.run([...REQUESTS('sgr-0123456789abcdef0')[name], '--app', app]);
    expectRefused(run, /^Network\/NetworkHygiene has no function yet: the stack Network is not deployed in account 111122223333, Region eu-central-1/);
    expect(invocations(world)).toEqual([]);
  });

  test('of a stack that may not be read asks nobody', async () => {
    const { world, app, ssh } = await scene();
    world.ec2.deny('DescribeStacks');
    const run = await world.run([...REQUESTS(ssh.securityGroupRuleId)[name], '--app', app]);
    expectRefused(run, /^The function of Network\/NetworkHygiene is not known: .*cloudformation:DescribeStacks.*Give --function-name instead/);
    expect(invocations(world)).toEqual([]);
  });

  test('of several functions asks nobody', async () => {
    const { world, ssh } = await scene();
    const two = folderOf(app => {
      for (const stack of ['One', 'Two']) addStack(app, stack, REVOKING);
    });
    const args = REQUESTS(ssh.securityGroupRuleId)[name];
    expectRefused(await world.run([...args, '--app', two]), /^There are several: One\/NetworkHygiene in eu-central-1, Two\/NetworkHygiene/);
    const regions = ['--region', 'eu-central-1', '--region', 'me-south-1', '--function-name', FUNCTION_NAME];
    expectRefused(await world.run([...args, ...regions]), new RegExp(`^${name} works in one Region at a time\\. Give --region once, not eu-central-1 and me-south-1`));
    world.ec2.disableRegion('me-south-1');
    expectRefused(await world.run([...args, ...regions.slice(2)]), /the Region me-south-1 may not be enabled in the account/);
    expect(invocations(world)).toEqual([]);
  });
});
