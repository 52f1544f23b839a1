/**
 * Implements the network port with EC2. It reads every list to its end, paces every call, and takes only the fields
 * that the port defines.
 */
import * as read from './answers';
import type { Pacer } from './pacing';
import { addedRuleId, authorization, tagList } from './restoring';
import {
  AuthorizeSecurityGroupIngressCommand,
  CreateTagsCommand,
  DescribeManagedPrefixListsCommand,
  DescribeNetworkInterfacesCommand,
  DescribeSecurityGroupRulesCommand,
  DescribeSecurityGroupsCommand,
  DescribeSecurityGroupVpcAssociationsCommand,
  DescribeStaleSecurityGroupsCommand,
  DescribeTransitGatewaysCommand,
  DescribeTransitGatewayVpcAttachmentsCommand,
  DescribeVpcEndpointsCommand,
  DescribeVpcPeeringConnectionsCommand,
  DescribeVpcsCommand,
  DescribeVpnConnectionsCommand,
  type EC2Client,
  GetManagedPrefixListEntriesCommand,
  RevokeSecurityGroupIngressCommand,
} from '../../bundle/sdk';
import { type Filter } from '../../src/contract/configuration';
import { FILTER_VALUES_PER_CALL } from '../../src/contract/decode';
import { EXEMPT_TAG } from '../../src/contract/exemptions';
import { errorFacts, isNoPrefixList, isNotFound, takeUsable, UnusableAnswer } from '../core/errors';
import { inPartsOf } from '../core/lists';
import type {
  GroupAssociation,
  NetworkInterface,
  PreflightAction,
  PrefixList,
  PrefixListEntries,
  RevokeAnswer,
  SecurityGroup,
  SecurityGroupRule,
  StaleSecurityGroup,
  Tags,
  Vpc,
  VpcEndpoint,
  VpnConnection,
} from '../core/model/network';
import type { Network } from '../core/ports';

/** The largest page size that EC2 documents, for small items. */
const PAGE_SIZE = 1000;
const STALE_PAGE_SIZE = 255;
/** Large items get smaller pages, because the text of a page and the parsed items are in memory at the same time. */
const GROUPS_PAGE_SIZE = 250;
const RULES_PAGE_SIZE = 500;
const PREFIX_LISTS_PAGE_SIZE = 100;
/** One interface is enough to know that a group is used, so the next page is often not needed. */
const INTERFACES_PAGE_SIZE = 100;

/** A well-formed id that no rule has. If an endpoint ignores DryRun, nothing is revoked. */
const NO_RULE_ID = 'sgr-00000000000000000';

/** A well-formed id that no prefix list has. */
const NO_PREFIX_LIST_ID = 'pl-00000000000000000';

/** A rule from a documentation address, to try the permission to add one. */
const NO_TRAFFIC: Pick<SecurityGroupRule, 'ipProtocol' | 'fromPort' | 'toPort' | 'cidrIpv4'> = {
  ipProtocol: 'tcp',
  fromPort: 9,
  toPort: 9,
  cidrIpv4: '192.0.2.0/32',
};

interface Page<T> extends read.Readable<T> {
  readonly nextToken: string | undefined;
}

/** A filter that was sent. The value that `of` reads from an item must be among `values`. */
interface Asked<T> {
  readonly values: ReadonlySet<string>;
  readonly of: (item: T) => string | undefined;
  readonly what: string;
}

/** The number of flaws that an error lists. There may be one for each rule. */
const FLAWS_NAMED = 5;

interface CallOptions {
  readonly abortSignal?: AbortSignal;
}

export class Ec2Network implements Network {
  /**
   * @param client for reading; it retries by itself
   * @param revoker for revoking; it must not retry, because a rule has to be read again before each attempt
   * @param signal aborts the calls in progress when the function's time runs out
   */
  constructor(
    private readonly client: EC2Client,
    private readonly revoker: EC2Client,
    private readonly pacer: Pacer,
    private readonly signal?: AbortSignal,
  ) {}

