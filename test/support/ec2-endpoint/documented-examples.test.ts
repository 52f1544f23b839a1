/** Tests the examples of AWS's documentation, and one recorded response of EC2. */
import {
  AuthorizeSecurityGroupIngressCommand, DescribeStaleSecurityGroupsCommand, DescribeVpcEndpointsCommand,
  RevokeSecurityGroupIngressCommand,
} from '@aws-sdk/client-ec2';
import { Network } from './';
import { connect, disconnect } from './over-the-wire';

afterEach(disconnect);

describe('DescribeStaleSecurityGroups answers as documented', () => {
  /**
   * Recorded in 2017:
   * https://github.com/cloud-custodian/cloud-custodian/tree/main/tests/data/placebo/test_security_group_stale
   */
  test('when the group of a peer VPC was deleted: the peering active, no account and no name', async () => {
    const network = new Network();
    network.addVpc({ vpcId: 'vpc-a7ce76de' });
    network.addVpc({ vpcId: 'vpc-b9c27ac0' });
    network.addPeering('vpc-a7ce76de', 'vpc-b9c27ac0', { vpcPeeringConnectionId: 'pcx-0a5e2a63' });
    network.addSecurityGroup({
      vpcId: 'vpc-a7ce76de',
      groupId: 'sg-dd8134ac',
      groupName: 'web-tier',
      description: 'for apps',
    });
    network.addSecurityGroup({ vpcId: 'vpc-b9c27ac0', groupId: 'sg-e9843198' });
    network.addIngress('sg-dd8134ac', {
      ipProtocol: 'tcp',
      fromPort: 60000,
      toPort: 62000,
      reference: { groupId: 'sg-e9843198' },
    });
    network.deleteSecurityGroup('sg-e9843198');
    const { ec2 } = await connect({ network });

    const { StaleSecurityGroupSet } = await ec2.send(new DescribeStaleSecurityGroupsCommand({ VpcId: 'vpc-a7ce76de' }));

    expect(StaleSecurityGroupSet).toEqual([
      {
        VpcId: 'vpc-a7ce76de',
        StaleIpPermissionsEgress: [],
        GroupName: 'web-tier',
        StaleIpPermissions: [
          {
            ToPort: 62000,
            FromPort: 60000,
            UserIdGroupPairs: [
              {
                VpcId: 'vpc-b9c27ac0',
                GroupId: 'sg-e9843198',
                VpcPeeringConnectionId: 'pcx-0a5e2a63',
                PeeringStatus: 'active',
              },
            ],
            IpProtocol: 'tcp',
          },
        ],
        GroupId: 'sg-dd8134ac',
        Description: 'for apps',
      },
    ]);
  });

  /** https://docs.aws.amazon.com/cli/latest/reference/ec2/describe-stale-security-groups.html#examples */
  test('for a stale rule of each direction, with the description of the rule', async () => {
    const network = new Network();
    network.addVpc({ vpcId: 'vpc-11223344' });
    network.addVpc({ vpcId: 'vpc-7a20e51f' });
    network.addPeering('vpc-11223344', 'vpc-7a20e51f', { vpcPeeringConnectionId: 'pcx-b04deed9' });
    network.addSecurityGroup({
      vpcId: 'vpc-11223344',
      groupId: 'sg-fe6fba9a',
      groupName: 'MySG1',
      description: 'MySG1',
    });
    network.addSecurityGroup({
      vpcId: 'vpc-11223344',
      groupId: 'sg-5fa68d3a',
      groupName: 'MySG2',
      description: 'MySG2',
    });
    for (const groupId of ['sg-ef6fba8b', 'sg-279ab042']) network.addSecurityGroup({ vpcId: 'vpc-7a20e51f', groupId });
    const ssh = { ipProtocol: 'tcp', fromPort: 22, toPort: 22 };
    network.addEgress('sg-fe6fba9a', { ...ssh, reference: { groupId: 'sg-ef6fba8b' } });
    network.addIngress('sg-5fa68d3a', {
      ...ssh,
      reference: { groupId: 'sg-279ab042' },
      description: 'Access from pcx-b04deed9',
    });
    for (const groupId of ['sg-ef6fba8b', 'sg-279ab042']) network.deleteSecurityGroup(groupId);
    const { ec2 } = await connect({ network });

    const { StaleSecurityGroupSet } = await ec2.send(new DescribeStaleSecurityGroupsCommand({ VpcId: 'vpc-11223344' }));

    const pair = { VpcId: 'vpc-7a20e51f', VpcPeeringConnectionId: 'pcx-b04deed9', PeeringStatus: 'active' };
    expect(StaleSecurityGroupSet).toEqual([
      {
        VpcId: 'vpc-11223344',
        GroupName: 'MySG1',
        GroupId: 'sg-fe6fba9a',
        Description: 'MySG1',
        StaleIpPermissions: [],
        StaleIpPermissionsEgress: [
          { ToPort: 22, FromPort: 22, IpProtocol: 'tcp', UserIdGroupPairs: [{ ...pair, GroupId: 'sg-ef6fba8b' }] },
        ],
      },
      {
        VpcId: 'vpc-11223344',
        GroupName: 'MySG2',
        GroupId: 'sg-5fa68d3a',
        Description: 'MySG2',
        StaleIpPermissionsEgress: [],
        StaleIpPermissions: [
          {
            ToPort: 22,
            FromPort: 22,
            IpProtocol: 'tcp',
            UserIdGroupPairs: [{ ...pair, GroupId: 'sg-279ab042', Description: 'Access from pcx-b04deed9' }],
          },
        ],
      },
    ]);
  });

  /** https://docs.aws.amazon.com/vpc/latest/peering/vpc-peering-security-groups.html */
  test('when the peering was deleted: status deleted, with account and name of the group', async () => {
    const network = new Network();
    network.addVpc({ vpcId: 'vpc-aaaaaaaa' });
    network.addVpc({ vpcId: 'vpc-bbbbbbbb', ownerId: '123456789101' });
    network.addPeering('vpc-aaaaaaaa', 'vpc-bbbbbbbb', { vpcPeeringConnectionId: 'pcx-b04deed9' });
    network.addSecurityGroup({
      vpcId: 'vpc-aaaaaaaa',
      groupId: 'sg-aaaa1111',
      groupName: 'Access1',
      description: 'Reference remote SG',
    });
    network.addSecurityGroup({
      vpcId: 'vpc-bbbbbbbb',
      groupId: 'sg-bbbb2222',
      groupName: 'Prod1',
      ownerId: '123456789101',
    });
    network.addIngress('sg-aaaa1111', {
      ipProtocol: 'tcp',
      fromPort: 22,
      toPort: 22,
      reference: { groupId: 'sg-bbbb2222' },
    });
    network.deletePeering('pcx-b04deed9');
    const { ec2 } = await connect({ network });

    const { StaleSecurityGroupSet } = await ec2.send(new DescribeStaleSecurityGroupsCommand({ VpcId: 'vpc-aaaaaaaa' }));

    expect(StaleSecurityGroupSet).toEqual([
      {
        VpcId: 'vpc-aaaaaaaa',
        GroupId: 'sg-aaaa1111',
        GroupName: 'Access1',
        Description: 'Reference remote SG',
        StaleIpPermissionsEgress: [],
        StaleIpPermissions: [
          {
            ToPort: 22,
            FromPort: 22,
            IpProtocol: 'tcp',
            UserIdGroupPairs: [
              {
                VpcId: 'vpc-bbbbbbbb',
                PeeringStatus: 'deleted',
                UserId: '123456789101',
                GroupName: 'Prod1',
                VpcPeeringConnectionId: 'pcx-b04deed9',
                GroupId: 'sg-bbbb2222',
              },
            ],
          },
        ],
      },
    ]);
  });
});

