/** Tests the bundled command line for the hub of an organization, over the wire. */
import { Duration } from 'aws-cdk-lib';
import { HygieneAccounts } from '../../../src';
import type { Parameters } from '../../support/ec2-endpoint';
import { record } from '../../support/endpoint/parameters';
import { configuration, HYGIENE, stopWorlds } from '../../wire/organization/world';
import { folderOf } from '../app/apps';
import { addStack, REVOKING } from '../support/apps';
import {
  addHub, deployHub, deployHubApp, HUB, HUB_REGION, hubApp, hubFiles, ONE, organizationScene, type OrganizationScene,
  REGIONS, THREE, TWO,
} from '../support/organization';
import type { CliOptions } from '../support/run-cli';
import { type CliRun, type CliWorld, expectRefused, NOT_SIGNED_IN } from '../support/world';

afterEach(stopWorlds);

interface Rule {
  readonly securityGroupRuleId: string;
  readonly action: 'revoke' | 'replace' | 'keep';
  readonly keepReason?: string;
}

interface Sweep {
  readonly kind: string;
  readonly detail?: string;
  readonly rules: readonly Rule[];
  readonly due?: number;
  readonly hold?: { readonly reason: string };
}

interface Construct {
  readonly construct: string;
  readonly account: string;
  readonly region: string;
  readonly ledger: string;
  readonly schedule?: string;
  readonly notes: readonly string[];
  readonly couldNotLook: ReadonlyArray<{ readonly message: string }>;
  readonly deployment: Sweep;
  readonly firstSweepThatMayRevoke: Sweep;
}

interface Planned {
  readonly constructs: readonly Construct[];
  readonly gaps: string;
  readonly run: CliRun;
}

async function planned(world: CliWorld, args: readonly string[], options?: CliOptions): Promise<Planned> {
  const run = await world.read(['plan', ...args, '--format', 'json'], options);
  const { constructs, couldNotLook } = JSON.parse(run.stdout) as {
    constructs: Construct[]; couldNotLook: Array<{ message: string }>;
  };
  const all = [...couldNotLook, ...constructs.flatMap(each => each.couldNotLook)];
  return { constructs, gaps: all.map(({ message }) => message).join('\n'), run };
}

/** The hub itself is the only account of the organization that it sweeps. */
const OWN = { accounts: { kind: 'list', ids: [HUB] }, revokeIn: { kind: 'list', ids: [HUB] } };

/** The partition of the ledger that a call reads. */
function partitionOf({ parameters: { Key, ExpressionAttributeValues } }: { readonly parameters: Parameters }): string {
  const [value] = Object.values(record(record(Key).hygiene ?? Object.values(record(ExpressionAttributeValues))
    .find(each => String(record(each).S).startsWith('Hub/'))));
  return String(value);
}

const AT_ONCE = { settle: Duration.seconds(0) };

const revokedBy = ({ rules }: Sweep): string[] =>
  rules.filter(({ action }) => action !== 'keep').map(each => each.securityGroupRuleId).sort();

const reasonsOf = ({ rules }: Sweep): Array<string | undefined> => rules.map(({ keepReason }) => keepReason);

async function withRules(counts: Readonly<Record<string, number>>, account = ONE): Promise<OrganizationScene> {
  const scene = await organizationScene(account);
  scene.organization.addMembers(counts);
  return scene;
}

const NO_LEDGER = ['--no-ledger'];