  async vpcs(vpcIds?: readonly string[]): Promise<Vpc[]> {
    const parts = vpcIds === undefined ? [undefined] : inPartsOf(FILTER_VALUES_PER_CALL, [...new Set(vpcIds)]);
    return joined(
      parts.map(part => {
        const asked = part && { values: new Set(part), of: ({ vpcId }: Vpc) => vpcId, what: 'VPC' };
        return all(
          this.pages(
            'DescribeVpcs',
            async (NextToken, options) => {
              const answer = await this.client.send(
                new DescribeVpcsCommand({
                  Filters: filters(part && { 'vpc-id': part }),
                  MaxResults: PAGE_SIZE,
                  NextToken,
                }),
                options,
              );
              return { ...read.vpcs(answer), nextToken: answer.NextToken };
            },
            asked,
          ),
        );
      }),
    );
  }

  async staleSecurityGroups(vpcId: string): Promise<StaleSecurityGroup[]> {
    return all(
      this.pages('DescribeStaleSecurityGroups', async (NextToken, options) => {
        const command = new DescribeStaleSecurityGroupsCommand({
          VpcId: vpcId,
          MaxResults: STALE_PAGE_SIZE,
          NextToken,
        });
        const answer = await this.client.send(command, options);
        return { ...read.staleSecurityGroups(answer), nextToken: answer.NextToken };
      }),
    );
  }

  async securityGroups(by: Parameters<Network['securityGroups']>[0]): Promise<SecurityGroup[]> {
    const Filters = filters('vpcIds' in by ? { 'vpc-id': by.vpcIds } : { 'group-id': by.groupIds });
    const asked: Asked<SecurityGroup> =
      'vpcIds' in by
        ? { values: new Set(by.vpcIds), of: ({ vpcId }) => vpcId, what: 'security group of a VPC' }
        : { values: new Set(by.groupIds), of: ({ groupId }) => groupId, what: 'security group' };
    return all(this.groupPages(Filters, asked));
  }

  allSecurityGroups(): AsyncIterable<SecurityGroup[]> {
    return this.groupPages();
  }

  securityGroupRules(by: Parameters<Network['securityGroupRules']>[0]): AsyncIterable<SecurityGroupRule[]> {
    const Filters = filters('ruleIds' in by ? { 'security-group-rule-id': by.ruleIds } : { 'group-id': by.groupIds });
    const asked: Asked<SecurityGroupRule> =
      'ruleIds' in by
        ? { values: new Set(by.ruleIds), of: ({ securityGroupRuleId }) => securityGroupRuleId, what: 'rule' }
        : { values: new Set(by.groupIds), of: ({ groupId }) => groupId, what: 'rule of a security group' };
    return this.rulePages(RULES_PAGE_SIZE, Filters, asked);
  }

  allSecurityGroupRules(): AsyncIterable<SecurityGroupRule[]> {
    // Only one page is in memory at a time, and fewer calls stay within EC2's limits.
    return this.rulePages(PAGE_SIZE);
  }

  async groupAssociations(): Promise<GroupAssociation[]> {
    return all(
      this.pages('DescribeSecurityGroupVpcAssociations', async (NextToken, options) => {
        const command = new DescribeSecurityGroupVpcAssociationsCommand({ MaxResults: PAGE_SIZE, NextToken });
        const answer = await this.client.send(command, options);
        return { ...read.groupAssociations(answer), nextToken: answer.NextToken };
      }),
    );
  }

  async interfaceEndpointGroupIds(vpcId: string): Promise<string[]> {
    const endpoints = this.pages(
      'DescribeVpcEndpoints',
      async (NextToken, options) => {
        const answer = await this.client.send(
          new DescribeVpcEndpointsCommand({ Filters: filters({ 'vpc-id': [vpcId] }), MaxResults: PAGE_SIZE, NextToken }),
          options,
        );
        return { ...read.vpcEndpoints(answer), nextToken: answer.NextToken };
      },
      { values: new Set([vpcId]), of: (endpoint: VpcEndpoint) => endpoint.vpcId, what: 'VPC endpoint of a VPC' },
    );
    return all(flatMapped(endpoints, ({ groupIds }) => groupIds));
  }

