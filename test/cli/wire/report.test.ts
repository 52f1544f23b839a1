/** Tests the report of the bundled command line, over the wire. */
import { Fn } from 'aws-cdk-lib';
import { Peer, Port, Vpc } from 'aws-cdk-lib/aws-ec2';
import { FlaggedIngressRule, type NetworkHygieneProps, RuleMatch, StaleRules, VpnConnections } from '../../../src';
import { EXEMPT_TAG } from '../../../src/contract/exemptions';
import { Network } from '../../support/ec2-endpoint';
import type { Denial } from '../../support/ec2-endpoint/denials';
import { folderOf } from '../app/apps';
import { readCsv } from '../render/read-csv';
import { elementsIn, readHtml, textIn } from '../render/read-html';
import { addStack, appWith } from '../support/apps';
import { FROM_ANYWHERE, type KnownNetwork, knownNetwork, PRE_SHARED_KEY } from '../support/networks';
import { CliWorld, expectRefused, REGION, SIGNED_IN, stopCliWorlds } from '../support/world';

afterEach(stopCliWorlds);

async function knownWorld(): Promise<KnownNetwork & { world: CliWorld }> {
  const known = knownNetwork();
  return { ...known, world: await CliWorld.start({ network: known.network }) };
}

type Gaps = ReadonlyArray<{ readonly message: string; readonly code?: string; readonly vpcId?: string }>;

interface Data {
  /** The gaps of all Regions. */
  readonly couldNotLook: Gaps;
  readonly regions: ReadonlyArray<{
    readonly region: string;
    readonly construct?: string;
    readonly rules: ReadonlyArray<{ readonly securityGroupRuleId: string; readonly because: string }>;
    readonly vpnConnections: ReadonlyArray<{ readonly vpnConnectionId: string; readonly status: string }> | null;
    readonly couldNotLook: Gaps;
  }>;
}

const dataOf = ({ stdout }: { readonly stdout: string }): Data['regions'] => (JSON.parse(stdout) as Data).regions;

const idsOf = (region: Data['regions'][number]): string[] => region.rules.map(each => each.securityGroupRuleId);

const JSON_FORMAT = ['--format', 'json'];

test('without options, it finds stale rules and VPN connections that are down', async () => {
  const { world, stale, ssh, vpnConnectionId } = await knownWorld();
  const { stdout, stderr, exitCode } = await world.read(['report']);
  expect(stdout).toContain(`${stale.securityGroupRuleId} in ${stale.groupId}`);
  expect(stdout).toMatch(new RegExp(`DOWN +${vpnConnectionId} \\(office\\)`));
  expect(stdout).not.toContain(ssh.securityGroupRuleId);
  expect(stdout).toContain('Account 111122223333, Region eu-central-1, as arn:aws:sts::111122223333:assumed-role/Developer');
  expect(stderr).toBe('');
  expect(exitCode).toBe(1);
});

test('with a flag, it finds rules that match the flag and nothing else, and does not read what it does not need', async () => {
  const { world, ssh, exempt } = await knownWorld();
  const run = await world.read(['report', '--flag', 'ssh', ...JSON_FORMAT]);
  const [region] = dataOf(run);
  expect(region.rules).toMatchObject([
    { securityGroupRuleId: ssh.securityGroupRuleId, because: 'flagged by --flag ssh', description: 'for now' },
    { securityGroupRuleId: exempt.securityGroupRuleId },
  ]);
  expect(region.vpnConnections).toBeNull();
  expect(run.exitCode).toBe(1);
  expect(run.actions).toEqual([
    'DescribeSecurityGroupRules', 'DescribeSecurityGroups', 'DescribeVpcs', 'GetCallerIdentity',
  ]);
});

test('it claims nothing about what it has not looked for', async () => {
  const { world } = await knownWorld();
  expect((await world.read(['report', '--flag', 'ssh'])).stdout).not.toMatch(/stale|VPN/);
  expect((await world.read(['report', '--vpn'])).stdout).not.toMatch(/stale|flagged|VPCs? read/);
  expect((await world.read(['report', '--stale'])).stdout).not.toMatch(/flagged|VPN/);
});

test('a rule that is exempt by a tag is shown, and said to be so', async () => {
  const { world, exempt } = await knownWorld();
  const { stdout } = await world.read(['report', '--flag', 'ssh:::/0']);
  expect(stdout).toMatch(new RegExp(`${exempt.securityGroupRuleId}[^]*exempt by the tag ${EXEMPT_TAG}`));
});