describe('RevokeSecurityGroupIngress answers as documented', () => {
  /** https://docs.aws.amazon.com/cli/latest/reference/ec2/revoke-security-group-ingress.html#examples */
  test('for a group of the default VPC by name, with one rule in flat parameters', async () => {
    const { network, ec2 } = await connect();
    const { vpcId } = network.addVpc({ isDefault: true });
    const { groupId } = network.addSecurityGroup({ vpcId, groupName: 'mySecurityGroup' });
    network.addIngress(groupId, { ipProtocol: 'tcp', fromPort: 22, toPort: 22, cidrIpv4: '203.0.113.0/24' });

    const answer = await ec2.send(new RevokeSecurityGroupIngressCommand({
      GroupName: 'mySecurityGroup', IpProtocol: 'tcp', FromPort: 22, ToPort: 22, CidrIp: '203.0.113.0/24',
    }));

    expect(answer).toMatchObject({ Return: true, UnknownIpPermissions: [] });
    expect(network.rulesOf(groupId)).toEqual([]);
  });

  test('for ICMP type 3 code 4 as IpPermissions', async () => {
    const { network, ec2 } = await connect();
    const { groupId } = network.addSecurityGroup({ vpcId: network.addVpc().vpcId, groupId: 'sg-026c12253ce15eff7' });
    const wanted = network.addIngress(groupId, {
      ipProtocol: 'icmp',
      fromPort: 3,
      toPort: 4,
      cidrIpv4: '0.0.0.0/0',
      description: 'path MTU',
    });
    const other = network.addIngress(groupId, { ipProtocol: 'icmp', fromPort: 3, toPort: -1, cidrIpv4: '0.0.0.0/0' });

    const answer = await ec2.send(
      new RevokeSecurityGroupIngressCommand({
        GroupId: groupId,
        IpPermissions: [{ IpProtocol: 'icmp', FromPort: 3, ToPort: 4, IpRanges: [{ CidrIp: '0.0.0.0/0' }] }],
      }),
    );

    expect(answer.RevokedSecurityGroupRules).toEqual([{
      SecurityGroupRuleId: wanted.securityGroupRuleId, GroupId: groupId, IsEgress: false,
      IpProtocol: 'icmp', FromPort: 3, ToPort: 4, CidrIpv4: '0.0.0.0/0', Description: 'path MTU',
    }]);
    expect(network.rulesOf(groupId)).toEqual([other]);
  });

  /** The request is the example of API version 2011-12-15. */
  test('to a request that no SDK made', async () => {
    const { network, endpoint } = await connect();
    const { vpcId } = network.addVpc({ isDefault: true });
    const { groupId } = network.addSecurityGroup({ vpcId, groupName: 'websrv' });
    network.addIngress(groupId, { ipProtocol: 'tcp', fromPort: 80, toPort: 80, cidrIpv4: '205.192.0.0/16' });

    const response = await fetch(endpoint.url, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: 'Action=RevokeSecurityGroupIngress&GroupName=websrv&IpProtocol=tcp&FromPort=80&ToPort=80&CidrIp=205.192.0.0/16',
    });

    const [{ requestId }] = endpoint.calls;
    expect(response.headers.get('content-type')).toMatch(/^text\/xml/);
    expect(await response.text()).toContain(`<requestId>${requestId}</requestId><return>true</return>`);
    expect(network.rulesOf(groupId)).toEqual([]);
  });
});