  async vpnConnections(by: readonly Filter[]): Promise<VpnConnection[]> {
    const Filters = by.length === 0 ? undefined : by.map(({ name, values }) => ({ Name: name, Values: values }));
    const ids = by.find(
      ({ name, values }) => name === 'vpn-connection-id' && !values.some(value => /[*?]/.test(value)),
    )?.values;
    const asked = ids && {
      values: new Set(ids),
      of: ({ vpnConnectionId }: VpnConnection) => vpnConnectionId,
      what: 'VPN connection',
    };
    return all(
      this.pages(
        'DescribeVpnConnections',
        async (_, options) => {
          // The response contains pre-shared keys, so an error must not quote it.
          const answer = await withoutMessage(
            this.client.send(new DescribeVpnConnectionsCommand({ Filters }), options),
          );
          return { ...read.vpnConnections(answer), nextToken: undefined };
        },
        asked,
      ),
    );
  }

  async prefixLists(prefixListIds: readonly string[]): Promise<PrefixList[]> {
    const asked = {
      values: new Set(prefixListIds), of: ({ prefixListId }: PrefixList) => prefixListId, what: 'prefix list',
    };
    return all(
      this.pages(
        'DescribeManagedPrefixLists',
        async (NextToken, options) => {
          const command = new DescribeManagedPrefixListsCommand({
            // An unknown id would fail the whole call. A filter leaves it out.
            Filters: filters({ 'prefix-list-id': prefixListIds }), MaxResults: PREFIX_LISTS_PAGE_SIZE, NextToken,
          });
          const answer = await this.client.send(command, options);
          return { ...read.prefixLists(answer), nextToken: answer.NextToken };
        },
        asked,
      ),
    );
  }

  async prefixListEntries(prefixListId: string): Promise<PrefixListEntries> {
    let answers = 0;
    const entries = await all(
      this.pages('GetManagedPrefixListEntries', async (NextToken, options) => {
        const command = new GetManagedPrefixListEntriesCommand({
          PrefixListId: prefixListId, MaxResults: PREFIX_LISTS_PAGE_SIZE, NextToken,
        });
        const answer = await this.client.send(command, options);
        answers += 1;
        return { ...read.prefixListEntries(answer), nextToken: answer.NextToken };
      }),
    );
    return { cidrs: entries.map(({ cidr }) => cidr), isOneAnswer: answers === 1 };
  }

  async usedGroupIds(groupIds: readonly string[]): Promise<string[]> {
    const wanted = new Set(groupIds);
    const used = new Set<string>();
    const asked = {
      values: wanted, of: (each: NetworkInterface) => each.groupIds.find(id => wanted.has(id)),
      what: 'network interface of a security group',
    };
    const interfaces = this.pages(
      'DescribeNetworkInterfaces',
      async (NextToken, options) => {
        const command = new DescribeNetworkInterfacesCommand({
          Filters: filters({ 'group-id': groupIds }), MaxResults: INTERFACES_PAGE_SIZE, NextToken,
          // Without it, EC2 may hide interfaces that AWS services manage, and these use their groups, too.
          IncludeManagedResources: true,
        });
        const answer = await this.client.send(command, options);
        return { ...read.networkInterfaces(answer), nextToken: answer.NextToken };
      },
      asked,
    );
    try {
      for await (const page of interfaces) {
        for (const id of page.flatMap(each => each.groupIds)) if (wanted.has(id)) used.add(id);
        if (used.size === wanted.size) break;
      }
    } catch (error) {
      throw error instanceof UnusableAnswer ? new UnusableAnswer(error.message, [...used]) : error;
    }
    return [...used];
  }

  async admitRevocations(upTo: number): Promise<number> {
    return this.pacer.admitSeveral('RevokeSecurityGroupIngress', upTo, this.signal);
  }

  async revokeIngress(groupId: string, ruleIds: readonly string[]): Promise<RevokeAnswer> {
    // With an empty list, the call would name only the group.
    if (ruleIds.length === 0) throw new Error(`Revoking ingress of ${groupId}: no rule ids were given`);
    return this.pacer.run('RevokeSecurityGroupIngress', async () =>
      read.revokeAnswer(
        await this.revoker.send(
          new RevokeSecurityGroupIngressCommand({ GroupId: groupId, SecurityGroupRuleIds: [...ruleIds] }),
          { abortSignal: this.signal },
        ),
      ),
    );
  }

  async authorizeIngress(rule: SecurityGroupRule, tags: Tags): Promise<string | undefined> {
    return this.paced('AuthorizeSecurityGroupIngress', async options =>
      addedRuleId(await this.client.send(new AuthorizeSecurityGroupIngressCommand(authorization(rule, tags)), options)),
    );
  }

