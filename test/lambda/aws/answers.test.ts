import type { DescribeVpnConnectionsResult, VpcEndpoint } from '@aws-sdk/client-ec2';
import * as read from '../../../lambda/aws/answers';

const SECRET = 'pre-shared-key-of-a-tunnel';

/** A response of EC2 with every field that contains or leads to a pre-shared key. */
const VPN_ANSWER: DescribeVpnConnectionsResult & { readonly FieldOfTomorrow: string } = {
  FieldOfTomorrow: SECRET,
  VpnConnections: [
    {
      VpnConnectionId: 'vpn-1',
      State: 'available',
      Category: 'VPN',
      Type: 'ipsec.1',
      CustomerGatewayId: 'cgw-1',
      VpnGatewayId: 'vgw-1',
      TransitGatewayId: 'tgw-1',
      CoreNetworkArn: 'arn:aws:networkmanager::111122223333:core-network/core-network-1',
      GatewayAssociationState: 'associated',
      CustomerGatewayConfiguration: `<vpn_connection><ike><pre_shared_key>${SECRET}</pre_shared_key></ike></vpn_connection>`,
      PreSharedKeyArn: `arn:aws:secretsmanager:eu-central-1:111122223333:secret:${SECRET}`,
      Options: {
        StaticRoutesOnly: true,
        TunnelOptions: [
          { OutsideIpAddress: '192.0.2.1', PreSharedKey: SECRET },
          { OutsideIpAddress: '192.0.2.2', PreSharedKey: SECRET },
        ],
      },
      VgwTelemetry: [
        {
          OutsideIpAddress: '192.0.2.1',
          Status: 'UP',
          StatusMessage: '1 BGP ROUTES',
          AcceptedRouteCount: 1,
          LastStatusChange: new Date('2026-01-01T00:00:00Z'),
          CertificateArn: `arn:aws:acm:eu-central-1:111122223333:certificate/${SECRET}`,
        },
        { OutsideIpAddress: '192.0.2.2', Status: 'DOWN' },
      ],
      Tags: [{ Key: 'Name', Value: 'Headquarters' }],
    },
  ],
};

describe('an answer about VPN connections', () => {
  test('is cut to what the port names', () => {
    expect(read.vpnConnections(VPN_ANSWER).items).toEqual([
      {
        vpnConnectionId: 'vpn-1',
        state: 'available',
        category: 'VPN',
        type: 'ipsec.1',
        customerGatewayId: 'cgw-1',
        vpnGatewayId: 'vgw-1',
        transitGatewayId: 'tgw-1',
        coreNetworkArn: 'arn:aws:networkmanager::111122223333:core-network/core-network-1',
        gatewayAssociationState: 'associated',
        staticRoutesOnly: true,
        tunnels: [
          {
            outsideIpAddress: '192.0.2.1',
            status: 'UP',
            statusMessage: '1 BGP ROUTES',
            acceptedRouteCount: 1,
            lastStatusChange: new Date('2026-01-01T00:00:00Z'),
          },
          { outsideIpAddress: '192.0.2.2', status: 'DOWN' },
        ],
        tags: { Name: 'Headquarters' },
      },
    ]);
  });

  test('keeps no pre-shared key, whatever field it comes in', () => {
    expect(JSON.stringify(read.vpnConnections(VPN_ANSWER))).not.toContain(SECRET);
  });

  test.each([NaN, Infinity])('has no count of routes if EC2\'s value is not a number: %d', AcceptedRouteCount => {
    const {
      items: [{ tunnels }],
    } = read.vpnConnections({
      VpnConnections: [{ VpnConnectionId: 'vpn-1', VgwTelemetry: [{ Status: 'UP', AcceptedRouteCount }] }],
    });
    expect(tunnels).toEqual([{ outsideIpAddress: '', status: 'UP' }]);
  });

  test('may be without telemetry, options and tags', () => {
    expect(
      read.vpnConnections({ VpnConnections: [{ VpnConnectionId: 'vpn-1', State: 'deleted' }] }).items,
    ).toMatchObject([{ vpnConnectionId: 'vpn-1', tunnels: [], tags: {} }]);
  });
});