describe('by an app', () => {
  const REPORTING: NetworkHygieneProps = {
    staleRules: StaleRules.ignore(), vpnConnections: VpnConnections.none(), exemptTags: ['keep'],
    flaggedIngressRules: [FlaggedIngressRule.inAnyGroup(Peer.anyIpv4(), Port.SSH, { reason: 'use Session Manager' })],
  };

  test('it finds what the construct looks for, and nothing else, and asks neither its ledger nor its function', async () => {
    const { world, network, groupId, ssh } = await knownWorld();
    const kept = network.addIngress(groupId, { ...FROM_ANYWHERE, toPort: 23, tags: { keep: '' } });
    const app = appWith(REPORTING);
    const run = await world.read(['report', '--app', app, ...JSON_FORMAT]);
    const [region, ...others] = dataOf(run);
    expect(others).toEqual([]);
    expect(idsOf(region)).toEqual([ssh.securityGroupRuleId]);
    expect(region).toMatchObject({ construct: 'Network/NetworkHygiene', notes: [], lookedFor: ['flaggedIngressRules[0] (use Session Manager)'] });
    expect([region.vpnConnections, region.couldNotLook, run.exitCode]).toEqual([null, [], 1]);
    expect(run.actions).toEqual([
      'DescribeSecurityGroupRules', 'DescribeSecurityGroups', 'DescribeVpcs', 'GetCallerIdentity',
    ]);
    // Exempt rules are reported all the same, and said to be exempt.
    const covering = FlaggedIngressRule.inAnyGroup(Peer.anyIpv4(), Port.SSH, { match: RuleMatch.COVERS });
    const { stdout } = await world.read(['report', '--app', appWith({ ...REPORTING, flaggedIngressRules: [covering] })]);
    expect(stdout).toMatch(new RegExp(`${kept.securityGroupRuleId}[^]*exempt by the tag keep`));
    expect(stdout).toContain('Looked for flaggedIngressRules[0], as Network/NetworkHygiene does.');
  });

  test('it takes the constructs that are selected, in their accounts and Regions', async () => {
    const { world, vpnConnectionId } = await knownWorld();
    const app = folderOf(each => {
      addStack(each, 'Ssh', REPORTING);
      addStack(each, 'Vpn', { staleRules: StaleRules.ignore() });
    });
    const both = dataOf(await world.read(['report', '--app', app, ...JSON_FORMAT]));
    expect(both.map(({ construct }) => construct)).toEqual(['Ssh/NetworkHygiene', 'Vpn/NetworkHygiene']);
    const one = dataOf(await world.read(['report', '--app', app, '--stack', 'Vpn', ...JSON_FORMAT]));
    expect(one).toMatchObject([{ rules: [], vpnConnections: [{ vpnConnectionId }] }]);
    const [columns, ...rows] = readCsv((await world.read(['report', '--app', app, '--format', 'csv'])).stdout);
    expect(new Set(rows.map(row => row[columns.indexOf('construct')]))).toEqual(new Set(['Ssh/NetworkHygiene', 'Vpn/NetworkHygiene']));
    const elsewhere = appWith(REPORTING, { env: { account: '444455556666', region: REGION } });
    expectRefused(await world.read(['report', '--app', elsewhere]), /^The stack Network is for account 444455556666, and the credentials are of account 111122223333/);
  });

  test('it ends with 2 if a part of the configuration is not known', async () => {
    const { world } = await knownWorld();
    const app = appWith(stack => ({
      ...REPORTING,
      vpcs: [Vpc.fromVpcAttributes(stack, 'Vpc', { vpcId: Fn.importValue('main-vpc'), availabilityZones: ['eu-central-1a'] })],
    }));
    const run = await world.read(['report', '--app', app, ...JSON_FORMAT]);
    expect(dataOf(run)[0].couldNotLook.map(({ message }) => message).join()).toContain('vpcs[0] is not known');
    expect([dataOf(run)[0].rules, run.exitCode]).toEqual([[], 2]);
  });

  test('it says so if there is none', async () => {
    const { world } = await knownWorld();
    const run = await world.read(['report', '--stack', 'Network']);
    expectRefused(run, /^There is no synthesized app in cdk\.out/);
    expect(run.calls).toEqual([]);
  });
});

