/**
 * Tests that wrong values of the hub's properties fail before any resource is created, with an error that names the
 * property, the value and the fix.
 */
import { App, CfnParameter, CfnResource, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Table } from 'aws-cdk-lib/aws-dynamodb';
import { Peer, Port, SecurityGroup, Vpc } from 'aws-cdk-lib/aws-ec2';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import {
  FlaggedIngressRule, NetworkHygieneOrganization, NotificationFormat, StaleRules, UnusedSecurityGroups, VpnConnections,
} from '../src';
import { aHub, HubProps } from './support/synthesized-hub';
import { aStack } from './support/synthesized-stack';

/** The name of the case, the properties, and the message after the path of the construct. */
type Case = readonly [name: string, props: HubProps, message: string];

const text = (stack: Stack): string => new CfnParameter(stack, 'Text').valueAsString;
const number = (stack: Stack): number => new CfnParameter(stack, 'Number', { type: 'Number' }).valueAsNumber;
const group = (stack: Stack): SecurityGroup => SecurityGroup.fromSecurityGroupId(stack, 'Group', 'sg-1') as SecurityGroup;
const vpc = (stack: Stack): Vpc =>
  Vpc.fromVpcAttributes(stack, 'Vpc', { vpcId: 'vpc-1', availabilityZones: ['a'] }) as Vpc;

/** The resources of the hub that were made before the error. */
function construction(props: HubProps): { readonly error: unknown; readonly resources: string[] } {
  const stack = aStack();
  try {
    aHub(stack, props);
    return { error: undefined, resources: [] };
  } catch (error) {
    const made = stack.node.tryFindChild('Hub')?.node.findAll() ?? [];
    return { error, resources: made.filter(each => CfnResource.isCfnResource(each)).map(({ node }) => node.path) };
  }
}

function itFails(cases: readonly Case[]): void {
  it.each(cases)('fails for %s, before any resource is made', (_, props, message) => {
    const { error, resources } = construction(props);
    expect(error).toBeInstanceOf(Error);
    expect((error as Error).message).toContain(`Network/Hub: ${message}`);
    expect(resources).toEqual([]);
  });
}

describe('organizationId', () => {
  const FIX = 'give the id of an organization, such as o-a1b2c3d4e5';
  itFails([
    ['no value', { organizationId: undefined }, `organizationId: got undefined; ${FIX}`],
    ['another id', { organizationId: 'r-a1b2' }, `organizationId: got "r-a1b2"; ${FIX}`],
    ['a wildcard', { organizationId: 'o-*' }, `organizationId: got "o-*"; ${FIX}`],
    [
      'what is known at deployment only', stack => ({ organizationId: text(stack) }),
      `organizationId: got a text that is known at deployment only; ${FIX}`,
    ],
  ]);
});

describe('accounts and revokeIn', () => {
  const FIX = 'give a HygieneAccounts, such as HygieneAccounts.all()';
  const FEW = "give a HygieneAccounts, such as HygieneAccounts.list(['111122223333'])";
  itFails([
    ['no accounts', { accounts: undefined }, `accounts: got undefined; ${FIX}`],
    ['accounts that are a list', { accounts: ['111122223333'] as never }, `accounts: got ["111122223333"]; ${FIX}`],
    ['revokeIn that is true', { revokeIn: true as never }, `revokeIn: got true; ${FEW}`],
    ['revokeIn that is null', { revokeIn: null as never }, `revokeIn: got null; ${FEW}`],
    [
      'revokeIn that is a list, without advice to revoke everywhere', { revokeIn: ['111122223333'] as never },
      `revokeIn: got ["111122223333"]; ${FEW}`,
    ],
  ]);
});

