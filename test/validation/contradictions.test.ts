/**
 * Tests that properties that are known to contradict each other are refused, and that those that only might are
 * accepted.
 */
import { App, CfnParameter, CfnStack, CustomResource, Fn, Lazy, Stack } from 'aws-cdk-lib';
import {
  CfnSecurityGroup, CfnSubnet, CfnVPC, ISecurityGroup, IVpc, Peer, Port, SecurityGroup, Vpc,
} from 'aws-cdk-lib/aws-ec2';
import { CfnLogGroup, ILogGroup, LogGroup, LogGroupClass } from 'aws-cdk-lib/aws-logs';
import { FlaggedIngressRule, NetworkHygiene, NetworkHygieneProps } from '../../src';
import { aStack } from '../support/synthesized-stack';

const onGroup = (group: ISecurityGroup): FlaggedIngressRule =>
  FlaggedIngressRule.onGroup(group, Peer.anyIpv4(), Port.SSH);
const byPermissions = (group: ISecurityGroup): FlaggedIngressRule =>
  FlaggedIngressRule.fromIpPermissions(group, 'IpProtocol=-1,IpRanges=[{CidrIp=0.0.0.0/0}]');
const anywhere = (): FlaggedIngressRule => FlaggedIngressRule.inAnyGroup(Peer.anyIpv4(), Port.SSH);

const groupOf = (stack: Stack, id: string, name = id): ISecurityGroup =>
  SecurityGroup.fromSecurityGroupId(stack, name, id);
const vpcOf = (stack: Stack, vpcId: string): IVpc =>
  Vpc.fromVpcAttributes(stack, vpcId, { vpcId, availabilityZones: ['a'] });
const newVpc = (stack: Stack, id: string): Vpc => new Vpc(stack, id, { maxAzs: 1, natGateways: 0 });
const newGroup = (stack: Stack, id: string, vpc: IVpc): SecurityGroup => new SecurityGroup(stack, id, { vpc });

/** Returns the message after the construct's path; undefined when the construct is created. */
function refusal(make: (stack: Stack) => NetworkHygieneProps, stack = aStack()): string | undefined {
  const props = make(stack);
  try {
    new NetworkHygiene(stack, 'NetworkHygiene', props);
    return undefined;
  } catch (error) {
    const { message } = error as Error;
    expect(message).toMatch(/^Network\/NetworkHygiene: /);
    return message.slice('Network/NetworkHygiene: '.length);
  }
}

