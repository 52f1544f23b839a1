/** Reads the security groups of services that keep or move data, such as those of a stopped database. */
import type { CheckOf } from './check';
import { named } from './looking';
import {
  DatabaseMigrationServiceClient, DAXClient, DescribeBrokerCommand, DescribeCacheClustersCommand,
  DescribeDaxClustersCommand, DescribeDBClustersCommand, DescribeDBInstancesCommand, DescribeDBProxiesCommand,
  DescribeDBProxyEndpointsCommand, DescribeDomainsCommand, DescribeEndpointAccessCommand,
  DescribeInstanceProfilesCommand, DescribeMemoryDbClustersCommand, DescribeOptionGroupsCommand,
  DescribeRedshiftClustersCommand, DescribeReplicationConfigsCommand, DescribeReplicationInstancesCommand,
  DescribeReplicatorCommand, DescribeServerlessCachesCommand, DocDBElasticClient, ElastiCacheClient,
  GetDocDbElasticClusterCommand, KafkaClient, KafkaConnectClient, ListBrokersCommand, ListClustersV2Command,
  ListConnectorsCommand, ListDocDbElasticClustersCommand, ListDomainNamesCommand, ListEndpointAccessCommand,
  ListReplicatorsCommand, ListWorkgroupsCommand, MemoryDBClient, MqClient, OpenSearchClient, RDSClient, RedshiftClient,
  RedshiftServerlessClient,
} from '../../../bundle/holders-sdk';
import { inPartsOf } from '../../core/lists';

/** The number of names that OpenSearch Service takes in one call. */
const DOMAINS_PER_CALL = 5;

