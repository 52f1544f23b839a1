/** Reads which VPCs a run looks at. */
import { scanError } from './reading';
import { errorFacts, takeUsable, UnusableAnswer } from '../errors';
import type { ScanError } from '../model/observation';
import type { NetworkReader } from '../ports';

export interface VpcList {
  readonly vpcIds: readonly string[];
  /** The account that owns each, where EC2 tells. */
  readonly owners: ReadonlyMap<string, string>;
  /** Places that were to be looked at, and are not among them. */
  readonly unseen: number;
  readonly errors: readonly ScanError[];
}

/** @param named the VPCs that the configuration names; absent: every one */
export async function readVpcs(named: readonly string[] | undefined, network: NetworkReader): Promise<VpcList> {
  const owners = new Map<string, string>();
  const found: string[] = [];
  const errors: ScanError[] = [];
  try {
    // What is usable of an answer is looked at, whatever else it holds.
    await takeUsable(network.vpcs(named), ({ vpcId, ownerId }) => {
      found.push(vpcId);
      if (ownerId !== undefined) owners.set(vpcId, ownerId);
    });
  } catch (error) {
    errors.push(scanError('listing VPCs', errorFacts(error)));
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