describe('a rule that is flagged in a group that is exempt', () => {
  it.each<[string, (stack: Stack) => NetworkHygieneProps, string]>([
    [
      'by one construct',
      stack => {
        const group = groupOf(stack, 'sg-1');
        return { flaggedIngressRules: [onGroup(group)], exemptSecurityGroups: [group] };
      },
      'sg-1',
    ],
    [
      'by two constructs with one id',
      stack => ({
        flaggedIngressRules: [onGroup(groupOf(stack, 'sg-1', 'One'))],
        exemptSecurityGroups: [groupOf(stack, 'sg-1', 'Other')],
      }),
      'sg-1',
    ],
    [
      "in EC2's words",
      stack => {
        const group = groupOf(stack, 'sg-1');
        return { flaggedIngressRules: [byPermissions(group)], exemptSecurityGroups: [group] };
      },
      'sg-1',
    ],
    [
      'made in the app',
      stack => {
        const group = newGroup(stack, 'Web', newVpc(stack, 'Vpc'));
        return { flaggedIngressRules: [onGroup(group)], exemptSecurityGroups: [group] };
      },
      'Network/Web',
    ],
    [
      'made in the app, and taken up by its id',
      stack => {
        const group = newGroup(stack, 'Web', newVpc(stack, 'Vpc'));
        return {
          flaggedIngressRules: [onGroup(groupOf(stack, group.securityGroupId, 'Again'))],
          exemptSecurityGroups: [group],
        };
      },
      'Network/Web',
    ],
    [
      'made of CloudFormation, whose id is several attributes',
      stack => {
        const group = new CfnSecurityGroup(stack, 'Web', { groupDescription: 'web' });
        return {
          flaggedIngressRules: [onGroup(groupOf(stack, group.ref, 'One'))],
          exemptSecurityGroups: [groupOf(stack, group.attrGroupId, 'Other')],
        };
      },
      'Network/Web',
    ],
    [
      'known by one parameter',
      stack => {
        const id = new CfnParameter(stack, 'GroupId').valueAsString;
        return {
          flaggedIngressRules: [onGroup(groupOf(stack, id, 'One'))],
          exemptSecurityGroups: [groupOf(stack, id, 'Other')],
        };
      },
      'an id that is known at deployment only',
    ],
  ])('is refused: %s', (_, make, name) => {
    expect(refusal(stack => {
      const { flaggedIngressRules = [], exemptSecurityGroups = [] } = make(stack);
      return {
        flaggedIngressRules: [anywhere(), onGroup(groupOf(stack, 'sg-2')), ...flaggedIngressRules],
        exemptSecurityGroups: [groupOf(stack, 'sg-3'), ...exemptSecurityGroups],
      };
    })).toBe(
      `flaggedIngressRules[2]: got a rule in the security group ${name}, which exemptSecurityGroups[1] exempts, so the rule would never be revoked; leave out one of the two`,
    );
  });

  it('is refused: the group of the function itself, which is exempt', () => {
    expect(refusal(stack => {
      const vpc = newVpc(stack, 'Vpc');
      const group = newGroup(stack, 'Lambda', vpc);
      return { flaggedIngressRules: [onGroup(group)], functionOptions: { vpc, securityGroups: [group] } };
    })).toContain('the security group Network/Lambda, which functionOptions.securityGroups[0] exempts');
  });

  it.each<[string, (stack: Stack) => NetworkHygieneProps]>([
    ['another group', stack => ({
      flaggedIngressRules: [onGroup(groupOf(stack, 'sg-1'))], exemptSecurityGroups: [groupOf(stack, 'sg-11')],
    })],
    ['any group', stack => ({ flaggedIngressRules: [anywhere()], exemptSecurityGroups: [groupOf(stack, 'sg-1')] })],
    ['another group of the app', stack => {
      const vpc = newVpc(stack, 'Vpc');
      return {
        flaggedIngressRules: [onGroup(newGroup(stack, 'One', vpc))],
        exemptSecurityGroups: [newGroup(stack, 'Other', vpc)],
      };
    }],
    ['a group with the same logical id in another stack', stack => {
      const other = new Stack(stack.node.root as App, 'Other');
      return {
        flaggedIngressRules: [onGroup(newGroup(stack, 'Web', newVpc(stack, 'Vpc')))],
        exemptSecurityGroups: [newGroup(other, 'Web', newVpc(other, 'Vpc'))],
      };
    }],
    ['an id that is known, and one that is not', stack => ({
      flaggedIngressRules: [onGroup(groupOf(stack, 'sg-1'))],
      exemptSecurityGroups: [groupOf(stack, Fn.importValue('Group'), 'Other')],
    })],
    ['two ids that are not known', stack => ({
      flaggedIngressRules: [onGroup(groupOf(stack, Lazy.string({ produce: () => 'sg-1' }), 'One'))],
      exemptSecurityGroups: [groupOf(stack, Lazy.string({ produce: () => 'sg-2' }), 'Other')],
    })],
    ['two groups that CDK has still to look up, which have one id until then', stack => ({
      flaggedIngressRules: [onGroup(groupOf(stack, 'sg-12345678', 'One'))],
      exemptSecurityGroups: [groupOf(stack, 'sg-12345678', 'Other')],
    })],
  ])('is taken where it is not known to be one: %s', (_, make) => {
    expect(refusal(make)).toBeUndefined();
  });

  it('is taken while CDK has still to look up both', () => {
    const stack = new Stack(new App(), 'Network', { env: { account: '111122223333', region: 'eu-central-1' } });
    expect(refusal(() => ({
      flaggedIngressRules: [onGroup(SecurityGroup.fromLookupByName(stack, 'One', 'one', vpcOf(stack, 'vpc-1')))],
      exemptSecurityGroups: [SecurityGroup.fromLookupById(stack, 'Other', 'sg-2')],
      vpcs: [Vpc.fromLookup(stack, 'Vpc', { isDefault: true })],
    }), stack)).toBeUndefined();
  });
});

