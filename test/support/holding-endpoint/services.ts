/**
 * What services answer about the resources that hold security groups, in the shapes that AWS documents. Each group of a
 * holder is held by one resource, which is named after it.
 *
 * @see https://docs.aws.amazon.com/index.html the API reference of each service
 */
import type { GroupHolderName } from '../../../src/contract/group-holders';

export type Json = string | number | boolean | null | Json[] | { [name: string]: Json | undefined };

/** A list, of which each page has one item. */
export interface Listed {
  readonly list: string;
  readonly items: readonly Json[];
  /** The parameter of the request that has the token, and the member of the answer. */
  readonly token: readonly [asked: string, answered: string];
}

/** How a request is recognized: the name that it is signed for, and its action or its method and path. */
export interface Route {
  readonly holder: GroupHolderName;
  readonly service: string;
  /** The action of a Query or AWS JSON request, or the method and the path of REST. */
  readonly action: string | RegExp;
  /** @param about the parts of the path that the pattern has found, or the parameters of the request */
  readonly answer: (groupIds: readonly string[], about: About) => Listed | { [name: string]: Json | undefined };
}

export interface About {
  readonly path: readonly string[];
  readonly parameters: Readonly<Record<string, unknown>>;
}

const NEXT_TOKEN = ['NextToken', 'NextToken'] as const;
const NEXT_TOKEN_LOWER = ['nextToken', 'nextToken'] as const;
const MARKER = ['Marker', 'Marker'] as const;
const NEXT_MARKER = ['Marker', 'NextMarker'] as const;

type Of = (groupId: string, index: number) => Json;

const list = (name: string, token: Listed['token'], of: Of) => (groupIds: readonly string[]): Listed =>
  ({ list: name, items: groupIds.map(of), token });

const nameOf: Of = (_, index) => `resource-${index}`;

/** Returns the group of the resource that a request names. */
const named = (groupIds: readonly string[], name: unknown): string =>
  groupIds[Number(/resource-(\d+)/.exec(decodeURIComponent(String(name)))?.[1])] ?? 'sg-none';

const arn = (service: string) => (_: string, index: number): string =>
  `arn:aws:${service}:eu-central-1:111122223333:resource-${index}`;

const namesIn = (value: unknown): string[] => Array.isArray(value) ? value.map(String) : [];