export const dataChecks = {
  rdsInstances: async look => {
    const client = look.client(RDSClient, 'xml');
    await look.list('DescribeDBInstances', Marker => client.send(
      new DescribeDBInstancesCommand({ MaxRecords: 100, Marker }), look.options),
    answer => [answer.DBInstances, answer.Marker]);
  },

  rdsClusters: async look => {
    const client = look.client(RDSClient, 'xml');
    await look.list('DescribeDBClusters', Marker => client.send(
      new DescribeDBClustersCommand({ MaxRecords: 100, Marker }), look.options),
    answer => [answer.DBClusters, answer.Marker]);
  },

  rdsProxies: async look => {
    const client = look.client(RDSClient, 'xml');
    await look.list('DescribeDBProxies', Marker => client.send(
      new DescribeDBProxiesCommand({ Marker }), look.options), answer => [answer.DBProxies, answer.Marker]);
    await look.list('DescribeDBProxyEndpoints', Marker => client.send(
      new DescribeDBProxyEndpointsCommand({ Marker }), look.options),
    answer => [answer.DBProxyEndpoints, answer.Marker]);
  },

  rdsOptionGroups: async look => {
    const client = look.client(RDSClient, 'xml');
    await look.list('DescribeOptionGroups', Marker => client.send(
      new DescribeOptionGroupsCommand({ Marker }), look.options), answer => [answer.OptionGroupsList, answer.Marker]);
  },

  docDbElasticClusters: async look => {
    const client = look.client(DocDBElasticClient, 'json');
    const clusters = await look.list('ListClusters', nextToken => client.send(
      new ListDocDbElasticClustersCommand({ nextToken }), look.options),
    answer => [answer.clusters, answer.nextToken]);
    const arns = clusters.map(({ clusterArn }) => named('ListClusters', clusterArn));
    await look.each('GetCluster', arns, async clusterArn => {
      const answer = await client.send(new GetDocDbElasticClusterCommand({ clusterArn }), look.options);
      return [answer, answer.cluster?.clusterArn === clusterArn];
    });
  },

  elastiCacheClusters: async look => {
    const client = look.client(ElastiCacheClient, 'xml');
    await look.list('DescribeCacheClusters', Marker => client.send(
      // The members of replication groups are in the list, too.
      new DescribeCacheClustersCommand({ MaxRecords: 100, Marker }), look.options),
    answer => [answer.CacheClusters, answer.Marker]);
  },

  elastiCacheServerless: async look => {
    const client = look.client(ElastiCacheClient, 'xml');
    await look.list('DescribeServerlessCaches', NextToken => client.send(
      new DescribeServerlessCachesCommand({ NextToken }), look.options),
    answer => [answer.ServerlessCaches, answer.NextToken]);
  },

  memoryDbClusters: async look => {
    const client = look.client(MemoryDBClient, 'json');
    await look.list('DescribeClusters', NextToken => client.send(
      new DescribeMemoryDbClustersCommand({ NextToken }), look.options),
    answer => [answer.Clusters, answer.NextToken]);
  },

  daxClusters: async look => {
    const client = look.client(DAXClient, 'json');
    await look.list('DescribeClusters', NextToken => client.send(
      new DescribeDaxClustersCommand({ NextToken }), look.options), answer => [answer.Clusters, answer.NextToken]);
  },

  redshiftClusters: async look => {
    const client = look.client(RedshiftClient, 'xml');
    await look.list('DescribeClusters', Marker => client.send(
      new DescribeRedshiftClustersCommand({ MaxRecords: 100, Marker }), look.options),
    answer => [answer.Clusters, answer.Marker]);
    await look.list('DescribeEndpointAccess', Marker => client.send(
      new DescribeEndpointAccessCommand({ Marker }), look.options),
    answer => [answer.EndpointAccessList, answer.Marker]);
  },

  redshiftWorkgroups: async look => {
    const client = look.client(RedshiftServerlessClient, 'json');
    await look.list('ListWorkgroups', nextToken => client.send(
      new ListWorkgroupsCommand({ nextToken }), look.options), answer => [answer.workgroups, answer.nextToken]);
    await look.list('ListEndpointAccess', nextToken => client.send(
      new ListEndpointAccessCommand({ nextToken }), look.options), answer => [answer.endpoints, answer.nextToken]);
  },

  dmsReplication: async look => {
    const client = look.client(DatabaseMigrationServiceClient, 'json');
    await look.list('DescribeReplicationInstances', Marker => client.send(
      new DescribeReplicationInstancesCommand({ MaxRecords: 100, Marker }), look.options),
    answer => [answer.ReplicationInstances, answer.Marker]);
    await look.list('DescribeReplicationConfigs', Marker => client.send(
      new DescribeReplicationConfigsCommand({ MaxRecords: 100, Marker }), look.options),
    answer => [answer.ReplicationConfigs, answer.Marker]);
    await look.list('DescribeInstanceProfiles', Marker => client.send(
      new DescribeInstanceProfilesCommand({ MaxRecords: 100, Marker }), look.options),
    answer => [answer.InstanceProfiles, answer.Marker]);
  },

  openSearchDomains: async look => {
    const client = look.client(OpenSearchClient, 'json');
    // The list has no pages.
    const domains = await look.list('ListDomainNames', () => client.send(
      new ListDomainNamesCommand({}), look.options), answer => [answer.DomainNames, undefined]);
    const names = domains.map(({ DomainName }) => named('ListDomainNames', DomainName));
    await look.each('DescribeDomains', inPartsOf(DOMAINS_PER_CALL, names), async part => {
      const answer = await client.send(new DescribeDomainsCommand({ DomainNames: [...part] }), look.options);
      return [answer, (answer.DomainStatusList ?? []).length >= part.length];
    });
  },

  mskClusters: async look => {
    const client = look.client(KafkaClient, 'json');
    await look.list('ListClustersV2', NextToken => client.send(
      new ListClustersV2Command({ MaxResults: 100, NextToken }), look.options),
    answer => [answer.ClusterInfoList, answer.NextToken]);
  },

  mskReplicators: async look => {
    const client = look.client(KafkaClient, 'json');
    const replicators = await look.list('ListReplicators', NextToken => client.send(
      new ListReplicatorsCommand({ NextToken }), look.options), answer => [answer.Replicators, answer.NextToken]);
    const arns = replicators.map(({ ReplicatorArn }) => named('ListReplicators', ReplicatorArn));
    await look.each('DescribeReplicator', arns, async ReplicatorArn => {
      const answer = await client.send(new DescribeReplicatorCommand({ ReplicatorArn }), look.options);
      return [answer, answer.ReplicatorArn === ReplicatorArn];
    });
  },

  mskConnectors: async look => {
    const client = look.client(KafkaConnectClient, 'json');
    await look.list('ListConnectors', nextToken => client.send(
      new ListConnectorsCommand({ nextToken }), look.options), answer => [answer.connectors, answer.nextToken]);
  },

  mqBrokers: async look => {
    const client = look.client(MqClient, 'json');
    const brokers = await look.list('ListBrokers', NextToken => client.send(
      new ListBrokersCommand({ MaxResults: 100, NextToken }), look.options),
    answer => [answer.BrokerSummaries, answer.NextToken]);
    const ids = brokers.map(({ BrokerId }) => named('ListBrokers', BrokerId));
    await look.each('DescribeBroker', ids, async BrokerId => {
      const answer = await client.send(new DescribeBrokerCommand({ BrokerId }), look.options);
      return [answer, answer.BrokerId === BrokerId];
    });
  },
} as const satisfies CheckOf<
  | 'rdsInstances' | 'rdsClusters' | 'rdsProxies' | 'rdsOptionGroups' | 'docDbElasticClusters' | 'elastiCacheClusters'
  | 'elastiCacheServerless' | 'memoryDbClusters' | 'daxClusters' | 'redshiftClusters' | 'redshiftWorkgroups'
  | 'dmsReplication' | 'openSearchDomains' | 'mskClusters' | 'mskReplicators' | 'mskConnectors' | 'mqBrokers'
>;