describe('a rule that is flagged in a group outside vpcs', () => {
  it.each<[string, (stack: Stack) => NetworkHygieneProps, string]>([
    [
      'whose VPC is imported',
      stack => ({
        vpcs: [vpcOf(stack, 'vpc-1'), vpcOf(stack, 'vpc-2')],
        flaggedIngressRules: [onGroup(newGroup(stack, 'Web', vpcOf(stack, 'vpc-3')))],
      }),
      'Network/Web of the VPC vpc-3',
    ],
    [
      'whose VPC is of the app, as is the other',
      stack => ({
        vpcs: [newVpc(stack, 'One')],
        flaggedIngressRules: [byPermissions(newGroup(stack, 'Web', newVpc(stack, 'Other')))],
      }),
      'Network/Web of the VPC Network/Other',
    ],
    [
      'made of CloudFormation',
      stack => {
        const [one, other] = ['One', 'Other'].map(id => new CfnVPC(stack, id, { cidrBlock: '10.0.0.0/16' }));
        const group = new CfnSecurityGroup(stack, 'Web', { groupDescription: 'web', vpcId: other.attrVpcId });
        return {
          vpcs: [Vpc.fromVpcAttributes(stack, 'Vpc', { vpcId: one.ref, availabilityZones: ['a'] })],
          flaggedIngressRules: [onGroup(groupOf(stack, group.attrGroupId, 'Again'))],
        };
      },
      'Network/Web of the VPC Network/Other',
    ],
  ])('is refused: %s', (_, make, name) => {
    expect(refusal(make)).toBe(
      `flaggedIngressRules[0]: got a rule in the security group ${name}, which is not among vpcs, so it would never be looked at; add that VPC to vpcs, or leave the rule out`,
    );
  });

  it.each<[string, (stack: Stack) => NetworkHygieneProps]>([
    ['one of the VPCs is its own', stack => ({
      vpcs: [vpcOf(stack, 'vpc-1'), vpcOf(stack, 'vpc-2')],
      flaggedIngressRules: [onGroup(newGroup(stack, 'Web', stack.node.findChild('vpc-2') as unknown as IVpc))],
    })],
    ['its VPC of the app is', stack => {
      const vpc = newVpc(stack, 'Vpc');
      return { vpcs: [vpc], flaggedIngressRules: [onGroup(newGroup(stack, 'Web', vpc))] };
    }],
    ['its VPC of the app is, by another attribute', stack => {
      const vpc = new CfnVPC(stack, 'Vpc', { cidrBlock: '10.0.0.0/16' });
      const group = new CfnSecurityGroup(stack, 'Web', { groupDescription: 'web', vpcId: vpc.attrVpcId });
      return {
        vpcs: [Vpc.fromVpcAttributes(stack, 'Again', { vpcId: vpc.ref, availabilityZones: ['a'] })],
        flaggedIngressRules: [onGroup(groupOf(stack, group.ref, 'Group'))],
      };
    }],
    ['no VPCs are named', stack => ({
      flaggedIngressRules: [onGroup(newGroup(stack, 'Web', vpcOf(stack, 'vpc-3')))],
    })],
    ['it is about any group', stack => ({ vpcs: [vpcOf(stack, 'vpc-1')], flaggedIngressRules: [anywhere()] })],
    ['the group is imported', stack => ({
      vpcs: [vpcOf(stack, 'vpc-1')], flaggedIngressRules: [onGroup(groupOf(stack, 'sg-1'))],
    })],
    ['the group is in the default VPC', stack => ({
      vpcs: [vpcOf(stack, 'vpc-1')],
      flaggedIngressRules: [onGroup(groupOf(
        stack, new CfnSecurityGroup(stack, 'Web', { groupDescription: 'web' }).attrGroupId, 'Group',
      ))],
    })],
    ['the id of the VPC is known at deployment only', stack => ({
      vpcs: [vpcOf(stack, 'vpc-1')],
      flaggedIngressRules: [onGroup(newGroup(stack, 'Web', vpcOf(stack, Fn.importValue('Vpc'))))],
    })],
    ['one of the VPCs is of the app, and may be the one with that id', stack => ({
      vpcs: [newVpc(stack, 'Vpc')],
      flaggedIngressRules: [onGroup(newGroup(stack, 'Web', vpcOf(stack, 'vpc-1')))],
    })],
    ['CDK has still to look up the VPCs', stack => ({
      vpcs: [vpcOf(stack, 'vpc-12345')],
      flaggedIngressRules: [onGroup(newGroup(stack, 'Web', vpcOf(stack, 'vpc-1')))],
    })],
    ['CDK has still to look up its VPC', stack => ({
      vpcs: [vpcOf(stack, 'vpc-1')],
      flaggedIngressRules: [onGroup(newGroup(stack, 'Web', vpcOf(stack, 'vpc-12345')))],
    })],
  ])('is taken where that is not known: %s', (_, make) => {
    expect(refusal(make)).toBeUndefined();
  });
});

