/**
 * Where a sweep looks for the use of security groups: each check in words, with the IAM actions of its calls. A check
 * that fails makes it unknown whether a group is unused.
 *
 * A network interface shows most uses. The other checks are for what holds a group while it has no network interface:
 * because it is stopped, idle or scaled to zero, or because it is only a template of something that will run.
 */
import { Configuration } from './configuration';

/** A check of what holds security groups. */
export interface GroupHolder {
  /** The resources, in the plural and as AWS names them. */
  readonly what: string;
  readonly actions: readonly string[];
}

export const GROUP_HOLDERS = {
  networkInterfaces: { what: 'network interfaces', actions: ['ec2:DescribeNetworkInterfaces'] },
  launchTemplates: { what: 'launch templates', actions: ['ec2:DescribeLaunchTemplateVersions'] },
  spotFleets: {
    what: 'Spot Fleet requests', actions: ['ec2:DescribeSpotFleetRequests', 'ec2:DescribeLaunchTemplateVersions'],
  },
  spotInstances: { what: 'Spot Instance requests', actions: ['ec2:DescribeSpotInstanceRequests'] },
  ec2Fleets: { what: 'EC2 Fleets', actions: ['ec2:DescribeFleets', 'ec2:DescribeLaunchTemplateVersions'] },
  clientVpnEndpoints: { what: 'Client VPN endpoints', actions: ['ec2:DescribeClientVpnEndpoints'] },
  vpcEndpoints: { what: 'VPC endpoints', actions: ['ec2:DescribeVpcEndpoints'] },
  instanceConnectEndpoints: {
    what: 'EC2 Instance Connect Endpoints', actions: ['ec2:DescribeInstanceConnectEndpoints'],
  },
  verifiedAccessEndpoints: { what: 'Verified Access endpoints', actions: ['ec2:DescribeVerifiedAccessEndpoints'] },
  launchConfigurations: { what: 'launch configurations', actions: ['autoscaling:DescribeLaunchConfigurations'] },
  autoScalingGroups: {
    what: 'Auto Scaling groups', actions: ['autoscaling:DescribeAutoScalingGroups', 'ec2:DescribeLaunchTemplateVersions'],
  },
  lambdaFunctions: { what: 'Lambda functions', actions: ['lambda:ListFunctions'] },
  lambdaEventSources: { what: 'Lambda event source mappings', actions: ['lambda:ListEventSourceMappings'] },
  lambdaCapacityProviders: { what: 'Lambda capacity providers', actions: ['lambda:ListCapacityProviders'] },
  codeBuildProjects: {
    what: 'CodeBuild projects', actions: ['codebuild:ListProjects', 'codebuild:BatchGetProjects'],
  },
  codeBuildFleets: { what: 'CodeBuild fleets', actions: ['codebuild:ListFleets', 'codebuild:BatchGetFleets'] },
  rdsInstances: { what: 'RDS DB instances', actions: ['rds:DescribeDBInstances'] },
  rdsClusters: {
    what: 'RDS, Aurora, Neptune and DocumentDB clusters', actions: ['rds:DescribeDBClusters'],
  },
  rdsProxies: { what: 'RDS Proxies', actions: ['rds:DescribeDBProxies', 'rds:DescribeDBProxyEndpoints'] },
  rdsOptionGroups: { what: 'RDS option groups', actions: ['rds:DescribeOptionGroups'] },
  docDbElasticClusters: {
    what: 'DocumentDB elastic clusters', actions: ['docdb-elastic:ListClusters', 'docdb-elastic:GetCluster'],
  },
  elastiCacheClusters: { what: 'ElastiCache clusters', actions: ['elasticache:DescribeCacheClusters'] },
  elastiCacheServerless: {
    what: 'ElastiCache serverless caches', actions: ['elasticache:DescribeServerlessCaches'],
  },
  memoryDbClusters: { what: 'MemoryDB clusters', actions: ['memorydb:DescribeClusters'] },
  daxClusters: { what: 'DynamoDB Accelerator clusters', actions: ['dax:DescribeClusters'] },
  eksClusters: { what: 'EKS clusters', actions: ['eks:ListClusters', 'eks:DescribeCluster'] },
  eksNodeGroups: {
    what: 'EKS node groups',
    actions: [
      'eks:ListClusters', 'eks:ListNodegroups', 'eks:DescribeNodegroup', 'ec2:DescribeLaunchTemplateVersions',
    ],
  },
  ecsServices: { what: 'ECS services', actions: ['ecs:ListClusters', 'ecs:ListServices', 'ecs:DescribeServices'] },
  ecsCapacityProviders: {
    what: 'ECS capacity providers', actions: ['ecs:ListClusters', 'ecs:DescribeCapacityProviders'],
  },
  batchComputeEnvironments: {
    what: 'Batch compute environments',
    actions: ['batch:DescribeComputeEnvironments', 'ec2:DescribeLaunchTemplateVersions'],
  },
  appRunnerConnectors: { what: 'App Runner VPC connectors', actions: ['apprunner:ListVpcConnectors'] },
  redshiftClusters: {
    what: 'Redshift clusters', actions: ['redshift:DescribeClusters', 'redshift:DescribeEndpointAccess'],
  },
  redshiftWorkgroups: {
    what: 'Redshift Serverless workgroups',
    actions: ['redshift-serverless:ListWorkgroups', 'redshift-serverless:ListEndpointAccess'],
  },
  glueConnections: { what: 'Glue connections', actions: ['glue:GetConnections'] },
  glueDevEndpoints: { what: 'Glue development endpoints', actions: ['glue:GetDevEndpoints'] },
  dmsReplication: {
    what: 'DMS replication instances, serverless replications and instance profiles',
    // The last one allows DescribeInstanceProfiles.
    actions: ['dms:DescribeReplicationInstances', 'dms:DescribeReplicationConfigs', 'dms:ListInstanceProfiles'],
  },
  openSearchDomains: { what: 'OpenSearch domains', actions: ['es:ListDomainNames', 'es:DescribeDomains'] },
  mskClusters: { what: 'MSK clusters', actions: ['kafka:ListClustersV2'] },
  mskReplicators: { what: 'MSK replicators', actions: ['kafka:ListReplicators', 'kafka:DescribeReplicator'] },
  mskConnectors: { what: 'MSK Connect connectors', actions: ['kafkaconnect:ListConnectors'] },
  mqBrokers: { what: 'Amazon MQ brokers', actions: ['mq:ListBrokers', 'mq:DescribeBroker'] },
  flinkApplications: {
    what: 'Managed Service for Apache Flink applications',
    actions: ['kinesisanalytics:ListApplications', 'kinesisanalytics:DescribeApplication'],
  },
  emrClusters: {
    what: 'EMR clusters', actions: ['elasticmapreduce:ListClusters', 'elasticmapreduce:DescribeCluster'],
  },
  emrStudios: {
    what: 'EMR Studios', actions: ['elasticmapreduce:ListStudios', 'elasticmapreduce:DescribeStudio'],
  },
  emrServerless: {
    what: 'EMR Serverless applications',
    actions: ['emr-serverless:ListApplications', 'emr-serverless:GetApplication'],
  },
  sageMakerNotebooks: {
    what: 'SageMaker notebook instances',
    actions: ['sagemaker:ListNotebookInstances', 'sagemaker:DescribeNotebookInstance'],
  },
  sageMakerDomains: {
    what: 'SageMaker domains and user profiles',
    actions: [
      'sagemaker:ListDomains', 'sagemaker:DescribeDomain', 'sagemaker:ListUserProfiles',
      'sagemaker:DescribeUserProfile',
    ],
  },
  sageMakerModels: { what: 'SageMaker models', actions: ['sagemaker:ListModels', 'sagemaker:DescribeModel'] },
  appStreamFleets: { what: 'AppStream fleets', actions: ['appstream:DescribeFleets'] },
  appStreamBuilders: {
    what: 'AppStream image builders and app block builders',
    actions: ['appstream:DescribeImageBuilders', 'appstream:DescribeAppBlockBuilders'],
  },
  workSpacesDirectories: {
    what: 'WorkSpaces directories', actions: ['workspaces:DescribeWorkspaceDirectories'],
  },
  workSpacesWebNetworks: {
    what: 'WorkSpaces Secure Browser network settings',
    actions: ['workspaces-web:ListNetworkSettings', 'workspaces-web:GetNetworkSettings'],
  },
  directories: { what: 'Directory Service directories', actions: ['ds:DescribeDirectories'] },
  loadBalancers: {
    what: 'Application, Network and Gateway Load Balancers', actions: ['elasticloadbalancing:DescribeLoadBalancers'],
  },
  classicLoadBalancers: {
    what: 'Classic Load Balancers', actions: ['elasticloadbalancing:DescribeLoadBalancers'],
  },
  apiGatewayVpcLinks: { what: 'API Gateway VPC links', actions: ['apigateway:GET'] },
  latticeAssociations: {
    what: 'VPC Lattice associations of VPCs',
    actions: [
      'ec2:DescribeVpcs', 'vpc-lattice:ListServiceNetworkVpcAssociations',
      'vpc-lattice:GetServiceNetworkVpcAssociation',
    ],
  },
  latticeGateways: { what: 'VPC Lattice resource gateways', actions: ['vpc-lattice:ListResourceGateways'] },
  eventBridgeTargets: {
    what: 'targets of EventBridge rules',
    actions: ['events:ListEventBuses', 'events:ListRules', 'events:ListTargetsByRule'],
  },
  schedules: { what: 'EventBridge schedules', actions: ['scheduler:ListSchedules', 'scheduler:GetSchedule'] },
  pipes: { what: 'EventBridge pipes', actions: ['pipes:ListPipes', 'pipes:DescribePipe'] },
  imageBuilderConfigurations: {
    what: 'Image Builder infrastructure configurations',
    actions: [
      'imagebuilder:ListInfrastructureConfigurations', 'imagebuilder:GetInfrastructureConfiguration',
    ],
  },
  sharedGroups: { what: 'security groups that are shared with RAM', actions: ['ram:ListResources'] },
} as const satisfies Readonly<Record<string, GroupHolder>>;