describe('the plan of a hub in an account that is in revokeIn', () => {
  test('shows what the first run revokes in each Region, and that other accounts share the limit', async () => {
    const { world } = await withRules({ [ONE]: 2 });
    const { constructs, gaps, run } = await planned(world, [hubApp(), '--account', ONE, ...NO_LEDGER]);
    expect(constructs.map(({ construct, account, region, ledger }) => [construct, account, region, ledger]))
      .toEqual(REGIONS.map(region => ['Hub/NetworkHygiene', ONE, region, 'ignored']));
    for (const { deployment, firstSweepThatMayRevoke: first, notes, schedule } of constructs) {
      expect(deployment).toMatchObject({ kind: 'sweeps', trigger: 'deployment', hold: { reason: 'SETTLING' } });
      expect(reasonsOf(deployment)).toEqual(['SETTLING', 'SETTLING']);
      expect([first.kind, revokedBy(first).length, first.due]).toEqual(['schedule', 2, 4]);
      expect(notes.join('\n')).toMatch(/maxRevocationsPerSweep is 20 for the whole organization\. Rules of other accounts .* count for it, too/);
      expect(notes.join('\n')).toContain(`The plan assumes that account ${ONE} is an active member of o-exampleorgid.`);
      expect(schedule).toBe('rate(1 day)');
    }
    expect([gaps, run.exitCode]).toEqual(['', 1]);
    // The account of the hub is not asked for anything.
    expect(run.ledgerCalls).toEqual([]);
    expect(run.actions.filter(action => /Stack|Export|AssumeRole/.test(action))).toEqual([]);
    expect(new Set(run.calls.map(({ place }) => place?.account))).toEqual(new Set([ONE]));
  });

  test('is what the run then does there', async () => {
    const { world, organization } = await withRules({ [ONE]: 3, [TWO]: 1, [THREE]: 1 });
    const { constructs } = await planned(world, [hubApp(AT_ONCE), '--account', ONE, ...NO_LEDGER]);
    const rulesOf = (): string[] => REGIONS.flatMap(region => [...organization.aws.place(ONE, region).rules.keys()]);
    const before = rulesOf();
    expect(constructs.map(({ firstSweepThatMayRevoke: { kind } }) => kind)).toEqual(['deployment', 'deployment']);
    await organization.run();
    const after = rulesOf();
    const gone = before.filter(id => !after.includes(id)).sort();
    expect(gone).toHaveLength(6);
    expect(constructs.flatMap(({ deployment }) => revokedBy(deployment)).sort()).toEqual(gone);
  });

  test('revokes nothing in any Region if their sum is over the limit, as the run does', async () => {
    const { world, organization } = await withRules({ [ONE]: 3, [TWO]: 0, [THREE]: 0 });
    const limit = { maxRevocationsPerSweep: 5 };
    const { constructs } = await planned(world, [hubApp({ ...AT_ONCE, ...limit }), '--account', ONE, ...NO_LEDGER]);
    for (const { deployment } of constructs) {
      expect(reasonsOf(deployment)).toEqual(['OVER_LIMIT', 'OVER_LIMIT', 'OVER_LIMIT']);
      expect(deployment.due).toBe(6);
    }
    await organization.run({ configured: [limit] });
    expect(organization.left(ONE)).toBe(6);
    // One of the two Regions by itself is within the limit, and the plan looks at what it is given.
    const one = await planned(world, [hubApp({ ...AT_ONCE, ...limit }), '--account', ONE, '--region', 'eu-west-1', ...NO_LEDGER]);
    expect(one.constructs.map(({ deployment }) => revokedBy(deployment).length)).toEqual([3]);
  });

  test('says that the ledger is in the account of the hub, and ends with 2', async () => {
    const { world } = await withRules({ [ONE]: 1 });
    const args = ['plan', hubApp(), '--account', ONE];
    const { stdout, exitCode, ledgerCalls } = await world.read(args);
    expect(stdout.replace(/\s+/g, ' ')).toContain(
      `The ledger of Hub/NetworkHygiene cannot be read, because the hub is in account ${HUB}, and the credentials are of account ${ONE}. --no-ledger leaves it out`,
    );
    expect(stdout.replace(/\s+/g, ' ')).toContain('The ledger could not be read, so the plan does not know since when rules were found');
    expect([exitCode, ledgerCalls]).toEqual([2, []]);
    // It is one thing, however many Regions there are.
    expect(stdout.match(/cannot be read, because the hub/g)).toHaveLength(1);
    expect(stdout.match(/for the whole organization/g)).toHaveLength(1);
    expect(stdout).toContain('Plan of Hub/NetworkHygiene in 2 Regions\n');
  });

  test('reads the account through a role that is given', async () => {
    const { world, organization } = await withRules({ [ONE]: 1 }, HUB);
    organization.aws.addRole({ roleArn: `arn:aws:iam::${ONE}:role/Auditor` });
    const args = [hubApp(), '--account', ONE, '--role-arn', `arn:aws:iam::${ONE}:role/Auditor`, ...NO_LEDGER];
    const { constructs, run } = await planned(world, args);
    expect(constructs.map(({ account }) => account)).toEqual([ONE, ONE]);
    expect(run.exitCode).toBe(1);
  });

  test('reads the ledger if the hub sweeps its own account', async () => {
    const { world, organization } = await organizationScene(HUB, 'Auditor');
    const overrides = [{ settleSeconds: 0, scheduleSeconds: 86_400, dryRun: true }, OWN] as const;
    for (const region of REGIONS) organization.addRules(HUB, region, 1);
    organization.aws.addMember(HUB);
    await organization.run({ configured: overrides, scheduledTime: '2026-11-01T00:00:00Z' });
    deployHub(organization);
    const files = hubFiles(organization, configuration(...overrides));
    const { constructs, gaps, run } = await planned(world, ['--account', HUB], { files });
    expect([constructs.map(({ ledger }) => ledger), gaps, run.exitCode]).toEqual([['read', 'read'], '', 1]);
    for (const { deployment, firstSweepThatMayRevoke: first } of constructs) {
      expect([deployment.kind, first.kind, reasonsOf(first)]).toEqual(['unchanged', 'never', ['DRY_RUN']]);
    }
    expect(new Set(run.ledgerCalls.map(partitionOf))).toEqual(
      new Set(['Hub/Hygiene', ...REGIONS.map(region => `Hub/Hygiene:${HUB}:${region}`)]),
    );
    // Another configuration is a change, which waits for a pause of the whole organization.
    await organization.invokeHub({ pause: { until: new Date(Date.now() + 3_600_000).toISOString(), reason: 'freeze' } }, overrides);
    const changed = hubFiles(organization, configuration({ ...overrides[0], dryRun: false }, OWN));
    const later = await planned(world, ['--account', HUB], { files: changed });
    for (const { deployment, firstSweepThatMayRevoke: first } of later.constructs) {
      expect(deployment).toMatchObject({ kind: 'sweeps', hold: { reason: 'PAUSED' } });
      expect([first.kind, revokedBy(first).length]).toEqual(['schedule', 1]);
    }
  });
});