  async tagRule(ruleId: string, tags: Tags): Promise<void> {
    await this.paced('CreateTags', options =>
      this.client.send(new CreateTagsCommand({ Resources: [ruleId], Tags: tagList(tags) }), options),
    );
  }

  async preflight(wanted: PreflightAction): Promise<void> {
    try {
      await this.paced(wanted.action, options => this.dryRun(wanted, options));
    } catch (error) {
      const facts = errorFacts(error);
      // The id of the rule or prefix list does not exist, so a "not found" error means that the call was permitted.
      if (
        facts.code === 'DryRunOperation'
        || (wanted.action === 'RevokeSecurityGroupIngress' && isNotFound(facts))
        || (wanted.action === 'GetManagedPrefixListEntries' && isNoPrefixList(facts))
      ) {
        return;
      }
      throw error;
    }
  }

  private async dryRun(wanted: PreflightAction, options: CallOptions): Promise<unknown> {
    switch (wanted.action) {
      case 'DescribeVpcs':
        return this.client.send(new DescribeVpcsCommand({ DryRun: true, MaxResults: PAGE_SIZE }), options);
      case 'DescribeSecurityGroups':
        return this.client.send(new DescribeSecurityGroupsCommand({ DryRun: true, MaxResults: PAGE_SIZE }), options);
      case 'DescribeSecurityGroupRules':
        return this.client.send(
          new DescribeSecurityGroupRulesCommand({ DryRun: true, MaxResults: PAGE_SIZE }),
          options,
        );
      case 'DescribeVpcEndpoints':
        return this.client.send(new DescribeVpcEndpointsCommand({ DryRun: true, MaxResults: PAGE_SIZE }), options);
      case 'DescribeVpnConnections':
        return withoutMessage(this.client.send(new DescribeVpnConnectionsCommand({ DryRun: true }), options)).then(
          () => undefined,
        );
      case 'DescribeManagedPrefixLists':
        return this.client.send(
          new DescribeManagedPrefixListsCommand({ DryRun: true, MaxResults: PREFIX_LISTS_PAGE_SIZE }),
          options,
        );
      case 'GetManagedPrefixListEntries':
        return this.client.send(
          new GetManagedPrefixListEntriesCommand({ DryRun: true, PrefixListId: NO_PREFIX_LIST_ID }),
          options,
        );
      case 'DescribeNetworkInterfaces':
        return this.client.send(
          new DescribeNetworkInterfacesCommand({ DryRun: true, MaxResults: INTERFACES_PAGE_SIZE }),
          options,
        );
      case 'DescribeVpcPeeringConnections':
        return this.client.send(new DescribeVpcPeeringConnectionsCommand({ DryRun: true }), options);
      case 'DescribeTransitGateways':
        return this.client.send(new DescribeTransitGatewaysCommand({ DryRun: true }), options);
      case 'DescribeTransitGatewayVpcAttachments':
        return this.client.send(new DescribeTransitGatewayVpcAttachmentsCommand({ DryRun: true }), options);
      case 'DescribeSecurityGroupVpcAssociations':
        return this.client.send(new DescribeSecurityGroupVpcAssociationsCommand({ DryRun: true }), options);
      case 'DescribeStaleSecurityGroups':
        return this.client.send(new DescribeStaleSecurityGroupsCommand({ DryRun: true, VpcId: wanted.vpcId }), options);
      case 'RevokeSecurityGroupIngress':
        return this.client.send(
          new RevokeSecurityGroupIngressCommand({
            DryRun: true,
            GroupId: wanted.groupId,
            SecurityGroupRuleIds: [NO_RULE_ID],
          }),
          options,
        );
      case 'AuthorizeSecurityGroupIngress':
        return this.client.send(
          new AuthorizeSecurityGroupIngressCommand({
            DryRun: true,
            ...authorization({ ...NO_TRAFFIC, groupId: wanted.groupId }, { [EXEMPT_TAG]: 'preflight' }),
          }),
          options,
        );
    }
  }