describe('the exit code', () => {
  test('is 0 if nothing is found, and says how much was read', async () => {
    const { world } = await knownWorld();
    const { stdout, exitCode } = await world.read(['report', '--flag', 'rdp']);
    expect(stdout).toContain('2 VPCs read, 0 flagged.');
    expect(exitCode).toBe(0);
  });

  test('is 0 in an account without any VPC, and says so', async () => {
    const world = await CliWorld.start();
    const { stdout, exitCode } = await world.read(['report']);
    expect(stdout).toContain('0 VPCs read');
    expect(exitCode).toBe(0);
  });

  test('is 2 if one VPC could not be looked at, even if the others have findings, and the rest is shown', async () => {
    const { world, network, stale, vpnConnectionId } = await knownWorld();
    const { vpcId } = network.addVpc();
    network.addSecurityGroup({ vpcId });
    world.ec2.deny('DescribeStaleSecurityGroups', { vpcId });
    const run = await world.read(['report', ...JSON_FORMAT]);
    const [region] = dataOf(run);
    expect(idsOf(region)).toEqual([stale.securityGroupRuleId]);
    expect(region.vpnConnections).toMatchObject([{ vpnConnectionId, status: 'DOWN' }]);
    expect(region.couldNotLook).toMatchObject([{ vpcId, code: 'UnauthorizedOperation' }]);
    expect(region.couldNotLook[0].message).toContain('`npx cdk-network-hygiene policy` prints the permissions');
    expect(run.exitCode).toBe(2);
    const { stdout } = await world.read(['report']);
    expect(stdout).toContain(vpcId);
    expect(stdout).toMatch(/1 thing could not be looked at\.\n$/);
  });

  test('is 3 for wrong arguments, and nothing is called', async () => {
    const { world } = await knownWorld();
    for (const args of [['--flag', 'sssh'], ['--vpc', 'sg-1'], ['--format', 'xml'], ['--region', 'Frankfurt']]) {
      const run = await world.read(['report', ...args]);
      expectRefused(run, new RegExp(args[1]));
      expect(run.calls).toEqual([]);
    }
  });

  const DENIED: readonly Denial['action'][] = [
    'DescribeVpcs', 'DescribeStaleSecurityGroups', 'DescribeSecurityGroups', 'DescribeSecurityGroupRules',
    'DescribeVpnConnections',
  ];

  test.each(DENIED)('is 2 if %s is denied, whatever is found', async action => {
    const { world } = await knownWorld();
    world.ec2.deny(action);
    const run = await world.read(['report', '--flag', 'ssh', '--stale', '--vpn', ...JSON_FORMAT]);
    const [{ couldNotLook }] = dataOf(run);
    expect(couldNotLook.length).toBeGreaterThan(0);
    expect(couldNotLook.map(({ message }) => message).join()).toContain('`npx cdk-network-hygiene policy`');
    expect(run.exitCode).toBe(2);
  });

  test('is 2 if a call fails again and again, and it is said what to do', async () => {
    const { world } = await knownWorld();
    world.ec2.fault({ action: 'DescribeVpnConnections', kind: 'throttle' });
    const throttled = await world.read(['report', '--vpn']);
    expect(throttled.stdout).toMatch(/RequestLimitExceeded.*; others use the same limits of EC2 now; try again later/);
    world.ec2.fault({ action: 'DescribeSecurityGroupRules', kind: 'error', code: 'Unavailable', status: 503 });
    const failed = await world.read(['report', '--flag', 'ssh']);
    expect(failed.stdout).toContain('Unavailable');
    expect([throttled.exitCode, failed.exitCode]).toEqual([2, 2]);
  });

  test('is 1 if a call succeeds only at the second attempt', async () => {
    const { world } = await knownWorld();
    world.ec2.fault({ action: 'DescribeSecurityGroupRules', kind: 'error', code: 'Unavailable', status: 503, times: 1 });
    expect((await world.read(['report', '--flag', 'ssh'])).exitCode).toBe(1);
  });
});