describe('the plan of a hub in an account that is only reported on', () => {
  test('never shows a rule as revoked, at no time', async () => {
    const { world } = await withRules({ [THREE]: 2 }, THREE);
    const { constructs, run, gaps } = await planned(world, [hubApp(AT_ONCE), '--account', THREE, ...NO_LEDGER]);
    expect(constructs).toHaveLength(2);
    for (const { deployment, firstSweepThatMayRevoke: first, notes } of constructs) {
      expect([...revokedBy(deployment), ...revokedBy(first)]).toEqual([]);
      expect(reasonsOf(deployment)).toEqual(['ACCOUNT_REPORT_ONLY', 'ACCOUNT_REPORT_ONLY']);
      expect(first).toMatchObject({ kind: 'never', detail: expect.stringContaining('not in revokeIn') as string });
      expect(reasonsOf(first)).toEqual(['ACCOUNT_REPORT_ONLY', 'ACCOUNT_REPORT_ONLY']);
      expect(notes.join('\n')).not.toContain('maxRevocationsPerSweep');
    }
    expect([gaps, run.exitCode]).toEqual(['', 1]);
  });

  test.each([
    ['it is excepted', { revokeIn: HygieneAccounts.all({ except: [ONE] }) }],
    ['there is no revokeIn', { revokeIn: undefined }],
  ])('is the same if %s', async (_, props) => {
    const { world } = await withRules({ [ONE]: 1 });
    const { constructs, gaps } = await planned(world, [hubApp({ ...AT_ONCE, ...props }), '--account', ONE, ...NO_LEDGER]);
    expect(constructs.flatMap(({ deployment }) => reasonsOf(deployment))).toEqual(['ACCOUNT_REPORT_ONLY', 'ACCOUNT_REPORT_ONLY']);
    expect(gaps).toBe('');
  });

  const UNIT = 'ou-exam-00000001';

  test.each([
    ['revokeIn', { revokeIn: HygieneAccounts.organizationalUnits([UNIT]) }],
    ['revokeIn', { revokeIn: HygieneAccounts.all({ except: [UNIT] }) }],
    ['accounts and in revokeIn', { accounts: HygieneAccounts.organizationalUnits([UNIT]) }],
    ['accounts', { accounts: HygieneAccounts.all({ except: [UNIT] }), revokeIn: undefined }],
  ])('is the same in doubt: whether it is in %s depends on an organizational unit', async (where, props) => {
    const { world, organization } = await withRules({ [ONE]: 1 });
    const app = hubApp({ ...AT_ONCE, ...props });
    organization.aws.organization.addUnit('Workloads');
    const { constructs, gaps, run } = await planned(world, [app, '--account', ONE, ...NO_LEDGER]);
    for (const { deployment, firstSweepThatMayRevoke } of constructs) {
      expect([...revokedBy(deployment), ...revokedBy(firstSweepThatMayRevoke)]).toEqual([]);
      expect(reasonsOf(deployment)).toEqual(['ACCOUNT_REPORT_ONLY']);
    }
    expect(gaps).toMatch(new RegExp(`^Whether account ${ONE} is in ${where} of Hub/NetworkHygiene depends on organizational units, which only the hub can read\\.`));
    expect(run.exitCode).toBe(2);
  });

  test('is not in doubt if the root is named, because it has every account', async () => {
    const { world } = await withRules({ [ONE]: 1 });
    const root = HygieneAccounts.organizationalUnits(['r-exam']);
    const { constructs, gaps } = await planned(world, [hubApp({ ...AT_ONCE, accounts: root, revokeIn: root }), '--account', ONE, ...NO_LEDGER]);
    expect([constructs.map(({ deployment }) => revokedBy(deployment).length), gaps]).toEqual([[1, 1], '']);
  });
});