  private groupPages(Filters?: Ec2Filters, asked?: Asked<SecurityGroup>): AsyncGenerator<SecurityGroup[]> {
    return this.pages(
      'DescribeSecurityGroups',
      async (NextToken, options) => {
        const command = new DescribeSecurityGroupsCommand({ Filters, MaxResults: GROUPS_PAGE_SIZE, NextToken });
        const answer = await this.client.send(command, options);
        return { ...read.securityGroups(answer), nextToken: answer.NextToken };
      },
      asked,
    );
  }

  private rulePages(
    MaxResults: number, Filters?: Ec2Filters, asked?: Asked<SecurityGroupRule>,
  ): AsyncGenerator<SecurityGroupRule[]> {
    return this.pages(
      'DescribeSecurityGroupRules',
      async (NextToken, options) => {
        const command = new DescribeSecurityGroupRulesCommand({ Filters, MaxResults, NextToken });
        const answer = await this.client.send(command, options);
        return { ...read.securityGroupRules(answer), nextToken: answer.NextToken };
      },
      asked,
    );
  }

  /** Yields the usable items, page by page. @throws `UnusableAnswer` at the end if some items were not usable */
  private async *pages<T>(
    action: string,
    page: (nextToken: string | undefined, options: CallOptions) => Promise<Page<T>>,
    asked?: Asked<T>,
  ): AsyncGenerator<T[]> {
    let token: string | undefined;
    const unusable: string[] = [];
    do {
      const { items, flaws, nextToken } = await this.paced(action, options => page(token, options));
      const own = asked ? items.filter(item => asked.values.has(asked.of(item) ?? '')) : items;
      unusable.push(
        ...flaws,
        ...Array<string>(items.length - own.length).fill(`a ${asked?.what} that was not asked for`),
      );
      yield own;
      if (nextToken && nextToken === token) {
        throw new Error(`EC2 returned the same NextToken twice for ${action}, so the list cannot be read to its end`);
      }
      // On the last page, EC2 omits the token or sends an empty one.
      token = nextToken || undefined;
    } while (token !== undefined);
    if (unusable.length === 0) return;
    const named = [...new Set(unusable)].slice(0, FLAWS_NAMED).join('; ');
    throw new UnusableAnswer(
      `EC2's response to ${action} has ${named}${unusable.length > 1 ? ` (${unusable.length} such problems in total)` : ''}`,
      [],
    );
  }

  private async paced<T>(action: string, call: (options: CallOptions) => Promise<T>): Promise<T> {
    await this.pacer.admit(action, this.signal);
    return this.pacer.run(action, () => call({ abortSignal: this.signal }));
  }
}

/**
 * Hides the message of an error of DescribeVpnConnections, because it may quote a filter or a response, and both may
 * contain a pre-shared key.
 */
async function withoutMessage<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    const { code, requestId, attempts } = errorFacts(error);
    throw Object.assign(
      new Error(`EC2 answered ${code}; its message is not shown, because it may quote a secret`),
      { name: code, $metadata: { requestId, attempts } },
    );
  }
}

async function* flatMapped<T, U>(
  pages: AsyncIterable<T[]>, map: (item: T) => readonly U[],
): AsyncGenerator<U[]> {
  for await (const page of pages) yield page.flatMap(map);
}

async function all<T>(pages: AsyncIterable<T[]>): Promise<T[]> {
  const items: T[] = [];
  try {
    for await (const page of pages) items.push(...page);
  } catch (error) {
    throw error instanceof UnusableAnswer ? new UnusableAnswer(error.message, items) : error;
  }
  return items;
}

/** Joins several lists. If some responses are partly unusable, the error holds the usable items of all of them. */
async function joined<T>(lists: ReadonlyArray<Promise<T[]>>): Promise<T[]> {
  const items: T[] = [];
  let unusable: UnusableAnswer | undefined;
  for (const settled of await Promise.allSettled(lists.map(list => takeUsable(list, item => items.push(item))))) {
    if (settled.status === 'fulfilled') continue;
    if (!(settled.reason instanceof UnusableAnswer)) throw settled.reason;
    unusable ??= settled.reason;
  }
  if (unusable) throw new UnusableAnswer(unusable.message, items);
  return items;
}

type Ec2Filters = Array<{ Name: string; Values: string[] }>;

function filters(by: Readonly<Record<string, readonly string[]>> | undefined): Ec2Filters | undefined {
  return by && Object.entries(by).map(([Name, values]) => ({ Name, Values: [...values] }));
}
