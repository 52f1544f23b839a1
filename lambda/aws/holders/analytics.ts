/** Reads the security groups of services for analytics and machine learning. */
import type { CheckOf } from './check';
import { named } from './looking';
import {
  DescribeApplicationCommand, DescribeDomainCommand, DescribeEmrClusterCommand, DescribeModelCommand,
  DescribeNotebookInstanceCommand, DescribeStudioCommand, DescribeUserProfileCommand, EMRClient, EMRServerlessClient,
  GetApplicationCommand, GetConnectionsCommand, GetDevEndpointsCommand, GlueClient, KinesisAnalyticsV2Client,
  ListApplicationsCommand, ListDomainsCommand, ListEmrClustersCommand, ListFlinkApplicationsCommand, ListModelsCommand,
  ListNotebookInstancesCommand, ListStudiosCommand, ListUserProfilesCommand, SageMakerClient,
} from '../../../bundle/holders-sdk';

export const analyticsChecks = {
  glueConnections: async look => {
    const client = look.client(GlueClient, 'json');
    await look.list('GetConnections', NextToken => client.send(
      new GetConnectionsCommand({ HidePassword: true, NextToken }), look.options),
    answer => [answer.ConnectionList, answer.NextToken]);
  },

  glueDevEndpoints: async look => {
    const client = look.client(GlueClient, 'json');
    await look.list('GetDevEndpoints', NextToken => client.send(
      new GetDevEndpointsCommand({ NextToken }), look.options), answer => [answer.DevEndpoints, answer.NextToken]);
  },

  flinkApplications: async look => {
    const client = look.client(KinesisAnalyticsV2Client, 'json');
    const applications = await look.list('ListApplications', NextToken => client.send(
      new ListFlinkApplicationsCommand({ NextToken }), look.options),
    answer => [answer.ApplicationSummaries, answer.NextToken]);
    const names = applications.map(({ ApplicationName }) => named('ListApplications', ApplicationName));
    await look.each('DescribeApplication', names, async ApplicationName => {
      const answer = await client.send(new DescribeApplicationCommand({ ApplicationName }), look.options);
      return [answer, answer.ApplicationDetail?.ApplicationName === ApplicationName];
    });
  },

  emrClusters: async look => {
    const client = look.client(EMRClient, 'json');
    const clusters = await look.list('ListClusters', Marker => client.send(
      // A terminated cluster stays in the list for two months, and holds nothing.
      new ListEmrClustersCommand({
        ClusterStates: ['STARTING', 'BOOTSTRAPPING', 'RUNNING', 'WAITING', 'TERMINATING'], Marker,
      }), look.options), answer => [answer.Clusters, answer.Marker]);
    const ids = clusters.map(({ Id }) => named('ListClusters', Id));
    await look.each('DescribeCluster', ids, async ClusterId => {
      const answer = await client.send(new DescribeEmrClusterCommand({ ClusterId }), look.options);
      return [answer, answer.Cluster?.Id === ClusterId];
    });
  },

  emrStudios: async look => {
    const client = look.client(EMRClient, 'json');
    const studios = await look.list('ListStudios', Marker => client.send(
      new ListStudiosCommand({ Marker }), look.options), answer => [answer.Studios, answer.Marker]);
    const ids = studios.map(({ StudioId }) => named('ListStudios', StudioId));
    await look.each('DescribeStudio', ids, async StudioId => {
      const answer = await client.send(new DescribeStudioCommand({ StudioId }), look.options);
      return [answer, answer.Studio?.StudioId === StudioId];
    });
  },

  emrServerless: async look => {
    const client = look.client(EMRServerlessClient, 'json');
    const applications = await look.list('ListApplications', nextToken => client.send(
      new ListApplicationsCommand({ nextToken }), look.options), answer => [answer.applications, answer.nextToken]);
    const ids = applications.map(({ id }) => named('ListApplications', id));
    await look.each('GetApplication', ids, async applicationId => {
      const answer = await client.send(new GetApplicationCommand({ applicationId }), look.options);
      return [answer, answer.application?.applicationId === applicationId];
    });
  },

  sageMakerNotebooks: async look => {
    const client = look.client(SageMakerClient, 'json');
    const instances = await look.list('ListNotebookInstances', NextToken => client.send(
      new ListNotebookInstancesCommand({ MaxResults: 100, NextToken }), look.options),
    answer => [answer.NotebookInstances, answer.NextToken]);
    const names = instances.map(each => named('ListNotebookInstances', each.NotebookInstanceName));
    await look.each('DescribeNotebookInstance', names, async NotebookInstanceName => {
      const answer = await client.send(new DescribeNotebookInstanceCommand({ NotebookInstanceName }), look.options);
      return [answer, answer.NotebookInstanceName === NotebookInstanceName];
    });
  },

  sageMakerDomains: async look => {
    const client = look.client(SageMakerClient, 'json');
    const domains = await look.list('ListDomains', NextToken => client.send(
      new ListDomainsCommand({ NextToken }), look.options), answer => [answer.Domains, answer.NextToken]);
    const ids = domains.map(({ DomainId }) => named('ListDomains', DomainId));
    await look.each('DescribeDomain', ids, async DomainId => {
      const answer = await client.send(new DescribeDomainCommand({ DomainId }), look.options);
      return [answer, answer.DomainId === DomainId];
    });
    const profiles = await look.list('ListUserProfiles', NextToken => client.send(
      new ListUserProfilesCommand({ MaxResults: 100, NextToken }), look.options),
    answer => [answer.UserProfiles, answer.NextToken]);
    await look.each('DescribeUserProfile', profiles, async profile => {
      const DomainId = named('ListUserProfiles', profile.DomainId);
      const UserProfileName = named('ListUserProfiles', profile.UserProfileName);
      const answer = await client.send(new DescribeUserProfileCommand({ DomainId, UserProfileName }), look.options);
      return [answer, answer.UserProfileName === UserProfileName];
    });
  },

  sageMakerModels: async look => {
    const client = look.client(SageMakerClient, 'json');
    const models = await look.list('ListModels', NextToken => client.send(
      new ListModelsCommand({ MaxResults: 100, NextToken }), look.options),
    answer => [answer.Models, answer.NextToken]);
    const names = models.map(each => named('ListModels', each.ModelName));
    await look.each('DescribeModel', names, async ModelName => {
      const answer = await client.send(new DescribeModelCommand({ ModelName }), look.options);
      return [answer, answer.ModelName === ModelName];
    });
  },
} as const satisfies CheckOf<
  | 'glueConnections' | 'glueDevEndpoints' | 'flinkApplications' | 'emrClusters' | 'emrStudios' | 'emrServerless'
  | 'sageMakerNotebooks' | 'sageMakerDomains' | 'sageMakerModels'
>;