describe('the properties as a whole', () => {
  it.each<[string, unknown]>([['undefined', undefined], ['null', null], ['[]', []], ['"props"', 'props']])(
    'are not %s, and the error names those that are required', (got, props) => {
      expect(() => new NetworkHygieneOrganization(aStack(), 'Hub', props as never)).toThrow(
        `Network/Hub: got ${got}; give an object with at least organizationId and accounts`,
      );
    },
  );
});

describe('properties of a member', () => {
  itFails([
    ['mayRevoke', { mayRevoke: true } as never, '"mayRevoke" is unknown; it belongs to the members; on the hub, give revokeIn'],
    [
      'hubAccount', { hubAccount: '111122223333' } as never,
      '"hubAccount" is unknown; it belongs to the members; the hub is in the account of its stack, so leave it out here',
    ],
    [
      'forwardChangesTo', { forwardChangesTo: 'bus' } as never,
      '"forwardChangesTo" is unknown; it belongs to the members; on the hub, give changeTrigger',
    ],
    [
      'organizationalUnits', { organizationalUnits: [] } as never,
      '"organizationalUnits" is unknown; on the hub, give HygieneAccounts.organizationalUnits() as accounts',
    ],
  ]);
});

describe('regions', () => {
  itFails([
    ['an empty list', { regions: [] }, 'regions: got []; leave it out to mean every enabled Region'],
    ['what is no Region', { regions: ['eu-central-1', 'Europe'] }, 'regions[1]: got "Europe"; give the name of a Region'],
    ['a wildcard', { regions: ['eu-*'] }, 'regions[0]: got "eu-*"; give the name of a Region'],
    [
      'a Region that is there twice', { regions: ['eu-central-1', 'us-east-1', 'eu-central-1'] },
      'regions[2]: got "eu-central-1" again; give each once',
    ],
    [
      'too many', { regions: Array.from({ length: 41 }, (_, index) => `eu-north-${index}`) },
      'regions: got 41 Regions; give at most 40',
    ],
    [
      'what is known at deployment only', stack => ({ regions: [text(stack)] }),
      'regions[0]: got a text that is known at deployment only; give the name of a Region',
    ],
    [
      'a list that is known at deployment only',
      stack => ({ regions: new CfnParameter(stack, 'Regions', { type: 'CommaDelimitedList' }).valueAsList }),
      'regions: got a list that is known at deployment only; give a list of plain texts',
    ],
  ]);
});

