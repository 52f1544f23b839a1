/** A check or a policy of another tool, with its verdicts, and the declaration that corresponds to it. */
import { DIFFERENCES, type Difference } from './differences';
import type { FlaggedIngressRule } from '../../src';
import { Network } from '../support/ec2-endpoint';
import { readRule, type WrittenRule } from '../support/written-rule';
import { World } from '../wire/world';

export type Verdict = 'goes' | 'stays';

/** A rule, the verdict of the other tool, and why ours differs if it does. */
export type Row = readonly [rule: string, theirs: Verdict, difference?: Difference];

export interface Check {
  readonly declared: readonly FlaggedIngressRule[];
  readonly rows: readonly Row[];
}

/** Returns our verdicts on the rules of a check, by what one sweep of the bundled handler revokes. */
export async function verdictsOf({ declared, rows }: Check): Promise<ReadonlyMap<string, Verdict>> {
  const network = new Network();
  const ids = rows.map(([text]) => [text, addTo(network, readRule(text))] as const);
  await using world = await World.start({ network });
  const outcome = await world.sweep({ flaggedIngressRules: declared.map(({ _configuration }) => _configuration) });
  expect(outcome.error).toBeUndefined();
  return new Map(ids.map(([text, id]) => [text, network.rules.has(id) ? 'stays' : 'goes']));
}

/** Returns the verdicts that a check expects of us: those of the other tool, except where there is a reason. */
export const expectedOf = ({ rows }: Check): ReadonlyMap<string, Verdict> =>
  new Map(rows.map(([rule, theirs, difference]) => [rule, difference === undefined ? theirs : opposite(theirs)]));

const opposite = (verdict: Verdict): Verdict => verdict === 'goes' ? 'stays' : 'goes';

/** Returns the reasons that the rows of checks give, without duplicates. */
export const differencesIn = (checks: Iterable<Check>): Difference[] =>
  Object.keys(DIFFERENCES).filter((each): each is Difference =>
    [...checks].some(({ rows }) => rows.some(([, , difference]) => difference === each)));

/** Adds a rule, with its group in a VPC of its own, and its prefix list. */
function addTo(network: Network, { traffic, source, entries, group, isInUse }: WrittenRule): string {
  const { groupId } = group;
  if (!network.groups.has(groupId)) {
    network.addSecurityGroup({ ...group, vpcId: network.addVpc().vpcId, tags: { ...group.tags } });
    if (isInUse) network.addNetworkInterface([groupId]);
  }
  const { referencedGroup, prefixListId, ...blocks } = source;
  if (prefixListId !== undefined && entries !== undefined) network.addPrefixList(entries, { prefixListId });
  return network.addIngress(groupId, {
    ipProtocol: traffic.ipProtocol,
    ...traffic.fromPort !== -1 && { fromPort: traffic.fromPort, toPort: traffic.toPort },
    ...blocks,
    ...prefixListId !== undefined && { prefixListId },
    ...referencedGroup && { reference: { groupId: referencedGroup.groupId } },
  }).securityGroupRuleId;
}