/** https://docs.aws.amazon.com/vpc/latest/peering/vpc-peering-security-groups.html */
test('AuthorizeSecurityGroupIngress lets HTTP in from a group of a peer VPC', async () => {
  const network = new Network();
  for (const vpcId of ['vpc-aaaaaaaa', 'vpc-bbbbbbbb']) network.addVpc({ vpcId });
  network.addPeering('vpc-aaaaaaaa', 'vpc-bbbbbbbb', { vpcPeeringConnectionId: 'pcx-b04deed9' });
  network.addSecurityGroup({ vpcId: 'vpc-aaaaaaaa', groupId: 'sg-aaaa1111' });
  network.addSecurityGroup({ vpcId: 'vpc-bbbbbbbb', groupId: 'sg-bbbb2222', ownerId: '123456789101' });
  const { ec2 } = await connect({ network });

  const answer = await ec2.send(
    new AuthorizeSecurityGroupIngressCommand({
      GroupId: 'sg-aaaa1111',
      IpPermissions: [{ IpProtocol: 'tcp', FromPort: 80, ToPort: 80, UserIdGroupPairs: [{ GroupId: 'sg-bbbb2222' }] }],
    }),
  );

  expect(answer.SecurityGroupRules?.[0].ReferencedGroupInfo).toEqual({
    GroupId: 'sg-bbbb2222',
    UserId: '123456789101',
    VpcId: 'vpc-bbbbbbbb',
    VpcPeeringConnectionId: 'pcx-b04deed9',
    PeeringStatus: 'active',
  });
});