describe('names', () => {
  const FIX = 'give the name of a role: 1 to 64 letters';
  itFails([
    ...(['hubRoleName', 'hubRestoreRoleName', 'sweepRoleName', 'restoreRoleName'] as const).flatMap((name): Case[] => [
      [`${name} with a path`, { [name]: 'hygiene/hub' }, `${name}: got "hygiene/hub"; ${FIX}`],
      [`${name} with a wildcard`, { [name]: '*' }, `${name}: got "*"; ${FIX}`],
      [`an empty ${name}`, { [name]: '' }, `${name}: got ""; ${FIX}`],
      [
        `${name} that is known at deployment only`, stack => ({ [name]: text(stack) }),
        `${name}: got a text that is known at deployment only; ${FIX}`,
      ],
    ]),
    [
      'roles of the hub with one name', { hubRoleName: 'hub', hubRestoreRoleName: 'Hub' },
      'hubRestoreRoleName: got "Hub", which is hubRoleName, too; give each role a name of its own',
    ],
    [
      'a role in the members with the name of one of the hub, which may be a member', { sweepRoleName: 'network-hygiene-hub' },
      'sweepRoleName: got "network-hygiene-hub", which is hubRoleName, too',
    ],
    ['an external id that is too short', { externalId: 'x' }, 'externalId: got "x"; give an external id: 2 to 1224'],
    [
      'an external id that is known at deployment only', stack => ({ externalId: text(stack) }),
      'externalId: got a text that is known at deployment only; give an external id',
    ],
    ['a hygieneName with a colon', { hygieneName: 'a:b' }, 'hygieneName: got "a:b"; give 1 to 128 letters'],
  ]);

  it.each(['What?', 'All*', 'a:b', '${aws:username}'])(
    'of the construct by default may not have characters that mean something in a policy: %s', id => {
      expect(() => aHub(aStack(), {}, id)).toThrow(/: hygieneName: the default is ".*"; give a name: 1 to 128 letters/);
      expect(() => aHub(aStack(), { hygieneName: 'Hub' }, id)).not.toThrow();
    },
  );

  it('of roles are refused if another hub of the account has them', () => {
    const stack = aStack();
    aHub(stack);
    expect(() => aHub(stack, {}, 'Second')).toThrow(
      'Network/Second: hubRoleName: Network/Hub/Role has the name "network-hygiene-hub", too, and an account has one role of a name; give another hubRoleName, to the members, too',
    );
    expect(() => aHub(stack, { hubRoleName: 'second' }, 'Third')).toThrow('Network/Third: hubRestoreRoleName: Network/Hub/RestoreRole');
  });

  it('of roles are refused if another hub of the account has them in another Region', () => {
    const app = new App();
    const [first, second] = ['eu-central-1', 'us-east-1'].map(region =>
      new Stack(app, region, { env: { account: '111122223333', region } }));
    aHub(first);
    expect(() => aHub(second)).toThrow('us-east-1/Hub: hubRoleName: eu-central-1/Hub/Role has the name');
  });

  it('of roles are refused if a role of the app has them, in whatever case', () => {
    const stack = aStack();
    new Role(stack, 'Own', { roleName: 'Network-Hygiene-Hub', assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    expect(() => aHub(stack)).toThrow('Network/Hub: hubRoleName: Network/Own has the name');
  });

  it('of the construct are refused if another construct of the account and Region has them', () => {
    const stack = aStack();
    aHub(stack, { hygieneName: 'Hub' });
    const others = { hubRoleName: 'second', hubRestoreRoleName: 'second-restore' };
    expect(() => aHub(stack, { hygieneName: 'Hub', ...others }, 'Second')).toThrow('Network/Second: hygieneName: got "Hub"');
  });
});

describe('numbers', () => {
  itFails([
    ['no account at a time', { maxConcurrency: 0 }, 'maxConcurrency: got 0; give an integer from 1 to 1000'],
    ['too many at a time', { maxConcurrency: 1001 }, 'maxConcurrency: got 1001; give an integer from 1 to 1000'],
    [
      'a number at a time that is known at deployment only', stack => ({ maxConcurrency: number(stack) }),
      'maxConcurrency: got a number that is known at deployment only; give an integer from 1 to 1000',
    ],
    ['a negative tolerance', { toleratedFailures: -1 }, 'toleratedFailures: got -1; give an integer from 0 to 100000'],
    ['a broken tolerance', { toleratedFailures: 0.5 }, 'toleratedFailures: got 0.5; give an integer from 0 to 100000'],
  ]);
});

describe('functionOptions', () => {
  const WHY = 'leave it out, because the functions call AWS in many Regions, and a VPC gives them access to the endpoints of one';
  itFails([
    ['a VPC', stack => ({ functionOptions: { vpc: vpc(stack) } }), `functionOptions: vpc: got vpc; ${WHY}`],
    ['subnets', { functionOptions: { vpcSubnets: {} } }, `functionOptions: vpcSubnets: got vpcSubnets; ${WHY}`],
    [
      'security groups', stack => ({ functionOptions: { securityGroups: [group(stack)] } }),
      `functionOptions: securityGroups: got securityGroups; ${WHY}`,
    ],
    [
      'a timeout that is too short', { functionOptions: { timeout: Duration.seconds(30) } },
      'functionOptions: timeout: got 30 seconds; give whole seconds from 2 minutes to 15 minutes',
    ],
  ]);
});

describe('what is in one account and Region', () => {
  itFails([
    [
      'a declaration for one group', stack => ({ flaggedIngressRules: [FlaggedIngressRule.onGroup(group(stack), Peer.anyIpv4(), Port.SSH)] }),
      'flaggedIngressRules[0]: got a declaration for the security group "sg-1"',
    ],
    [
      'VPN connections by their ids', { vpnConnections: VpnConnections.withIds(['vpn-1']) },
      'vpnConnections: got VpnConnections.withIds()',
    ],
    ['VPCs', { vpcs: [] } as never, '"vpcs" is unknown; leave it out, because a VPC is in one account and Region'],
    ['exempt groups', { exemptSecurityGroups: [] } as never, '"exemptSecurityGroups" is unknown; use exemptTags'],
    ['metrics per resource', { resourceMetrics: true } as never, '"resourceMetrics" is unknown; use accountMetrics'],
    ['a role', { role: undefined } as never, '"role" is unknown; use hubRoleName and hubRestoreRoleName'],
    ['an unknown property', { maxConcurency: 3 } as never, '"maxConcurency" is unknown. Did you mean "maxConcurrency"?'],
  ]);
});

describe('properties that contradict each other', () => {
  itFails([
    [
      'a schedule that sweeps once, with a wait',
      { schedule: ScheduleExpression.at(new Date('2999-01-01T00:00:00Z')), staleRules: StaleRules.revokeAfter(Duration.days(7)) },
      'schedule: got at(2999-01-01T00:00:00), which sweeps at most once',
    ],
    [
      'sightings that never come',
      { schedule: ScheduleExpression.at(new Date('2999-01-01T00:00:00Z')), unusedSecurityGroups: UnusedSecurityGroups.report() },
      'schedule: got at(2999-01-01T00:00:00), which sweeps at most once',
    ],
    [
      'a gap that is shorter than a day, which is between two runs',
      { staleRules: StaleRules.revokeAfter(Duration.days(7), { maxGap: Duration.hours(2) }) },
      'staleRules.maxGap: got 2 hours, and sweeps are 1 day apart',
    ],
    [
      'a removal policy for a ledger that is given',
      stack => ({ ledger: Table.fromTableName(stack, 'Table', 'ledger'), ledgerRemovalPolicy: RemovalPolicy.DESTROY }),
      'ledgerRemovalPolicy: got "destroy"; leave it out',
    ],
    [
      'a format of messages without a topic', { notificationFormat: NotificationFormat.CHAT },
      'notificationFormat: got NotificationFormat.CHAT, and there is no topic',
    ],
    [
      'restoring where no rules are looked at', { staleRules: StaleRules.ignore(), allowRestore: true },
      'allowRestore: got true; leave it out',
    ],
    [
      'nothing to look at', { staleRules: StaleRules.ignore(), vpnConnections: VpnConnections.none() },
      'staleRules, flaggedIngressRules, vpnConnections and unusedSecurityGroups leave nothing to look at',
    ],
  ]);
});

describe('values that the handler would refuse', () => {
  itFails([
    ['a namespace of AWS', { metricNamespace: 'AWS/EC2' }, 'metricNamespace: got "AWS/EC2"; give a CloudWatch namespace'],
    ['a factor of 0', { requestRateFactor: 0 }, 'requestRateFactor: got 0; give a number from 0.1 to 1000'],
    [
      'a limit that is known at deployment only', stack => ({ maxRevocationsPerSweep: number(stack) }),
      'maxRevocationsPerSweep: got a value that is known at deployment only',
    ],
    ['a tag key that is too long', { exemptTags: ['x'.repeat(129)] }, 'exemptTags[0]: got "xxx'],
    ['too long a wait after a change', { settle: Duration.days(31) }, 'settle (in seconds): got 2678400; give a whole number'],
    ['a rate of nothing', { schedule: ScheduleExpression.expression('rate(0 days)') }, 'schedule: got "rate(0 days)"'],
  ]);
});
