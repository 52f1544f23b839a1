/** Tests the actions about resources that name security groups, and DescribeSecurityGroupReferences. */
import {
  DescribeClientVpnEndpointsCommand, DescribeFleetsCommand, DescribeInstanceConnectEndpointsCommand,
  DescribeLaunchTemplateVersionsCommand, type DescribeLaunchTemplateVersionsCommandInput,
  DescribeSecurityGroupReferencesCommand, DescribeSpotFleetRequestsCommand, DescribeSpotInstanceRequestsCommand,
  DescribeVerifiedAccessEndpointsCommand, type EC2Client,
} from '@aws-sdk/client-ec2';
import { Network } from './';
import { connect, disconnect, refusal } from './over-the-wire';

afterEach(disconnect);

const WEB = 'lt-0a1b2c3d4e5f60718';
const JOBS = 'lt-0a1b2c3d4e5f60719';

function aNetwork(): Network {
  const network = new Network();
  network.launchTemplates.set(WEB, {
    launchTemplateId: WEB, launchTemplateName: 'web', defaultVersion: 1,
    versions: [{ groupIds: ['sg-00000001'] }, { groupNames: ['by-name'] }, { interfaceGroupIds: ['sg-00000003'] }],
  });
  network.launchTemplates.set(JOBS, {
    launchTemplateId: JOBS, launchTemplateName: 'jobs', defaultVersion: 1, versions: [{ groupIds: ['sg-00000004'] }],
  });
  return network;
}

describe('DescribeLaunchTemplateVersions', () => {
  const versions = async (ec2: EC2Client, request: DescribeLaunchTemplateVersionsCommandInput): Promise<unknown[]> => {
    const { LaunchTemplateVersions = [] } = await ec2.send(new DescribeLaunchTemplateVersionsCommand(request));
    return LaunchTemplateVersions.map(each => [each.LaunchTemplateName, each.VersionNumber, each.DefaultVersion]);
  };

  test('shows the latest and the default version of every template, each once', async () => {
    const { ec2 } = await connect({ network: aNetwork() });
    expect(await versions(ec2, { Versions: ['$Latest', '$Default'] }))
      .toEqual([['web', 3, false], ['web', 1, true], ['jobs', 1, true]]);
  });

  test('shows the groups of a version: ids, names, and those of interfaces', async () => {
    const { ec2 } = await connect({ network: aNetwork() });
    const { LaunchTemplateVersions = [] } =
      await ec2.send(new DescribeLaunchTemplateVersionsCommand({ LaunchTemplateId: WEB }));
    expect(LaunchTemplateVersions.map(({ LaunchTemplateData: data }) => [
      data?.SecurityGroupIds, data?.SecurityGroups, data?.NetworkInterfaces?.[0]?.Groups,
    ])).toEqual([[['sg-00000001'], [], undefined], [[], ['by-name'], undefined], [[], [], ['sg-00000003']]]);
  });

  test('has pages of at most 200', async () => {
    const { ec2 } = await connect({ network: aNetwork() });
    const all = { Versions: ['$Latest', '$Default'] };
    const { LaunchTemplateVersions, NextToken } =
      await ec2.send(new DescribeLaunchTemplateVersionsCommand({ ...all, MaxResults: 2 }));
    expect(LaunchTemplateVersions).toHaveLength(2);
    expect(await versions(ec2, { ...all, MaxResults: 2, NextToken })).toEqual([['jobs', 1, true]]);
    expect(await refusal(ec2.send(new DescribeLaunchTemplateVersionsCommand({ ...all, MaxResults: 201 }))))
      .toMatchObject({ code: 'InvalidParameterValue' });
  });

  test.each<[string, DescribeLaunchTemplateVersionsCommandInput]>([
    ['MissingParameter', {}],
    ['MissingParameter', { Versions: ['1'] }],
    ['InvalidLaunchTemplateId.NotFound', { LaunchTemplateId: 'lt-00000000000000000' }],
    ['InvalidLaunchTemplateName.NotFoundException', { LaunchTemplateName: 'none' }],
    ['InvalidLaunchTemplateId.VersionNotFound', { LaunchTemplateId: WEB, Versions: ['4'] }],
  ])('refuses with %s: %j', async (code, request) => {
    const { ec2 } = await connect({ network: aNetwork() });
    expect(await refusal(ec2.send(new DescribeLaunchTemplateVersionsCommand(request)))).toMatchObject({ code });
  });
});