describe('saved queries', () => {
  const save = (logGroup?: (stack: Stack) => ILogGroup): number => {
    const stack = aStack();
    const hygiene = new NetworkHygiene(stack, 'NetworkHygiene', { logGroup: logGroup?.(stack) });
    return hygiene.addQueryDefinitions().length;
  };
  const classified = (stack: Stack, logGroupClass?: string): CfnLogGroup => new CfnLogGroup(stack, 'Logs', { logGroupClass });

  it.each<[string, string, (stack: Stack) => ILogGroup]>([
    [
      'of the app', 'INFREQUENT_ACCESS',
      stack => new LogGroup(stack, 'Logs', { logGroupClass: LogGroupClass.INFREQUENT_ACCESS }),
    ],
    [
      'of the app, by its name', 'INFREQUENT_ACCESS',
      stack => LogGroup.fromLogGroupName(stack, 'Again', classified(stack, 'INFREQUENT_ACCESS').ref),
    ],
    [
      'that only hands its lines on', 'DELIVERY',
      stack => LogGroup.fromLogGroupName(stack, 'Again', classified(stack, 'DELIVERY').ref),
    ],
  ])('are refused for a log group of another class: one %s', (_, logClass, logGroup) => {
    expect(() => save(logGroup)).toThrow(
      `Network/NetworkHygiene: addQueryDefinitions: logGroup: got a log group of the class ${logClass}, and Logs Insights discovers the fields that the queries use only in the class STANDARD; give a log group of that class, or leave the queries out`,
    );
  });

  it.each<[string, ((stack: Stack) => ILogGroup) | undefined]>([
    ['its own', undefined],
    ['one that names no class', stack => new LogGroup(stack, 'Logs')],
    ['one of the Standard class', stack => new LogGroup(stack, 'Logs', { logGroupClass: LogGroupClass.STANDARD })],
    ['an imported one', stack => LogGroup.fromLogGroupName(stack, 'Logs', '/network')],
    ['one whose class is known at deployment only', stack => LogGroup.fromLogGroupName(
      stack, 'Again', classified(stack, new CfnParameter(stack, 'Class').valueAsString).ref,
    )],
  ])('are made for %s', (_, logGroup) => {
    expect(save(logGroup)).toBeGreaterThan(0);
  });

  it('leave a log group of another class alone where nobody asks for them', () => {
    expect(refusal(stack => ({
      logGroup: new LogGroup(stack, 'Logs', { logGroupClass: LogGroupClass.INFREQUENT_ACCESS }),
    }))).toBeUndefined();
  });
});

describe('ids that other resources return', () => {
  it.each<[string, (stack: Stack) => string[]]>([
    ['two attributes of a custom resource', stack => {
      const made = new CustomResource(stack, 'Made', { serviceToken: 'arn:aws:lambda:eu-central-1:111122223333:function:f' });
      return [made.getAttString('GroupA'), made.getAttString('GroupB')];
    }],
    ['two outputs of a nested stack', stack => {
      const nested = new CfnStack(stack, 'Nested', { templateUrl: 'https://example.com/template' });
      return [nested.getAtt('Outputs.A').toString(), nested.getAtt('Outputs.B').toString()];
    }],
  ])('are not taken for one group: %s', (_, idsOf) => {
    const stack = aStack();
    const [flagged, exempt] = idsOf(stack).map((id, index) => groupOf(stack, id, `Group${index}`));
    const make = (): NetworkHygiene => new NetworkHygiene(stack, 'NetworkHygiene', {
      flaggedIngressRules: [onGroup(flagged)],
      exemptSecurityGroups: [exempt],
    });
    expect(make).not.toThrow();
  });

  it('are not taken for another VPC: that of a subnet', () => {
    const stack = aStack();
    const vpc = new CfnVPC(stack, 'Vpc', { cidrBlock: '10.0.0.0/16' });
    const subnet = new CfnSubnet(stack, 'Subnet', { vpcId: vpc.ref, cidrBlock: '10.0.0.0/24' });
    const made = new CfnSecurityGroup(stack, 'Made', { groupDescription: 'made', vpcId: subnet.attrVpcId });
    const make = (): NetworkHygiene => new NetworkHygiene(stack, 'NetworkHygiene', {
      vpcs: [Vpc.fromVpcAttributes(stack, 'Given', { vpcId: vpc.ref, availabilityZones: ['a'] })],
      flaggedIngressRules: [
        onGroup(groupOf(stack, made.attrGroupId, 'Group')),
      ],
    });
    expect(make).not.toThrow();
  });
});

