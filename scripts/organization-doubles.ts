/**
 * The doubles of AWS in which a sample organization exists: its accounts and Regions with what is wrong in them, and
 * the ledger of the hub. Calls take time and fail as the options say.
 */
import { CallCounts, type Counted } from './call-counts';
import {
  HUB, type SampleAccount, type SampleOptions, SampleOrganization, type SamplePlace, THROTTLED_READS,
} from './sample-organization';
import { putIntoForce } from '../test/support/deployment';
import { DynamoDbEndpoint } from '../test/support/dynamodb';
import { Network, type Place } from '../test/support/ec2-endpoint';
import { OrganizationEndpoint, roleArnOf } from '../test/support/organization-endpoint';

export interface DoublesOptions extends SampleOptions {
  /** The milliseconds that a call takes, by the name that signatures have for the service; `other` for the rest. */
  readonly latencies: Readonly<Record<string, number>>;
}

export interface DoublesAddress {
  readonly url: string;
  readonly dynamoDbUrl: string;
  readonly tableName: string;
}

/** The figures since the last report. */
export interface DoublesReport {
  readonly calls: readonly Counted[];
  readonly readUnits: number;
  readonly writeUnits: number;
  /** The latest values of metrics without further dimensions. */
  readonly totals: Readonly<Record<string, number>>;
  /** The number of series that got data. */
  readonly series: number;
  /** The number of events by their types. */
  readonly events: Readonly<Record<string, number>>;
  /** The flagged rules that are gone since the beginning, by account. */
  readonly revoked: Readonly<Record<string, number>>;
  /** The rules that are gone since the beginning although nothing is wrong with them. */
  readonly lostRules: number;
  /** The most connections that were open at a time, since the beginning. */
  readonly mostConnections: number;
  /** The largest memory of this process, and the time for which it has used the processor since the beginning. */
  readonly peakRssBytes: number;
  readonly cpuMillis: number;
}

/** The key of the hub's role, and its bucket. */
export const HUB_KEY = 'AKIDHUB';
export const BUCKET = 'hygiene-runs';

/** The ids that the doubles give to the organization and to its first unit. */
export const ORGANIZATION_ID = 'o-exampleorgid';
export const REVOKING_UNIT = 'ou-exam-00000001';

/** So often the journals are emptied, and the open connections counted. */
const INTERVAL_MILLIS = 250;

/** The description of a rule that is to be flagged. */
const FLAGGED = 'flagged';

const SSH = { ipProtocol: 'tcp', fromPort: 22, toPort: 22, cidrIpv4: '0.0.0.0/0', description: FLAGGED };

export class OrganizationDoubles {
  public static async start(options: DoublesOptions): Promise<OrganizationDoubles> {
    const sample = new SampleOrganization(options);
    const dynamoDb = await DynamoDbEndpoint.start({ mostItemsPerPage: 2500, measuresCapacity: true });
    const filled: Filled[] = [];
    const { latencies } = options;
    const aws = await OrganizationEndpoint.start({
      network: new Network(HUB.account, HUB.region), tokenBuckets: true,
      latencyMillis: (service = '') => latencies[service] ?? latencies.other ?? 0,
      fill: network => {
        const place = sample.place(network.accountId, network.region);
        fill(network, place);
        filled.push({ network, place, rules: network.rules.size });
      },
    });
    dynamoDb.fault({ action: '*', kind: 'delay', delayMillis: latencies.dynamodb ?? latencies.other ?? 0 });
    return new OrganizationDoubles(sample, aws, dynamoDb, filled);
  }

  private counts = new CallCounts();
  private mostConnections = 0;
  private readonly timer: NodeJS.Timeout;

  private constructor(
    sample: SampleOrganization, private readonly aws: OrganizationEndpoint, private readonly dynamoDb: DynamoDbEndpoint,
    /** The networks that something has looked at. */
    private readonly filled: readonly Filled[],
  ) {
    aws.addKey(HUB_KEY, roleArnOf(HUB.account, 'network-hygiene-hub'));
    aws.addBucket(BUCKET);
    const unit = aws.organization.addUnit('revoking');
    if (unit !== REVOKING_UNIT || aws.organization.id !== ORGANIZATION_ID) throw new Error(`The unit has the id ${unit}`);
    for (const account of sample.accounts) {
      aws.organization.addAccount(account.id, account.mayRevoke ? { parentId: unit } : {});
      if (account.hasRoles) aws.addMember(account.id);
      if (account.isClosed) aws.organization.closeAccount(account.id, 'SUSPENDED');
      for (const region of account.disabledRegions) aws.disableRegion(region, account.id);
    }
    for (const account of sample.entered) arm(aws, account);
    this.timer = setInterval(() => void this.watch(), INTERVAL_MILLIS).unref();
  }

  public get address(): DoublesAddress {
    return { url: this.aws.url, dynamoDbUrl: this.dynamoDb.url, tableName: this.dynamoDb.tableName };
  }

