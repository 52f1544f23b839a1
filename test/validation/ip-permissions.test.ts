/** Tests reading the value of --ip-permissions: objects, JSON text and shorthand. */
import { CfnParameter, Fn, Token } from 'aws-cdk-lib';
import { SecurityGroup } from 'aws-cdk-lib/aws-ec2';
import { FlaggedIngressRule } from '../../src';
import { readIpPermissions } from '../../src/validation/ip-permissions';
import { aStack, SynthesizedStack } from '../support/synthesized-stack';

const SSH = { IpProtocol: 'tcp', FromPort: 22, ToPort: 22, IpRanges: [{ CidrIp: '203.0.113.0/24' }] };
const EVERY_MEMBER = {
  FromPort: 443,
  IpProtocol: 'tcp',
  IpRanges: [
    { CidrIp: '192.0.2.0/24', Description: 'one' },
    { CidrIp: '198.51.100.0/24', Description: 'two' },
  ],
  Ipv6Ranges: [{ CidrIpv6: '2001:db8::/32', Description: 'three' }],
  PrefixListIds: [{ Description: 'four', PrefixListId: 'pl-12345678' }],
  ToPort: 443,
  UserIdGroupPairs: [
    {
      Description: 'five',
      GroupId: 'sg-12345678',
      GroupName: 'web',
      PeeringStatus: 'active',
      UserId: '011122223333',
      VpcId: 'vpc-1',
      VpcPeeringConnectionId: 'pcx-1',
    },
  ],
};

/** Reads the permissions, and checks them as part of a construct. */
const checked = (ipPermissions: unknown): unknown => {
  const deployed = SynthesizedStack.with(stack => ({
    flaggedIngressRules: [
      FlaggedIngressRule.fromIpPermissions(
        SecurityGroup.fromSecurityGroupId(stack, 'Web', 'sg-026c12253ce15eff7'),
        ipPermissions,
      ),
    ],
  }));
  return (deployed.configuration().flaggedIngressRules as Array<{ ipPermissions: unknown }>)[0].ipPermissions;
};

describe("the CLI's own examples", () => {
  it('example 1: TCP port 22 from 203.0.113.0/24, as a permission', () => {
    expect(checked('IpProtocol=tcp,FromPort=22,ToPort=22,IpRanges=[{CidrIp=203.0.113.0/24}]')).toEqual([SSH]);
  });

  it('example 2: ICMP type 3, code 4, as it stands', () => {
    expect(checked('IpProtocol=icmp,FromPort=3,ToPort=4,IpRanges=[{CidrIp=0.0.0.0/0}]')).toEqual([
      { IpProtocol: 'icmp', FromPort: 3, ToPort: 4, IpRanges: [{ CidrIp: '0.0.0.0/0' }] },
    ]);
  });
});

