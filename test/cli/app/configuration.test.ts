/**
 * Tests that the configuration of an app is the one that its deployment would give to the function, and that nothing
 * that cannot be known is silently left out or taken for something else.
 */
import { inspect } from 'node:util';
import { App, CfnParameter, CfnResource, Duration, Fn, NestedStack, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { EventBus } from 'aws-cdk-lib/aws-events';
import { Topic } from 'aws-cdk-lib/aws-sns';
import * as fc from 'fast-check';
import {
  ACCOUNT, configured, deployedStack, deployment, hygieneOf, idOf, NOTHING_DEPLOYED, refusal, REGION, stackId, stacksOf,
} from './apps';
import type { StackOfApp } from '../../../cli/app/assembly';
import { type AppConfiguration, configurationOf } from '../../../cli/app/configuration';
import type { DeployedStack } from '../../../cli/app/lookups';
import { NO_LOOKUPS } from '../../../cli/app/tokens';
import {
  FlaggedIngressRule, NetworkHygiene, type NetworkHygieneProps, RuleMatch, StaleRules, VpnConnections,
} from '../../../src';
import { decodeConfiguration } from '../../../src/contract/decode';
import { fingerprintOf, type Path } from '../../../src/contract/fingerprint';
import { aConfiguration } from '../../support/builders';

/** Synthesizes one NetworkHygiene in one stack. */
function appWith(
  props: (stack: Stack, app: App) => NetworkHygieneProps, context?: Record<string, unknown>,
): StackOfApp[] {
  return stacksOf(app => {
    const stack = new Stack(app, 'Network');
    new NetworkHygiene(stack, 'NetworkHygiene', props(stack, app));
  }, context);
}

const network = (stacks: readonly StackOfApp[]): StackOfApp => {
  const [found] = stacks.filter(({ stackName }) => stackName === 'Network');
  return found;
};

/** Returns the configuration when the stack is deployed with these resources. */
function deployedWith(
  stacks: readonly StackOfApp[], ids: Readonly<Record<string, string>>,
  parameters: Readonly<Record<string, string>> = {},
): AppConfiguration {
  return configured(stacks, deployment({ Network: deployedStack(network(stacks), 'Network', ids, parameters) }));
}

const aVpc = (stack: Stack): ec2.IVpc =>
  ec2.Vpc.fromVpcAttributes(stack, 'Given', { vpcId: 'vpc-0', availabilityZones: ['a'] });
const newGroup = (stack: Stack, id: string): ec2.SecurityGroup =>
  new ec2.SecurityGroup(stack, id, { vpc: stack.node.tryFindChild('Given') as ec2.IVpc | undefined ?? aVpc(stack) });
const group = (stack: Stack, id: string): ec2.ISecurityGroup => ec2.SecurityGroup.fromSecurityGroupId(stack, id, id);
const unknownGroup = (stack: Stack, name: string): ec2.ISecurityGroup =>
  ec2.SecurityGroup.fromSecurityGroupId(stack, name, Fn.importValue(name));
const newList = (stack: Stack, id: string): ec2.PrefixList =>
  new ec2.PrefixList(stack, id, { maxEntries: 3, addressFamily: ec2.AddressFamily.IP_V4 });
const { SSH, HTTP } = ec2.Port;

/** The beginning of each placeholder. */
const PLACEHOLDER = /70{8}/;

describe('a configuration without tokens', () => {
  const stacks = appWith(stack => ({
    vpcs: [aVpc(stack)], staleRules: StaleRules.revokeAfter(Duration.days(7)),
    flaggedIngressRules: [FlaggedIngressRule.fromInternet(SSH, { reason: 'use "Session Manager"' })],
  }));

  it('is the one of the app, word for word', () => {
    const { configuration, text, notes, gaps, deployTimePaths, fingerprint } = configured(stacks);
    const { properties } = hygieneOf(stacks);
    expect(text).toBe(properties.Configuration);
    expect(configuration).toEqual(decodeConfiguration(text));
    expect({ notes, gaps }).toEqual({ notes: [], gaps: [] });
    expect(deployTimePaths).toBe('[]');
    expect(fingerprint).toBe(fingerprintOf(JSON.parse(String(text))));
  });

  it('is the same whatever is deployed, and of two constructs each has its own', () => {
    expect(deployedWith(stacks, {})).toEqual(configured(stacks));
    const two = stacksOf(app => {
      const stack = new Stack(app, 'Network');
      new NetworkHygiene(stack, 'One', { staleRules: StaleRules.ignore() });
      new NetworkHygiene(stack, 'Two', { staleRules: StaleRules.report() });
    });
    const [one, other] = ['Network/One', 'Network/Two']
      .map(path => configured(two, NOTHING_DEPLOYED, path).configuration);
    expect([one.hygiene, one.staleRules]).toEqual(['Network/One', 'ignore']);
    expect([other.hygiene, other.staleRules]).toEqual(['Network/Two', 'report']);
  });
});

describe('a configuration with tokens', () => {
  const everything = (stack: Stack): NetworkHygieneProps => {
    const port = new CfnParameter(stack, 'Port', { type: 'Number', default: 22 });
    const office = new CfnParameter(stack, 'Office', { default: '198.51.100.0/24' });
    const vpns = new CfnParameter(stack, 'Vpns', { type: 'CommaDelimitedList', default: 'vpn-1, vpn-2' });
    return {
      vpcs: [new ec2.Vpc(stack, 'Vpc', { natGateways: 0, maxAzs: 1 }), aVpc(stack)],
      exemptSecurityGroups: [newGroup(stack, 'Exempt')],
      notifications: new Topic(stack, 'People'), eventBus: new EventBus(stack, 'Bus'),
      flaggedIngressRules: [
        FlaggedIngressRule.onGroup(
          newGroup(stack, 'Web'), ec2.Peer.ipv4(office.valueAsString), ec2.Port.tcp(port.valueAsNumber),
        ),
        FlaggedIngressRule.inAnyGroup(ec2.Peer.prefixList(newList(stack, 'List').prefixListId), SSH, {
          reason: `closed in ${stack.region}`, exceptGroups: [newGroup(stack, 'Other')],
        }),
      ],
      vpnConnections: VpnConnections.withIds(vpns.valueAsList),
    };
  };
  const ids = {
    'Network/Vpc/Resource': 'vpc-1', 'Network/Exempt/Resource': 'sg-1', 'Network/Web/Resource': 'sg-2',
    'Network/Other/Resource': 'sg-3', 'Network/List/Resource': 'pl-1', 'Network/Bus/Resource': 'bus',
    'Network/People/Resource': `arn:aws:sns:${REGION}:${ACCOUNT}:people`,
  };

  it.each([['as the command line synthesizes', undefined], ['without metadata in the template', {}]])(
    'is complete if everything is deployed, %s', (_, context) => {
      const stacks = appWith(everything, context);
      const found = deployedWith(stacks, ids, { Port: '2222' });
      expect({ notes: found.notes, gaps: found.gaps }).toEqual({ notes: [], gaps: [] });
      expect(found.configuration).toEqual(decodeConfiguration(found.text));
      // The function checks the same.
      const paths = JSON.parse(found.deployTimePaths) as Path[];
      expect(paths.length).toBeGreaterThan(5);
      expect(fingerprintOf(JSON.parse(String(found.text)), paths)).toBe(found.fingerprint);
      expect(found.configuration).toMatchObject({
        vpcIds: ['vpc-1', 'vpc-0'], exemptSecurityGroupIds: ['sg-1'], vpnConnections: { ids: ['vpn-1', 'vpn-2'] },
        eventBus: `arn:aws:events:${REGION}:${ACCOUNT}:event-bus/bus`,
        notificationsTopicArn: `arn:aws:sns:${REGION}:${ACCOUNT}:people`,
        flaggedIngressRules: [
          { groups: { groupId: 'sg-2' }, traffic: [{ ports: { from: 2222, to: 2222 } }] },
          { exceptGroupIds: ['sg-3'], reason: `closed in ${REGION}`, traffic: [{ source: { prefixListId: 'pl-1' } }] },
        ],
      });
    },
  );

  it('is left with what is there before the first deployment', () => {
    const found = configured(appWith(everything));
    expect(found).not.toHaveProperty('text');
    expect(found.gaps).toEqual([]);
    expect(found.notes).toEqual([
      'vpcs[0] is left out: AWS::EC2::VPC Network/Vpc is not yet there, so it has no rules',
      'exemptSecurityGroups[0] is left out: AWS::EC2::SecurityGroup Network/Exempt is not yet there, so it has no '
      + 'rules',
      'flaggedIngressRules[0] is left out: the group AWS::EC2::SecurityGroup Network/Web is not yet there, so no rule '
      + 'of it can be flagged',
      'flaggedIngressRules[1] is left out: AWS::EC2::PrefixList Network/List is not yet there, so no rule refers to it',
    ]);
    expect(found.configuration).toMatchObject({
      vpcIds: ['vpc-0'], exemptSecurityGroupIds: [], flaggedIngressRules: [], eventBus: 'default',
      vpnConnections: { kind: 'withIds', ids: ['vpn-1', 'vpn-2'] },
    });
    expect(found.configuration.notificationsTopicArn).toMatch(/^arn:aws:sns:/);
  });

  it('has exactly the values that are known, whichever resources are deployed', () => {
    const stacks = appWith(everything);
    const whole = deployedWith(stacks, ids).configuration;
    fc.assert(fc.property(fc.subarray(Object.keys(ids) as Array<keyof typeof ids>), paths => {
      const there = Object.fromEntries(paths.map(path => [path, ids[path]]));
      const has = (name: string): boolean => `Network/${name}/Resource` in there;
      const { configuration, text, gaps, notes } = deployedWith(stacks, there);
      expect(text === undefined).toBe(paths.length < Object.keys(ids).length);
      expect(gaps).toEqual([]);
      expect(configuration.vpcIds).toEqual([...has('Vpc') ? ['vpc-1'] : [], 'vpc-0']);
      expect(configuration.exemptSecurityGroupIds).toEqual(has('Exempt') ? ['sg-1'] : []);
      const [web, list] = whole.flaggedIngressRules;
      const names = configuration.flaggedIngressRules.map(({ name }) => name);
      expect(names).toEqual([...has('Web') ? [web.name] : [], ...has('List') ? [list.name] : []]);
      // A value that is left out elsewhere changes nothing about a declaration.
      if (has('Web')) expect(configuration.flaggedIngressRules).toContainEqual(web);
      if (has('List') && has('Other')) expect(configuration.flaggedIngressRules).toContainEqual(list);
      const noted = ['Vpc', 'Exempt', 'Web', 'List', ...has('List') ? ['Other'] : []].filter(name => !has(name));
      expect(notes).toHaveLength(noted.length);
      expect(inspect(configuration, { depth: null })).not.toMatch(PLACEHOLDER);
    }), { numRuns: 60 });
  });
});

describe('the VPCs in scope', () => {
  it('are none, and never all, if none of them is there', () => {
    const stacks = appWith(stack => ({ vpcs: [new ec2.Vpc(stack, 'Vpc', { natGateways: 0, maxAzs: 1 })] }));
    const found = configured(stacks);
    expect(found.configuration.vpcIds).toEqual([]);
    expect(found.configuration.vpcIds).toEqual([]);
    expect(found.gaps).toEqual([]);
    expect(deployedWith(stacks, { 'Network/Vpc/Resource': 'vpc-1' }))
      .toMatchObject({ configuration: { vpcIds: ['vpc-1'] } });
  });

  it('have a gap if one of them cannot be told', () => {
    const stacks = appWith(stack => ({
      vpcs: [ec2.Vpc.fromVpcAttributes(stack, 'Vpc', { vpcId: Fn.importValue('Vpc'), availabilityZones: ['a'] })],
    }));
    const found = configured(stacks);
    expect(found.gaps).toEqual([
      'vpcs[0] is not known (the export Vpc: no stack of the account and Region exports it), so the rules of this VPC '
      + 'are not looked at',
    ]);
    expect(found.configuration.vpcIds).toEqual([]);
    expect(configured(stacks, deployment({}, { Vpc: 'vpc-7' })))
      .toMatchObject({ gaps: [], configuration: { vpcIds: ['vpc-7'] } });
  });

  it('are all if none are named', () => {
    const { configuration } = configured(appWith(() => ({})));
    expect(configuration.vpcIds).toBeUndefined();
  });
});

describe('exempt groups', () => {
  const stacks = appWith(stack => ({
    exemptSecurityGroups: [group(stack, 'sg-0'), unknownGroup(stack, 'Shared'), newGroup(stack, 'New')],
    flaggedIngressRules: [FlaggedIngressRule.inAnyGroup(ec2.Peer.anyIpv4(), SSH, {
      exceptGroups: [unknownGroup(stack, 'Excepted'), group(stack, 'sg-9'), newGroup(stack, 'Fresh')],
    })],
  }));

  it('that cannot be told are a gap, because their rules look as if they were not exempt', () => {
    const { configuration, gaps, notes } = configured(stacks);
    expect(configuration.exemptSecurityGroupIds).toEqual(['sg-0']);
    expect(configuration.flaggedIngressRules.map(({ exceptGroupIds }) => exceptGroupIds)).toEqual([['sg-9']]);
    expect(gaps).toEqual([
      'exemptSecurityGroups[1] is not known (the export Shared: no stack of the account and Region exports it), so the '
      + 'rules of this group are taken for ones that are not exempt',
      'flaggedIngressRules[0].exceptGroups[0] is not known (the export Excepted: no stack of the account and Region '
      + 'exports it), so the rules of this group are taken for ones that the declaration is about',
    ]);
    expect(notes).toEqual([
      'exemptSecurityGroups[2] is left out: AWS::EC2::SecurityGroup Network/New is not yet there, so it has no rules',
      'flaggedIngressRules[0].exceptGroups[2] is left out: AWS::EC2::SecurityGroup Network/Fresh is not yet there, so '
      + 'it has no rules',
    ]);
  });

  it('that are not yet there may be there if the stack could not be read', () => {
    const unread: DeployedStack = { kind: 'unread', why: 'AccessDenied' };
    const { gaps, notes } = configured(stacks, deployment({ Network: unread }));
    expect(notes).toEqual([]);
    expect(gaps).toHaveLength(4);
    expect(gaps).toContain('exemptSecurityGroups[2] is not known (AWS::EC2::SecurityGroup Network/New: AccessDenied), '
      + 'so the rules of this group are taken for ones that are not exempt');
  });
});

describe('a declaration', () => {
  type Make = (stack: Stack) => FlaggedIngressRule;

  /** Returns the configuration of an app with a declaration in between two others. */
  function declared(make: Make, ids?: Readonly<Record<string, string>>): AppConfiguration {
    const stacks = appWith(stack => ({
      flaggedIngressRules: [
        FlaggedIngressRule.fromInternet(HTTP), make(stack),
        FlaggedIngressRule.inAnyGroup(ec2.Peer.ipv4('192.0.2.0/24'), SSH),
      ],
    }));
    return ids ? deployedWith(stacks, ids) : configured(stacks);
  }

  const others = declared(() => FlaggedIngressRule.fromInternet(SSH)).configuration.flaggedIngressRules
    .filter(({ name }) => name !== 'flaggedIngressRules[1]');

  const exactly = (peer: (stack: Stack) => string) => (stack: Stack): FlaggedIngressRule =>
    FlaggedIngressRule.inAnyGroup(ec2.Peer.prefixList(peer(stack)), SSH);
  const aList = (stack: Stack): string => newList(stack, 'List').prefixListId;
  const noExport = 'no stack of the account and Region exports it';
  const noList = 'AWS::EC2::PrefixList Network/List is not yet there';

  it.each<[string, Make, string]>([
    [
      'its group', stack => FlaggedIngressRule.onGroup(newGroup(stack, 'Web'), ec2.Peer.anyIpv4(), SSH),
      'the group AWS::EC2::SecurityGroup Network/Web is not yet there, so no rule of it can be flagged',
    ],
    [
      'its group, whatever else is unknown',
      stack => FlaggedIngressRule.onGroup(newGroup(stack, 'Web'), ec2.Peer.ipv4(Fn.importValue('Office')), SSH),
      'the group AWS::EC2::SecurityGroup Network/Web is not yet there, so no rule of it can be flagged',
    ],
    ['the list that rules must have', exactly(aList), `${noList}, so no rule refers to it`],
    [
      'the group that rules must have',
      stack => FlaggedIngressRule.inAnyGroup(ec2.Peer.securityGroupId(newGroup(stack, 'Web').securityGroupId), SSH),
      'AWS::EC2::SecurityGroup Network/Web is not yet there, so no rule refers to it',
    ],
  ])('is left out with a note if this is not yet there: %s', (_, make, why) => {
    const { configuration, notes, gaps } = declared(make);
    expect(notes).toEqual([`flaggedIngressRules[1] is left out: ${why}`]);
    expect(gaps).toEqual([]);
    expect(configuration.flaggedIngressRules).toEqual(others);
  });

  it.each<[string, Make, string]>([
    [
      'its group is unknown', stack => FlaggedIngressRule.onGroup(unknownGroup(stack, 'Web'), ec2.Peer.anyIpv4(), SSH),
      `groupId is not known (the export Web: ${noExport})`,
    ],
    [
      'the list is unknown', exactly(() => Fn.importValue('List')),
      `ipPermissions[0].PrefixListIds[0].PrefixListId is not known (the export List: ${noExport})`,
    ],
    [
      'the addresses are unknown',
      () => FlaggedIngressRule.inAnyGroup(ec2.Peer.ipv4(Fn.importValue('Office')), SSH),
      `ipPermissions[0].IpRanges[0].CidrIp is not known (the export Office: ${noExport})`,
    ],
    [
      'the address is not yet there, because rules may admit it already',
      stack => FlaggedIngressRule.inAnyGroup(ec2.Peer.ipv4(`${new ec2.CfnEIP(stack, 'Ip').ref}/32`), SSH),
      'ipPermissions[0].IpRanges[0].CidrIp is not known (AWS::EC2::EIP Network/Ip is not yet there)',
    ],
    [
      'the ports are unknown',
      stack => FlaggedIngressRule.inAnyGroup(
        ec2.Peer.anyIpv4(), ec2.Port.tcp(new CfnParameter(stack, 'Port', { type: 'Number' }).valueAsNumber),
      ),
      ['FromPort', 'ToPort'].map(key => `ipPermissions[0].${key} is not known (the parameter Port: it has no default, `
        + 'and no deployed stack has a value)').join(', '),
    ],
    [
      'rules may admit the addresses of a list that is not yet there',
      stack => FlaggedIngressRule.inAnyGroup(ec2.Peer.prefixList(aList(stack)), SSH, { match: RuleMatch.COVERS }),
      `ipPermissions[0].PrefixListIds[0].PrefixListId is not known (${noList})`,
    ],
    [
      'an exception is not yet there',
      stack => FlaggedIngressRule.fromInternet(SSH, { except: [{ peers: [ec2.Peer.prefixList(aList(stack))] }] }),
      `except[0].PrefixListIds[0].PrefixListId is not known (${noList})`,
    ],
    [
      'a rule would be replaced with a list that is not yet there',
      stack => FlaggedIngressRule.fromInternet(SSH, { replaceWith: [ec2.Peer.prefixList(aList(stack))] }),
      `replaceWith[0].PrefixListId is not known (${noList})`,
    ],
  ])('is left out with a gap if %s', (_, make, why) => {
    const { configuration, notes, gaps } = declared(make);
    expect(gaps).toEqual([`flaggedIngressRules[1] is not looked at: ${why}`]);
    expect(notes).toEqual([]);
    expect(configuration.flaggedIngressRules).toEqual(others);
  });

  it('keeps its other sources if one is not yet there', () => {
    const tcp = (port: number): object => ({ IpProtocol: 'tcp', FromPort: port, ToPort: port });
    const permissions: Make = stack => FlaggedIngressRule.fromIpPermissions(group(stack, 'sg-0'), [
      { ...tcp(22), PrefixListIds: [{ PrefixListId: aList(stack) }, { PrefixListId: 'pl-2' }] },
      { ...tcp(80), PrefixListIds: [{ PrefixListId: newList(stack, 'Second').prefixListId }] },
      {
        ...tcp(443), IpRanges: [{ CidrIp: '10.0.0.0/8' }],
        UserIdGroupPairs: [{ GroupId: newGroup(stack, 'Web').securityGroupId }],
      },
    ]);
    const { configuration, notes, gaps } = declared(permissions);
    const [, { traffic, name }, ...after] = configuration.flaggedIngressRules;
    expect(name).toBe('flaggedIngressRules[1]');
    expect(after).toEqual([others[1]]);
    expect(traffic).toMatchObject([
      { ports: { from: 22 }, source: { prefixListId: 'pl-2' } }, { ports: { from: 443 }, source: { kind: 'cidr' } },
    ]);
    expect(traffic).toHaveLength(2);
    expect(gaps).toEqual([]);
    expect(notes).toHaveLength(3);
    for (const each of notes) {
      expect(each).toMatch(/^flaggedIngressRules\[1\]: AWS::EC2::\w+ Network\/(List|Second|Web) is not yet there/);
    }
  });

  it('keeps its reason, which names what is not known', () => {
    const { configuration, notes, gaps } = declared(stack =>
      FlaggedIngressRule.fromInternet(SSH, { reason: `see ${Fn.importValue('Page')} in ${stack.region}` }));
    expect([...notes, ...gaps]).toEqual([]);
    expect(configuration.flaggedIngressRules[1].reason).toBe(`see <the export Page> in ${REGION}`);
    const plainly = declared(() => FlaggedIngressRule.fromInternet(SSH)).configuration;
    expect(configuration.flaggedIngressRules.map(({ id }) => id))
      .toEqual(plainly.flaggedIngressRules.map(({ id }) => id));
  });

  it('is the whole one if the list is there', () => {
    const { configuration, notes } = declared(exactly(aList), { 'Network/List/Resource': 'pl-7' });
    expect(notes).toEqual([]);
    expect(configuration.flaggedIngressRules[1]).toMatchObject({ traffic: [{ source: { prefixListId: 'pl-7' } }] });
  });
});

describe('the network of the function', () => {
  const inVpc = (vpcId: string) => (stack: Stack): NetworkHygieneProps => ({
    functionOptions: {
      vpc: ec2.Vpc.fromVpcAttributes(stack, 'Vpc', { vpcId, availabilityZones: ['a'], privateSubnetIds: ['subnet-1'] }),
    },
  });

  it('has no group of its own before the first deployment', () => {
    const { configuration, notes, gaps } = configured(appWith(inVpc('vpc-1')));
    expect(configuration.functionNetwork).toEqual({ vpcId: 'vpc-1', securityGroupIds: [] });
    expect(gaps).toEqual([]);
    expect(notes).toEqual(['functionOptions.securityGroups[0] is left out: AWS::EC2::SecurityGroup '
      + 'Network/NetworkHygiene/SecurityGroup is not yet there, so it has no rules']);
  });

  it('is a gap if the VPC cannot be told, and its groups stay exempt', () => {
    const stacks = appWith(inVpc(Fn.importValue('Vpc')));
    const { configuration, gaps } = deployedWith(stacks, { 'Network/NetworkHygiene/SecurityGroup/Resource': 'sg-1' });
    expect(configuration.functionNetwork).toBeUndefined();
    expect(configuration.exemptSecurityGroupIds).toEqual(['sg-1']);
    expect(gaps).toEqual([expect.stringMatching(/^functionOptions\.vpc is not known .*not exempt$/)]);
  });

  it('is left out if the VPC is not yet there', () => {
    const { configuration, gaps, notes } = configured(appWith(stack => ({
      functionOptions: { vpc: new ec2.Vpc(stack, 'Vpc', { maxAzs: 1 }) },
    })));
    expect(configuration.functionNetwork).toBeUndefined();
    expect(gaps).toEqual([]);
    expect(notes).toContain('functionOptions.vpc is left out: AWS::EC2::VPC Network/Vpc is not yet there, so it has no '
      + 'endpoints with groups that are exempt');
  });
});

describe('VPN connections', () => {
  const connections = (make: (stack: Stack) => VpnConnections): AppConfiguration =>
    configured(appWith(stack => ({ vpnConnections: make(stack) })));

  it('are none, and never all, if no id is known', () => {
    const { configuration, gaps } = connections(() => VpnConnections.withIds(Fn.split(',', Fn.importValue('Vpns'))));
    expect(configuration.vpnConnections).toMatchObject({ kind: 'withIds', ids: [] });
    expect(gaps).toEqual([expect.stringMatching(
      /^vpnConnections\.ids\[0\] is not known \(the export Vpns: .*, so this VPN connection is not looked at$/,
    )]);
  });

  it('are none, and never more, if the values of a filter are not known', () => {
    const { configuration, gaps, notes } = connections(stack => VpnConnections.matching({
      types: ['ipsec.1'], vpnGatewayIds: [new ec2.CfnVPNGateway(stack, 'Gateway', { type: 'ipsec.1' }).ref],
    }));
    expect(configuration.vpnConnections).toEqual({ kind: 'none' });
    expect(gaps).toEqual([]);
    expect(notes).toEqual(['vpnConnections.filters[1].values[0] is left out: AWS::EC2::VPNGateway Network/Gateway is '
      + 'not yet there, so no VPN connection has it']);
  });

  it('have the values of a filter that are known', () => {
    const { configuration, gaps } = connections(() =>
      VpnConnections.matching({ vpnGatewayIds: ['vgw-1', Fn.importValue('Gateway')] }));
    expect(configuration.vpnConnections)
      .toMatchObject({ kind: 'matching', filters: [{ name: 'vpn-gateway-id', values: ['vgw-1'] }] });
    expect(gaps).toHaveLength(1);
  });
});

describe('values of other stacks', () => {
  const IS_EXEMPT = { notes: [], gaps: [], configuration: { exemptSecurityGroupIds: ['sg-1'] } };

  it('are those that the stacks export, or are yet to export', () => {
    const stacks = appWith((_, app) => {
      const base = new Stack(app, 'Base');
      return { exemptSecurityGroups: [newGroup(base, 'Group')] };
    });
    const base = stacks.find(({ stackName }) => stackName === 'Base') as StackOfApp;
    const [name] = [...base.template.outputs.values()].map(({ Export }) => String((Export as { Name: string }).Name));
    const there = deployedStack(base, 'Base', { 'Base/Group/Resource': 'sg-1' });
    expect(configured(stacks).notes)
      .toEqual([expect.stringContaining('AWS::EC2::SecurityGroup Base/Group is not yet there')]);
    for (const found of [deployment({ Base: there }), deployment({}, { [name]: 'sg-1' })]) {
      expect(configured(stacks, found)).toMatchObject(IS_EXEMPT);
    }
  });

  it('are those that the stack above passes to a nested one', () => {
    const stacks = stacksOf(app => {
      const stack = new Stack(app, 'Network');
      const exemptSecurityGroups = [newGroup(stack, 'Group')];
      new NetworkHygiene(new NestedStack(stack, 'Part'), 'NetworkHygiene', { exemptSecurityGroups });
    });
    const [{ logicalId }] = network(stacks).nested;
    const resources = new Map([[logicalId, 'arn:part'], [idOf(network(stacks), 'Network/Group/Resource'), 'sg-1']]);
    const found = deployment({
      Network: { kind: 'there', stackId: stackId('Network'), resources, parameters: new Map() },
    });
    expect(configured(stacks, found)).toMatchObject(IS_EXEMPT);
    expect(configured(stacks)).toMatchObject({ gaps: [], configuration: { exemptSecurityGroupIds: [] } });
  });
});

describe('an error', () => {
  const { properties } = hygieneOf(appWith(() => ({})));
  const text = String(properties.Configuration);
  const changed = (change: (json: Record<string, unknown>) => object): unknown =>
    ({ ...properties, Configuration: JSON.stringify(change(JSON.parse(text) as Record<string, unknown>)) });
  const problem = (given: unknown): string => refusal(() => configurationOf(given as typeof properties, NO_LOOKUPS));

  it.each<[string, unknown, string]>([
    [
      'an older version', changed(json => ({ ...json, version: 2 })),
      'The app has a configuration of version 2, and this command reads version 3. Use one version',
    ],
    ['no version', changed(json => ({ ...json, version: undefined })), 'The app has a configuration of version none'],
    ['no JSON', { ...properties, Configuration: 'secret' }, 'not a JSON object, but a text of 6 characters'],
    ['a list', { ...properties, Configuration: '[]' }, 'not a JSON object, but a text of 2 characters'],
    ['nothing', {}, 'The custom resource has no Configuration, so another version wrote it'],
    [
      'a text that is not known', { Configuration: { 'Fn::ImportValue': 'x' } },
      'The configuration is not known before the deployment',
    ],
    ['no fingerprint', { ...properties, Fingerprint: undefined }, 'no Fingerprint, so another version wrote it'],
    [
      'no paths', { ...properties, DeployTimePaths: 1 },
      'The DeployTimePaths of the custom resource is not a text, so another version wrote it',
    ],
    [
      'an unknown key', changed(json => ({ ...json, wrong: true })),
      'The configuration of the app is not valid: configuration: "wrong" is unknown.',
    ],
    [
      'a wrong declaration',
      changed(json => ({ ...json, flaggedIngressRules: [{ match: 'EXACT', anyGroup: true, ipPermissions: [] }] })),
      'The configuration of the app is not valid: flaggedIngressRules[0].ipPermissions: got []',
    ],
  ])('is for people: %s', (_, given, message) => {
    const told = problem(given);
    expect(told).toContain('UsageError: ');
    expect(told).toContain(message);
    expect(told).not.toContain('secret');
  });

  it.each(['hygiene', 'staleRules', 'maxRevocationsPerSweep', 'settleSeconds', 'dryRun'])(
    'names a value without which nothing can be said: %s', key => {
      const [before, after] = text.split(new RegExp(`(?<="${key}":)(?:"[^"]*"|[^,]*)`));
      const quote = text[before.length] === '"' ? '"' : '';
      const joined = { 'Fn::Join': ['', [before + quote, { 'Fn::ImportValue': 'x' }, quote + after]] };
      expect(problem({ ...properties, Configuration: joined })).toBe(
        `UsageError: ${key} is not known before the deployment (a value: it was not looked up), and nothing can be `
        + 'said without it',
      );
    },
  );

  it('names a wrong value by its place in the app, whatever was left out', () => {
    const stacks = appWith(stack => {
      const office = new CfnParameter(stack, 'Office', { default: 'nowhere' });
      return {
        flaggedIngressRules: [
          FlaggedIngressRule.onGroup(newGroup(stack, 'Web'), ec2.Peer.anyIpv4(), SSH),
          FlaggedIngressRule.inAnyGroup(ec2.Peer.ipv4(office.valueAsString), SSH),
        ],
      };
    });
    expect(refusal(() => configured(stacks)))
      .toContain('flaggedIngressRules[1].ipPermissions[0].IpRanges[0].CidrIp: "nowhere" is not a CIDR');
  });

  it('shows no placeholder', () => {
    // No text may be in this place.
    const [before, after] = text.split('"flaggedIngressRules":[]');
    const parts = [`${before}"flaggedIngressRules":[{"anyGroup":"`, { 'Fn::ImportValue': 'x' }, `"}]${after}`];
    const told = problem({ ...properties, Configuration: { 'Fn::Join': ['', parts] } });
    expect(told).toContain('flaggedIngressRules[0].anyGroup: got "<a value>"; give true or false');
    expect(told).not.toMatch(PLACEHOLDER);
  });
});

it('a resource of a custom kind may name something that is there', () => {
  const stacks = appWith(stack => {
    const found = new CfnResource(stack, 'Found', { type: 'Custom::AWS', properties: { ServiceToken: 'arn' } });
    return {
      exemptSecurityGroups: [ec2.SecurityGroup.fromSecurityGroupId(stack, 'G', found.getAtt('Id').toString())],
    };
  });
  expect(configured(stacks))
    .toMatchObject({ notes: [], gaps: [expect.stringContaining('exemptSecurityGroups[0] is not known')] });
});

describe('a final notice, approvals and a revocation window', () => {
  const terms = {
    revocationWindow: { days: ['MON'], from: '02:00', to: '04:00', timeZone: 'Europe/Berlin' }, staleRulesAnytime: true,
    finalNoticeSeconds: 86_400, approval: { validSeconds: 604_800 },
  };
  const read = (given: object): AppConfiguration => {
    const configuration = aConfiguration({ staleRules: 'revoke' });
    const text = JSON.stringify({ ...configuration, ...given });
    return configurationOf({ Configuration: text, DeployTimePaths: '[]', Fingerprint: 'f' }, NO_LOOKUPS);
  };

  test('are read from the template as the function reads them', () => {
    expect(read(terms).configuration).toMatchObject(terms);
    expect(read(terms)).toMatchObject({ notes: [], gaps: [] });
  });

  test('that are not valid are refused, so that no plan leaves them out', () => {
    expect(() => read({ ...terms, finalNoticeSeconds: 'a day' })).toThrow(/^The configuration of the app is not valid: finalNoticeSeconds/);
    expect(() => read({ ...terms, revocationWindow: { from: '25:00', to: '04:00', timeZone: 'UTC' } }))
      .toThrow(/^The configuration of the app is not valid: revocationWindow\.from/);
  });

  test('that CloudFormation fills in at deployment are refused by their name, because they decide when rules go', () => {
    const text = JSON.stringify({ ...aConfiguration({ staleRules: 'revoke' }), approval: { validSeconds: 'HERE' } }).split('"HERE"');
    const Configuration = { 'Fn::Join': ['', [text[0], { 'Fn::ImportValue': 'Valid' }, text[1]]] };
    expect(() => configurationOf({ Configuration, DeployTimePaths: '[]', Fingerprint: 'f' }, NO_LOOKUPS))
      .toThrow(/^approval\.validSeconds is not known before the deployment/);
  });
});
