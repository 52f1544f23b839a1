/**
 * The accounts of the organization: their networks in the double, the roles that the CDK CLI deploys for them to the
 * local AWS, and who works in them.
 */
import { GetRoleCommand, IAMClient, NoSuchEntityException } from '@aws-sdk/client-iam';
import { ACCOUNT, CREDENTIALS } from './local-aws';
import { DENYING, MEMBERS, OPT_IN_REGION, REPORTED, REVOKING } from './organization-accounts';
import { expect } from './steps';
import {
  HUB_RESTORE_ROLE_NAME, HUB_ROLE_NAME, RESTORE_ROLE_NAME, SWEEP_ROLE_NAME,
} from '../../src/contract/organization';
import type { Place, SecurityGroupRule, TrustedRole } from '../support/ec2-endpoint';
import { type OrganizationEndpoint, roleArnOf } from '../support/organization-endpoint';

const SSH = { ipProtocol: 'tcp', fromPort: 22, toPort: 22 };

/** The number of flagged rules by account and Region. */
const FLAGGED: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  [REVOKING]: { 'us-east-1': 2, 'eu-west-1': 1, [OPT_IN_REGION]: 1 },
  [REPORTED]: { 'us-east-1': 2, 'eu-west-1': 1, [OPT_IN_REGION]: 1 },
  [DENYING]: { 'us-east-1': 1 },
};

interface PlacedRule {
  readonly place: Place;
  readonly rule: SecurityGroupRule;
}

export class OrganizationWorld {
  /** The flagged rules in the order of their creation. */
  public readonly flagged: PlacedRule[] = [];
  /** Rules that nothing flags, one beside each flagged rule. */
  private readonly others: PlacedRule[] = [];
  /** The number of calls that others made before. */
  private readonly callsBefore: number;

  constructor(private readonly aws: OrganizationEndpoint, private readonly localAwsUrl: string) {
    this.callsBefore = aws.calls.length;
    for (const account of MEMBERS) {
      aws.organization.addAccount(account);
      for (const [region, count] of Object.entries(FLAGGED[account])) this.openSsh({ account, region }, count);
    }
    aws.disableRegion(OPT_IN_REGION, REPORTED);
    this.actAsSweeping();
    // STS of the double lets in whom the roles on the local AWS trust at that time.
    aws.before('AssumeRole', async ({ RoleArn }) => {
      const account = String(RoleArn).split(':')[4];
      const role = await trustedRole(String(RoleArn), account, localAwsUrl);
      if (role) aws.addRole(role);
      else aws.removeMember(account);
    });
  }

  /** Opens SSH in new groups of an account and Region. */
  public openSsh(place: Place, count: number): SecurityGroupRule[] {
    const network = this.aws.place(place.account, place.region);
    const { vpcId } = network.addVpc();
    return Array.from({ length: count }, () => {
      const { groupId } = network.addSecurityGroup({ vpcId });
      this.others.push({ place, rule: network.addIngress(groupId, { ...SSH, cidrIpv4: '10.0.0.0/8' }) });
      const rule = network.addIngress(groupId, {
        ...SSH, cidrIpv4: '0.0.0.0/0', description: `opened in ${place.account}`, tags: { Ticket: 'NET-1' },
      });
      this.flagged.push({ place, rule });
      return rule;
    });
  }

  /** Closes a rule as its owner would. */
  public close({ place: { account, region }, rule }: PlacedRule): void {
    this.aws.place(account, region).removeRule(rule.securityGroupRuleId);
  }

  /** @returns the flagged rules of an account that are there */
  public open(account: string): PlacedRule[] {
    return this.flagged.filter(each => each.place.account === account && this.isThere(each));
  }

  /** Whether each rule that nothing flags is there. */
  public get hasOthers(): boolean {
    return this.others.every(each => this.isThere(each));
  }

  /**
   * Makes the key that MiniStack gives to every function one of the role that sweeps. On AWS, each function has keys of
   * its own role.
   */
  public actAsSweeping(): void {
    this.actAs(HUB_ROLE_NAME);
  }

  /** Makes the key one of the role that restores. */
  public actAsRestoring(): void {
    this.actAs(HUB_RESTORE_ROLE_NAME);
  }

  /** @returns the number of calls that change rules in an account, or in all */
  public changes(account?: string): number {
    return this.aws.calls.slice(this.callsBefore).filter(({ action, isDryRun, place }) =>
      /^(Authorize|Revoke|Modify)/.test(action) && !isDryRun && (account === undefined || place?.account === account),
    ).length;
  }