describe('an answer about rules', () => {
  test('keeps all that describes a rule', () => {
    expect(
      read.securityGroupRules({
        SecurityGroupRules: [
          {
            SecurityGroupRuleId: 'sgr-1',
            GroupId: 'sg-1',
            GroupOwnerId: '111122223333',
            IsEgress: false,
            IpProtocol: 'tcp',
            FromPort: 22,
            ToPort: 22,
            ReferencedGroupInfo: {
              GroupId: 'sg-2',
              UserId: '444455556666',
              VpcId: 'vpc-2',
              VpcPeeringConnectionId: 'pcx-1',
              PeeringStatus: 'deleted',
            },
            Description: 'from the peer',
            Tags: [{ Key: 'team', Value: 'network' }, { Key: 'empty' }],
          },
        ],
      }).items,
    ).toEqual([
      {
        securityGroupRuleId: 'sgr-1',
        groupId: 'sg-1',
        groupOwnerId: '111122223333',
        isEgress: false,
        ipProtocol: 'tcp',
        fromPort: 22,
        toPort: 22,
        referencedGroup: {
          groupId: 'sg-2',
          userId: '444455556666',
          vpcId: 'vpc-2',
          vpcPeeringConnectionId: 'pcx-1',
          peeringStatus: 'deleted',
        },
        description: 'from the peer',
        tags: { team: 'network', empty: '' },
      },
    ]);
  });

  test('keeps a source of each kind', () => {
    const rule = { GroupId: 'sg-1', IsEgress: false, IpProtocol: '-1' };
    expect(read.securityGroupRules({
      SecurityGroupRules: [
        { ...rule, SecurityGroupRuleId: 'sgr-1', CidrIpv4: '0.0.0.0/0' },
        { ...rule, SecurityGroupRuleId: 'sgr-2', CidrIpv6: '::/0' },
        { ...rule, SecurityGroupRuleId: 'sgr-3', PrefixListId: 'pl-1' },
      ],
    }).items).toMatchObject([{ cidrIpv4: '0.0.0.0/0' }, { cidrIpv6: '::/0' }, { prefixListId: 'pl-1' }]);
  });

  test.each([
    ['its id', { SecurityGroupRuleId: undefined }, 'a rule of sg-1 without its id'],
    ['its group', { GroupId: undefined }, 'the rule sgr-1 without its group'],
    ['its group, which is empty', { GroupId: '' }, 'the rule sgr-1 without its group'],
    ['its protocol', { IpProtocol: undefined }, 'the rule sgr-1 without its protocol'],
    ['its direction', { IsEgress: undefined }, 'the rule sgr-1 without its direction'],
    ['the key of a tag', { Tags: [{ Value: '' }] }, 'a tag of the rule sgr-1 without its key'],
    ['its ports', { FromPort: undefined, ToPort: undefined }, 'the rule sgr-1 without its ports'],
    ['one of its ports', { ToPort: undefined }, 'the rule sgr-1 without its ports'],
  ])('says of a rule without %s that it cannot be used, and reads the others', (_, lacking, flaw) => {
    const rule = {
      SecurityGroupRuleId: 'sgr-1',
      GroupId: 'sg-1',
      IpProtocol: 'tcp',
      IsEgress: false,
      FromPort: 22,
      ToPort: 22,
    };
    const { items, flaws } = read.securityGroupRules({
      SecurityGroupRules: [
        { ...rule, ...lacking },
        { ...rule, SecurityGroupRuleId: 'sgr-2' },
      ],
    });
    expect([items.map(({ securityGroupRuleId }) => securityGroupRuleId), flaws]).toEqual([['sgr-2'], [flaw]]);
  });
});

