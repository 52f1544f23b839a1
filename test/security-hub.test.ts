/** Tests what `securityHub` changes in what is synthesized, and what is refused. */
import { App, CfnParameter, Lazy, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import { Peer, Port } from 'aws-cdk-lib/aws-ec2';
import {
  FlaggedIngressRule, HygieneAccounts, NetworkHygiene, NetworkHygieneMember, NetworkHygieneMemberProps,
  NetworkHygieneOrganization, NetworkHygieneOrganizationProps, NetworkHygieneProps, StaleRules, UnusedSecurityGroups,
  VpnConnections,
} from '../src';
import { aStack, LeanApp, type Statement, SynthesizedStack } from './support/synthesized-stack';
import type { Configuration } from '../src/contract/configuration';
import { decodeConfiguration } from '../src/contract/decode';
import { fingerprintOf } from '../src/contract/fingerprint';

const IMPORT = 'securityhub:BatchImportFindings';
const ORGANIZATION = { organizationId: 'o-a1b2c3d4e5' };
const HUB = '111122223333';
const VPN_ONLY = { staleRules: StaleRules.ignore(), vpnConnections: VpnConnections.all() };
const USELESS = 'leave it out, because only rules and unused security groups are imported, and staleRules, flaggedIngressRules and unusedSecurityGroups leave neither to look at';

function configurationOf(props: NetworkHygieneProps): Configuration {
  return new NetworkHygiene(aStack('Stack'), 'Hygiene', props)._configuration;
}

const aHub = (stack: Stack, props: Partial<NetworkHygieneOrganizationProps> = {}): NetworkHygieneOrganization =>
  new NetworkHygieneOrganization(stack, 'Hub', { ...ORGANIZATION, accounts: HygieneAccounts.all(), ...props });
const aMember = (stack: Stack, props: Partial<NetworkHygieneMemberProps> = {}): NetworkHygieneMember =>
  new NetworkHygieneMember(stack, 'Member', { ...ORGANIZATION, hubAccount: HUB, ...props });
const inAccount = (account: string, id: string, app: App = new LeanApp()): Stack =>
  new Stack(app, id, { env: { account, region: 'eu-central-1' } });

interface Policy {
  readonly Properties: {
    readonly PolicyDocument: { readonly Statement: readonly Statement[] };
    readonly Roles: unknown;
  };
}

/** The statements of a template that allow something in Security Hub. */
function allowing(template: Template): Array<Pick<Statement, 'Action' | 'Resource'>> {
  const policies = ['AWS::IAM::Policy', 'AWS::IAM::ManagedPolicy']
    .flatMap(type => Object.values(template.findResources(type)) as Policy[]);
  return policies.flatMap(({ Properties: { PolicyDocument } }) => PolicyDocument.Statement)
    .filter(({ Action }) => JSON.stringify(Action).includes('securityhub:'))
    .map(({ Action, Resource, Condition }) => {
      expect(Condition).toBeUndefined();
      return { Action, Resource };
    });
}

const [REGION, ACCOUNT] = [{ Ref: 'AWS::Region' }, { Ref: 'AWS::AccountId' }];

/** The ARN of the product of the account and Region. */
const PRODUCT = {
  'Fn::Join': ['', [
    'arn:', { Ref: 'AWS::Partition' }, ':securityhub:', REGION, ':', ACCOUNT, ':product/', ACCOUNT, '/default',
  ]],
};

describe('the configuration', () => {
  it('has it only where it is true, so that giving the default changes nothing', () => {
    for (const props of [{}, { securityHub: false }]) {
      const configuration = configurationOf(props);
      expect(JSON.parse(JSON.stringify(configuration))).not.toHaveProperty('securityHub');
      expect(fingerprintOf(configuration, [])).toBe(fingerprintOf(configurationOf({}), []));
    }
    expect(configurationOf({ securityHub: true }).securityHub).toBe(true);
  });

  it('reaches the handler, and is a change of the configuration', () => {
    const configuration = configurationOf({ securityHub: true });
    expect(decodeConfiguration(JSON.stringify(configuration)).securityHub).toBe(true);
    expect(fingerprintOf(configuration, [])).not.toBe(fingerprintOf(configurationOf({}), []));
  });

  it('of a version without it imports nothing', () => {
    expect(decodeConfiguration(JSON.stringify(configurationOf({}))).securityHub).toBeUndefined();
  });

  it.each(['true', 1, null, {}])('is refused by the handler with %j', securityHub => {
    expect(() => decodeConfiguration({ ...configurationOf({}), securityHub })).toThrow(/securityHub/);
  });
});

describe('securityHub', () => {
  it.each<[string, unknown, string]>([
    ['a text, which must not come to mean true', 'false', 'securityHub: got "false"; give true or false'],
    ['a number', 1, 'securityHub: got 1; give true or false'],
    ['null', null, 'securityHub: got null; give true or false'],
    ['what is known at deployment only', Lazy.any({ produce: () => true }), 'securityHub: got'],
    ['a parameter', new CfnParameter(aStack(), 'Import').valueAsString, 'securityHub: got'],
  ])('is refused as %s', (_, securityHub, message) => {
    const props = { securityHub: securityHub as boolean };
    expect(() => configurationOf(props)).toThrow(`Stack/Hygiene: ${message}`);
    expect(() => aHub(inAccount(HUB, 'Stack'), props)).toThrow(`Stack/Hub: ${message}`);
    expect(() => aMember(inAccount(HUB, 'Stack'), props)).toThrow(`Stack/Member: ${message}`);
  });

  it('is refused where there could be no finding to import', () => {
    expect(() => configurationOf({ ...VPN_ONLY, securityHub: true }))
      .toThrow(`Stack/Hygiene: securityHub: got true; ${USELESS}`);
    expect(() => aHub(inAccount(HUB, 'Stack'), { ...VPN_ONLY, securityHub: true }))
      .toThrow(`Stack/Hub: securityHub: got true; ${USELESS}`);
    expect(configurationOf({ ...VPN_ONLY, securityHub: false }).securityHub).toBeUndefined();
  });

  it.each<[string, NetworkHygieneProps]>([
    ['stale rules', { staleRules: StaleRules.report() }],
    ['flagged rules', { flaggedIngressRules: [FlaggedIngressRule.inAnyGroup(Peer.anyIpv4(), Port.SSH)] }],
    ['unused security groups', { unusedSecurityGroups: UnusedSecurityGroups.report() }],
  ])('is taken with %s alone', (_, props) => {
    expect(configurationOf({ ...VPN_ONLY, ...props, securityHub: true }).securityHub).toBe(true);
  });
});

describe('the role of the function', () => {
  it('may import findings of its own product in its Region, and nothing else', () => {
    expect(allowing(SynthesizedStack.with({ securityHub: true }).template))
      .toEqual([{ Action: IMPORT, Resource: PRODUCT }]);
  });

  it('has no permission in Security Hub unless that is asked for', () => {
    for (const props of [{}, { securityHub: false }]) {
      expect(allowing(SynthesizedStack.with(props).template)).toEqual([]);
    }
  });
});

describe('the custom resource', () => {
  it('says in an attribute whether findings can be imported', () => {
    const stack = aStack('Stack');
    const { customResource } = new NetworkHygiene(stack, 'Hygiene', { securityHub: true });
    expect(stack.resolve(customResource.getAttString('SecurityHub')))
      .toEqual({ 'Fn::GetAtt': [expect.any(String), 'SecurityHub'] });
  });
});

describe('the hub of an organization', () => {
  it('may import nothing itself: it enters the accounts', () => {
    const stack = inAccount(HUB, 'Stack');
    const { _configuration: configuration } = aHub(stack, { securityHub: true });
    expect(configuration.securityHub).toBe(true);
    expect(allowing(Template.fromStack(stack))).toEqual([]);
  });
});

describe('a member', () => {
  it.each([
    true, false,
  ])('lets its sweep import findings of its own product in every Region, if it may revoke: %p', mayRevoke => {
    const stack = aStack('Stack');
    const member = aMember(stack, { securityHub: true, mayRevoke });
    const template = Template.fromStack(stack);
    const [allowed, ...others] = allowing(template);
    expect(others).toEqual([]);
    expect(allowed.Action).toBe(IMPORT);
    expect(JSON.stringify(allowed.Resource)).toContain(':securityhub:*:');
    expect(JSON.stringify(allowed.Resource)).not.toMatch(/product\/\*|\d{12}/);
    const [{ Properties }] = Object.values(template.findResources('AWS::IAM::ManagedPolicy', {
      Properties: { PolicyDocument: { Statement: Match.arrayWith([Match.objectLike({ Action: IMPORT })]) } },
    })) as Policy[];
    expect(Properties.Roles).toEqual([stack.resolve(member.sweepRole?.roleName)]);
  });

  it('allows nothing in Security Hub unless that is asked for', () => {
    for (const props of [{}, { securityHub: false }]) {
      const stack = aStack('Stack');
      aMember(stack, props);
      expect(allowing(Template.fromStack(stack))).toEqual([]);
    }
  });

  it('of a stack set allows the same in each account', () => {
    const bodies = [true, undefined].map(securityHub => {
      const stack = inAccount(HUB, 'Stack');
      const made = NetworkHygieneMember.stackSet(stack, 'Members', {
        ...ORGANIZATION, hubAccount: HUB, organizationalUnits: ['ou-a1b2-11111111'], securityHub,
      });
      return String(made.templateBody);
    });
    expect(bodies.map(body => body.split(IMPORT).length - 1)).toEqual([1, 0]);
    expect(bodies[0]).toContain(':securityhub:*:');
  });
});

describe('a member that differs from the hub', () => {
  const warnings = (stack: Stack): string[] =>
    Annotations.fromStack(stack).findWarning('*', Match.anyValue()).map(({ entry }) => String(entry.data));

  it('is warned of, if the hub imports findings and the member does not let it', () => {
    const hub = inAccount(HUB, 'HygieneHub');
    aHub(hub, { securityHub: true });
    aMember(inAccount('444455556666', 'One', hub.node.root as App));
    expect(warnings(hub)).toEqual([
      'One/Member: securityHub is false, and that of HygieneHub/Hub is true, so the hub cannot import findings there. Give both the same [ack: cdk-network-hygiene:memberDiffersFromHub]',
    ]);
  });

  it.each([
    [true, true], [undefined, true], [undefined, false],
  ])('is not warned of where the hub has %p and the member %p', (ofHub, ofMember) => {
    const hub = inAccount(HUB, 'HygieneHub');
    aHub(hub, { securityHub: ofHub });
    aMember(inAccount('444455556666', 'One', hub.node.root as App), { securityHub: ofMember });
    expect(warnings(hub)).toEqual([]);
  });
});
