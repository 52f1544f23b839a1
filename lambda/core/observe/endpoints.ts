/**
 * Reads the security groups of the endpoints through which the function reaches AWS. Without their rules, the function
 * could neither record nor restore anything.
 */
import { scanError } from './reading';
import type { FunctionNetwork } from '../../../src/contract/configuration';
import { type ErrorFacts, errorFacts, takeUsable } from '../errors';
import type { EndpointGroups, ScanError } from '../model/observation';
import type { NetworkReader } from '../ports';

/** @returns undefined if the function is in no VPC */
export async function readEndpointGroups(
  functionNetwork: FunctionNetwork | undefined, network: Pick<NetworkReader, 'interfaceEndpointGroupIds'>,
): Promise<EndpointGroups | undefined> {
  if (functionNetwork === undefined) return undefined;
  const groupIds = new Set<string>();
  try {
    await takeUsable(network.interfaceEndpointGroupIds(functionNetwork.vpcId), groupId => groupIds.add(groupId));
    return { groupIds };
  } catch (error) {
    return { groupIds, error: errorFacts(error) };
  }
}

export function endpointsUnread(functionNetwork: FunctionNetwork | undefined, error: ErrorFacts): ScanError {
  return { ...scanError('reading VPC endpoints', error, { vpcId: functionNetwork?.vpcId }), isOnlyDeciding: true };
}