export type GroupHolderName = keyof typeof GROUP_HOLDERS;

/** Resources that can hold a group at rest, and are not looked at. A finding names them. */
export const GROUP_HOLDERS_NOT_LOOKED_AT: readonly string[] = [
  'older versions of launch templates that nothing names',
  'AWS CloudFormation templates, and other code that will create resources',
  'Kubernetes objects, such as SecurityGroupPolicy, and calls that programs make with a group id',
  'definitions of Step Functions state machines',
  'Elastic Beanstalk saved configurations',
  'Elastic Disaster Recovery and Application Migration Service templates',
  'DataSync locations',
  'CloudHSM clusters without an HSM',
  'Device Farm projects',
  'SageMaker job definitions, endpoint configurations and pipelines',
  'Bedrock AgentCore runtimes',
  'SageMaker HyperPod clusters',
  'AWS PCS clusters',
  'Amazon GameLift fleets',
  'data sources of Amazon Kendra and Amazon Q Business',
  'AWS Backup restore testing',
  'EMR on EKS managed endpoints',
  'OpenSearch Ingestion pipelines',
  'MWAA Serverless workflows',
];

/** The EC2 actions with which the groups themselves, their VPCs, and references to them are read. */
const GROUP_READS = [
  'ec2:DescribeSecurityGroups', 'ec2:DescribeSecurityGroupRules', 'ec2:DescribeVpcs',
  'ec2:DescribeSecurityGroupVpcAssociations', 'ec2:DescribeSecurityGroupReferences',
];

/**
 * The IAM actions that a search for unused security groups needs, each once.
 *
 * @param configuration encoded or decoded
 */
export function unusedGroupActions({ unusedSecurityGroups }: Pick<Configuration, 'unusedSecurityGroups'>): string[] {
  if (unusedSecurityGroups === undefined) return [];
  const holders = Object.values<GroupHolder>(GROUP_HOLDERS);
  return [...new Set([...GROUP_READS, ...holders.flatMap(({ actions }) => actions)])];
}