describe('shorthand', () => {
  it('has every member of the synopsis, in its order', () => {
    expect(
      checked(
        [
          'FromPort=443,IpProtocol=tcp',
          'IpRanges=[{CidrIp=192.0.2.0/24,Description=one},{CidrIp=198.51.100.0/24,Description=two}]',
          'Ipv6Ranges=[{CidrIpv6=2001:db8::/32,Description=three}]',
          'PrefixListIds=[{Description=four,PrefixListId=pl-12345678}]',
          'ToPort=443',
          'UserIdGroupPairs=[{Description=five,GroupId=sg-12345678,GroupName=web,PeeringStatus=active,UserId=011122223333,VpcId=vpc-1,VpcPeeringConnectionId=pcx-1}]',
        ].join(','),
      ),
    ).toEqual([EVERY_MEMBER]);
  });

  it.each([
    ['a space', ' '],
    ['several spaces', '   '],
    ['a line break', '\n'],
  ])('may be several permissions, with %s between', (_, between) => {
    const texts = [
      'IpProtocol=tcp,FromPort=22,ToPort=22,IpRanges=[{CidrIp=203.0.113.0/24}]',
      'FromPort=-1,ToPort=-1,IpProtocol=icmp,IpRanges=[{CidrIp=0.0.0.0/0}]',
    ];
    expect(checked(texts.join(between))).toEqual([
      SSH,
      { FromPort: -1, ToPort: -1, IpProtocol: 'icmp', IpRanges: [{ CidrIp: '0.0.0.0/0' }] },
    ]);
  });

  it('may have white space around it', () => {
    expect(checked('\n  IpProtocol=tcp,FromPort=22,ToPort=22,IpRanges=[{CidrIp=203.0.113.0/24}]\n')).toEqual([SSH]);
  });

  it.each([
    ['"SSH, from [the] {office}"', 'SSH, from [the] {office}'],
    ["'SSH, from \"the\" office'", 'SSH, from "the" office'],
    ['SSH from the office', 'SSH from the office'],
    ['a=b', 'a=b'],
    ['""', ''],
  ])('may have a description %s', (written, description) => {
    expect(
      readIpPermissions(
        `IpProtocol=tcp,FromPort=22,ToPort=22,IpRanges=[{CidrIp=203.0.113.0/24,Description=${written}}]`,
      ),
    ).toEqual([{ ...SSH, IpRanges: [{ CidrIp: '203.0.113.0/24', Description: description }] }]);
  });

  it('may have lists that are empty', () => {
    expect(
      checked(
        'IpProtocol=tcp,FromPort=22,ToPort=22,IpRanges=[{CidrIp=203.0.113.0/24}],Ipv6Ranges=[],UserIdGroupPairs=[]',
      ),
    ).toEqual([{ ...SSH, Ipv6Ranges: [], UserIdGroupPairs: [] }]);
  });

  it('keeps protocol numbers and account ids as text, leading zeros and all', () => {
    expect(checked('IpProtocol=6,FromPort=22,ToPort=22,UserIdGroupPairs=[{UserId=000000000001,GroupId=sg-1}]')).toEqual(
      [{ IpProtocol: '6', FromPort: 22, ToPort: 22, UserIdGroupPairs: [{ UserId: '000000000001', GroupId: 'sg-1' }] }],
    );
  });

  it.each([
    ['', 'a key at character 1'],
    ['tcp', '"=" behind tcp at character 4'],
    ['IpProtocol=', 'a value at character 12'],
    ['IpProtocol=tcp,', 'a key at character 16'],
    ['IpProtocol=tcp, FromPort=22,ToPort=22', 'a key at character 16'],
    ['IpProtocol=tcp,IpRanges=[{CidrIp=0.0.0.0/0}', '"," or "]" at character 44'],
    ['IpProtocol=tcp,IpRanges=[{CidrIp=0.0.0.0/0', '"," at character 43'],
    ['IpProtocol=tcp,IpRanges=[{CidrIp="0.0.0.0/0}]', 'a closing quote at character 34'],
    ['IpProtocol=tcp,IpRanges=[{CidrIp=0.0.0.0/0}]]', '"," at character 45'],
    ['--protocol tcp --port 22 --cidr 203.0.113.0/24', 'a key at character 1'],
  ])('fails for %j, and says where', (text, lack) => {
    expect(() => readIpPermissions(text)).toThrow(
      `FlaggedIngressRule.fromIpPermissions: ipPermissions: the text "${text}" lacks ${lack}; give a list of objects, JSON, or the CLI's shorthand`,
    );
  });

  it('fails when a key is given twice: one of the two would be lost', () => {
    expect(() =>
      readIpPermissions(
        'IpProtocol=tcp,FromPort=22,ToPort=22,IpRanges=[{CidrIp=10.0.0.0/8}],IpRanges=[{CidrIp=0.0.0.0/0}]',
      ),
    ).toThrow('IpRanges');
  });

  it('does not take a key inside a quoted description for another permission', () => {
    expect(
      readIpPermissions(
        'IpProtocol=tcp,FromPort=22,ToPort=22,IpRanges=[{CidrIp=203.0.113.0/24,Description="was FromPort=23"}]',
      ),
    ).toEqual([{ ...SSH, IpRanges: [{ CidrIp: '203.0.113.0/24', Description: 'was FromPort=23' }] }]);
  });
});

