/** DescribeRegions. @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeRegions.html */
import { text, texts } from '../../endpoint/parameters';
import { invalidValue } from '../errors';
import { applyFilters } from '../filters';
import { isEnabled, type RegionOfAccount, type RegionStatus } from '../regions';
import type { Action } from './context';

export const describeRegions: Action = (parameters, context) => {
  const regions = context.regions();
  const names = texts(parameters.RegionName);
  const unknown = names.find(name => !regions.some(({ region }) => region === name));
  if (unknown !== undefined) throw invalidValue('region', unknown, 'There is no such Region.');
  const isAsked = ({ region, status }: RegionOfAccount): boolean => names.length > 0
    ? names.includes(region) : text(parameters.AllRegions) === 'true' || isEnabled(status);
  const found = applyFilters(regions.filter(isAsked).map(each => ({ ...each, tags: {} })), parameters, {
    'endpoint': ({ region }) => [endpointOf(region)],
    'opt-in-status': ({ status }) => [optInStatus(status)],
    'region-name': ({ region }) => [region],
  });
  return {
    regionInfo: found.map(({ region, status }) => ({
      regionName: region, regionEndpoint: endpointOf(region), optInStatus: optInStatus(status),
    })),
  };
};

const endpointOf = (region: string): string => `ec2.${region}.amazonaws.com`;

function optInStatus(status: RegionStatus): string {
  if (status === 'ENABLED_BY_DEFAULT') return 'opt-in-not-required';
  return isEnabled(status) ? 'opted-in' : 'not-opted-in';
}
