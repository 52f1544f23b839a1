/**
 * Resources of EC2 that name security groups without having a network interface, and DescribeSecurityGroupReferences.
 * The resources are kept in the shape in which EC2 answers.
 *
 * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeLaunchTemplateVersions.html
 * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSecurityGroupReferences.html
 */
import type { Action } from './context';
import { requireWellFormed } from './required';
import { text, texts } from '../../endpoint/parameters';
import { ServiceError } from '../../endpoint/service-error';
import { page } from '../filters';
import type { HeldByEc2, LaunchTemplateVersion } from '../network';

/** Returns the action that describes one kind of resources. It takes no filters. */
const describing = (
  action: string, kind: keyof HeldByEc2, set: string, range: readonly [number, number] = [5, 1000],
): Action => (parameters, { network, paging }) => {
  const { items, nextToken } = page(action, network.heldByEc2[kind], parameters, paging, range);
  return { [set]: items, nextToken };
};

export const describeSpotFleetRequests =
  describing('DescribeSpotFleetRequests', 'spotFleets', 'spotFleetRequestConfigSet', [1, 1000]);
export const describeSpotInstanceRequests =
  describing('DescribeSpotInstanceRequests', 'spotInstances', 'spotInstanceRequestSet');
export const describeFleets = describing('DescribeFleets', 'fleets', 'fleetSet', [1, 1000]);
export const describeClientVpnEndpoints =
  describing('DescribeClientVpnEndpoints', 'clientVpnEndpoints', 'clientVpnEndpoint');
export const describeInstanceConnectEndpoints =
  describing('DescribeInstanceConnectEndpoints', 'instanceConnectEndpoints', 'instanceConnectEndpointSet', [1, 50]);
export const describeVerifiedAccessEndpoints =
  describing('DescribeVerifiedAccessEndpoints', 'verifiedAccessEndpoints', 'verifiedAccessEndpointSet');

const LATEST = '$Latest';
const DEFAULT = '$Default';

/** Without a template, only the latest and the default versions can be asked for, of every template. */
export const describeLaunchTemplateVersions: Action = (parameters, { network, paging }) => {
  const { LaunchTemplateId, LaunchTemplateName, LaunchTemplateVersion } = parameters;
  const [id, name, versions] = [text(LaunchTemplateId), text(LaunchTemplateName), texts(LaunchTemplateVersion)];
  if (id === undefined && name === undefined && (versions.length === 0 || versions.some(each => /^\d+$/.test(each)))) {
    throw new ServiceError(
      'MissingParameter', 'The request must contain the parameter LaunchTemplateId or LaunchTemplateName',
    );
  }
  const showsHidden = text(parameters.IncludeManagedResources) === 'true';
  const templates = [...network.launchTemplates.values()].filter(({ launchTemplateId, launchTemplateName, isHidden }) =>
    (showsHidden || !isHidden)
    && (id === undefined || launchTemplateId === id) && (name === undefined || launchTemplateName === name));
  if ((id ?? name) !== undefined && templates.length === 0) {
    const code = id === undefined ? 'InvalidLaunchTemplateName.NotFoundException' : 'InvalidLaunchTemplateId.NotFound';
    throw new ServiceError(code, 'At least one of the launch templates specified in the request does not exist.');
  }
  const found = templates.flatMap(template => {
    const { versions: all, defaultVersion, launchTemplateId, launchTemplateName } = template;
    const numbers = versions.map(each =>
      each === LATEST ? all.length : each === DEFAULT ? defaultVersion : Number(each));
    const wanted = versions.length === 0 ? all.map((_, index) => index + 1) : [...new Set(numbers)];
    return wanted.map(number => {
      const version: LaunchTemplateVersion | undefined = all[number - 1];
      if (version === undefined) {
        throw new ServiceError(
          'InvalidLaunchTemplateId.VersionNotFound',
          `Could not find the specified version ${number} for the launch template with ID ${launchTemplateId}.`,
        );
      }
      return {
        launchTemplateId, launchTemplateName, versionNumber: number, defaultVersion: number === defaultVersion,
        launchTemplateData: {
          securityGroupIdSet: version.groupIds ?? [], securityGroupSet: version.groupNames ?? [],
          networkInterfaceSet: (version.interfaceGroupIds ?? []).map(
            // The items of this list have a name of their own.
            groupId => ({ deviceIndex: 0, groupSet: { groupId } }),
          ),
        },
      };
    });
  });
  const { items, nextToken } = page('DescribeLaunchTemplateVersions', found, parameters, paging, [1, 200]);
  return { launchTemplateVersionSet: items, nextToken };
};

/** Returns the VPCs at the other ends of peerings whose groups refer to the groups. */
export const describeSecurityGroupReferences: Action = (parameters, { network }) => {
  const groupIds = texts(parameters.GroupId);
  if (groupIds.length === 0) {
    throw new ServiceError('MissingParameter', 'The request must contain the parameter groupId');
  }
  for (const groupId of groupIds) {
    requireWellFormed(groupId);
    if (!network.groups.has(groupId)) {
      throw new ServiceError('InvalidGroup.NotFound', `The security group '${groupId}' does not exist`);
    }
  }
  const references = network.referencesOfOthers.filter(({ groupId }) => groupIds.includes(groupId));
  return { securityGroupReferenceSet: references.map(reference => ({ ...reference })) };
};
