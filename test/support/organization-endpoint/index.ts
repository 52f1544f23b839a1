/**
 * A double of AWS for an organization: one server for several accounts and Regions. The account of a call is that of
 * its key, and the Region is the one that it is signed for. EC2 has a network for each of them.
 *
 * The hub is the account of a key that nobody knows. Members have roles that it may assume. Beside the services of the
 * EC2 endpoint, it has the calls of Organizations, Account Management, S3 and Step Functions that a hub makes.
 */
import { listRegions } from './account-management';
import { Buckets } from './buckets';
import { Executions } from './executions';
import { Organization } from './organization';
import {
  listAccounts, listAccountsForParent, listOrganizationalUnitsForParent, listParents, listRoots,
  type OrganizationsAction,
} from './organizations';
import {
  Ec2Endpoint, type Ec2EndpointOptions, Network, type OtherAction, permission, type Place, type TrustedRole,
} from '../ec2-endpoint';
import type { Caller } from '../ec2-endpoint/callers';
import type { Paging } from '../ec2-endpoint/filters';
import { ACCOUNT_REST, ORGANIZATIONS_JSON, S3_REST, STEP_FUNCTIONS_JSON } from '../ec2-endpoint/protocols';
import { Site } from '../ec2-endpoint/site';
import { ServiceError } from '../endpoint/service-error';

export type { RecordedExecution } from './executions';
export type { AccountState, Organization, OrganizationAccount, OrganizationalUnit } from './organization';

export interface OrganizationEndpointOptions extends Ec2EndpointOptions {
  /** The network of the hub, whose account and Region are those of the hub. */
  readonly network: Network;
  /**
   * The management account of the organization. The hub is a delegated administrator if it is another account.
   *
   * @default - the hub
   */
  readonly managementAccount?: string;
  /** How Organizations and Account Management give pages. */
  readonly listing?: Partial<Paging>;
  /** Fills the network of an account and Region when it is needed first. The one of the hub is there already. */
  readonly fill?: (network: Network) => void;
}

/** The roles of a member, and whom they trust. */
export interface Member {
  /** The name of the role that sweeps. Default: network-hygiene-sweep. */
  readonly sweepRole?: string;
  /** The name of the role that restores. Default: network-hygiene-restore. */
  readonly restoreRole?: string;
  /** The role that may assume the sweeping one. Default: network-hygiene-hub of the hub. */
  readonly hubRoleArn?: string;
  /** The role that may assume the restoring one. Default: network-hygiene-hub-restore of the hub. */
  readonly hubRestoreRoleArn?: string;
  /** Default: cdk-network-hygiene. */
  readonly externalId?: string;
  /** The organization that both roles trust. Default: the one of the endpoint. */
  readonly orgId?: string;
}

export class OrganizationEndpoint extends Ec2Endpoint {
  public static async start(options: OrganizationEndpointOptions): Promise<OrganizationEndpoint> {
    const endpoint = new OrganizationEndpoint(options);
    await endpoint.listen();
    return endpoint;
  }

  public readonly organization: Organization;
  public readonly buckets = new Buckets();
  public readonly executions = new Executions();

  private readonly listing: Paging;
  private readonly fill: (network: Network) => void;
  private readonly ofOrganization: ReadonlyMap<string, OtherAction> = new Map<string, OtherAction>([
    this.administrators('ListAccounts', listAccounts),
    this.administrators('ListAccountsForParent', listAccountsForParent),
    this.administrators('ListOrganizationalUnitsForParent', listOrganizationalUnitsForParent),
    this.administrators('ListParents', listParents),
    this.administrators('ListRoots', listRoots),
    ['ListRegions', {
      protocol: ACCOUNT_REST,
      needs: permission('account:ListRegions', 'AccessDeniedException', 403),
      act: (parameters, { caller }) => listRegions(parameters, {
        account: caller.account, isAdministrator: this.isAdministrator(caller), organization: this.organization,
        regions: this.regions, paging: this.listing,
      }),
    }],
    ['PutObject', {
      protocol: S3_REST,
      needs: permission('s3:PutObject', 'AccessDenied', 403),
      act: (parameters, { caller }) => this.buckets.putObject(parameters, caller.account),
    }],
    ['GetObject', {
      protocol: S3_REST,
      needs: permission('s3:GetObject', 'AccessDenied', 403),
      act: (parameters, { caller }) => this.buckets.getObject(parameters, caller.account),
    }],
    ['StartExecution', {
      protocol: STEP_FUNCTIONS_JSON,
      needs: permission('states:StartExecution'),
      act: (parameters, { caller }) => this.executions.start(parameters, caller.account),
    }],
    ['DescribeExecution', {
      protocol: STEP_FUNCTIONS_JSON,
      needs: permission('states:DescribeExecution'),
      act: (parameters, { caller }) => this.executions.describe(parameters, caller.account),
    }],
  ]);

