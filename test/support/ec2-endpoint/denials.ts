/** The permissions that a test has removed. */
import type { Network } from './network';
import type { Call } from '../endpoint';
import { list, type Parameters, record, texts } from '../endpoint/parameters';
import { type Confinement, isWithin } from '../endpoint/place';

/** It holds in every account and Region, unless it is confined. */
export interface Denial extends Confinement {
  readonly action: string;
  readonly vpcId?: string;
  readonly groupId?: string;
}

export function isDenied(
  denials: readonly Denial[],
  { action, parameters, place }: Pick<Call, 'action' | 'parameters' | 'place'>,
  network: Network,
): boolean {
  const matching = denials.filter(denial => denial.action === action && isWithin(place, denial));
  if (matching.length === 0) return false;
  const ids = resources(parameters, network);
  return matching.some(
    ({ vpcId, groupId }) => (vpcId === undefined || ids.has(vpcId)) && (groupId === undefined || ids.has(groupId)),
  );
}

/** Returns everything that a call concerns: the named resources, the groups of rules, and the VPCs of groups. */
function resources(
  { VpcId, GroupId, SecurityGroupRuleId, ResourceId, Filter }: Parameters,
  network: Network,
): Set<string> {
  const named = [
    VpcId,
    GroupId,
    SecurityGroupRuleId,
    ResourceId,
    ...list(Filter).map(filter => record(filter).Value),
  ].flatMap(texts);
  const groups = named.flatMap(id => network.rules.get(id)?.groupId ?? []);
  const vpcs = [...named, ...groups].flatMap(id => network.groups.get(id)?.vpcId ?? []);
  return new Set([...named, ...groups, ...vpcs]);
}
