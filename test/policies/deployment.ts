/** Random deployments over one network: their properties, and what is synthesized from them. */
import { App, Duration, Stack } from 'aws-cdk-lib';
import { Template as Synthesized } from 'aws-cdk-lib/assertions';
import { AttributeType, type ITable, Table } from 'aws-cdk-lib/aws-dynamodb';
import { type ISecurityGroup, type IVpc, Peer, Port, SecurityGroup, Vpc } from 'aws-cdk-lib/aws-ec2';
import { EventBus, type IEventBus } from 'aws-cdk-lib/aws-events';
import { Role as CdkRole, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { type ITopic, Topic } from 'aws-cdk-lib/aws-sns';
import * as fc from 'fast-check';
import { ACCOUNT, arns, Deployed, OTHER_ACCOUNT, REGION, type Template } from './deployed';
import type { Role } from './simulator';
import {
  ChangeTrigger, FlaggedAction, FlaggedIngressRule, NetworkHygiene, type NetworkHygieneProps, StaleRules,
  VpnConnections,
} from '../../src';
import { type DecodedConfiguration } from '../../src/contract/configuration';
import { decodeConfiguration } from '../../src/contract/decode';
import { CONFIGURATION_PROPERTY, CUSTOM_RESOURCE_TYPE } from '../../src/contract/names';
import { type SecurityGroup as Ec2Group, Network } from '../support/ec2-endpoint';

/** A choice for each property. */
export interface Choice {
  readonly staleRules: 'ignore' | 'report' | 'revoke' | 'revokeAfter';
  readonly flagged: ReadonlyArray<keyof typeof FLAGGED>;
  readonly vpcs: 'every' | 'imported' | 'own';
  readonly exemptSecurityGroups: boolean;
  readonly exemptTags?: readonly string[];
  readonly dryRun?: boolean;
  readonly enabled?: boolean;
  readonly maxRevocationsPerSweep?: number;
  /** The settle time. Absent: an hour. */
  readonly settle?: 'at once';
  readonly allowRestore?: boolean;
  readonly ledger: 'made' | 'given' | 'given with a key' | 'imported' | 'imported with a key';
  readonly eventBus: 'default' | 'given' | 'imported';
  readonly notifications: 'none' | 'given' | 'given with a key';
  readonly vpnConnections: 'none' | 'all';
  readonly metricNamespace?: string;
  readonly role: 'own' | 'given';
  readonly functionVpc?: 'given groups' | 'new group';
  readonly changeTrigger?: boolean;
  readonly securityHub?: boolean;
}

/** The declarations of a choice. */
const FLAGGED = {
  onGroup: (group: ISecurityGroup) => FlaggedIngressRule.onGroup(group, Peer.anyIpv4(), Port.SSH),
  replaced: (group: ISecurityGroup) => FlaggedIngressRule.onGroup(group, Peer.ipv4('198.51.100.0/24'), Port.tcp(3389), {
    replaceWith: [Peer.ipv4('198.51.100.0/28')],
  }),
  inGroupsTagged: () =>
    FlaggedIngressRule.inGroupsTagged('Exposure', ['private', 'hidden'], Peer.anyIpv4(), Port.SSH),
  inAnyGroup: () => FlaggedIngressRule.inAnyGroup(Peer.ipv4('198.51.100.0/24'), Port.tcp(3389)),
  fromInternet: () => FlaggedIngressRule.fromInternet(Port.SSH),
  inDefaultGroups: () => FlaggedIngressRule.inDefaultGroups(),
  reported: () => FlaggedIngressRule.inAnyGroup(Peer.anyIpv4(), Port.SSH, { action: FlaggedAction.report() }),
};

export const arbitraryChoice: fc.Arbitrary<Choice> = fc.record<Choice>({
  staleRules: fc.constantFrom('ignore', 'report', 'revoke', 'revokeAfter'),
  flagged: flaggedKinds(),
  vpcs: fc.constantFrom('every', 'imported', 'own'),
  exemptSecurityGroups: fc.boolean(),
  exemptTags: fc.option(fc.subarray(['Pinned', 'Cost Center'], { minLength: 1 }), { nil: undefined }),
  // These three usually stay on, because few deployments could revoke anything otherwise.
  dryRun: mostly(true),
  enabled: mostly(false),
  maxRevocationsPerSweep: fc.constantFrom(undefined, undefined, undefined, 1000, 1, 0),
  settle: fc.constantFrom(undefined, 'at once'),
  allowRestore: fc.constantFrom(undefined, true, false),
  ledger: fc.constantFrom('made', 'given', 'given with a key', 'imported', 'imported with a key'),
  eventBus: fc.constantFrom('default', 'given', 'imported'),
  notifications: fc.constantFrom('none', 'given', 'given with a key'),
  vpnConnections: fc.constantFrom('none', 'all'),
  metricNamespace: fc.constantFrom(undefined, 'Platform/Network'),
  role: fc.constantFrom('own', 'given'),
  functionVpc: fc.constantFrom(undefined, 'given groups', 'new group'),
  changeTrigger: fc.boolean(),
  securityHub: fc.boolean(),
}).filter(choice => looksAtRules(choice) || choice.vpnConnections === 'all')
  .map(choice => looksAtRules(choice) ? choice : { ...choice, ...WITHOUT_RULES });

/** The properties that are refused where no rules are looked at. */
const WITHOUT_RULES = { allowRestore: undefined, changeTrigger: undefined, securityHub: undefined };

/** Half of the deployments have only declarations that confine the role to groups. */
function flaggedKinds(): fc.Arbitrary<Choice['flagged']> {
  const kinds = Object.keys(FLAGGED) as Array<keyof typeof FLAGGED>;
  const some = fc.oneof(fc.subarray(kinds), fc.subarray<keyof typeof FLAGGED>(['onGroup', 'replaced', 'inGroupsTagged']));
  // The declared group might be a default group, whose rules are flagged, so that a replacement is refused.
  return some.filter(flagged => !(flagged.includes('replaced') && flagged.includes('inDefaultGroups')));
}

/** The deployment to which everything is granted. */
export const MAXIMAL: Choice = {
  staleRules: 'revoke', flagged: ['onGroup', 'inAnyGroup', 'fromInternet', 'inGroupsTagged', 'inDefaultGroups', 'reported'], vpcs: 'imported', role: 'own',
  exemptSecurityGroups: true, exemptTags: ['Pinned', 'Cost Center'], allowRestore: true, maxRevocationsPerSweep: 1000,
  ledger: 'given with a key', eventBus: 'given', notifications: 'given with a key', vpnConnections: 'all',
  metricNamespace: 'Platform/Network', functionVpc: 'given groups', changeTrigger: true, securityHub: true,
};

function mostly(other: boolean): fc.Arbitrary<boolean | undefined> {
  return fc.oneof({ weight: 4, arbitrary: fc.constantFrom(undefined, !other) }, fc.constant(other));
}

const looksAtRules = ({ staleRules, flagged }: Choice): boolean => staleRules !== 'ignore' || flagged.length > 0;

/** The VPCs and the groups of the network. */
export const VPC = {
  inside: 'vpc-f0000000000000001', outside: 'vpc-f0000000000000002', shared: 'vpc-f0000000000000003',
  partner: 'vpc-f0000000000000004',
};
export const GROUP = {
  declared: 'sg-f0000000000000001', plain: 'sg-f0000000000000002', listed: 'sg-f0000000000000003',
  always: 'sg-f0000000000000004', pinned: 'sg-f0000000000000005', center: 'sg-f0000000000000006',
  outside: 'sg-f0000000000000007', shared: 'sg-f0000000000000008', others: 'sg-f0000000000000009',
  partner: 'sg-f000000000000000a', function: 'sg-f000000000000000b', endpoint: 'sg-f000000000000000c',
  tagged: 'sg-f000000000000000d', recased: 'sg-f000000000000000e', otherwise: 'sg-f000000000000000f',
  idle: 'sg-f0000000000000010', used: 'sg-f0000000000000011',
};

const TABLE = 'ledger';
const IMPORTED_KEY = arns.key('1234abcd-12ab-34cd-56ef-1234567890ab');

/** A deployment: the configuration that it sends, its roles, and the ARNs in its IAM requests. */
export interface Deployment {
  readonly choice: Choice;
  readonly configuration: DecodedConfiguration;
  /** The properties that CloudFormation passes to the custom resource. */
  readonly properties: Readonly<Record<string, string>>;
  readonly deployed: Deployed;
  readonly role: Role;
  readonly findingsRole: Role;
  readonly table: string;
  readonly eventBus: string;
  readonly logGroup: string;
  readonly topic?: string;
  readonly ledgerKey?: string;
  readonly topicKey?: string;
  readonly sweepingFunction: string;
  readonly changeQueue?: string;
}

export function deploy(choice: Choice): Deployment {
  // The construct has the path that the tests' worlds use.
  const stack = new Stack(new App(), 'Test', { env: { account: ACCOUNT, region: REGION } });
  const ledger = ledgerOf(stack, choice);
  const eventBus = eventBusOf(stack, choice);
  const notifications = topicOf(stack, choice);
  const hygiene = new NetworkHygiene(stack, 'Hygiene', { ...propsOf(stack, choice), ledger, eventBus, notifications });
  void hygiene.findingsFunction;
  const template = Synthesized.fromStack(stack).toJSON() as Template;
  const deployed = new Deployed(template, new Map([
    ['AWS::DynamoDB::Table', TABLE], ['AWS::EC2::VPC', VPC.inside], ['AWS::EC2::SecurityGroup', GROUP.function],
  ]));
  const value = (token: string): string => String(deployed.value(stack.resolve(token)));
  const [properties] = deployed.all(CUSTOM_RESOURCE_TYPE) as Array<Record<string, string>>;
  const configuration = decodeConfiguration(properties[CONFIGURATION_PROPERTY]);
  return {
    choice, configuration, deployed, properties,
    role: deployed.roleOf('index.handler'),
    findingsRole: deployed.roleOf('findings.handler'),
    table: value(hygiene.ledger.tableArn),
    eventBus: value(hygiene.eventBus.eventBusArn),
    logGroup: value(hygiene.logGroup.logGroupArn),
    topic: notifications && value(notifications.topicArn),
    ledgerKey: hygiene.ledger.encryptionKey && value(hygiene.ledger.encryptionKey.keyArn),
    topicKey: notifications?.masterKey && value(notifications.masterKey.keyArn),
    sweepingFunction: value(hygiene.lambdaFunction.functionArn),
    changeQueue: hygiene.changeQueue && value(hygiene.changeQueue.queueArn),
  };
}

function propsOf(stack: Stack, choice: Choice): NetworkHygieneProps {
  const group = (id: string): ISecurityGroup => SecurityGroup.fromSecurityGroupId(stack, id, id);
  const { dryRun, enabled, maxRevocationsPerSweep, allowRestore, exemptTags, metricNamespace } = choice;
  const declared = group(GROUP.declared);
  return {
    dryRun, enabled, maxRevocationsPerSweep, allowRestore, metricNamespace,
    changeTrigger: choice.changeTrigger ? ChangeTrigger.cloudTrail() : undefined,
    securityHub: choice.securityHub,
    settle: choice.settle && Duration.seconds(0),
    exemptTags: exemptTags && [...exemptTags],
    staleRules: choice.staleRules === 'revokeAfter' ? StaleRules.revokeAfter(Duration.seconds(0), { sightings: 2 })
      : StaleRules[choice.staleRules](),
    flaggedIngressRules: choice.flagged.map(kind => FLAGGED[kind](declared)),
    vpcs: vpcsOf(stack, choice),
    exemptSecurityGroups: choice.exemptSecurityGroups ? [group(GROUP.listed)] : undefined,
    vpnConnections: VpnConnections[choice.vpnConnections](),
    functionOptions: functionOptionsOf(stack, choice),
    role: choice.role === 'own' ? undefined
      : new CdkRole(stack, 'MyRole', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') }),
  };
}

function functionOptionsOf(stack: Stack, { functionVpc }: Choice): NetworkHygieneProps['functionOptions'] {
  if (functionVpc === undefined) return undefined;
  const vpc = Vpc.fromVpcAttributes(stack, 'FunctionVpc', {
    vpcId: VPC.inside, availabilityZones: [`${REGION}a`], privateSubnetIds: ['subnet-f0000000000000001'],
  });
  const given = SecurityGroup.fromSecurityGroupId(stack, 'FunctionGroup', GROUP.function);
  return { vpc, securityGroups: functionVpc === 'given groups' ? [given] : undefined };
}

function vpcsOf(stack: Stack, { vpcs }: Choice): IVpc[] | undefined {
  if (vpcs === 'every') return undefined;
  if (vpcs === 'own') return [new Vpc(stack, 'Own', { natGateways: 0, subnetConfiguration: [] })];
  const availabilityZones = [`${REGION}a`];
  return [VPC.inside, VPC.shared].map(vpcId => Vpc.fromVpcAttributes(stack, vpcId, { vpcId, availabilityZones }));
}

function ledgerOf(stack: Stack, { ledger }: Choice): ITable | undefined {
  const [partitionKey, sortKey] = ['hygiene', 'id'].map(name => ({ name, type: AttributeType.STRING }));
  switch (ledger) {
    case 'made': return undefined;
    case 'given': return new Table(stack, 'Ledger', { partitionKey, sortKey });
    case 'given with a key': {
      const encryptionKey = new Key(stack, 'LedgerKey');
      return new Table(stack, 'Ledger', { partitionKey, sortKey, encryptionKey });
    }
    case 'imported': return Table.fromTableName(stack, 'Ledger', TABLE);
    case 'imported with a key': {
      const encryptionKey = Key.fromKeyArn(stack, 'LedgerKey', IMPORTED_KEY);
      return Table.fromTableAttributes(stack, 'Ledger', { tableName: TABLE, encryptionKey });
    }
  }
}

function eventBusOf(stack: Stack, { eventBus }: Choice): IEventBus | undefined {
  switch (eventBus) {
    case 'default': return undefined;
    case 'given': return new EventBus(stack, 'Bus');
    case 'imported': return EventBus.fromEventBusArn(stack, 'Bus', arns.eventBus('platform'));
  }
}

function topicOf(stack: Stack, { notifications }: Choice): ITopic | undefined {
  if (notifications === 'none') return undefined;
  return new Topic(stack, 'People', notifications === 'given' ? {} : { masterKey: new Key(stack, 'TopicKey') });
}

/**
 * A network of groups that the properties distinguish. Each has a stale rule, two rules that may be flagged, and
 * another rule.
 */
export function network(): Network {
  const made = new Network(ACCOUNT, REGION);
  const ownerId = OTHER_ACCOUNT;
  for (const [name, vpcId] of Object.entries(VPC)) made.addVpc({ vpcId, ...name === 'shared' && { ownerId } });
  made.addSecurityGroup({ groupId: GROUP.partner, vpcId: VPC.partner });
  const add = (groupId: string, vpcId: string, more: Partial<Ec2Group> = {}): void => {
    made.addSecurityGroup({ groupId, vpcId, tags: { Owner: 'TeamA' }, ...more });
    const rule = { ipProtocol: 'tcp', tags: { Ticket: 'NET-1' } };
    const reference = { groupId: GROUP.partner };
    const stale = { ...rule, fromPort: 443, toPort: 443, reference, description: 'partner' };
    made.addIngress(groupId, stale);
    made.addEgress(groupId, stale);
    made.addIngress(groupId, { ...rule, fromPort: 22, toPort: 22, cidrIpv4: '0.0.0.0/0' });
    made.addIngress(groupId, { ...rule, fromPort: 3389, toPort: 3389, cidrIpv4: '198.51.100.0/24' });
    made.addIngress(groupId, { ...rule, fromPort: 8443, toPort: 8443, reference: { groupId } });
  };
  const peerings = [VPC.inside, VPC.outside, VPC.shared].map(vpcId => made.addPeering(vpcId, VPC.partner));
  for (const groupId of [GROUP.declared, GROUP.plain, GROUP.listed]) add(groupId, VPC.inside);
  // Only a function in this VPC keeps the rules of these two.
  for (const groupId of [GROUP.function, GROUP.endpoint]) add(groupId, VPC.inside);
  made.addInterfaceEndpoint(VPC.inside, [GROUP.endpoint]);
  made.addGatewayEndpoint(VPC.inside);
  // Each tag key is in another case than in the configuration.
  add(GROUP.always, VPC.inside, { tags: { 'Network-Hygiene:EXEMPT': '' } });
  add(GROUP.pinned, VPC.inside, { tags: { PINNED: 'by audit' } });
  add(GROUP.center, VPC.inside, { tags: { 'cost center': '42' } });
  add(GROUP.tagged, VPC.inside, { tags: { Exposure: 'private' } });
  // IAM takes this key for the same, and the handler does not. The value of the next one differs.
  add(GROUP.recased, VPC.inside, { tags: { EXPOSURE: 'private' } });
  add(GROUP.otherwise, VPC.inside, { tags: { Exposure: 'Private' } });
  add(GROUP.idle, VPC.inside, { groupName: 'default' });
  add(GROUP.used, VPC.shared, { groupName: 'default' });
  made.addNetworkInterface([GROUP.used]);
  add(GROUP.outside, VPC.outside);
  add(GROUP.shared, VPC.shared);
  add(GROUP.others, VPC.shared, { ownerId });
  for (const { vpcPeeringConnectionId } of peerings) made.deletePeering(vpcPeeringConnectionId);
  for (const [vpnConnectionId, status] of [['vpn-f0000000000000001', 'UP'], ['vpn-f0000000000000002', 'DOWN']]) {
    made.addVpnConnection({ vpnConnectionId, telemetry: [{ outsideIpAddress: '192.0.2.1', status }] });
  }
  return made;
}