describe('JSON text', () => {
  it('has every member of the synopsis', () => {
    expect(checked(JSON.stringify([EVERY_MEMBER], undefined, 2))).toEqual([EVERY_MEMBER]);
  });

  it('may be one permission, without a list', () => {
    expect(checked(JSON.stringify(SSH))).toEqual([SSH]);
  });

  it('may be what DescribeSecurityGroups answers, with empty lists', () => {
    const described = { ...SSH, Ipv6Ranges: [], PrefixListIds: [], UserIdGroupPairs: [] };
    expect(checked(JSON.stringify([described]))).toEqual([described]);
  });

  it('fails when it is none, and shows how it begins', () => {
    expect(() => readIpPermissions('[{"IpProtocol": integer}]')).toThrow(
      /^FlaggedIngressRule\.fromIpPermissions: ipPermissions: not JSON \(.+\): \[{"IpProtocol": integer}\]$/,
    );
  });
});

describe('objects', () => {
  it('may be a list, or one', () => {
    expect(checked([SSH, EVERY_MEMBER])).toEqual([SSH, EVERY_MEMBER]);
    expect(checked(SSH)).toEqual([SSH]);
  });

  it('may have absent members as null or undefined', () => {
    expect(
      checked({ ...SSH, Ipv6Ranges: null, IpRanges: [{ CidrIp: '203.0.113.0/24', Description: undefined }] }),
    ).toEqual([SSH]);
  });

  it('are not changed', () => {
    const given = { ...SSH, Ipv6Ranges: null };
    checked(given);
    expect(given).toEqual({ ...SSH, Ipv6Ranges: null });
  });

  it('may have values that are known at deployment only', () => {
    const deployed = SynthesizedStack.with(stack => ({
      flaggedIngressRules: [
        FlaggedIngressRule.fromIpPermissions(SecurityGroup.fromSecurityGroupId(stack, 'Web', 'sg-1'), [
          {
            IpProtocol: 'tcp',
            FromPort: new CfnParameter(stack, 'Port', { type: 'Number' }).valueAsNumber,
            ToPort: 65535,
            IpRanges: [{ CidrIp: Fn.importValue('Office') }],
          },
        ]),
      ],
    }));
    expect(deployed.configuration(({ Ref }) => (Ref === 'Port' ? '1024' : '10.0.0.0/8'))).toMatchObject({
      flaggedIngressRules: [
        { ipPermissions: [{ FromPort: 1024, ToPort: 65535, IpRanges: [{ CidrIp: '10.0.0.0/8' }] }] },
      ],
    });
  });
});

describe('values that are known at deployment only', () => {
  const SYNTHESIZED = {
    FromPort: 1024, IpProtocol: 'tcp', IpRanges: [{ CidrIp: '10.0.0.0/8' }], ToPort: 65535,
  };

  it.each<[string, (port: CfnParameter, office: string) => unknown]>([
    ['as JSON text', (port, CidrIp) => JSON.stringify(
      { IpProtocol: 'tcp', FromPort: port.valueAsNumber, ToPort: 65535, IpRanges: [{ CidrIp }] },
    )],
    ['as objects of CDK', port => ({
      IpProtocol: 'tcp', FromPort: port.value, ToPort: 65535, IpRanges: [{ CidrIp: Fn.getAtt('Office', 'Cidr') }],
    })],
  ])('are taken %s', (_, permissions) => {
    const deployed = SynthesizedStack.with(stack => ({
      flaggedIngressRules: [FlaggedIngressRule.fromIpPermissions(
        SecurityGroup.fromSecurityGroupId(stack, 'Web', 'sg-1'),
        permissions(new CfnParameter(stack, 'Port', { type: 'Number' }), Fn.importValue('Office')),
      )],
    }));
    expect(deployed.configuration(({ Ref }) => (Ref === 'Port' ? '1024' : '10.0.0.0/8'))).toMatchObject({
      flaggedIngressRules: [{ ipPermissions: [SYNTHESIZED] }],
    });
  });
});

