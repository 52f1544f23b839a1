/** Tests the bundled command line for the hub of an organization, over the wire. */
import { Duration } from 'aws-cdk-lib';
import { HygieneAccounts } from '../../../src';
import type { Parameters } from '../../support/ec2-endpoint';
import { record } from '../../support/endpoint/parameters';
import { configuration, stopWorlds } from '../../wire/organization/world';
import {
  deployHub, HUB, hubApp, hubFiles, ONE, organizationScene, type OrganizationScene, REGIONS, THREE, TWO,
} from '../support/organization';
import type { CliOptions } from '../support/run-cli';
import { type CliRun, type CliWorld, expectRefused } from '../support/world';

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

  test('has to be one that the hub looks at', async () => {
    const { world } = await withRules({ [THREE]: 1 }, THREE);
    const app = hubApp({ accounts: HygieneAccounts.list([ONE, TWO]) });
    const run = await world.read(['plan', app, '--account', THREE]);
    expectRefused(run, new RegExp(`^Hub/NetworkHygiene does not look at account ${THREE}, because accounts does not select it`));
    expect(run.actions).not.toContain('DescribeVpcs');
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
    // What is not known of the hub is said once.
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