describe('a group that a declaration leaves out', () => {
  const leavingOut = (...exceptGroups: ISecurityGroup[]): FlaggedIngressRule =>
    FlaggedIngressRule.inAnyGroup(Peer.anyIpv4(), Port.SSH, { exceptGroups });

  it('is refused if it is in a VPC that is not looked at', () => {
    expect(refusal(stack => {
      const [inside, outside] = [newVpc(stack, 'Inside'), newVpc(stack, 'Outside')];
      const groups = [newGroup(stack, 'Web', inside), newGroup(stack, 'Database', outside)];
      return { vpcs: [inside], flaggedIngressRules: [anywhere(), leavingOut(...groups)] };
    })).toBe(
      'flaggedIngressRules[1].exceptGroups[1]: got the security group Network/Database of the VPC Network/Outside, which is '
      + 'not among vpcs, so the declaration never applies to it; leave it out, or add that VPC to vpcs',
    );
  });

  it('is refused if it is in another Region', () => {
    const app = new App();
    const stack = new Stack(app, 'Network', { env: { account: '111122223333', region: 'eu-central-1' } });
    const other = new Stack(app, 'Other', { env: { account: '111122223333', region: 'eu-west-1' } });
    expect(refusal(() => ({ flaggedIngressRules: [leavingOut(groupOf(other, 'sg-1'))] }), stack)).toBe(
      'flaggedIngressRules[0].exceptGroups[0]: got a security group in eu-west-1; give one in eu-central-1, because the '
      + 'function revokes rules only in groups of its own account and Region',
    );
  });

  it('is refused if the declaration is for default groups, and the app makes the group, which is no default group', () => {
    expect(refusal(stack => ({
      flaggedIngressRules: [FlaggedIngressRule.inDefaultGroups({ exceptGroups: [newGroup(stack, 'Web', newVpc(stack, 'Vpc'))] })],
    }))).toBe(
      'flaggedIngressRules[0].exceptGroups[0]: got the security group Network/Web, which is not the default group of a VPC, '
      + 'so the declaration never applies to it; leave it out, or give SecurityGroup.fromSecurityGroupId() with '
      + 'vpc.vpcDefaultSecurityGroup',
    );
  });

  it.each<[string, (stack: Stack) => NetworkHygieneProps]>([
    ['of a VPC that is looked at', stack => {
      const vpc = newVpc(stack, 'Vpc');
      return { vpcs: [vpc], flaggedIngressRules: [leavingOut(newGroup(stack, 'Web', vpc))] };
    }],
    ['whose VPC is not known', stack => ({
      vpcs: [newVpc(stack, 'Vpc')], flaggedIngressRules: [leavingOut(groupOf(stack, 'sg-1'))],
    })],
    ['that is the default group of a VPC of the app', stack => {
      const vpc = newVpc(stack, 'Vpc');
      const own = groupOf(stack, vpc.vpcDefaultSecurityGroup, 'Default');
      return { flaggedIngressRules: [FlaggedIngressRule.inDefaultGroups({ exceptGroups: [own] })] };
    }],
    ['that is exempt, too', stack => {
      const group = groupOf(stack, 'sg-1');
      return { flaggedIngressRules: [leavingOut(group)], exemptSecurityGroups: [group] };
    }],
    ['that another declaration is for', stack => {
      const group = groupOf(stack, 'sg-1');
      return { flaggedIngressRules: [leavingOut(group), onGroup(group)] };
    }],
  ])('is taken %s', (_, make) => {
    expect(refusal(make)).toBeUndefined();
  });
});