/** https://docs.aws.amazon.com/cli/latest/reference/ec2/describe-vpc-endpoints.html#examples */
test('DescribeVpcEndpoints shows the groups of an interface endpoint, none of a gateway endpoint, and of a Gateway Load Balancer endpoint no list', async () => {
  const ownerId = '123456789012';
  const network = new Network(ownerId, 'us-east-1');
  const open = '{"Version":"2008-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}';
  network.addVpc({ vpcId: 'vpc-1a2b3c4d' });
  network.addSecurityGroup({ vpcId: 'vpc-1a2b3c4d', groupId: 'sg-54e8bf31', groupName: 'default' });
  network.addVpcEndpoint({
    vpcEndpointId: 'vpce-032a826a', vpcEndpointType: 'Gateway', vpcId: 'vpc-aabb1122',
    serviceName: 'com.amazonaws.us-east-1.dynamodb', policyDocument: open, privateDnsEnabled: true,
    routeTableIds: ['rtb-3d560345'], subnetIds: [], networkInterfaceIds: [], groupIds: [], dnsEntries: [],
    creationTimestamp: new Date('2017-09-05T20:41:28Z'),
  });
  const dnsEntries = ['', '-us-east-1b', '-us-east-1a'].map(zone => ({
    hostedZoneId: 'Z7HUB22UULQXV',
    dnsName: `vpce-0f89a33420c1931d7-bluzidnv${zone}.elasticloadbalancing.us-east-1.vpce.amazonaws.com`,
  }));
  network.addVpcEndpoint({
    vpcEndpointId: 'vpce-0f89a33420c1931d7', vpcEndpointType: 'Interface', vpcId: 'vpc-1a2b3c4d',
    serviceName: 'com.amazonaws.us-east-1.elasticloadbalancing', policyDocument: open, privateDnsEnabled: false,
    routeTableIds: [], subnetIds: ['subnet-d6fcaa8d', 'subnet-7b16de0c'], groupIds: ['sg-54e8bf31'], dnsEntries,
    networkInterfaceIds: ['eni-2ec2b084', 'eni-1b4a65cf'], creationTimestamp: new Date('2017-09-05T17:55:27.583Z'),
  });
  network.addVpcEndpoint({
    vpcEndpointId: 'vpce-aabbaabbaabbaabba', vpcEndpointType: 'GatewayLoadBalancer', vpcId: 'vpc-111122223333aabbc',
    serviceName: 'com.amazonaws.vpce.us-east-1.vpce-svc-123123a1c43abc123', requesterManaged: false,
    subnetIds: ['subnet-0011aabbcc2233445'], networkInterfaceIds: ['eni-01010120203030405'],
    creationTimestamp: new Date('2020-11-11T08:06:03.522Z'),
  });
  const { ec2 } = await connect({ network });

  const { VpcEndpoints } = await ec2.send(new DescribeVpcEndpointsCommand({}));

  expect(VpcEndpoints).toEqual([
    {
      PolicyDocument: open, VpcId: 'vpc-aabb1122', NetworkInterfaceIds: [], SubnetIds: [], PrivateDnsEnabled: true,
      State: 'available', ServiceName: 'com.amazonaws.us-east-1.dynamodb', RouteTableIds: ['rtb-3d560345'], Groups: [],
      VpcEndpointId: 'vpce-032a826a', VpcEndpointType: 'Gateway', CreationTimestamp: new Date('2017-09-05T20:41:28Z'),
      DnsEntries: [], OwnerId: ownerId, Tags: [],
    },
    {
      PolicyDocument: open, VpcId: 'vpc-1a2b3c4d', NetworkInterfaceIds: ['eni-2ec2b084', 'eni-1b4a65cf'],
      SubnetIds: ['subnet-d6fcaa8d', 'subnet-7b16de0c'], PrivateDnsEnabled: false, State: 'available',
      ServiceName: 'com.amazonaws.us-east-1.elasticloadbalancing', RouteTableIds: [],
      Groups: [{ GroupName: 'default', GroupId: 'sg-54e8bf31' }], VpcEndpointId: 'vpce-0f89a33420c1931d7',
      VpcEndpointType: 'Interface', CreationTimestamp: new Date('2017-09-05T17:55:27.583Z'), OwnerId: ownerId, Tags: [],
      DnsEntries: dnsEntries.map(({ hostedZoneId, dnsName }) => ({ HostedZoneId: hostedZoneId, DnsName: dnsName })),
    },
    {
      VpcEndpointId: 'vpce-aabbaabbaabbaabba', VpcEndpointType: 'GatewayLoadBalancer', VpcId: 'vpc-111122223333aabbc',
      ServiceName: 'com.amazonaws.vpce.us-east-1.vpce-svc-123123a1c43abc123', State: 'available',
      SubnetIds: ['subnet-0011aabbcc2233445'], RequesterManaged: false, NetworkInterfaceIds: ['eni-01010120203030405'],
      CreationTimestamp: new Date('2020-11-11T08:06:03.522Z'), Tags: [], OwnerId: ownerId,
    },
  ]);
});