describe('an answer about stale groups', () => {
  test('is one permission for each reference', () => {
    const pairs = [
      {
        GroupId: 'sg-2',
        UserId: '444455556666',
        VpcId: 'vpc-2',
        VpcPeeringConnectionId: 'pcx-1',
        PeeringStatus: 'deleted',
      },
      { GroupId: 'sg-3', GroupName: 'gone' },
    ];
    expect(
      read.staleSecurityGroups({
        StaleSecurityGroupSet: [
          {
            GroupId: 'sg-1',
            GroupName: 'web',
            VpcId: 'vpc-1',
            StaleIpPermissions: [{ IpProtocol: 'tcp', FromPort: 22, ToPort: 22, UserIdGroupPairs: pairs }],
            StaleIpPermissionsEgress: [{ IpProtocol: '-1', UserIdGroupPairs: [{ GroupId: 'sg-4' }] }],
          },
        ],
      }),
    ).toEqual({
      flaws: [],
      items: [
        {
          groupId: 'sg-1',
          groupName: 'web',
          ingress: [
            {
              ipProtocol: 'tcp',
              fromPort: 22,
              toPort: 22,
              reference: {
                groupId: 'sg-2',
                userId: '444455556666',
                vpcId: 'vpc-2',
                vpcPeeringConnectionId: 'pcx-1',
                peeringStatus: 'deleted',
              },
            },
            { ipProtocol: 'tcp', fromPort: 22, toPort: 22, reference: { groupId: 'sg-3', groupName: 'gone' } },
          ],
          egress: [{ ipProtocol: '-1', reference: { groupId: 'sg-4' } }],
        },
      ],
    });
  });

  test('treats an empty account id as absent, as EC2 has it for a deleted group', () => {
    expect(
      read.staleSecurityGroups({
        StaleSecurityGroupSet: [
          {
            GroupId: 'sg-1',
            StaleIpPermissions: [{ IpProtocol: '-1', UserIdGroupPairs: [{ GroupId: 'sg-2', UserId: '' }] }],
          },
        ],
      }).items[0].ingress[0].reference.userId,
    ).toBeUndefined();
  });

  test.each([
    ['a permission without references', { IpProtocol: 'tcp' }, {}],
    [
      'a reference without its group',
      { IpProtocol: 'tcp', UserIdGroupPairs: [{ VpcId: 'vpc-2' }] },
      { vpcId: 'vpc-2' },
    ],
    [
      'a reference whose group is empty',
      { IpProtocol: 'tcp', UserIdGroupPairs: [{ GroupId: '', VpcId: 'vpc-2' }] },
      { vpcId: 'vpc-2' },
    ],
  ])('keeps %s as a stale rule that nothing identifies, and says so', (_, permission, reference) => {
    const { items, flaws } = read.staleSecurityGroups({
      StaleSecurityGroupSet: [{ GroupId: 'sg-1', StaleIpPermissions: [permission] }],
    });
    expect(items).toEqual([
      { groupId: 'sg-1', groupName: '', ingress: [{ ipProtocol: 'tcp', reference }], egress: [] },
    ]);
    expect(flaws).toEqual(['a stale rule of sg-1 without the group that it refers to']);
  });

  test('says of a group without its id that it cannot be used', () => {
    expect(read.staleSecurityGroups({ StaleSecurityGroupSet: [{ GroupName: 'web' }] })).toEqual({
      items: [],
      flaws: ['a stale security group without its id'],
    });
  });
});