/** An AWS service for one account. */
export const ROUTES: readonly Route[] = [
  // ---- AWS Query
  { holder: 'launchConfigurations', service: 'autoscaling', action: 'DescribeLaunchConfigurations', answer: list('LaunchConfigurations', NEXT_TOKEN, groupId => ({ LaunchConfigurationName: groupId, SecurityGroups: [groupId] })) },
  { holder: 'autoScalingGroups', service: 'autoscaling', action: 'DescribeAutoScalingGroups', answer: list('AutoScalingGroups', NEXT_TOKEN, (_, index) => ({ AutoScalingGroupName: `resource-${index}`, DesiredCapacity: 0, LaunchTemplate: { LaunchTemplateId: 'lt-0a1b2c3d4e5f60718', LaunchTemplateName: 'web', Version: String(index + 1) } })) },
  { holder: 'rdsInstances', service: 'rds', action: 'DescribeDBInstances', answer: list('DBInstances', MARKER, groupId => ({ DBInstanceStatus: 'stopped', VpcSecurityGroups: [{ VpcSecurityGroupId: groupId, Status: 'active' }] })) },
  { holder: 'rdsClusters', service: 'rds', action: 'DescribeDBClusters', answer: list('DBClusters', MARKER, groupId => ({ Engine: 'neptune', Status: 'stopped', VpcSecurityGroups: [{ VpcSecurityGroupId: groupId }] })) },
  { holder: 'rdsProxies', service: 'rds', action: 'DescribeDBProxies', answer: list('DBProxies', MARKER, groupId => ({ DBProxyName: 'proxy', VpcSecurityGroupIds: [groupId] })) },
  { holder: 'rdsProxies', service: 'rds', action: 'DescribeDBProxyEndpoints', answer: () => ({ DBProxyEndpoints: [] }) },
  { holder: 'rdsOptionGroups', service: 'rds', action: 'DescribeOptionGroups', answer: list('OptionGroupsList', MARKER, groupId => ({ OptionGroupName: 'oem', Options: [{ OptionName: 'OEM', VpcSecurityGroupMemberships: [{ VpcSecurityGroupId: groupId }] }] })) },
  { holder: 'elastiCacheClusters', service: 'elasticache', action: 'DescribeCacheClusters', answer: list('CacheClusters', MARKER, groupId => ({ CacheClusterStatus: 'available', SecurityGroups: [{ SecurityGroupId: groupId, Status: 'active' }] })) },
  { holder: 'elastiCacheServerless', service: 'elasticache', action: 'DescribeServerlessCaches', answer: list('ServerlessCaches', NEXT_TOKEN, groupId => ({ ServerlessCacheName: 'cache', SecurityGroupIds: [groupId] })) },
  { holder: 'redshiftClusters', service: 'redshift', action: 'DescribeClusters', answer: list('Clusters', MARKER, groupId => ({ ClusterStatus: 'paused', VpcSecurityGroups: [{ VpcSecurityGroupId: groupId }] })) },
  { holder: 'redshiftClusters', service: 'redshift', action: 'DescribeEndpointAccess', answer: () => ({ EndpointAccessList: [] }) },
  { holder: 'loadBalancers', service: 'elasticloadbalancing', action: 'DescribeLoadBalancers 2015-12-01', answer: list('LoadBalancers', NEXT_MARKER, groupId => ({ LoadBalancerName: 'alb', SecurityGroups: [groupId] })) },
  { holder: 'classicLoadBalancers', service: 'elasticloadbalancing', action: 'DescribeLoadBalancers 2012-06-01', answer: list('LoadBalancerDescriptions', NEXT_MARKER, groupId => ({ LoadBalancerName: 'clb', SecurityGroups: [groupId] })) },

  // ---- AWS JSON
  { holder: 'codeBuildProjects', service: 'codebuild', action: 'ListProjects', answer: list('projects', NEXT_TOKEN_LOWER, nameOf) },
  { holder: 'codeBuildProjects', service: 'codebuild', action: 'BatchGetProjects', answer: (ids, { parameters }) => ({ projects: namesIn(parameters.names).map(name => ({ name, environment: { environmentVariables: [{ name: 'TOKEN', value: 'secret-of-a-build' }] }, vpcConfig: { securityGroupIds: [named(ids, name)] } })), projectsNotFound: [] }) },
  { holder: 'codeBuildFleets', service: 'codebuild', action: 'ListFleets', answer: list('fleets', NEXT_TOKEN_LOWER, arn('codebuild')) },
  { holder: 'codeBuildFleets', service: 'codebuild', action: 'BatchGetFleets', answer: (ids, { parameters }) => ({ fleets: namesIn(parameters.names).map(name => ({ arn: name, vpcConfig: { securityGroupIds: [named(ids, name)] } })), fleetsNotFound: [] }) },
  { holder: 'memoryDbClusters', service: 'memorydb', action: 'DescribeClusters', answer: list('Clusters', NEXT_TOKEN, groupId => ({ Name: 'memory', SecurityGroups: [{ SecurityGroupId: groupId }] })) },
  { holder: 'daxClusters', service: 'dax', action: 'DescribeClusters', answer: list('Clusters', NEXT_TOKEN, groupId => ({ ClusterName: 'dax', SecurityGroups: [{ SecurityGroupIdentifier: groupId }] })) },
  { holder: 'ecsServices', service: 'ecs', action: 'ListClusters', answer: ids => list('clusterArns', NEXT_TOKEN_LOWER, arn('ecs'))(ids.length === 0 ? ['none'] : ids) },
  { holder: 'ecsServices', service: 'ecs', action: 'ListServices', answer: (_, { parameters }) => ({ serviceArns: [`${String(parameters.cluster)}/service`] }) },
  { holder: 'ecsServices', service: 'ecs', action: 'DescribeServices', answer: (ids, { parameters }) => ({ services: namesIn(parameters.services).map(name => ({ serviceArn: name, desiredCount: 0, networkConfiguration: { awsvpcConfiguration: { subnets: [], securityGroups: [named(ids, name)] } } })), failures: [] }) },
  { holder: 'ecsCapacityProviders', service: 'ecs', action: 'DescribeCapacityProviders', answer: (ids, { parameters }) => list('capacityProviders', NEXT_TOKEN_LOWER, groupId => ({ name: 'managed', managedInstancesProvider: { instanceLaunchTemplate: { networkConfiguration: { securityGroups: [groupId] } } } }))(ids.filter((_, index) => (parameters.cluster === undefined) === (index === 0))) },
  { holder: 'appRunnerConnectors', service: 'apprunner', action: 'ListVpcConnectors', answer: list('VpcConnectors', NEXT_TOKEN, groupId => ({ VpcConnectorName: 'connector', SecurityGroups: [groupId] })) },
  { holder: 'redshiftWorkgroups', service: 'redshift-serverless', action: 'ListWorkgroups', answer: list('workgroups', NEXT_TOKEN_LOWER, groupId => ({ workgroupName: 'group', securityGroupIds: [groupId] })) },
  { holder: 'redshiftWorkgroups', service: 'redshift-serverless', action: 'ListEndpointAccess', answer: () => ({ endpoints: [] }) },
  { holder: 'glueConnections', service: 'glue', action: 'GetConnections', answer: list('ConnectionList', NEXT_TOKEN, groupId => ({ Name: 'connection', PhysicalConnectionRequirements: { SecurityGroupIdList: [groupId] } })) },
  { holder: 'glueDevEndpoints', service: 'glue', action: 'GetDevEndpoints', answer: list('DevEndpoints', NEXT_TOKEN, groupId => ({ EndpointName: 'dev', SecurityGroupIds: [groupId] })) },
  { holder: 'dmsReplication', service: 'dms', action: 'DescribeReplicationInstances', answer: () => ({ ReplicationInstances: [] }) },
  { holder: 'dmsReplication', service: 'dms', action: 'DescribeReplicationConfigs', answer: list('ReplicationConfigs', MARKER, groupId => ({ ReplicationConfigIdentifier: 'serverless', ComputeConfig: { VpcSecurityGroupIds: [groupId] } })) },
  { holder: 'dmsReplication', service: 'dms', action: 'DescribeInstanceProfiles', answer: list('InstanceProfiles', MARKER, groupId => ({ InstanceProfileName: 'profile', VpcSecurityGroups: [groupId] })) },
  { holder: 'flinkApplications', service: 'kinesisanalytics', action: 'ListApplications', answer: list('ApplicationSummaries', NEXT_TOKEN, (_, index) => ({ ApplicationName: `resource-${index}`, ApplicationStatus: 'READY' })) },
  { holder: 'flinkApplications', service: 'kinesisanalytics', action: 'DescribeApplication', answer: (ids, { parameters }) => ({ ApplicationDetail: { ApplicationName: String(parameters.ApplicationName), ApplicationConfigurationDescription: { VpcConfigurationDescriptions: [{ SecurityGroupIds: [named(ids, parameters.ApplicationName)] }] } } }) },
  { holder: 'emrClusters', service: 'elasticmapreduce', action: 'ListClusters', answer: list('Clusters', MARKER, (_, index) => ({ Id: `resource-${index}` })) },
  { holder: 'emrClusters', service: 'elasticmapreduce', action: 'DescribeCluster', answer: (ids, { parameters }) => ({ Cluster: { Id: String(parameters.ClusterId), Ec2InstanceAttributes: { AdditionalMasterSecurityGroups: [named(ids, parameters.ClusterId)] } } }) },
  { holder: 'emrStudios', service: 'elasticmapreduce', action: 'ListStudios', answer: list('Studios', MARKER, (_, index) => ({ StudioId: `resource-${index}` })) },
  { holder: 'emrStudios', service: 'elasticmapreduce', action: 'DescribeStudio', answer: (ids, { parameters }) => ({ Studio: { StudioId: String(parameters.StudioId), EngineSecurityGroupId: named(ids, parameters.StudioId) } }) },
  { holder: 'sageMakerNotebooks', service: 'sagemaker', action: 'ListNotebookInstances', answer: list('NotebookInstances', NEXT_TOKEN, (_, index) => ({ NotebookInstanceName: `resource-${index}` })) },
  { holder: 'sageMakerNotebooks', service: 'sagemaker', action: 'DescribeNotebookInstance', answer: (ids, { parameters }) => ({ NotebookInstanceName: String(parameters.NotebookInstanceName), NotebookInstanceStatus: 'Stopped', SecurityGroups: [named(ids, parameters.NotebookInstanceName)] }) },
  { holder: 'sageMakerDomains', service: 'sagemaker', action: 'ListDomains', answer: list('Domains', NEXT_TOKEN, (_, index) => ({ DomainId: `resource-${index}` })) },
  { holder: 'sageMakerDomains', service: 'sagemaker', action: 'DescribeDomain', answer: (ids, { parameters }) => ({ DomainId: String(parameters.DomainId), DefaultUserSettings: { SecurityGroups: [named(ids, parameters.DomainId)] } }) },
  { holder: 'sageMakerDomains', service: 'sagemaker', action: 'ListUserProfiles', answer: () => ({ UserProfiles: [{ DomainId: 'resource-0', UserProfileName: 'alice' }] }) },
  { holder: 'sageMakerDomains', service: 'sagemaker', action: 'DescribeUserProfile', answer: (_, { parameters }) => ({ UserProfileName: String(parameters.UserProfileName) }) },
  { holder: 'sageMakerModels', service: 'sagemaker', action: 'ListModels', answer: list('Models', NEXT_TOKEN, (_, index) => ({ ModelName: `resource-${index}` })) },
  { holder: 'sageMakerModels', service: 'sagemaker', action: 'DescribeModel', answer: (ids, { parameters }) => ({ ModelName: String(parameters.ModelName), VpcConfig: { SecurityGroupIds: [named(ids, parameters.ModelName)] } }) },
  { holder: 'appStreamFleets', service: 'appstream', action: 'DescribeFleets', answer: list('Fleets', NEXT_TOKEN, groupId => ({ Name: 'fleet', State: 'STOPPED', VpcConfig: { SecurityGroupIds: [groupId] } })) },
  { holder: 'appStreamBuilders', service: 'appstream', action: 'DescribeImageBuilders', answer: list('ImageBuilders', NEXT_TOKEN, groupId => ({ Name: 'builder', VpcConfig: { SecurityGroupIds: [groupId] } })) },
  { holder: 'appStreamBuilders', service: 'appstream', action: 'DescribeAppBlockBuilders', answer: () => ({ AppBlockBuilders: [] }) },
  { holder: 'workSpacesDirectories', service: 'workspaces', action: 'DescribeWorkspaceDirectories', answer: list('Directories', NEXT_TOKEN, groupId => ({ DirectoryId: 'd-1', WorkspaceCreationProperties: { CustomSecurityGroupId: groupId } })) },
  { holder: 'directories', service: 'ds', action: 'DescribeDirectories', answer: list('DirectoryDescriptions', NEXT_TOKEN, groupId => ({ DirectoryId: 'd-2', VpcSettings: { SecurityGroupId: groupId } })) },
  { holder: 'eventBridgeTargets', service: 'events', action: 'ListEventBuses', answer: () => ({ EventBuses: [{ Name: 'default' }] }) },
  { holder: 'eventBridgeTargets', service: 'events', action: 'ListRules', answer: list('Rules', NEXT_TOKEN, (_, index) => ({ Name: `resource-${index}` })) },
  { holder: 'eventBridgeTargets', service: 'events', action: 'ListTargetsByRule', answer: (ids, { parameters }) => ({ Targets: [{ Id: '1', Arn: 'arn:aws:ecs:eu-central-1:111122223333:cluster/jobs', EcsParameters: { TaskDefinitionArn: 'task', NetworkConfiguration: { awsvpcConfiguration: { Subnets: [], SecurityGroups: [named(ids, parameters.Rule)] } } } }] }) },

  // ---- REST with JSON
  { holder: 'lambdaFunctions', service: 'lambda', action: /^GET \/2015-03-31\/functions\/?$/, answer: list('Functions', NEXT_MARKER, groupId => ({ FunctionName: 'idle', Environment: { Variables: { PASSWORD: 'secret-of-a-function' } }, VpcConfig: { SecurityGroupIds: [groupId] } })) },
  { holder: 'lambdaEventSources', service: 'lambda', action: /^GET \/2015-03-31\/event-source-mappings\/?$/, answer: list('EventSourceMappings', NEXT_MARKER, groupId => ({ UUID: 'mapping', SourceAccessConfigurations: [{ Type: 'VPC_SECURITY_GROUP', URI: `security_group:${groupId}` }] })) },
  { holder: 'lambdaCapacityProviders', service: 'lambda', action: /^GET \/[\d-]+\/capacity-providers\/?$/, answer: list('CapacityProviders', NEXT_MARKER, groupId => ({ CapacityProviderArn: 'arn', VpcConfig: { SubnetIds: [], SecurityGroupIds: [groupId] } })) },
  { holder: 'docDbElasticClusters', service: 'docdb-elastic', action: /^GET \/clusters$/, answer: list('clusters', NEXT_TOKEN_LOWER, (groupId, index) => ({ clusterArn: arn('docdb-elastic')(groupId, index) })) },
  { holder: 'docDbElasticClusters', service: 'docdb-elastic', action: /^GET \/cluster\/(.+)$/, answer: (ids, { path }) => ({ cluster: { clusterArn: decodeURIComponent(path[0]), vpcSecurityGroupIds: [named(ids, path[0])] } }) },
  { holder: 'eksClusters', service: 'eks', action: /^GET \/clusters$/, answer: list('clusters', NEXT_TOKEN_LOWER, nameOf) },
  { holder: 'eksClusters', service: 'eks', action: /^GET \/clusters\/([^/]+)$/, answer: (ids, { path }) => ({ cluster: { name: path[0], resourcesVpcConfig: { securityGroupIds: [named(ids, path[0])] } } }) },
  { holder: 'eksNodeGroups', service: 'eks', action: /^GET \/clusters\/[^/]+\/node-groups$/, answer: list('nodegroups', NEXT_TOKEN_LOWER, nameOf) },
  { holder: 'eksNodeGroups', service: 'eks', action: /^GET \/clusters\/[^/]+\/node-groups\/([^/]+)$/, answer: (ids, { path }) => ({ nodegroup: { nodegroupName: path[0], resources: { remoteAccessSecurityGroup: named(ids, path[0]) } } }) },
  { holder: 'batchComputeEnvironments', service: 'batch', action: /^POST \/v1\/describecomputeenvironments$/, answer: list('computeEnvironments', NEXT_TOKEN_LOWER, groupId => ({ computeEnvironmentName: 'idle', computeResources: { desiredvCpus: 0, securityGroupIds: [groupId] } })) },
  { holder: 'openSearchDomains', service: 'es', action: /^GET \/2021-01-01\/domain$/, answer: ids => ({ DomainNames: ids.map((_, index) => ({ DomainName: `resource-${index}` })) }) },
  { holder: 'openSearchDomains', service: 'es', action: /^POST \/2021-01-01\/opensearch\/domain-info$/, answer: (ids, { parameters }) => ({ DomainStatusList: namesIn(parameters.DomainNames).map(name => ({ DomainName: name, VPCOptions: { SecurityGroupIds: [named(ids, name)] } })) }) },
  { holder: 'mskClusters', service: 'kafka', action: /^GET \/api\/v2\/clusters$/, answer: list('clusterInfoList', NEXT_TOKEN_LOWER, groupId => ({ clusterName: 'serverless', serverless: { vpcConfigs: [{ subnetIds: [], securityGroupIds: [groupId] }] } })) },
  { holder: 'mskReplicators', service: 'kafka', action: /^GET \/replication\/v1\/replicators$/, answer: list('replicators', NEXT_TOKEN_LOWER, (groupId, index) => ({ replicatorArn: arn('kafka')(groupId, index) })) },
  { holder: 'mskReplicators', service: 'kafka', action: /^GET \/replication\/v1\/replicators\/(.+)$/, answer: (ids, { path }) => ({ replicatorArn: decodeURIComponent(path[0]), kafkaClusters: [{ vpcConfig: { securityGroupIds: [named(ids, path[0])] } }] }) },
  { holder: 'mskConnectors', service: 'kafkaconnect', action: /^GET \/v1\/connectors$/, answer: list('connectors', NEXT_TOKEN_LOWER, groupId => ({ connectorName: 'connector', kafkaCluster: { apacheKafkaCluster: { bootstrapServers: 'b', vpc: { subnets: [], securityGroups: [groupId] } } } })) },
  { holder: 'mqBrokers', service: 'mq', action: /^GET \/v1\/brokers$/, answer: list('brokerSummaries', NEXT_TOKEN_LOWER, (_, index) => ({ brokerId: `resource-${index}` })) },
  { holder: 'mqBrokers', service: 'mq', action: /^GET \/v1\/brokers\/([^/]+)$/, answer: (ids, { path }) => ({ brokerId: path[0], securityGroups: [named(ids, path[0])] }) },
  { holder: 'emrServerless', service: 'emr-serverless', action: /^GET \/applications$/, answer: list('applications', NEXT_TOKEN_LOWER, (_, index) => ({ id: `resource-${index}`, state: 'STOPPED' })) },
  { holder: 'emrServerless', service: 'emr-serverless', action: /^GET \/applications\/([^/]+)$/, answer: (ids, { path }) => ({ application: { applicationId: path[0], networkConfiguration: { securityGroupIds: [named(ids, path[0])] } } }) },
  { holder: 'workSpacesWebNetworks', service: 'workspaces-web', action: /^GET \/networkSettings$/, answer: list('networkSettings', NEXT_TOKEN_LOWER, (groupId, index) => ({ networkSettingsArn: arn('workspaces-web')(groupId, index) })) },
  { holder: 'workSpacesWebNetworks', service: 'workspaces-web', action: /^GET \/networkSettings\/(.+)$/, answer: (ids, { path }) => ({ networkSettings: { networkSettingsArn: decodeURIComponent(path[0]), securityGroupIds: [named(ids, path[0])] } }) },
  { holder: 'apiGatewayVpcLinks', service: 'apigateway', action: /^GET \/v2\/vpclinks$/, answer: list('items', NEXT_TOKEN_LOWER, groupId => ({ vpcLinkId: 'link', vpcLinkStatus: 'INACTIVE', securityGroupIds: [groupId] })) },
  { holder: 'latticeAssociations', service: 'vpc-lattice', action: /^GET \/servicenetworkvpcassociations$/, answer: list('items', NEXT_TOKEN_LOWER, (_, index) => ({ id: `resource-${index}` })) },
  { holder: 'latticeAssociations', service: 'vpc-lattice', action: /^GET \/servicenetworkvpcassociations\/([^/]+)$/, answer: (ids, { path }) => ({ id: path[0], securityGroupIds: [named(ids, path[0])] }) },
  { holder: 'latticeGateways', service: 'vpc-lattice', action: /^GET \/resourcegateways$/, answer: list('items', NEXT_TOKEN_LOWER, groupId => ({ id: 'rgw-1', securityGroupIds: [groupId] })) },
  { holder: 'schedules', service: 'scheduler', action: /^GET \/schedules$/, answer: list('Schedules', NEXT_TOKEN, (_, index) => ({ Name: `resource-${index}`, GroupName: 'default', Target: { Arn: 'arn:aws:ecs:eu-central-1:111122223333:cluster/jobs' } })) },
  { holder: 'schedules', service: 'scheduler', action: /^GET \/schedules\/([^/]+)$/, answer: (ids, { path }) => ({ Name: path[0], Target: { EcsParameters: { NetworkConfiguration: { awsvpcConfiguration: { SecurityGroups: [named(ids, path[0])] } } } } }) },
  { holder: 'pipes', service: 'pipes', action: /^GET \/v1\/pipes$/, answer: list('Pipes', NEXT_TOKEN, (_, index) => ({ Name: `resource-${index}` })) },
  { holder: 'pipes', service: 'pipes', action: /^GET \/v1\/pipes\/([^/]+)$/, answer: (ids, { path }) => ({ Name: path[0], SourceParameters: { SelfManagedKafkaParameters: { Vpc: { SecurityGroup: [named(ids, path[0])] } } } }) },
  { holder: 'imageBuilderConfigurations', service: 'imagebuilder', action: /^POST \/ListInfrastructureConfigurations$/, answer: list('infrastructureConfigurationSummaryList', NEXT_TOKEN_LOWER, (groupId, index) => ({ arn: arn('imagebuilder')(groupId, index) })) },
  { holder: 'imageBuilderConfigurations', service: 'imagebuilder', action: /^GET \/GetInfrastructureConfiguration$/, answer: (ids, { parameters }) => ({ infrastructureConfiguration: { arn: String(parameters.infrastructureConfigurationArn), securityGroupIds: [named(ids, parameters.infrastructureConfigurationArn)] } }) },
  { holder: 'sharedGroups', service: 'ram', action: /^POST \/listresources$/, answer: list('resources', NEXT_TOKEN_LOWER, groupId => ({ arn: `arn:aws:ec2:eu-central-1:111122223333:security-group/${groupId}`, type: 'ec2:SecurityGroup' })) },
];

/** The holders that EC2 shows, which the endpoint of EC2 has. */
export const OF_EC2: readonly GroupHolderName[] = [
  'networkInterfaces', 'launchTemplates', 'spotFleets', 'spotInstances', 'ec2Fleets', 'clientVpnEndpoints', 'vpcEndpoints',
  'instanceConnectEndpoints', 'verifiedAccessEndpoints',
];
