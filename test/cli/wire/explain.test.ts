/** Tests how the bundled command line explains rules, over the wire. */
import { Duration } from 'aws-cdk-lib';
import { EXEMPT_TAG } from '../../../src/contract/exemptions';
import { LambdaProcess } from '../../support/lambda-process';
import { readCsv } from '../render/read-csv';
import { appWith, REVOKING } from '../support/apps';
import { DeployedApp } from '../support/deployed-app';
import { type KnownNetwork, knownNetwork } from '../support/networks';
import { CliWorld, expectRefused, stopCliWorlds } from '../support/world';

afterEach(stopCliWorlds);
afterAll(() => LambdaProcess.stopReleased());

/** Revokes from the first sweep on. */
const AT_ONCE = { ...REVOKING, settle: Duration.seconds(0) };

type Known = KnownNetwork & { readonly world: CliWorld };

async function knownWorld(): Promise<Known> {
  const known = knownNetwork();
  return { ...known, world: await CliWorld.start({ network: known.network }) };
}

interface Explained {
  readonly securityGroupRuleId: string;
  readonly stale: string;
  readonly checks: ReadonlyArray<{ readonly name: string; readonly result: string }>;
  readonly exemptTag?: string;
  readonly reasonsToKeep: readonly string[];
  readonly words: string;
}

interface Explanation {
  readonly rules: readonly Explained[];
  readonly exitCode: number;
  readonly actions: readonly string[];
}

async function explained(world: CliWorld, ...args: string[]): Promise<Explanation> {
  const { stdout, exitCode, actions } = await world.read(['explain', ...args, '--format', 'json']);
  return { rules: (JSON.parse(stdout) as { rules: Explained[] }).rules, exitCode, actions };
}

describe('by flags', () => {
  test('a stale rule is stale, and is only reported', async () => {
    const { world, stale } = await knownWorld();
    const { rules, exitCode } = await explained(world, stale.securityGroupRuleId, '--flag', 'ssh');
    expect(rules).toMatchObject([{ stale: 'yes', checks: [{ result: 'no' }], reasonsToKeep: ['REPORT_ONLY'] }]);
    expect(exitCode).toBe(1);
  });

  test('a rule is compared with each flag', async () => {
    const { world, ssh } = await knownWorld();
    const { rules, exitCode } = await explained(world, ssh.securityGroupRuleId, '--flag', 'ssh', '--flag', 'rdp');
    expect(rules[0].checks).toMatchObject([{ name: '--flag ssh', result: 'yes' }, { name: '--flag rdp', result: 'no' }]);
    expect(rules[0].stale).toBe('no');
    expect(exitCode).toBe(1);
  });

  test('a clean rule has no finding', async () => {
    const { world, clean } = await knownWorld();
    const { stdout, exitCode } = await world.read(['explain', clean.securityGroupRuleId, '--flag', 'ssh']);
    expect(stdout).toContain('EC2 does not call it stale');
    expect(stdout).toMatch(/no check finds it, so it stays\.\n$/);
    expect(exitCode).toBe(0);
  });
});

test('without an app and without flags, there is nothing to compare a rule with', async () => {
  const { world, ssh } = await knownWorld();
  const run = await world.read(['explain', ssh.securityGroupRuleId]);
  expectRefused(run, /^There is nothing to compare the rule with: there is no synthesized app in cdk\.out/);
  expect(run.calls).toEqual([]);
});

describe('by an app', () => {
  test('a stale rule and a flagged rule are to be revoked, with every check', async () => {
    const { world, stale, ssh } = await knownWorld();
    const ids = [stale, ssh].map(each => each.securityGroupRuleId);
    const { rules, exitCode } = await explained(world, ...ids, '--app', appWith(AT_ONCE));
    expect(rules).toMatchObject([
      { securityGroupRuleId: ids[0], stale: 'yes', reasonsToKeep: [], words: expect.stringMatching(/^the next sweep revokes it/) as string },
      { securityGroupRuleId: ids[1], stale: 'no', reasonsToKeep: [], words: expect.stringMatching(/^the next sweep revokes it/) as string },
    ]);
    expect(rules[1].checks.map(({ result }) => result)).toEqual(['yes', 'no']);
    expect(exitCode).toBe(1);
  });

  test('a rule that is exempt is kept, and the tag is named', async () => {
    const { world, exempt } = await knownWorld();
    const { rules, exitCode } = await explained(world, exempt.securityGroupRuleId, '--app', appWith(AT_ONCE));
    expect(rules).toMatchObject([{ reasonsToKeep: ['EXEMPT_BY_RULE_TAG'], words: 'kept, because it is tagged exempt' }]);
    expect(rules[0].exemptTag).toBe(EXEMPT_TAG);
    expect(exitCode).toBe(1);
  });

  test('a clean rule has no finding', async () => {
    const { world, clean } = await knownWorld();
    const { rules, exitCode } = await explained(world, clean.securityGroupRuleId, '--app', appWith(AT_ONCE));
    expect(rules).toMatchObject([{ stale: 'no', reasonsToKeep: [], words: 'no check finds it, so it stays' }]);
    expect(exitCode).toBe(0);
  });

  test('that is in the folder of the command is found without being named', async () => {
    const { world, clean } = await knownWorld();
    const run = await world.read(['explain', clean.securityGroupRuleId], { files: { 'cdk.out/manifest.json': '{}' } });
    expectRefused(run, /manifest\.json has no artifacts/);
  });

  test('that is deployed tells what its ledger knows', async () => {
    const { world, ssh } = await knownWorld();
    await DeployedApp.deploy(world, appWith({ ...AT_ONCE, dryRun: true }));
    const app = appWith(AT_ONCE);
    const { rules: [due], actions } = await explained(world, ssh.securityGroupRuleId, '--app', app);
    expect(due.reasonsToKeep).toEqual([]);
    expect(actions).toEqual(expect.arrayContaining(['GetItem', 'Query']));
    await world.run(['pause', '--for', '5h', '--reason', 'freeze', '--app', app]);
    const { rules: [paused] } = await explained(world, ssh.securityGroupRuleId, '--app', app);
    expect(paused.reasonsToKeep).toEqual(['PAUSED']);
    const settling = await explained(world, ssh.securityGroupRuleId, '--app', appWith());
    expect(settling.rules[0].reasonsToKeep).toEqual(['SETTLING']);
  });
});