describe('an answer about VPC endpoints', () => {
  const ANSWERED: VpcEndpoint = {
    VpcEndpointId: 'vpce-1', VpcId: 'vpc-1', VpcEndpointType: 'Interface', State: 'Available',
    Groups: [{ GroupId: 'sg-1', GroupName: 'endpoints' }, { GroupId: 'sg-2' }],
  };

  test('is cut to the groups of each', () => {
    expect(read.vpcEndpoints({ VpcEndpoints: [ANSWERED] }))
      .toEqual({ items: [{ vpcEndpointId: 'vpce-1', vpcId: 'vpc-1', groupIds: ['sg-1', 'sg-2'] }], flaws: [] });
  });

  test.each(['Interface', 'Gateway', 'GatewayLoadBalancer', 'Resource', 'ServiceNetwork', 'Tunnel', undefined] as const)(
    'takes the groups of one of any type that has some: %s', VpcEndpointType => {
      expect(read.vpcEndpoints({ VpcEndpoints: [{ ...ANSWERED, VpcEndpointType }] }).items)
        .toMatchObject([{ groupIds: ['sg-1', 'sg-2'] }]);
    });

  test.each(['Deleting', 'Deleted', 'Failed', 'PendingAcceptance', undefined] as const)(
    'takes the groups of one in any state: %s', State => {
      expect(read.vpcEndpoints({ VpcEndpoints: [{ ...ANSWERED, State }] }).items)
        .toMatchObject([{ groupIds: ['sg-1', 'sg-2'] }]);
    });

  test.each(['Gateway', 'GatewayLoadBalancer'] as const)('may be without groups for the type %s', VpcEndpointType => {
    for (const Groups of [undefined, []]) {
      expect(read.vpcEndpoints({ VpcEndpoints: [{ ...ANSWERED, VpcEndpointType, Groups }] }))
        .toEqual({ items: [{ vpcEndpointId: 'vpce-1', vpcId: 'vpc-1', groupIds: [] }], flaws: [] });
    }
  });

  test.each<[what: string, lacking: object, flaw: string]>([
    ['its id', { VpcEndpointId: undefined }, 'a VPC endpoint without its id'],
    ['its VPC', { VpcId: '' }, 'the VPC endpoint vpce-1 without its VPC'],
    ['the id of a group', { Groups: [{ GroupId: 'sg-1' }, { GroupName: 'endpoints' }] },
      'a security group of the VPC endpoint vpce-1 without its id'],
    ['its groups', { Groups: undefined }, 'the VPC endpoint vpce-1 without its security groups'],
    ['any group', { Groups: [] }, 'the VPC endpoint vpce-1 without its security groups'],
    ['its groups, of a type of tomorrow', { VpcEndpointType: 'Wormhole', Groups: [] },
      'the VPC endpoint vpce-1 without its security groups'],
    ['its type and its groups', { VpcEndpointType: undefined, Groups: undefined },
      'the VPC endpoint vpce-1 without its security groups'],
  ])('says of one without %s that it cannot be used, and never that it has none; it reads the others', (_, lacking, flaw) => {
    const { items, flaws } = read.vpcEndpoints({
      VpcEndpoints: [{ ...ANSWERED, ...lacking } as VpcEndpoint, { ...ANSWERED, VpcEndpointId: 'vpce-2' }],
    });
    expect([items.map(({ vpcEndpointId }) => vpcEndpointId), flaws]).toEqual([['vpce-2'], [flaw]]);
  });

  test('without a list does not say that there are none', () => {
    expect(read.vpcEndpoints({})).toEqual({ items: [], flaws: ['no list'] });
  });
});