test('each resource is shown in its list', async () => {
  const network = new Network();
  const group = [{ groupId: 'sg-00000001', groupName: 'web' }];
  const specification = { launchTemplateId: WEB, version: '2' };
  network.heldByEc2.spotFleets.push({ spotFleetRequestId: 'sfr-1', spotFleetRequestConfig: { launchSpecifications: [{ groupSet: group }] } });
  network.heldByEc2.spotInstances.push({ spotInstanceRequestId: 'sir-1', launchSpecification: { groupSet: group } });
  network.heldByEc2.fleets.push({ fleetId: 'fleet-1', launchTemplateConfigs: [{ launchTemplateSpecification: specification }] });
  network.heldByEc2.clientVpnEndpoints.push({ clientVpnEndpointId: 'cvpn-1', securityGroupIdSet: ['sg-00000001'] });
  network.heldByEc2.instanceConnectEndpoints.push({ instanceConnectEndpointId: 'eice-1', securityGroupIdSet: ['sg-00000001'] });
  network.heldByEc2.verifiedAccessEndpoints.push({ verifiedAccessEndpointId: 'vae-1', securityGroupIdSet: ['sg-00000001'] });
  const { ec2 } = await connect({ network });
  const sdkGroup = [{ GroupId: 'sg-00000001', GroupName: 'web' }];
  expect((await ec2.send(new DescribeSpotFleetRequestsCommand({}))).SpotFleetRequestConfigs)
    .toMatchObject([{ SpotFleetRequestConfig: { LaunchSpecifications: [{ SecurityGroups: sdkGroup }] } }]);
  expect((await ec2.send(new DescribeSpotInstanceRequestsCommand({}))).SpotInstanceRequests)
    .toMatchObject([{ LaunchSpecification: { SecurityGroups: sdkGroup } }]);
  expect((await ec2.send(new DescribeFleetsCommand({}))).Fleets).toMatchObject([
    { LaunchTemplateConfigs: [{ LaunchTemplateSpecification: { LaunchTemplateId: WEB, Version: '2' } }] },
  ]);
  expect((await ec2.send(new DescribeClientVpnEndpointsCommand({}))).ClientVpnEndpoints)
    .toMatchObject([{ SecurityGroupIds: ['sg-00000001'] }]);
  expect((await ec2.send(new DescribeInstanceConnectEndpointsCommand({}))).InstanceConnectEndpoints)
    .toMatchObject([{ SecurityGroupIds: ['sg-00000001'] }]);
  expect((await ec2.send(new DescribeVerifiedAccessEndpointsCommand({}))).VerifiedAccessEndpoints)
    .toMatchObject([{ SecurityGroupIds: ['sg-00000001'] }]);
});

describe('DescribeSecurityGroupReferences', () => {
  test('shows the VPCs whose groups refer to the groups that are asked for', async () => {
    const network = new Network();
    const { vpcId } = network.addVpc();
    const [one, two] = [network.addSecurityGroup({ vpcId }), network.addSecurityGroup({ vpcId })];
    network.referencesOfOthers.push({ groupId: one.groupId, referencingVpcId: 'vpc-1a2b3c4d', vpcPeeringConnectionId: 'pcx-b04deed9' });
    const { ec2 } = await connect({ network });
    const of = async (...GroupId: string[]): Promise<unknown> =>
      (await ec2.send(new DescribeSecurityGroupReferencesCommand({ GroupId }))).SecurityGroupReferenceSet;
    expect(await of(one.groupId, two.groupId)).toEqual([
      { GroupId: one.groupId, ReferencingVpcId: 'vpc-1a2b3c4d', VpcPeeringConnectionId: 'pcx-b04deed9' },
    ]);
    expect(await of(two.groupId)).toEqual([]);
  });

  test.each([
    ['InvalidGroup.NotFound', ['sg-00000000']],
    ['InvalidGroupId.Malformed', ['sg-x']],
  ])('refuses with %s', async (code, GroupId) => {
    const { ec2 } = await connect({ network: new Network() });
    expect(await refusal(ec2.send(new DescribeSecurityGroupReferencesCommand({ GroupId })))).toMatchObject({ code });
  });
});