describe('--vpc', () => {
  test('looks at one VPC only, and not at VPN connections, which belong to none', async () => {
    const { world, network, vpcId, ssh } = await knownWorld();
    const other = network.addSecurityGroup({ vpcId: network.addVpc().vpcId });
    const elsewhere = network.addIngress(other.groupId, FROM_ANYWHERE);
    const run = await world.read(['report', '--vpc', vpcId, '--flag', 'ssh:0.0.0.0/0', ...JSON_FORMAT]);
    expect(dataOf(run).flatMap(idsOf)).toEqual([ssh.securityGroupRuleId]);
    const { stdout, actions } = await world.read(['report', '--vpc', vpcId]);
    expect(stdout).toContain(`in ${vpcId}`);
    expect(stdout).not.toContain(elsewhere.securityGroupRuleId);
    expect(actions).not.toContain('DescribeVpnConnections');
  });

  test('of a VPC that there is not is something that could not be looked at', async () => {
    const { world } = await knownWorld();
    const { stdout, exitCode } = await world.read(['report', '--vpc', 'vpc-0123456789abcdef0', '--flag', 'ssh']);
    expect(stdout).toContain('vpc-0123456789abcdef0');
    expect(exitCode).toBe(2);
  });

  test('of another account that is denied says that only this account may look for stale rules there', async () => {
    const { world, network } = await knownWorld();
    const { vpcId } = network.addVpc({ ownerId: '444455556666' });
    network.addSecurityGroup({ vpcId });
    world.ec2.deny('DescribeStaleSecurityGroups', { vpcId });
    const { stdout, exitCode } = await world.read(['report', '--vpc', vpcId]);
    expect(stdout).toContain(`${vpcId} belongs to another account`);
    expect(exitCode).toBe(2);
  });
});

describe('--flag-file', () => {
  test('has flags with reasons, as lines or as JSON', async () => {
    const { world, ssh, exempt } = await knownWorld();
    const files = {
      'flags.txt': '# Sessions go through Session Manager.\nssh:0.0.0.0/0  use Session Manager\n\nrdp\n',
      'flags.json': JSON.stringify([
        { IpPermissions: [{ IpProtocol: 'tcp', FromPort: 22, ToPort: 22, Ipv6Ranges: [{ CidrIpv6: '::/0' }] }], reason: 'IPv6' },
      ]),
    };
    const args = ['report', '--flag-file', 'flags.txt', '--flag-file', 'flags.json'];
    const run = await world.read([...args, ...JSON_FORMAT], { files });
    expect(dataOf(run)[0].rules).toMatchObject([
      { securityGroupRuleId: ssh.securityGroupRuleId, because: 'flagged by ssh:0.0.0.0/0 (use Session Manager)' },
      { securityGroupRuleId: exempt.securityGroupRuleId, because: 'flagged by flags.json[0] (IPv6)' },
    ]);
  });

  test.each<[string, Record<string, string>, RegExp]>([
    ['is not there', {}, /--flag-file flags\.txt could not be read/],
    ['is empty', { 'flags.txt': '# none\n' }, /flags\.txt: the file has no flags/],
    ['has a flag that is none', { 'flags.txt': 'ssh\nsssh\n' }, /flags\.txt, line 2, "sssh": the service is not known/],
    ['is broken JSON', { 'flags.txt': '["ssh"' }, /flags\.txt: the file begins with "\[" but is not JSON/],
  ])('that %s ends the command before anything is called', async (_, files, said) => {
    const { world } = await knownWorld();
    const run = await world.read(['report', '--flag-file', 'flags.txt'], { files });
    expectRefused(run, said);
    expect(run.calls).toEqual([]);
  });
});

describe('several Regions', () => {
  test('are looked at each', async () => {
    const { world, stale } = await knownWorld();
    const run = await world.read(['report', '--region', 'eu-west-1', '--region', 'us-east-1', ...JSON_FORMAT]);
    expect(dataOf(run).map(each => [each.region, idsOf(each)])).toEqual([
      ['eu-west-1', [stale.securityGroupRuleId]], ['us-east-1', [stale.securityGroupRuleId]],
    ]);
    expect(new Set(run.calls.map(({ signer }) => signer?.region))).toEqual(new Set(['eu-west-1', 'us-east-1']));
  });

  test('of which one refuses the credentials: the others are shown, and it is said what to do', async () => {
    const { world, stale } = await knownWorld();
    world.ec2.disableRegion('me-south-1');
    const args = ['report', '--region', 'me-south-1', '--region', REGION];
    const run = await world.read([...args, ...JSON_FORMAT]);
    const { regions: [here, ...others], couldNotLook } = JSON.parse(run.stdout) as Data;
    expect(idsOf(here)).toEqual([stale.securityGroupRuleId]);
    expect([here.region, others]).toEqual([REGION, []]);
    expect(couldNotLook.map(({ message }) => message).join()).toMatch(/me-south-1 may not be enabled/);
    expect(run.exitCode).toBe(2);
    expect(run.calls.filter(({ signer }) => signer?.region === 'me-south-1').map(({ action }) => action))
      .toEqual(expect.not.arrayContaining(['DescribeVpcs']));
    const { stdout } = await world.read(args);
    expect(stdout).toContain(stale.securityGroupRuleId);
    expect(stdout).toMatch(/me-south-1: .*me-south-1 may not be enabled/);
  });

  test('that all refuse end the command', async () => {
    const { world } = await knownWorld();
    for (const region of ['me-south-1', 'af-south-1']) world.ec2.disableRegion(region);
    const run = await world.read(['report', '--region', 'me-south-1', '--region', 'af-south-1']);
    expectRefused(run, /the Region me-south-1 may not be enabled/);
  });
});