describe('the account of a plan of a hub', () => {
  test('has to be named, before anything is called', async () => {
    const { world } = await organizationScene();
    const run = await world.read(['plan', hubApp()]);
    expectRefused(run, /^Hub\/NetworkHygiene looks at many accounts, and this command at one\. Name it with --account <id>/);
    expect(run.calls).toEqual([]);
  });

  test('has to be that of the credentials', async () => {
    const { world } = await organizationScene(TWO);
    const run = await world.read(['plan', hubApp(), '--account', ONE]);
    expectRefused(run, new RegExp(`^The credentials are of account ${TWO} .*, and --account is ${ONE}\\.`));
    expect(run.actions).toEqual(['GetCallerIdentity']);
  });

  test.each([
    ['plan', (app: string) => ['plan', app]], ['explain', (app: string) => ['explain', 'sgr-1', '--app', app]],
  ])('has to be one that the hub looks at, which %s says before anything is called', async (_, args) => {
    const { world } = await withRules({ [THREE]: 1 }, THREE);
    const app = hubApp({ accounts: HygieneAccounts.list([ONE, TWO]) });
    for (const env of [{}, NOT_SIGNED_IN]) {
      const run = await world.read([...args(app), '--account', THREE], { env });
      expectRefused(run, new RegExp(`^Hub/NetworkHygiene does not look at account ${THREE}, because accounts does not select it`));
      expect(run.calls).toEqual([]);
    }
  });

  test('is named if there are no credentials, and it is not that of the hub', async () => {
    const { world } = await organizationScene(ONE);
    const options = { env: NOT_SIGNED_IN };
    for (const args of [['plan', hubApp()], ['explain', 'sgr-1', '--app', hubApp()], ['report', '--app', hubApp()]]) {
      const run = await world.read([...args, '--account', ONE], options);
      expectRefused(run, new RegExp(`^(Hub/NetworkHygiene.*: )?There are no credentials\\. This needs those of account ${ONE}\\. Give --profile`));
      expect(run.stderr).not.toContain(HUB);
    }
  });

  test('is not said to have an empty ledger if the hub has no env', async () => {
    const { world } = await withRules({ [ONE]: 1 });
    const { constructs, gaps } = await planned(world, [hubApp({}, {}), '--account', ONE, '--region', 'eu-west-1']);
    expect(constructs.map(({ ledger }) => ledger)).toEqual(['notRead']);
    expect(gaps).toContain('the stack Hub has no env, so the account of the hub is not known');
  });
});