describe('a rule that is not there', () => {
  const UNKNOWN = 'sgr-0123456789abcdef0';

  test('ends the command, and says where it was looked for', async () => {
    const { world } = await knownWorld();
    const run = await world.read(['explain', UNKNOWN, '--flag', 'ssh']);
    expectRefused(run, new RegExp(`^There is no rule ${UNKNOWN} in account 111122223333, Region eu-central-1\\. Check the id, the account and the Region`));
  });

  test('is something that could not be looked at if others are there', async () => {
    const { world, ssh } = await knownWorld();
    const { stdout, exitCode } = await world.read(['explain', ssh.securityGroupRuleId, UNKNOWN, '--flag', 'ssh']);
    expect(stdout).toContain('flags it');
    expect(stdout).toContain(`There is no rule ${UNKNOWN}`);
    expect(exitCode).toBe(2);
  });

  test('because it was revoked says so, and how to put it back', async () => {
    const { world, network, ssh: { securityGroupRuleId } } = await knownWorld();
    const app = appWith(AT_ONCE);
    await DeployedApp.deploy(world, app);
    expect(network.rules.has(securityGroupRuleId)).toBe(false);
    const run = await world.read(['explain', securityGroupRuleId, '--app', app]);
    expectRefused(run, new RegExp(`The ledger says that it was revoked at 20\\d\\d-.*\`restore ${securityGroupRuleId}\` puts it back`));
  });

  test('in a Region that refuses the credentials is not said to be nowhere', async () => {
    const { world, ssh } = await knownWorld();
    world.ec2.disableRegion('me-south-1');
    const regions = ['--region', 'me-south-1', '--region', 'eu-west-1'];
    const found = await world.read(['explain', ssh.securityGroupRuleId, ...regions, '--flag', 'ssh']);
    expect(found.stdout).toContain('flags it');
    const notFound = await world.read(['explain', UNKNOWN, ...regions, '--flag', 'ssh']);
    expect(notFound.stderr).toBe('');
    for (const { stdout, exitCode } of [found, notFound]) {
      expect(stdout).toContain('me-south-1 may not be enabled');
      expect(exitCode).toBe(2);
    }
  });
});

describe('what could not be looked at', () => {
  test('is not taken for a rule that is not there', async () => {
    const { world, ssh } = await knownWorld();
    world.ec2.deny('DescribeSecurityGroupRules');
    const { stdout, exitCode } = await world.read(['explain', ssh.securityGroupRuleId, '--flag', 'ssh']);
    expect(stdout).toMatch(/UnauthorizedOperation.*cdk-network-hygiene policy/);
    expect(stdout).not.toContain('no check finds it');
    expect(exitCode).toBe(2);
  });

  test('is not taken for a rule that is not stale', async () => {
    const { world, vpcId, stale } = await knownWorld();
    world.ec2.deny('DescribeStaleSecurityGroups', { vpcId });
    const { rules, exitCode } = await explained(world, stale.securityGroupRuleId, '--flag', 'ssh');
    expect(rules).toMatchObject([{ stale: 'unread', words: 'not known, because whether it is stale could not be read' }]);
    expect(exitCode).toBe(2);
  });

  test('in the ledger is said', async () => {
    const { world, ssh } = await knownWorld();
    const app = appWith(REVOKING);
    await DeployedApp.deploy(world, app);
    world.dynamoDb.deny('Query');
    const { stdout, exitCode } = await world.read(['explain', ssh.securityGroupRuleId, '--app', app]);
    expect(stdout).toMatch(/reading the ledger failed with AccessDeniedException/);
    expect(exitCode).toBe(2);
  });
});

test.each(['table', 'json', 'csv', 'html', 'markdown'])('the format %s has the verdict', async format => {
  const { world, ssh } = await knownWorld();
  const { stdout } = await world.read(['explain', ssh.securityGroupRuleId, '--flag', 'ssh', '--format', format]);
  expect(stdout).toContain('kept, because it is only reported');
  if (format === 'csv') expect(readCsv(stdout)).toHaveLength(2);
});