  private readonly sites = new Map([[keyOf(this.homePlace), this.home]]);

  private constructor(options: OrganizationEndpointOptions) {
    super(options);
    const hub = options.network.accountId;
    this.organization = new Organization(options.managementAccount ?? hub);
    this.listing = { emptyTokenAtEnd: false, emptyPages: false, ...options.listing };
    this.fill = options.fill ?? (() => {});
    if (hub !== this.organization.managementAccount) this.organization.addAccount(hub, { name: 'hub' });
  }

  /** Returns the network of an account and Region, which is empty at first unless the options fill it. */
  public place(account: string, region: string): Network {
    return this.siteAt({ account, region }).network;
  }

  /** Adds a bucket of the hub. */
  public addBucket(name: string): void {
    this.buckets.add(name, this.homePlace.account);
  }

  /** Adds a state machine of the hub. @returns its ARN */
  public addStateMachine(name: string): string {
    return this.executions.addStateMachine(name, this.homePlace);
  }

  /**
   * Adds the roles of a member. An account of which the organization has not heard joins it at the root. No role of a
   * closed account can be assumed.
   */
  public addMember(account: string, member: Member = {}): void {
    if (!this.organization.accounts.has(account)) this.organization.addAccount(account);
    const { externalId = 'cdk-network-hygiene', orgId = this.organization.id } = member;
    for (const { roleArn, principalArn } of this.rolesOf(account, member)) {
      this.addRole({ roleArn, principalArn, externalId, orgId });
    }
  }

  /** Removes the roles of a member. */
  public removeMember(account: string, member: Member = {}): void {
    for (const { roleArn } of this.rolesOf(account, member)) this.trustedRoles.delete(roleArn);
  }

  protected siteAt(place: Place): Site {
    const key = keyOf(place);
    const site = this.sites.get(key) ?? this.newSite(place);
    this.sites.set(key, site);
    return site;
  }

  protected isTrusted(caller: Caller, roleArn: string, externalId: string | undefined): boolean {
    const isThere = this.trustedRoles.has(roleArn) && !this.isClosed(roleArn.split(':')[4]);
    return isThere && super.isTrusted(caller, roleArn, externalId);
  }

  protected orgOf(account: string): string | undefined {
    return this.organization.accounts.has(account) ? this.organization.id : undefined;
  }

  protected isClosed(account: string): boolean {
    return this.organization.isClosed(account);
  }

  protected otherAction(action: string): OtherAction | undefined {
    return this.ofOrganization.get(action) ?? super.otherAction(action);
  }

  /** Returns an action of Organizations with its name. */
  private administrators(action: string, act: OrganizationsAction): [string, OtherAction] {
    return [action, {
      protocol: ORGANIZATIONS_JSON,
      needs: permission(`organizations:${action}`),
      act: (parameters, { caller }) => {
        if (!this.isAdministrator(caller)) {
          throw new ServiceError('AccessDeniedException', 'You don\'t have permissions to access this resource.');
        }
        return act(parameters, this.organization, this.listing);
      },
    }];
  }

  /** Whether the caller is in the management account or in the delegated administrator's, which is the hub. */
  private isAdministrator({ account }: Caller): boolean {
    return this.organization.accounts.has(account)
      && [this.organization.managementAccount, this.homePlace.account].includes(account);
  }

  private newSite({ account, region }: Place): Site {
    const network = new Network(account, region, undefined, this.sites.size * IDS_OF_A_PLACE);
    this.fill(network);
    return new Site(network, this.options.now);
  }

  private rolesOf(account: string, member: Member): TrustedRole[] {
    const { sweepRole = 'network-hygiene-sweep', restoreRole = 'network-hygiene-restore' } = member;
    const { account: hub } = this.homePlace;
    const {
      hubRoleArn = roleArnOf(hub, 'network-hygiene-hub'), hubRestoreRoleArn = roleArnOf(hub, 'network-hygiene-hub-restore'),
    } = member;
    return [
      { roleArn: roleArnOf(account, sweepRole), principalArn: hubRoleArn },
      { roleArn: roleArnOf(account, restoreRole), principalArn: hubRestoreRoleArn },
    ];
  }
}

export const roleArnOf = (account: string, name: string): string => `arn:aws:iam::${account}:role/${name}`;

/** The ids of a network do not reach those of the next one. */
const IDS_OF_A_PLACE = 2 ** 24;

const keyOf = ({ account, region }: Place): string => `${account} ${region}`;