describe('the Regions of a plan of a hub', () => {
  test('are those that it names and that the account has enabled', async () => {
    const { world, organization } = await withRules({ [ONE]: 1 });
    organization.aws.disableRegion('me-south-1', ONE);
    const app = hubApp({ regions: ['eu-west-1', 'me-south-1'] });
    const { constructs, gaps, run } = await planned(world, [app, '--account', ONE, ...NO_LEDGER]);
    expect(constructs.map(({ region }) => region)).toEqual(['eu-west-1']);
    expect(constructs[0].notes).toContain(`Regions that are not enabled in account ${ONE} are left out: me-south-1.`);
    expect([gaps, run.exitCode]).toEqual(['', 1]);
  });

  test('are all that the account has enabled if it names none', async () => {
    const { world, organization } = await withRules({ [ONE]: 1 });
    organization.aws.disableRegion('me-south-1', ONE);
    const { constructs } = await planned(world, [hubApp({ regions: undefined }), '--account', ONE, ...NO_LEDGER]);
    const regions = constructs.map(({ region }) => region);
    expect(regions).toEqual(expect.arrayContaining([...REGIONS, 'us-east-1', 'af-south-1']));
    expect(regions).not.toContain('me-south-1');
    expect(regions).toHaveLength(31);
  });

  test('are those that are given, of the ones that it looks at', async () => {
    const { world } = await withRules({ [ONE]: 1 });
    const given = (...regions: string[]): string[] =>
      [hubApp(), '--account', ONE, ...regions.flatMap(each => ['--region', each]), ...NO_LEDGER];
    const { constructs, run } = await planned(world, [...given('eu-west-1', 'us-east-1')]);
    expect(constructs.map(({ region }) => region)).toEqual(['eu-west-1']);
    expect(run.actions).not.toContain('DescribeRegions');
    expectRefused(await world.read(['plan', ...given('us-east-1')]), /^--region us-east-1: no stack with a NetworkHygiene is there/);
  });

  test('are tried if what is enabled cannot be read, and have to be given if it names none', async () => {
    const { world, organization } = await withRules({ [ONE]: 1 });
    organization.aws.deny('DescribeRegions');
    const { constructs } = await planned(world, [hubApp(), '--account', ONE, ...NO_LEDGER]);
    expect(constructs.map(({ region }) => region)).toEqual(REGIONS);
    expect(constructs[0].notes[0]).toMatch(/^Which Regions are enabled in account .* could not be read: UnauthorizedOperation: .*So each Region that the hub names is tried\.$/);
    expectRefused(
      await world.read(['plan', hubApp({ regions: undefined }), '--account', ONE]),
      /^Hub\/NetworkHygiene: Which Regions are enabled .* could not be read: .*--region names Regions to look at/,
    );
  });

  test('cost themselves alone if they cannot be read, and the plan ends with 2', async () => {
    const { world, organization } = await withRules({ [ONE]: 2 });
    organization.aws.deny('DescribeVpcs', { region: 'eu-west-1' });
    const { constructs, gaps, run } = await planned(world, [hubApp(AT_ONCE), '--account', ONE, ...NO_LEDGER]);
    const [good, bad] = constructs;
    expect([good.couldNotLook, revokedBy(good.deployment).length]).toEqual([[], 2]);
    expect([bad.region, revokedBy(bad.deployment)]).toEqual(['eu-west-1', []]);
    expect(bad.couldNotLook).not.toEqual([]);
    expect(gaps).toContain('DescribeVpcs');
    expect(run.exitCode).toBe(2);
  });

  test('count nothing for the limit if nothing could be looked at there, as in the run', async () => {
    const { world, organization } = await organizationScene(HUB, 'Auditor');
    for (const region of REGIONS) organization.addRules(HUB, region, 2);
    organization.aws.addMember(HUB);
    const limited = { maxRevocationsPerSweep: 3 };
    const found = [{ ...limited, dryRun: true }, OWN] as const;
    await organization.run({ configured: found, scheduledTime: '2026-11-01T00:00:00Z' });
    deployHub(organization);
    // The ledger has the rules of both Regions, and together they are over the limit.
    const files = hubFiles(organization, configuration(limited, OWN));
    const both = await planned(world, ['--account', HUB], { files });
    expect(both.constructs.map(({ deployment }) => [reasonsOf(deployment), deployment.due]))
      .toEqual(REGIONS.map(() => [['OVER_LIMIT', 'OVER_LIMIT'], 4]));
    for (const action of ['DescribeVpcs', 'DescribeVpnConnections']) organization.aws.deny(action, { region: 'eu-west-1' });
    const { constructs, run } = await planned(world, ['--account', HUB], { files });
    expect(constructs.map(({ region, deployment }) => [region, revokedBy(deployment).length, deployment.due]))
      .toEqual([['eu-central-1', 2, 2], ['eu-west-1', 0, 2]]);
    expect(constructs.flatMap(({ deployment }) => reasonsOf(deployment))).not.toContain('OVER_LIMIT');
    expect(run.exitCode).toBe(2);
    await organization.run({ configured: [limited, OWN], scheduledTime: '2026-11-02T00:00:00Z' });
    expect(REGIONS.map(region => organization.left(HUB, [region]))).toEqual([0, 2]);
  });

  test('cost themselves alone if they cannot be entered', async () => {
    const { world, organization } = await withRules({ [ONE]: 1 });
    organization.aws.disableRegion('me-south-1', ONE);
    const args = [hubApp({ regions: undefined }), '--account', ONE, '--region', 'eu-west-1', '--region', 'me-south-1', ...NO_LEDGER];
    const { constructs, gaps, run } = await planned(world, args);
    expect(constructs.map(({ region }) => region)).toEqual(['eu-west-1']);
    expect(gaps).toContain('Hub/NetworkHygiene in me-south-1: ');
    expect(run.exitCode).toBe(2);
  });
});