describe('spellings of 2011', () => {
  it.each([
    ['a protocol number for TCP', '6', { FromPort: 80, ToPort: 80 }],
    ['a protocol number for UDP', '17', { FromPort: 80, ToPort: 80 }],
    ['a protocol number for ICMP', '1', { FromPort: -1, ToPort: -1 }],
    ['any other protocol number', '47', {}],
    ['all protocols', '-1', {}],
    ['upper case', 'TCP', { FromPort: 80, ToPort: 80 }],
  ])('are taken: %s', (_, IpProtocol, ports) => {
    const permission = { IpProtocol, ...ports, IpRanges: [{ CidrIp: '205.192.0.0/16' }] };
    expect(checked([permission])).toEqual([permission]);
  });

  it.each([
    [
      'Groups for UserIdGroupPairs',
      { IpProtocol: 'tcp', FromPort: 80, ToPort: 80, Groups: [{ GroupId: 'sg-1' }] },
      '"Groups" is unknown. Known here: IpProtocol, FromPort, ToPort, IpRanges, Ipv6Ranges, PrefixListIds, UserIdGroupPairs',
    ],
    [
      'CidrIp outside of a range',
      'IpProtocol=tcp,FromPort=80,ToPort=80,CidrIp=205.192.0.0/16',
      '"CidrIp" is unknown. Known here: IpProtocol, FromPort, ToPort, IpRanges',
    ],
    [
      'a name in the place of a group id',
      {
        IpProtocol: 'tcp',
        FromPort: 80,
        ToPort: 80,
        UserIdGroupPairs: [{ GroupName: 'websrv', UserId: '111122223333' }],
      },
      'UserIdGroupPairs[0]: got {"GroupName":"websrv","UserId":"111122223333"}; no GroupId',
    ],
    ['a query', 'IpPermissions.1.IpProtocol=tcp&IpPermissions.1.FromPort=80', 'lacks "=" behind IpPermissions'],
    [
      'members in lower case',
      { ipProtocol: 'tcp', fromPort: 80, toPort: 80, ipRanges: [{ cidrIp: '205.192.0.0/16' }] },
      '"fromPort" is unknown. Did you mean "FromPort"?',
    ],
    ['a whole request', { GroupId: 'sg-1', IpPermissions: [SSH] }, '"GroupId" is unknown'],
  ])('fails for %s', (_, ipPermissions, message) => {
    expect(() => checked(ipPermissions)).toThrow(message);
  });

  it.each<[string, string, (parameter: CfnParameter) => unknown]>([
    ['a text', 'a text', parameter => parameter.valueAsString],
    ['a list', 'a list', parameter => Fn.split(' ', parameter.valueAsString)],
    ['an object', 'a value', parameter => parameter.value],
    [
      'a source, in the shorthand',
      'a text',
      parameter => `IpProtocol=-1,IpRanges=[{CidrIp=${parameter.valueAsString}}]`,
    ],
    [
      'a port, in the shorthand',
      'a (text|number)',
      parameter => `IpProtocol=tcp,FromPort=${Token.asNumber(parameter.value)},ToPort=65535,IpRanges=[{CidrIp=::/0}]`,
    ],
  ])('fails for %s that is known at deployment only', (_, called, permissions) => {
    expect(() => readIpPermissions(permissions(new CfnParameter(aStack(), 'Permissions')))).toThrow(new RegExp(
      `^FlaggedIngressRule\\.fromIpPermissions: ipPermissions: got ${called} that is known at deployment only; give a list of objects or JSON,`,
    ));
  });
});

test('gives the same text whatever the order of the members, which languages with maps do not keep', () => {
  const permission = {
    IpRanges: [{ Description: 'office', CidrIp: '10.0.0.0/8' }],
    ToPort: 22,
    IpProtocol: 'tcp',
    FromPort: 22,
  };
  const other = {
    FromPort: 22,
    IpProtocol: 'tcp',
    IpRanges: [{ CidrIp: '10.0.0.0/8', Description: 'office' }],
    ToPort: 22,
  };
  expect(JSON.stringify(readIpPermissions([permission]))).toBe(JSON.stringify(readIpPermissions([other])));
});
