/** Reads the security groups that resources of EC2 and EC2 Auto Scaling use. */
import type { CheckOf } from './check';
import { type Look, type NamedVersion } from './looking';
import {
  AutoScalingClient, DescribeAutoScalingGroupsCommand, DescribeClientVpnEndpointsCommand, DescribeFleetsCommand,
  DescribeInstanceConnectEndpointsCommand, DescribeLaunchConfigurationsCommand, DescribeLaunchTemplateVersionsCommand,
  DescribeNetworkInterfacesCommand, DescribeSpotFleetRequestsCommand, DescribeSpotInstanceRequestsCommand,
  DescribeVerifiedAccessEndpointsCommand, DescribeVpcEndpointsCommand, type EC2Client,
} from '../../../bundle/holders-sdk';
import { errorFacts } from '../../core/errors';

/** Large items get smaller pages. */
const INTERFACES_PAGE_SIZE = 500;
const VERSIONS_PAGE_SIZE = 200;
const PAGE_SIZE = 1000;

export const ec2Checks = {
  networkInterfaces: async look => {
    const client = look.ec2();
    const action = 'DescribeNetworkInterfaces';
    await look.list(action, NextToken => look.paced(action, () => client.send(new DescribeNetworkInterfacesCommand({
      // Without it, EC2 may hide interfaces that AWS services manage, and these use their groups, too.
      IncludeManagedResources: true, MaxResults: INTERFACES_PAGE_SIZE, NextToken,
    }), look.options)), answer => [answer.NetworkInterfaces, answer.NextToken]);
  },

  launchTemplates: async look => {
    const client = look.ec2();
    const action = 'DescribeLaunchTemplateVersions';
    const versions = await look.list(action, NextToken => look.paced(action, () => client.send(
      // Without a template, these are the latest and the default version of every template.
      new DescribeLaunchTemplateVersionsCommand({
        Versions: ['$Latest', '$Default'], IncludeManagedResources: true, MaxResults: VERSIONS_PAGE_SIZE, NextToken,
      }), look.options)), answer => [answer.LaunchTemplateVersions, answer.NextToken]);
    look.takeNames(versions.flatMap(({ LaunchTemplateData }) => LaunchTemplateData?.SecurityGroups ?? []));
  },

  spotFleets: async look => {
    const client = look.ec2();
    const action = 'DescribeSpotFleetRequests';
    const fleets = await look.list(action, NextToken => look.paced(action, () => client.send(
      new DescribeSpotFleetRequestsCommand({ MaxResults: PAGE_SIZE, NextToken }), look.options)),
    answer => [answer.SpotFleetRequestConfigs, answer.NextToken]);
    look.takeNames(fleets.flatMap(({ SpotFleetRequestConfig: config }) => config?.LaunchSpecifications ?? [])
      .flatMap(({ SecurityGroups = [] }) => SecurityGroups.map(({ GroupName }) => GroupName)));
    await takeNamedVersions(look, fleets, client);
  },

  spotInstances: async look => {
    const client = look.ec2();
    const action = 'DescribeSpotInstanceRequests';
    const requests = await look.list(action, NextToken => look.paced(action, () => client.send(
      new DescribeSpotInstanceRequestsCommand({ MaxResults: PAGE_SIZE, NextToken }), look.options)),
    answer => [answer.SpotInstanceRequests, answer.NextToken]);
    look.takeNames(requests.flatMap(({ LaunchSpecification: { SecurityGroups = [] } = {} }) =>
      SecurityGroups.map(({ GroupName }) => GroupName)));
  },

  ec2Fleets: async look => {
    const client = look.ec2();
    const action = 'DescribeFleets';
    const fleets = await look.list(action, NextToken => look.paced(action, () => client.send(
      new DescribeFleetsCommand({ MaxResults: PAGE_SIZE, NextToken }), look.options)),
    answer => [answer.Fleets, answer.NextToken]);
    await takeNamedVersions(look, fleets, client);
  },

  clientVpnEndpoints: async look => {
    const client = look.ec2();
    const action = 'DescribeClientVpnEndpoints';
    await look.list(action, NextToken => look.paced(action, () => client.send(
      new DescribeClientVpnEndpointsCommand({ MaxResults: PAGE_SIZE, NextToken }), look.options)),
    answer => [answer.ClientVpnEndpoints, answer.NextToken]);
  },

  vpcEndpoints: async look => {
    const client = look.ec2();
    const action = 'DescribeVpcEndpoints';
    await look.list(action, NextToken => look.paced(action, () => client.send(
      new DescribeVpcEndpointsCommand({ MaxResults: PAGE_SIZE, NextToken }), look.options)),
    answer => [answer.VpcEndpoints, answer.NextToken]);
  },

  instanceConnectEndpoints: async look => {
    const client = look.ec2();
    const action = 'DescribeInstanceConnectEndpoints';
    await look.list(action, NextToken => look.paced(action, () => client.send(
      new DescribeInstanceConnectEndpointsCommand({ MaxResults: 50, NextToken }), look.options)),
    answer => [answer.InstanceConnectEndpoints, answer.NextToken]);
  },

  verifiedAccessEndpoints: async look => {
    const client = look.ec2();
    const action = 'DescribeVerifiedAccessEndpoints';
    await look.list(action, NextToken => look.paced(action, () => client.send(
      new DescribeVerifiedAccessEndpointsCommand({ MaxResults: PAGE_SIZE, NextToken }), look.options)),
    answer => [answer.VerifiedAccessEndpoints, answer.NextToken]);
  },

  launchConfigurations: async look => {
    const client = look.client(AutoScalingClient, 'xml');
    const configurations = await look.list('DescribeLaunchConfigurations', NextToken => client.send(
      new DescribeLaunchConfigurationsCommand({ MaxRecords: 100, NextToken }), look.options),
    answer => [answer.LaunchConfigurations, answer.NextToken]);
    look.takeNames(configurations.flatMap(({ SecurityGroups = [] }) => SecurityGroups));
  },

  autoScalingGroups: async look => {
    const client = look.client(AutoScalingClient, 'xml');
    const groups = await look.list('DescribeAutoScalingGroups', NextToken => client.send(
      new DescribeAutoScalingGroupsCommand({ MaxRecords: 100, NextToken }), look.options),
    answer => [answer.AutoScalingGroups, answer.NextToken]);
    await takeNamedVersions(look, groups);
  },
} as const satisfies CheckOf<
  | 'networkInterfaces' | 'launchTemplates' | 'spotFleets' | 'spotInstances' | 'ec2Fleets' | 'clientVpnEndpoints'
  | 'vpcEndpoints' | 'instanceConnectEndpoints' | 'verifiedAccessEndpoints' | 'launchConfigurations'
  | 'autoScalingGroups'
>;

/** The errors for a template or a version that is deleted. It holds nothing any more. */
const GONE = /^InvalidLaunchTemplate(Id|Name)\.(NotFound|NotFoundException|VersionNotFound)$/;

/** Reads the versions of launch templates that resources name by number. */
export async function takeNamedVersions(look: Look, resources: object, client?: EC2Client): Promise<void> {
  look.takeVersions(resources);
  const versions = look.namedVersions;
  if (versions.length === 0) return;
  const ec2 = client ?? look.ec2();
  const action = 'DescribeLaunchTemplateVersions';
  await look.each(action, versions, async ({ template, version }: NamedVersion) => {
    try {
      const answer = await look.paced(action, () => ec2.send(
        new DescribeLaunchTemplateVersionsCommand({
          ...template, Versions: [version], IncludeManagedResources: true,
        }), look.options));
      const [only] = answer.LaunchTemplateVersions ?? [];
      look.takeNames(only?.LaunchTemplateData?.SecurityGroups ?? []);
      return [answer, String(only?.VersionNumber) === version];
    } catch (error) {
      if (GONE.test(errorFacts(error).code)) return [undefined, true];
      throw error;
    }
  });
}