describe('the explanation of a rule by a hub', () => {
  interface Explained {
    readonly securityGroupRuleId: string;
    readonly region: string;
    readonly reasonsToKeep: readonly string[];
    readonly words: string;
  }

  async function explained(world: CliWorld, args: readonly string[]) {
    const run = await world.read(['explain', ...args, '--format', 'json']);
    const { rules, couldNotLook } = JSON.parse(run.stdout) as {
      rules: Explained[]; couldNotLook: Array<{ message: string }>;
    };
    return { rules, gaps: couldNotLook.map(({ message }) => message), run };
  }

  const ruleIn = ({ organization }: OrganizationScene, account: string, region: string): string =>
    [...organization.aws.place(account, region).rules.values()].find(({ cidrIpv4 }) => cidrIpv4 === '0.0.0.0/0')?.securityGroupRuleId ?? '';

  test('finds the Region that it is in, and says that the limit is that of the organization', async () => {
    const scene = await withRules({ [ONE]: 1 });
    const rule = ruleIn(scene, ONE, 'eu-west-1');
    const { rules, gaps, run } = await explained(scene.world, [rule, '--app', hubApp(AT_ONCE), '--account', ONE]);
    expect(rules).toMatchObject([{
      securityGroupRuleId: rule, region: 'eu-west-1', reasonsToKeep: [],
      words: 'the next sweep revokes it, unless more than 20 rules are due then in the whole organization',
    }]);
    // The gap about the hub is said once.
    expect(gaps).toEqual([expect.stringContaining('The ledger of Hub/NetworkHygiene cannot be read, because the hub is in account')]);
    expect(run.exitCode).toBe(2);
  });

  test('keeps it in an account that is only reported on, for that reason alone', async () => {
    const scene = await withRules({ [THREE]: 1 }, THREE);
    const rule = ruleIn(scene, THREE, 'eu-west-1');
    const { rules } = await explained(scene.world, [rule, '--app', hubApp(AT_ONCE), '--account', THREE]);
    expect(rules).toMatchObject([{
      reasonsToKeep: ['ACCOUNT_REPORT_ONLY'],
      words: 'kept, because its account is not in revokeIn, so everything in it is only reported',
    }]);
  });

  test('can leave out the ledger on purpose', async () => {
    const scene = await withRules({ [ONE]: 1 });
    const args = [ruleIn(scene, ONE, 'eu-west-1'), '--app', hubApp(AT_ONCE), '--account', ONE, '--no-ledger'];
    const { gaps, run } = await explained(scene.world, args);
    expect([gaps, run.exitCode]).toEqual([[], 1]);
    expect((await scene.world.read(['explain', ...args])).stdout).toContain('The ledger is left out, so no rule counts as seen before.');
  });

  test('of a rule that is nowhere names the Regions in which it was looked for', async () => {
    const scene = await withRules({ [ONE]: 1 });
    const { stdout, exitCode } = await scene.world.read(['explain', 'sgr-00000000000000abc', '--app', hubApp(), '--account', ONE]);
    expect(stdout.replace(/\s+/g, ' ')).toContain(`There is no rule sgr-00000000000000abc in account ${ONE}, Regions eu-central-1, eu-west-1.`);
    expect(exitCode).toBe(2);
  });

  test('needs the account', async () => {
    const { world } = await organizationScene();
    expectRefused(await world.read(['explain', 'sgr-0123456789abcdef0', '--app', hubApp()]), /^Hub\/NetworkHygiene looks at many accounts/);
  });
});

describe('the report by a hub', () => {
  test('has what it looks for in each Region of the account, whatever may be revoked there', async () => {
    const { world } = await withRules({ [THREE]: 2 }, THREE);
    const args = ['report', '--app', hubApp({ accounts: HygieneAccounts.list([ONE]) }), '--account', THREE];
    const run = await world.read([...args, '--format', 'json']);
    const { regions } = JSON.parse(run.stdout) as {
      regions: Array<{ construct: string; account: string; region: string; rules: unknown[] }>;
    };
    expect(regions.map(({ construct, account, region, rules }) => [construct, account, region, rules.length]))
      .toEqual(REGIONS.map(region => ['Hub/NetworkHygiene', THREE, region, 2]));
    expect([run.exitCode, run.ledgerCalls]).toEqual([1, []]);
    expect(run.actions).not.toContain('DescribeStacks');
    expectRefused(await world.read(args.slice(0, 3)), /^Hub\/NetworkHygiene looks at many accounts/);
  });
});