describe('an answer to a revocation', () => {
  test('says which rules were revoked and how many were unknown', () => {
    const revoked = [{ SecurityGroupRuleId: 'sgr-1', IpProtocol: 'udp' }];
    expect(
      read.revokeAnswer({
        Return: true,
        RevokedSecurityGroupRules: revoked,
        UnknownIpPermissions: [{ IpProtocol: 'tcp' }],
      }),
    ).toEqual({ revokedRules: [{ securityGroupRuleId: 'sgr-1', ipProtocol: 'udp' }], unknownPermissions: 1 });
  });

  test('says of each rule what it was when it was revoked', () => {
    const rule = { GroupId: 'sg-1', IsEgress: false, IpProtocol: 'tcp', FromPort: 22, ToPort: 23 };
    expect(
      read.revokeAnswer({
        Return: true,
        RevokedSecurityGroupRules: [
          { ...rule, SecurityGroupRuleId: 'sgr-1', CidrIpv4: '0.0.0.0/0', Description: 'anyone' },
          { ...rule, SecurityGroupRuleId: 'sgr-2', CidrIpv6: '::/0' },
          { ...rule, SecurityGroupRuleId: 'sgr-3', PrefixListId: 'pl-1' },
          { ...rule, SecurityGroupRuleId: 'sgr-4', ReferencedGroupId: 'sg-2' },
        ],
      }).revokedRules,
    ).toEqual([
      {
        securityGroupRuleId: 'sgr-1',
        ipProtocol: 'tcp',
        fromPort: 22,
        toPort: 23,
        cidrIpv4: '0.0.0.0/0',
        description: 'anyone',
      },
      { securityGroupRuleId: 'sgr-2', ipProtocol: 'tcp', fromPort: 22, toPort: 23, cidrIpv6: '::/0' },
      { securityGroupRuleId: 'sgr-3', ipProtocol: 'tcp', fromPort: 22, toPort: 23, prefixListId: 'pl-1' },
      { securityGroupRuleId: 'sgr-4', ipProtocol: 'tcp', fromPort: 22, toPort: 23, referencedGroupId: 'sg-2' },
    ]);
  });

  test('treats an empty text as absent, as EC2 writes missing fields', () => {
    const empty = { CidrIpv4: '', CidrIpv6: '', PrefixListId: '', ReferencedGroupId: '', Description: '' };
    expect(
      read.revokeAnswer({
        Return: true,
        RevokedSecurityGroupRules: [
          { SecurityGroupRuleId: 'sgr-1', IpProtocol: '-1', FromPort: -1, ToPort: -1, ...empty },
        ],
      }).revokedRules,
    ).toEqual([{ securityGroupRuleId: 'sgr-1', ipProtocol: '-1', fromPort: -1, toPort: -1 }]);
  });

  test('does not tell which, when it names one without its id: that one may be any', () => {
    expect(
      read.revokeAnswer({
        Return: true,
        RevokedSecurityGroupRules: [{ IpProtocol: 'tcp' }, { SecurityGroupRuleId: 'sgr-1', IpProtocol: 'tcp' }],
      }).revokedRules,
    ).toBeUndefined();
  });

  test.each([{ Return: true }, { Return: true, RevokedSecurityGroupRules: [] }])(
    'does not say which rules, if it lists none: %j',
    answer => {
      expect(read.revokeAnswer(answer)).toEqual({ revokedRules: undefined, unknownPermissions: 0 });
    },
  );

  test('fails when EC2 returns false, although it reports no error', () => {
    expect(() =>
      read.revokeAnswer({ Return: false, RevokedSecurityGroupRules: [{ SecurityGroupRuleId: 'sgr-1' }] }),
    ).toThrow('the request did not succeed');
  });
});

test('an answer about VPCs and groups is cut to what the ports name, and says what has no id', () => {
  expect(
    read.vpcs({
      Vpcs: [{ VpcId: 'vpc-1', OwnerId: '111122223333', CidrBlock: '10.0.0.0/16' }, { OwnerId: '111122223333' }],
    }),
  ).toEqual({ items: [{ vpcId: 'vpc-1', ownerId: '111122223333' }], flaws: ['a VPC without its id'] });
  expect(
    read.securityGroups({
      SecurityGroups: [
        {
          GroupId: 'sg-1',
          GroupName: 'web',
          VpcId: 'vpc-1',
          OwnerId: '111122223333',
          Tags: [{ Key: 'a', Value: 'b' }],
          IpPermissions: [],
        },
        {},
      ],
    }),
  ).toEqual({
    items: [{ groupId: 'sg-1', groupName: 'web', vpcId: 'vpc-1', ownerId: '111122223333', tags: { a: 'b' } }],
    flaws: ['a security group without its id'],
  });
  expect(read.vpnConnections({ VpnConnections: [{ State: 'available' }] })).toEqual({
    items: [],
    flaws: ['a VPN connection without its id'],
  });
});

test('empty lists say that there are none', () => {
  const lists = [
    read.vpcs({ Vpcs: [] }),
    read.securityGroups({ SecurityGroups: [] }),
    read.securityGroupRules({ SecurityGroupRules: [] }),
    read.staleSecurityGroups({ StaleSecurityGroupSet: [] }),
    read.vpnConnections({ VpnConnections: [] }),
  ];
  expect(lists).toEqual(lists.map(() => ({ items: [], flaws: [] })));
});

test('answers without their list say nothing', () => {
  const answers = [
    read.vpcs({}),
    read.securityGroups({}),
    read.securityGroupRules({}),
    read.staleSecurityGroups({}),
    read.vpnConnections({}),
  ];
  expect(answers).toEqual(answers.map(() => ({ items: [], flaws: ['no list'] })));
});
