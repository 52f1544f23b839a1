/**
 * Everything that the search for unused security groups uses of the AWS SDK.
 *
 * It is a file of its own, which the handler loads only if the configuration asks for the search, so that the clients
 * of forty services make no other sweep slower to start.
 */
export { ApiGatewayV2Client, GetVpcLinksCommand } from '@aws-sdk/client-apigatewayv2';
export { AppRunnerClient, ListVpcConnectorsCommand } from '@aws-sdk/client-apprunner';
export {
  AppStreamClient, DescribeAppBlockBuildersCommand, DescribeFleetsCommand as DescribeAppStreamFleetsCommand,
  DescribeImageBuildersCommand,
} from '@aws-sdk/client-appstream';
export {
  AutoScalingClient, DescribeAutoScalingGroupsCommand, DescribeLaunchConfigurationsCommand,
} from '@aws-sdk/client-auto-scaling';
export { BatchClient, DescribeComputeEnvironmentsCommand } from '@aws-sdk/client-batch';
export {
  BatchGetFleetsCommand, BatchGetProjectsCommand, CodeBuildClient, ListFleetsCommand, ListProjectsCommand,
} from '@aws-sdk/client-codebuild';
export {
  DatabaseMigrationServiceClient, DescribeInstanceProfilesCommand, DescribeReplicationConfigsCommand,
  DescribeReplicationInstancesCommand,
} from '@aws-sdk/client-database-migration-service';
export { DAXClient, DescribeClustersCommand as DescribeDaxClustersCommand } from '@aws-sdk/client-dax';
export { DescribeDirectoriesCommand, DirectoryServiceClient } from '@aws-sdk/client-directory-service';
export {
  DocDBElasticClient, GetClusterCommand as GetDocDbElasticClusterCommand,
  ListClustersCommand as ListDocDbElasticClustersCommand,
} from '@aws-sdk/client-docdb-elastic';
export {
  DescribeClientVpnEndpointsCommand, DescribeFleetsCommand, DescribeInstanceConnectEndpointsCommand,
  DescribeLaunchTemplateVersionsCommand, DescribeNetworkInterfacesCommand, DescribeSecurityGroupReferencesCommand,
  DescribeSecurityGroupRulesCommand, DescribeSecurityGroupsCommand, DescribeSecurityGroupVpcAssociationsCommand,
  DescribeSpotFleetRequestsCommand, DescribeSpotInstanceRequestsCommand, DescribeVerifiedAccessEndpointsCommand,
  DescribeVpcEndpointsCommand, DescribeVpcsCommand, EC2Client,
} from '@aws-sdk/client-ec2';
export {
  DescribeCapacityProvidersCommand, DescribeServicesCommand, ECSClient,
  ListClustersCommand as ListEcsClustersCommand, ListServicesCommand,
} from '@aws-sdk/client-ecs';
export {
  DescribeClusterCommand as DescribeEksClusterCommand, DescribeNodegroupCommand, EKSClient,
  ListClustersCommand as ListEksClustersCommand, ListNodegroupsCommand,
} from '@aws-sdk/client-eks';
export {
  DescribeLoadBalancersCommand as DescribeClassicLoadBalancersCommand, ElasticLoadBalancingClient,
} from '@aws-sdk/client-elastic-load-balancing';
export { DescribeLoadBalancersCommand, ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2';
export {
  DescribeCacheClustersCommand, DescribeServerlessCachesCommand, ElastiCacheClient,
} from '@aws-sdk/client-elasticache';
export {
  DescribeClusterCommand as DescribeEmrClusterCommand, DescribeStudioCommand, EMRClient,
  ListClustersCommand as ListEmrClustersCommand, ListStudiosCommand,
} from '@aws-sdk/client-emr';
export { EMRServerlessClient, GetApplicationCommand, ListApplicationsCommand } from '@aws-sdk/client-emr-serverless';
export {
  EventBridgeClient, ListEventBusesCommand, ListRulesCommand, ListTargetsByRuleCommand,
} from '@aws-sdk/client-eventbridge';
export { GetConnectionsCommand, GetDevEndpointsCommand, GlueClient } from '@aws-sdk/client-glue';
export {
  GetInfrastructureConfigurationCommand, ImagebuilderClient, ListInfrastructureConfigurationsCommand,
} from '@aws-sdk/client-imagebuilder';
export {
  DescribeReplicatorCommand, KafkaClient, ListClustersV2Command, ListReplicatorsCommand,
} from '@aws-sdk/client-kafka';
export { KafkaConnectClient, ListConnectorsCommand } from '@aws-sdk/client-kafkaconnect';
export {
  DescribeApplicationCommand, KinesisAnalyticsV2Client, ListApplicationsCommand as ListFlinkApplicationsCommand,
} from '@aws-sdk/client-kinesis-analytics-v2';
export {
  LambdaClient, ListCapacityProvidersCommand, ListEventSourceMappingsCommand, ListFunctionsCommand,
} from '@aws-sdk/client-lambda';
export { DescribeClustersCommand as DescribeMemoryDbClustersCommand, MemoryDBClient } from '@aws-sdk/client-memorydb';
export { DescribeBrokerCommand, ListBrokersCommand, MqClient } from '@aws-sdk/client-mq';
export { DescribeDomainsCommand, ListDomainNamesCommand, OpenSearchClient } from '@aws-sdk/client-opensearch';
export { DescribePipeCommand, ListPipesCommand, PipesClient } from '@aws-sdk/client-pipes';
export { ListResourcesCommand, RAMClient } from '@aws-sdk/client-ram';
export {
  DescribeDBClustersCommand, DescribeDBInstancesCommand, DescribeDBProxiesCommand, DescribeDBProxyEndpointsCommand,
  DescribeOptionGroupsCommand, RDSClient,
} from '@aws-sdk/client-rds';
export {
  DescribeClustersCommand as DescribeRedshiftClustersCommand, DescribeEndpointAccessCommand, RedshiftClient,
} from '@aws-sdk/client-redshift';
export {
  ListEndpointAccessCommand, ListWorkgroupsCommand, RedshiftServerlessClient,
} from '@aws-sdk/client-redshift-serverless';
export {
  DescribeDomainCommand, DescribeModelCommand, DescribeNotebookInstanceCommand, DescribeUserProfileCommand,
  ListDomainsCommand, ListModelsCommand, ListNotebookInstancesCommand, ListUserProfilesCommand, SageMakerClient,
} from '@aws-sdk/client-sagemaker';
export { GetScheduleCommand, ListSchedulesCommand, SchedulerClient } from '@aws-sdk/client-scheduler';
export {
  GetServiceNetworkVpcAssociationCommand, ListResourceGatewaysCommand, ListServiceNetworkVpcAssociationsCommand,
  VPCLatticeClient,
} from '@aws-sdk/client-vpc-lattice';
export { DescribeWorkspaceDirectoriesCommand, WorkSpacesClient } from '@aws-sdk/client-workspaces';
export {
  GetNetworkSettingsCommand, ListNetworkSettingsCommand, WorkSpacesWebClient,
} from '@aws-sdk/client-workspaces-web';