describe('the requests to a deployed hub', () => {
  interface Deployed extends OrganizationScene {
    readonly app: string;
    readonly revoked: string;
  }

  /** A run has revoked a rule of a member in Ireland. */
  async function deployed(): Promise<Deployed> {
    const scene = await withRules({ [ONE]: 1, [TWO]: 0, [THREE]: 1 }, HUB);
    const app = hubApp({ hygieneName: HYGIENE });
    deployHubApp(scene.organization, app);
    const [revoked] = [...scene.organization.aws.place(ONE, 'eu-west-1').rules.values()]
      .flatMap(({ cidrIpv4, securityGroupRuleId }) => cidrIpv4 === '0.0.0.0/0' ? securityGroupRuleId : []);
    await scene.organization.run({ scheduledTime: '2026-11-01T00:00:00Z' });
    expect(scene.organization.left(ONE)).toBe(0);
    return { ...scene, app, revoked };
  }

  const PLACE = ['--account', ONE, '--region', 'eu-west-1'];

  const invocations = ({ calls }: CliRun): unknown[] => calls.filter(({ action }) => action === 'Invoke')
    .map(({ parameters: { FunctionName, Qualifier } }) => [String(FunctionName).split(':').at(-1), Qualifier]);

  test('restore names the account and the Region, and puts the rule back there and nowhere else', async () => {
    const { world, organization, app, revoked } = await deployed();
    const run = await world.run(['restore', revoked, '--app', app, ...PLACE]);
    expect(run.stdout).toMatch(new RegExp(`^RESTORED +${revoked} `, 'm'));
    expect(run.stdout).toContain(`restore by Hub/NetworkHygiene in account ${ONE}, Region eu-west-1`);
    expect(run.exitCode).toBe(0);
    expect([organization.left(ONE, ['eu-west-1']), organization.left(ONE, ['eu-central-1'])]).toEqual([1, 0]);
    expect(invocations(run)).toEqual([['restore', undefined]]);
    const partition = `${HYGIENE}:${ONE}:eu-central-1`;
    const items = (await organization.dynamoDb.items()).filter(({ hygiene }) => hygiene === partition);
    const [, sweepId = ''] = new RegExp(`([\\w-]+-${ONE}-eu-central-1)`).exec(JSON.stringify(items)) ?? [];
    const other = ['--account', ONE, '--region', 'eu-central-1', '--format', 'json'];
    const sweep = await world.run(['restore', '--sweep', sweepId, '--app', app, ...other]);
    expect(JSON.parse(sweep.stdout)).toMatchObject({
      account: HUB, region: HUB_REGION, place: { account: ONE, region: 'eu-central-1' },
      answer: { rules: [{ outcome: 'RESTORED' }] },
    });
    expect(organization.left(ONE)).toBe(2);
  });

  test('retry names them, too', async () => {
    const { world, app, revoked } = await deployed();
    const run = await world.run(['retry', revoked, '--app', app, ...PLACE, '--format', 'json']);
    expect(invocations(run)).toEqual([['hub', 'retry']]);
    const { answer, place } = JSON.parse(run.stdout) as { answer: { rules: unknown[] }; place: unknown };
    expect(answer.rules).toMatchObject([{ securityGroupRuleId: revoked }]);
    expect(place).toEqual({ account: ONE, region: 'eu-west-1' });
  });

  test('pause and resume are about the whole organization', async () => {
    const { world, app } = await deployed();
    const paused = await world.run(['pause', '--for', '2h', '--reason', 'freeze', '--app', app]);
    expect([paused.exitCode, invocations(paused)]).toEqual([0, [['hub', 'pause']]]);
    expect((await world.read(['status', '--app', app, ...PLACE])).stdout).toMatch(/Revoking is paused until 20.*: freeze\./);
    const resumed = await world.run(['resume', '--app', app, '--account', HUB]);
    expect([resumed.exitCode, invocations(resumed)]).toEqual([0, [['hub', 'resume']]]);
    expectRefused(await world.run(['resume', '--app', app, '--region', 'eu-west-1']), /^--region eu-west-1: Hub\/NetworkHygiene is in eu-central-1\. Leave --region out/);
  });

  test.each([
    ['restore', ['restore', 'sgr-1']], ['retry', ['retry', 'sgr-1']], ['status', ['status']],
  ])('%s without the account or the Region is wrong usage, and nothing is called', async (command, args) => {
    const { world } = await organizationScene(HUB);
    const places: ReadonlyArray<readonly [place: readonly string[], missing: string]> = [
      [[], '--account <id> and --region <region>'], [PLACE.slice(0, 2), '--region <region>'], [PLACE.slice(2), '--account <id>'],
    ];
    for (const [place, missing] of places) {
      const run = await world.run([...args, '--app', hubApp(), ...place]);
      expectRefused(run, new RegExp(`^Hub/NetworkHygiene is the hub of an organization, so ${command} needs the account and the Region of the rules\\. Give ${missing}, and the credentials of the account of the hub`));
      expect(run.calls).toEqual([]);
    }
  });

  test('other wrong usage changes nothing', async () => {
    const { world, organization, app, revoked } = await deployed();
    const wrong: ReadonlyArray<readonly [readonly string[], RegExp]> = [
      [[...PLACE, '--region', 'eu-central-1'], /^restore works in one Region at a time\. Give --region once, not eu-west-1 and eu-central-1/],
      [['--account', 'one', '--region', 'eu-west-1'], /--account "one": it is not an account id/],
    ];
    for (const [place, said] of wrong) expectRefused(await world.run(['restore', revoked, '--app', app, ...place]), said);
    const without = hubApp({ hygieneName: HYGIENE, allowRestore: false });
    expectRefused(
      await world.run(['restore', revoked, '--app', without, ...PLACE]),
      /^Hub\/NetworkHygiene has no function that restores, because allowRestore is false/,
    );
    const both = folderOf(each => {
      addHub(each);
      addStack(each, 'Network', REVOKING);
    });
    expectRefused(await world.run(['restore', revoked, '--app', both, ...PLACE]), /^There are several: Hub\/NetworkHygiene, Network\/NetworkHygiene\. Name one of them with --construct or --stack/);
    expect(organization.left(ONE)).toBe(0);
  });

  test('with the credentials of a member is refused, and says whose are needed', async () => {
    const { world } = await organizationScene(ONE);
    const run = await world.run(['restore', 'sgr-1', '--app', hubApp(), ...PLACE]);
    expectRefused(run, new RegExp(`^The stack Hub is for account ${HUB}, and the credentials are of account ${ONE} `));
    expect(run.actions).toEqual(['GetCallerIdentity']);
  });

  test('without any credentials name the account of the hub, and not that of the rules', async () => {
    const { world } = await organizationScene(HUB);
    const all = [['restore', 'sgr-1', ...PLACE], ['retry', 'sgr-1', ...PLACE], ['status', ...PLACE], ['resume']];
    for (const args of all) {
      const run = await world.run([...args, '--app', hubApp()], { env: NOT_SIGNED_IN });
      expectRefused(run, new RegExp(`^There are no credentials\\. This needs those of account ${HUB}, in which Hub/NetworkHygiene is\\. Give --profile`));
      expect(run.stderr).not.toContain(ONE);
    }
  });

  test('pause and resume with the account of a member say that they are for all accounts', async () => {
    const { world } = await organizationScene(HUB);
    for (const args of [['pause', '--for', '2h', '--reason', 'freeze'], ['resume']]) {
      const run = await world.run([...args, '--app', hubApp(), '--account', ONE]);
      expectRefused(run, new RegExp(`^--account ${ONE}: ${args[0]} is for the whole organization of Hub/NetworkHygiene, which is in account ${HUB}\\. Leave --account out`));
      expect(run.calls).toEqual([]);
    }
  });

  test('of which the hub is not deployed says so', async () => {
    const { world } = await organizationScene(HUB);
    expectRefused(
      await world.run(['restore', 'sgr-1', '--app', hubApp(), ...PLACE]),
      new RegExp(`^Hub/NetworkHygiene has no function yet: the stack Hub is not deployed in account ${HUB}, Region eu-central-1`),
    );
  });

  test('status shows what is revoked and open in the Regions of an account, and what could not be looked at', async () => {
    const { world, organization, app, revoked } = await deployed();
    const { stdout, exitCode } = await world.read(['status', '--app', app, ...PLACE]);
    expect(stdout).toContain(`Status of ${HYGIENE} in account ${ONE}, Region eu-west-1`);
    expect(stdout.slice(stdout.indexOf('Revoked rules'))).toContain(revoked);
    expect([exitCode, /not known/.test(stdout)]).toEqual([0, false]);
    const reported = await world.read(['status', '--app', app, '--account', THREE, '--region', 'eu-west-1', '--region', 'eu-central-1']);
    expect(reported.stdout).toContain('Kept: its account is not in revokeIn, so everything in it is only reported');
    expect(reported.stdout).toContain(`Status of 2 Regions by ${HYGIENE}`);
    expect(reported.stdout).not.toContain('enabled is false');
    expect(reported.exitCode).toBe(1);
    organization.aws.removeMember(ONE);
    await organization.run({ scheduledTime: '2026-11-02T00:00:00Z' });
    const lost = await world.read(['status', '--app', app, ...PLACE]);
    expect(lost.stdout).toMatch(/The account could not be entered, or not looked at to its end, since 20.*: AccessDenied/);
    expect(lost.exitCode).toBe(2);
    const unknown = await world.read(['status', '--app', app, '--account', '999988887777', '--region', 'eu-west-1']);
    expect(unknown.stdout).toContain('The latest run did not look at it');
    expect(unknown.exitCode).toBe(2);
  });
});
