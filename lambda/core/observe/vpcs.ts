/** Reads the VPCs that a run looks at. */
import { scanError } from './reading';
import { errorFacts, takeUsable, UnusableAnswer } from '../errors';
import type { ScanError } from '../model/observation';
import type { NetworkReader } from '../ports';

export interface VpcList {
  readonly vpcIds: readonly string[];
  /** The owner account of each VPC, if EC2 returns it. */
  readonly owners: ReadonlyMap<string, string>;
  /** The number of places that should be looked at and are missing. */
  readonly unseen: number;
  readonly errors: readonly ScanError[];
}

/** While there is such an error, a VPC that is not in the list may exist. */
export const LISTING_VPCS = 'listing VPCs';

/** @param named the VPCs that the configuration names; absent: every VPC */
export async function readVpcs(named: readonly string[] | undefined, network: NetworkReader): Promise<VpcList> {
  const owners = new Map<string, string>();
  const found: string[] = [];
  const errors: ScanError[] = [];
  try {
    // The usable VPCs are looked at even if the response is partly unusable.
    await takeUsable(network.vpcs(named), ({ vpcId, ownerId }) => {
      found.push(vpcId);
      if (ownerId !== undefined) owners.set(vpcId, ownerId);
    });
  } catch (error) {
    errors.push(scanError(LISTING_VPCS, errorFacts(error)));
    if (!(error instanceof UnusableAnswer)) {
      const vpcIds = [...new Set(named)];
      return { vpcIds, owners, unseen: named === undefined ? 1 : 0, errors };
    }
  }
  const missing = [...new Set(named)].filter(vpcId => !found.includes(vpcId));
  return {
    vpcIds: found,
    owners,
    unseen: errors.length + missing.length,
    errors: [...errors, ...missing.map(notFound)],
  };
}

function notFound(vpcId: string): ScanError {
  const message = `the VPC ${vpcId} is named in vpcs, but EC2 does not know it`;
  return scanError('looking for a VPC', { code: 'InvalidVpcID.NotFound', message }, { vpcId });
}
