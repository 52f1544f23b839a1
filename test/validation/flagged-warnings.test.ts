/** Tests that synthesis warns of exceptions without an effect, and of tag values that look like patterns. */
import { CfnParameter, Stack } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import { IPeer, Peer, Port, SecurityGroup, Vpc } from 'aws-cdk-lib/aws-ec2';
import { FlaggedIngressRule, IngressException, NetworkHygiene } from '../../src';
import { aStack } from '../support/synthesized-stack';

function warnings(declared: (stack: Stack) => FlaggedIngressRule[]): string[] {
  const stack = aStack();
  new NetworkHygiene(stack, 'NetworkHygiene', { flaggedIngressRules: declared(stack) });
  return Annotations.fromStack(stack).findWarning('*', Match.anyValue()).map(({ entry }) => String(entry.data));
}

const withoutEffect = (place: string): string =>
  `${place} has nothing in common with the declared traffic, so nothing stays because of it; compare its ports and peers `
  + 'with the declaration, or leave it out [ack: cdk-network-hygiene:exceptionWithoutEffect]';

const PUBLIC = Peer.ipv4('192.175.48.0/24');
const DOCUMENTATION = Peer.ipv4('203.0.113.0/24');
const fromInternet = (...except: IngressException[]): FlaggedIngressRule =>
  FlaggedIngressRule.fromInternet(Port.SSH, { except });
const fromPublic = (...except: IngressException[]): FlaggedIngressRule =>
  FlaggedIngressRule.fromAnyPublicAddress(Port.SSH, { except });
const fromBlock = (...except: IngressException[]): FlaggedIngressRule =>
  FlaggedIngressRule.inAnyGroup(Peer.anyIpv4(), Port.tcpRange(0, 1023), { except });
const groupOf = (stack: Stack): SecurityGroup => new SecurityGroup(stack, 'Web', { vpc: new Vpc(stack, 'Vpc') });
const later = (stack: Stack): IPeer => Peer.ipv4(new CfnParameter(stack, 'Office').valueAsString);

describe('an exception has no effect', () => {
  it.each<[string, (stack: Stack) => FlaggedIngressRule]>([
    ['for another port', () => fromInternet({ ports: [Port.HTTPS] })],
    ['for two other ports', () => fromInternet({ ports: [Port.HTTPS, Port.HTTP], peers: [PUBLIC] })],
    ['for the other family', () => fromBlock({ peers: [Peer.anyIpv6()] })],
    ['for a block that is not public', () => fromPublic({ peers: [DOCUMENTATION] })],
    ['for a group that is imported', () => fromPublic({ peers: [Peer.securityGroupId('sg-0123456789abcdef0')] })],
    ['for a group of the app', stack => fromInternet({ peers: [groupOf(stack)] })],
    ['for several peers', stack => fromPublic({ peers: [DOCUMENTATION, Peer.ipv6('2001:db8::/32'), groupOf(stack)] })],
  ])('%s, and the warning names it', (_, declared) => {
    expect(warnings(stack => [FlaggedIngressRule.fromInternet(Port.RDP), declared(stack)])).toEqual([withoutEffect('flaggedIngressRules[1].except[0]')]);
  });

  it('beside others that have one', () => {
    expect(warnings(() => [fromPublic(
      { ports: [Port.SSH, Port.HTTPS], peers: [PUBLIC] }, { ports: [Port.HTTPS] }, { peers: [PUBLIC] },
      { peers: [DOCUMENTATION] },
    )])).toEqual([1, 3].map(place => withoutEffect(`flaggedIngressRules[0].except[${place}]`)));
  });

  it('in one group, too', () => {
    expect(warnings(stack => {
      const group = SecurityGroup.fromSecurityGroupId(stack, 'Imported', 'sg-0123456789abcdef0');
      const except = [{ ports: [Port.HTTPS] }];
      return [
        FlaggedIngressRule.onGroup(group, PUBLIC, Port.SSH, { except }),
        FlaggedIngressRule.inGroupsTagged('Exposure', ['private'], PUBLIC, Port.SSH, { except }),
        FlaggedIngressRule.fromIpPermissions(group, 'IpProtocol=tcp,FromPort=22,ToPort=22,IpRanges=[{CidrIp=0.0.0.0/0}]', { except }),
      ];
    })).toEqual([0, 1, 2].map(index => withoutEffect(`flaggedIngressRules[${index}].except[0]`)));
  });
});

it.each<[string, (stack: Stack) => FlaggedIngressRule]>([
  ['for a part of the ports', () => fromBlock({ ports: [Port.HTTPS] })],
  ['for a narrow part of broad sources', () => fromInternet({ peers: [PUBLIC] })],
  ['for one of its peers', stack => fromPublic({ peers: [DOCUMENTATION, PUBLIC, groupOf(stack)] })],
  ['for one of its ports', () => fromPublic({ ports: [Port.SSH, Port.HTTPS], peers: [PUBLIC] })],
  ['for a list that is not read', () => fromPublic({ peers: [Peer.prefixList('pl-0123456789abcdef0')] })],
  ['for a group that may have addresses of the block', stack => fromBlock({ peers: [groupOf(stack)] })],
  ['for a block that is known at deployment only', stack => fromPublic({ peers: [later(stack)] })],
  ['for a declared block that is known at deployment only', stack => FlaggedIngressRule.inAnyGroup(
    later(stack), Port.SSH, { except: [{ peers: [PUBLIC] }] },
  )],
])('an exception that may have an effect is not warned of: %s', (_, declared) => {
  expect(warnings(stack => [declared(stack)])).toEqual([]);
});

describe('a tag value with an asterisk', () => {
  const warning = 'flaggedIngressRules[1] has the tag value "prod-*", and values are compared exactly, so * stands for '
    + 'itself; give each value in full [ack: cdk-network-hygiene:tagValueWithAsterisk]';

  it.each<[string, (values: string[]) => FlaggedIngressRule]>([
    ['as a parameter', values => FlaggedIngressRule.inGroupsTagged('Stage', values, PUBLIC, Port.SSH)],
    ['as an option', values => FlaggedIngressRule.fromInternet(Port.SSH, { groupsTagged: { key: 'Stage', values } })],
  ])('is warned of %s, and others are not', (_, declared) => {
    expect(warnings(() => [declared(['prod', '']), declared(['test', 'prod-*'])])).toEqual([warning]);
  });
});