describe('the format', () => {
  const NAME = '\u001b[31m<b>|@admin=1+1\u202e';

  /** The network has names that anyone can write. */
  async function world(): Promise<{ world: CliWorld; ids: string[] }> {
    const { world: known, groupId, network, ssh, stale, vpnConnectionId } = await knownWorld();
    const group = network.groups.get(groupId);
    if (group) group.groupName = NAME;
    network.modifyRule(ssh.securityGroupRuleId, { description: '=HYPERLINK("https://example.com")' });
    return { world: known, ids: [ssh.securityGroupRuleId, stale.securityGroupRuleId, vpnConnectionId] };
  }

  const ARGS = ['report', '--flag', 'ssh', '--stale', '--vpn', '--format'];

  test.each(['table', 'json', 'csv', 'html', 'markdown'])('%s has every finding, and no control characters', async format => {
    const { world: known, ids } = await world();
    const { stdout, stderr, exitCode } = await known.read([...ARGS, format]);
    for (const id of ids) expect(stdout).toContain(id);
    expect(stdout.endsWith('\n')).toBe(true);
    expect([stderr, exitCode]).toEqual(['', 1]);
    expect(stdout).not.toContain('\u202e');
  });

  test('json is data', async () => {
    const { world: known } = await world();
    const { stdout } = await known.read([...ARGS, 'json']);
    expect(JSON.parse(stdout)).toMatchObject({
      version: 1, command: 'report', regions: [{ account: '111122223333', region: REGION }],
    });
  });

  test('csv has a row for each finding, and no formula', async () => {
    const { world: known, ids } = await world();
    const [columns, ...rows] = readCsv((await known.read([...ARGS, 'csv'])).stdout);
    const at = (row: string[], column: string): string => row[columns.indexOf(column)];
    expect(rows.map(row => at(row, 'kind'))).toEqual(['rule', 'rule', 'rule', 'vpnConnection']);
    expect(rows.flat().filter(cell => /^[=+@-]/.test(cell))).toEqual([]);
    expect(rows.map(row => at(row, 'vpnConnectionId')).at(-1)).toBe(ids[2]);
  });

  test('html is a page in which nothing of a name is markup', async () => {
    const { world: known } = await world();
    const page = readHtml((await known.read([...ARGS, 'html'])).stdout);
    expect(elementsIn(page, 'b')).toEqual([]);
    expect(textIn(page)).toContain('<b>|@admin=1+1');
  });

  test('markdown is a comment in which nobody is mentioned', async () => {
    const { world: known } = await world();
    const { stdout } = await known.read([...ARGS, 'markdown']);
    expect(stdout).not.toMatch(/<b>|@admin/);
  });

  test.each(['table', 'json', 'csv', 'html', 'markdown'])('%s goes to a file as a whole, and nothing to standard output', async format => {
    const { world: known } = await world();
    const { stdout } = await known.read([...ARGS, format]);
    const { stdout: nothing, files, exitCode } = await known.read([...ARGS, format, '--output', 'report.txt']);
    expect([nothing, exitCode]).toEqual(['', 1]);
    const steady = (text: string): string => text.replace(/(?:secondsSinceStatusChange": \d+|readAt": "[^"]+")/g, '');
    expect(steady(files['report.txt'])).toBe(steady(stdout));
  });

  test('the file cannot be in a folder that there is not', async () => {
    const { world: known } = await world();
    expectRefused(await known.read(['report', '--output', 'none/report.txt']), /^--output "none\/report\.txt": the folder .* does not exist/);
  });

  test('the file is not touched if the credentials are wrong', async () => {
    const { world: known } = await world();
    const files = { 'report.txt': 'the report of yesterday' };
    const run = await known.read(['report', '--account', '444455556666', '--output', 'report.txt'], { files });
    expectRefused(run, /--account is 444455556666/);
    expect(run.files).toEqual(files);
  });
});

describe('a pre-shared key', () => {
  test.each(['table', 'json', 'csv', 'html', 'markdown'])('is not in the format %s', async format => {
    const { world } = await knownWorld();
    const { stdout, stderr } = await world.read(['report', '--vpn', '--format', format]);
    expect(stdout).toContain('vpn-');
    expect(`${stdout}${stderr}`).not.toContain(PRE_SHARED_KEY);
  });

  test.each([
    { code: 'InvalidParameterValue', status: 400 }, { code: 'InternalError', status: 500 },
    { code: 'UnauthorizedOperation', status: 403 }, { code: 'RequestExpired', status: 400 },
  ])('is not in the message of $code that quotes it', async ({ code, status }) => {
    const { world } = await knownWorld();
    world.ec2.fault({
      action: 'DescribeVpnConnections', kind: 'error', code, status, message: `<pre_shared_key>${PRE_SHARED_KEY}</pre_shared_key>`,
    });
    for (const format of ['table', 'json']) {
      const { stdout, stderr, exitCode } = await world.read(['report', '--format', format]);
      expect(`${stdout}${stderr}`).not.toContain(PRE_SHARED_KEY);
      expect(stdout).toContain(code);
      expect(exitCode).toBe(2);
    }
  });

  test('is not in what is said about an answer that cannot be used', async () => {
    const { world } = await knownWorld();
    world.ec2.distort('DescribeVpnConnections', answer => ({
      vpnConnectionSet: (answer.vpnConnectionSet as object[]).map(each => ({ ...each, vpnConnectionId: undefined })),
    }));
    const { stdout, stderr, exitCode } = await world.read(['report']);
    expect(`${stdout}${stderr}`).not.toContain(PRE_SHARED_KEY);
    expect(exitCode).toBe(2);
  });
});

test('with the credentials of a role, every call is made by the role', async () => {
  const { world, ssh } = await knownWorld();
  const roleArn = 'arn:aws:iam::111122223333:role/Auditor';
  world.ec2.addRole({ roleArn, externalId: 'agreed' });
  const run = await world.read(
    ['report', '--flag', 'ssh', '--role-arn', roleArn, '--external-id', 'agreed', '--region', REGION],
  );
  const assumed = 'arn:aws:sts::111122223333:assumed-role/Auditor/cdk-network-hygiene';
  expect(run.stdout).toContain(ssh.securityGroupRuleId);
  expect(run.stdout).toContain(`as ${assumed}`);
  const [first, ...others] = run.calls;
  expect(first).toMatchObject({ action: 'AssumeRole', parameters: { RoleArn: roleArn, ExternalId: 'agreed' } });
  expect(others.filter(({ action, caller }) => (action === 'AssumeRole') === (caller === assumed))).toEqual([]);
  expect(others.filter(({ caller }) => caller === assumed).length).toBeGreaterThan(3);
});

test('long lists are read to their end', async () => {
  const network = new Network();
  const { vpcId } = network.addVpc();
  const rules = Array.from({ length: 30 }, () =>
    network.addIngress(network.addSecurityGroup({ vpcId }).groupId, FROM_ANYWHERE).securityGroupRuleId);
  const world = await CliWorld.start({ network, pageSize: 4, emptyTokenAtEnd: true, emptyPages: true });
  const run = await world.read(['report', '--flag', 'ssh', ...JSON_FORMAT]);
  expect(dataOf(run).flatMap(idsOf)).toEqual(rules);
});

test('a profile has everything that is needed, the Region and the endpoint, too', async () => {
  const { world, stale } = await knownWorld();
  const profile = [
    '[profile audit]', 'region = eu-west-3', `endpoint_url = ${world.ec2.url}`, `aws_access_key_id = ${SIGNED_IN.AWS_ACCESS_KEY_ID}`,
    `aws_secret_access_key = ${SIGNED_IN.AWS_SECRET_ACCESS_KEY}`, '',
  ];
  const env = {
    AWS_ENDPOINT_URL: undefined, AWS_REGION: undefined, AWS_ACCESS_KEY_ID: undefined, AWS_SECRET_ACCESS_KEY: undefined,
    AWS_SESSION_TOKEN: undefined, AWS_PROFILE: 'audit',
  };
  const run = await world.read(['report'], { env, home: { '.aws/config': profile.join('\n') } });
  expect(run.stdout).toContain(stale.securityGroupRuleId);
  expect(run.stdout).toContain('Region eu-west-3');
});