  /** Holds the next call of an action in a place. @returns when it has arrived, and a function that lets it go on */
  public hold(action: string, place: Place): { readonly arrived: Promise<void>; readonly letGo: () => void } {
    let letGo = (): void => {};
    const held = new Promise<void>(resolve => (letGo = resolve));
    const arrived = new Promise<void>(resolve => {
      let isHeld = false;
      this.aws.before(action, () => {
        if (isHeld) return undefined;
        isHeld = true;
        resolve();
        return held;
      }, place);
    });
    return { arrived, letGo };
  }

  /**
   * Fails if two sessions were at work in one account and Region at a time. Each invocation has sessions of its own.
   *
   * @param since the number of calls before the first one to look at
   */
  public expectOneAtATime(since: number): void {
    const spans = new Map<string, { readonly place: string; readonly first: number; last: number }>();
    for (const { place, signer, at, action } of this.aws.calls.slice(since)) {
      if (!signer?.accessKeyId.startsWith('ASIA') || action === 'DescribeRegions') continue;
      const name = `${place?.account} ${place?.region}`;
      const key = `${name} ${signer.accessKeyId}`;
      const span = spans.get(key) ?? { place: name, first: at, last: at };
      span.last = at;
      spans.set(key, span);
    }
    const sorted = [...spans.values()].sort((one, other) => one.first - other.first);
    const overlapping = sorted.filter((span, index) =>
      sorted.slice(0, index).some(({ place, last }) => place === span.place && last > span.first));
    expect(sorted.length > 1, 'several sessions were at work');
    const places = overlapping.map(({ place }) => place).join();
    expect(overlapping.length === 0, `one at a time is at work in a place, got two in ${places}`);
  }

  /** @returns the roles of the hub and of the members that are there */
  public async deployedRoles(): Promise<string[]> {
    const wanted = [
      ...[HUB_ROLE_NAME, HUB_RESTORE_ROLE_NAME].map(name => ({ account: ACCOUNT, name })),
      ...MEMBERS.flatMap(account => [SWEEP_ROLE_NAME, RESTORE_ROLE_NAME].map(name => ({ account, name }))),
    ];
    const found = await Promise.all(wanted.map(async ({ account, name }) =>
      await trustPolicy(name, account, this.localAwsUrl) === undefined ? [] : [roleArnOf(account, name)]));
    return found.flat();
  }

  private actAs(roleName: string): void {
    this.aws.addKey(ACCOUNT, roleArnOf(ACCOUNT, roleName));
  }

  private isThere({ place: { account, region }, rule }: PlacedRule): boolean {
    return this.aws.place(account, region).rules.has(rule.securityGroupRuleId);
  }
}

interface TrustPolicy {
  readonly Statement: ReadonlyArray<{
    readonly Effect: string;
    readonly Principal: { readonly AWS?: string };
    readonly Condition: {
      readonly ArnEquals?: Readonly<Record<string, string>>; readonly StringEquals?: Readonly<Record<string, string>>;
    };
  }>;
}

/**
 * @returns whom a role on the local AWS trusts; undefined if there is no such role
 * @throws when its trust policy is not one that only one role of the hub fulfils
 */
async function trustedRole(roleArn: string, account: string, endpoint: string): Promise<TrustedRole | undefined> {
  const policy = await trustPolicy(roleArn.split('/').at(-1) ?? '', account, endpoint);
  if (policy === undefined) return undefined;
  const [{ Effect, Principal: { AWS: principal }, Condition: { ArnEquals, StringEquals } }, ...more] = policy.Statement;
  const [principalArn, orgId, externalId] = [
    ArnEquals?.['aws:PrincipalArn'], StringEquals?.['aws:PrincipalOrgID'], StringEquals?.['sts:ExternalId'],
  ];
  const isExact = more.length === 0 && Effect === 'Allow' && principal === `arn:aws:iam::${ACCOUNT}:root`
    && principalArn !== undefined && orgId !== undefined && externalId !== undefined;
  expect(isExact, `${roleArn} trusts one role of the hub, got ${JSON.stringify(policy)}`);
  return { roleArn, principalArn, orgId, externalId };
}

async function trustPolicy(roleName: string, account: string, endpoint: string): Promise<TrustPolicy | undefined> {
  const credentials = { accessKeyId: account, secretAccessKey: CREDENTIALS.AWS_SECRET_ACCESS_KEY };
  const iam = new IAMClient({ endpoint, region: CREDENTIALS.AWS_REGION, credentials });
  try {
    const { Role } = await iam.send(new GetRoleCommand({ RoleName: roleName }));
    return JSON.parse(decodeURIComponent(Role?.AssumeRolePolicyDocument ?? '')) as TrustPolicy;
  } catch (error) {
    if (error instanceof NoSuchEntityException) return undefined;
    throw error;
  } finally {
    iam.destroy();
  }
}