  /** Puts a configuration into force that has settled long ago. */
  public async putIntoForce(configuration: Readonly<Record<string, unknown>>): Promise<void> {
    await putIntoForce(configuration, this.dynamoDb);
  }

  /** Returns a list of accounts that the hub has written. */
  public async readList(key: string): Promise<string> {
    return this.aws.buckets.read(BUCKET, key) ?? '';
  }

  public async report(): Promise<DoublesReport> {
    await this.watch();
    const { metrics, events } = this.aws;
    const { user, system } = process.cpuUsage();
    const totals = metrics.filter(({ dimensions }) => Object.keys(dimensions).length === 1);
    const byType: Record<string, number> = {};
    for (const { detailType } of events) byType[detailType] = (byType[detailType] ?? 0) + 1;
    const report = {
      calls: this.counts.all, readUnits: this.counts.readUnits, writeUnits: this.counts.writeUnits,
      totals: Object.fromEntries(totals.map(({ name, value }) => [name, value])),
      series: new Set(metrics.map(({ name, dimensions }) => JSON.stringify([name, dimensions]))).size,
      events: byType, ...goneOf(this.filled), mostConnections: this.mostConnections,
      peakRssBytes: process.resourceUsage().maxRSS * 1024, cpuMillis: (user + system) / 1000,
    };
    this.counts = new CallCounts();
    metrics.length = events.length = 0;
    return report;
  }

  public async stop(): Promise<void> {
    clearInterval(this.timer);
    await Promise.all([this.aws.stop(), this.dynamoDb.stop()]);
  }

  /** The journal would take more memory than everything else. */
  private async watch(): Promise<void> {
    for (const { calls } of [this.aws, this.dynamoDb]) this.counts.take(calls);
    const [ofAws, ofDynamoDb] = await Promise.all([this.aws.connections(), this.dynamoDb.connections()]);
    this.mostConnections = Math.max(this.mostConnections, ofAws + ofDynamoDb);
  }
}

interface Filled {
  readonly network: Network;
  readonly place: SamplePlace;
  /** The number of rules at first. */
  readonly rules: number;
}

function fill(network: Network, { vpcs, groups, rules, flagged, stale }: SamplePlace): void {
  const vpcIds = Array.from({ length: vpcs }, () => network.addVpc().vpcId);
  const groupIds = Array.from({ length: groups }, (_, index) =>
    network.addSecurityGroup({ vpcId: vpcIds[index % vpcs] }).groupId);
  for (const groupId of groupIds) {
    network.addIngress(groupId, { ipProtocol: 'tcp', fromPort: 443, toPort: 443, reference: { groupId } });
    for (let port = 1; port < rules; port++) {
      network.addIngress(groupId, {
        ipProtocol: 'tcp', fromPort: 1000 + port, toPort: 1000 + port, cidrIpv4: '10.0.0.0/8',
      });
    }
  }
  for (const groupId of groupIds.slice(0, flagged)) network.addIngress(groupId, SSH);
  for (const groupId of groupIds.slice(0, stale)) addStale(network, groupId, vpcIds[0]);
}

/** Adds a rule that refers to a group over a peering connection, and deletes the connection. */
function addStale(network: Network, groupId: string, vpcId: string): void {
  const remote = network.addVpc();
  const reference = { groupId: network.addSecurityGroup({ vpcId: remote.vpcId }).groupId };
  const { vpcPeeringConnectionId } = network.addPeering(vpcId, remote.vpcId);
  network.addIngress(groupId, { ipProtocol: 'tcp', fromPort: 8443, toPort: 8443, reference });
  network.deletePeering(vpcPeeringConnectionId);
}

/** Makes calls in an account fail. */
function arm(
  aws: OrganizationEndpoint, { id, failing, throttledAssumptions, throttledRegion }: SampleAccount,
): void {
  const at = (region: string): Place => ({ account: id, region });
  if (failing) {
    const { region, code, status } = failing;
    aws.fault({ action: '*', kind: 'error', code, status, message: 'This Region always fails.', ...at(region) });
  }
  if (throttledAssumptions > 0) {
    const when = ({ RoleArn }: { RoleArn?: unknown }): boolean => String(RoleArn).split(':')[4] === id;
    aws.fault({ action: 'AssumeRole', kind: 'throttle', times: throttledAssumptions, when });
  }
  if (throttledRegion !== undefined) {
    const action = 'DescribeSecurityGroupRules';
    aws.fault({ action, kind: 'throttle', times: THROTTLED_READS, ...at(throttledRegion) });
  }
}

/** Compares the networks with what they were at first. */
function goneOf(filled: readonly Filled[]): Pick<DoublesReport, 'revoked' | 'lostRules'> {
  const revoked: Record<string, number> = {};
  let lostRules = 0;
  for (const { network, place, rules } of filled) {
    const left = [...network.rules.values()].filter(({ description }) => description === FLAGGED).length;
    const gone = place.flagged - left;
    if (gone > 0) revoked[network.accountId] = (revoked[network.accountId] ?? 0) + gone;
    lostRules += rules - network.rules.size - gone;
  }
  return { revoked, lostRules };
}
