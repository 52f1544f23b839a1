/** Reads the security groups of services that run code. While nothing runs, only their settings name a group. */
import type { CheckOf } from './check';
import { takeNamedVersions } from './ec2';
import { named } from './looking';
import {
  AppRunnerClient, BatchClient, BatchGetFleetsCommand, BatchGetProjectsCommand, CodeBuildClient,
  DescribeCapacityProvidersCommand, DescribeComputeEnvironmentsCommand, DescribeEksClusterCommand,
  DescribeNodegroupCommand, DescribeServicesCommand, ECSClient, EKSClient, GetInfrastructureConfigurationCommand,
  ImagebuilderClient, LambdaClient, ListCapacityProvidersCommand, ListEcsClustersCommand, ListEksClustersCommand,
  ListEventSourceMappingsCommand, ListFleetsCommand, ListFunctionsCommand, ListInfrastructureConfigurationsCommand,
  ListNodegroupsCommand, ListProjectsCommand, ListServicesCommand, ListVpcConnectorsCommand,
} from '../../../bundle/holders-sdk';
import { inPartsOf } from '../../core/lists';

/** The numbers of names that the services take in one call. */
const BUILDS_PER_CALL = 100;
const SERVICES_PER_CALL = 10;

export const computeChecks = {
  lambdaFunctions: async look => {
    const client = look.client(LambdaClient, 'json');
    await look.list('ListFunctions', Marker => client.send(
      // A published version keeps the groups that the function had.
      new ListFunctionsCommand({ FunctionVersion: 'ALL', MaxItems: 50, Marker }), look.options),
    answer => [answer.Functions, answer.NextMarker]);
  },

  lambdaEventSources: async look => {
    const client = look.client(LambdaClient, 'json');
    await look.list('ListEventSourceMappings', Marker => client.send(
      new ListEventSourceMappingsCommand({ Marker }), look.options),
    answer => [answer.EventSourceMappings, answer.NextMarker]);
  },

  lambdaCapacityProviders: async look => {
    const client = look.client(LambdaClient, 'json');
    await look.list('ListCapacityProviders', Marker => client.send(
      new ListCapacityProvidersCommand({ Marker }), look.options),
    answer => [answer.CapacityProviders, answer.NextMarker]);
  },

  codeBuildProjects: async look => {
    const client = look.client(CodeBuildClient, 'json');
    const names = await look.list('ListProjects', nextToken => client.send(
      new ListProjectsCommand({ nextToken }), look.options), answer => [answer.projects, answer.nextToken]);
    await look.each('BatchGetProjects', inPartsOf(BUILDS_PER_CALL, names), async part => {
      const answer = await client.send(new BatchGetProjectsCommand({ names: [...part] }), look.options);
      const { projects = [], projectsNotFound = [] } = answer;
      return [answer, projects.length + projectsNotFound.length >= part.length];
    });
  },

  codeBuildFleets: async look => {
    const client = look.client(CodeBuildClient, 'json');
    const names = await look.list('ListFleets', nextToken => client.send(
      new ListFleetsCommand({ nextToken }), look.options), answer => [answer.fleets, answer.nextToken]);
    await look.each('BatchGetFleets', inPartsOf(BUILDS_PER_CALL, names), async part => {
      const answer = await client.send(new BatchGetFleetsCommand({ names: [...part] }), look.options);
      const { fleets = [], fleetsNotFound = [] } = answer;
      return [answer, fleets.length + fleetsNotFound.length >= part.length];
    });
  },

  ecsServices: async look => {
    const client = look.client(ECSClient, 'json');
    const clusters = await look.list('ListClusters', nextToken => client.send(
      new ListEcsClustersCommand({ nextToken }), look.options), answer => [answer.clusterArns, answer.nextToken]);
    for (const cluster of clusters) {
      const services = await look.list('ListServices', nextToken => client.send(
        new ListServicesCommand({ cluster, maxResults: 100, nextToken }), look.options),
      answer => [answer.serviceArns, answer.nextToken]);
      await look.each('DescribeServices', inPartsOf(SERVICES_PER_CALL, services), async part => {
        const answer = await client.send(new DescribeServicesCommand({ cluster, services: [...part] }), look.options);
        const { services: found = [], failures = [] } = answer;
        const gone = failures.filter(({ reason }) => reason === 'MISSING');
        return [answer, found.length + gone.length >= part.length];
      });
    }
  },

  ecsCapacityProviders: async look => {
    const client = look.client(ECSClient, 'json');
    const clusters = await look.list('ListClusters', nextToken => client.send(
      new ListEcsClustersCommand({ nextToken }), look.options), answer => [answer.clusterArns, answer.nextToken]);
    // Providers of managed instances belong to a cluster, and are only in its list.
    await look.each('DescribeCapacityProviders', [{}, ...clusters.map(cluster => ({ cluster }))], async of => {
      await look.list('DescribeCapacityProviders', nextToken => client.send(
        new DescribeCapacityProvidersCommand({ ...of, nextToken }), look.options),
      answer => [answer.capacityProviders, answer.nextToken]);
      return [undefined, true];
    });
  },

  eksClusters: async look => {
    const client = look.client(EKSClient, 'json');
    const clusters = await look.list('ListClusters', nextToken => client.send(
      new ListEksClustersCommand({ include: ['all'], nextToken }), look.options),
    answer => [answer.clusters, answer.nextToken]);
    await look.each('DescribeCluster', clusters, async name => {
      const answer = await client.send(new DescribeEksClusterCommand({ name }), look.options);
      return [answer, answer.cluster?.name === name];
    });
  },

  eksNodeGroups: async look => {
    const client = look.client(EKSClient, 'json');
    const clusters = await look.list('ListClusters', nextToken => client.send(
      new ListEksClustersCommand({ nextToken }), look.options), answer => [answer.clusters, answer.nextToken]);
    const nodeGroups: object[] = [];
    for (const clusterName of clusters) {
      const names = await look.list('ListNodegroups', nextToken => client.send(
        new ListNodegroupsCommand({ clusterName, nextToken }), look.options),
      answer => [answer.nodegroups, answer.nextToken]);
      await look.each('DescribeNodegroup', names, async nodegroupName => {
        const answer = await client.send(new DescribeNodegroupCommand({ clusterName, nodegroupName }), look.options);
        if (answer.nodegroup) nodeGroups.push(answer.nodegroup);
        return [answer, answer.nodegroup?.nodegroupName === nodegroupName];
      });
    }
    await takeNamedVersions(look, nodeGroups);
  },

  batchComputeEnvironments: async look => {
    const client = look.client(BatchClient, 'json');
    const environments = await look.list('DescribeComputeEnvironments', nextToken => client.send(
      new DescribeComputeEnvironmentsCommand({ nextToken }), look.options),
    answer => [answer.computeEnvironments, answer.nextToken]);
    await takeNamedVersions(look, environments);
  },

  appRunnerConnectors: async look => {
    const client = look.client(AppRunnerClient, 'json');
    await look.list('ListVpcConnectors', NextToken => client.send(
      new ListVpcConnectorsCommand({ NextToken }), look.options), answer => [answer.VpcConnectors, answer.NextToken]);
  },

  imageBuilderConfigurations: async look => {
    const client = look.client(ImagebuilderClient, 'json');
    const action = 'ListInfrastructureConfigurations';
    const configurations = await look.list(action, nextToken => client.send(
      new ListInfrastructureConfigurationsCommand({ nextToken }), look.options),
    answer => [answer.infrastructureConfigurationSummaryList, answer.nextToken]);
    const arns = configurations.map(({ arn }) => named(action, arn));
    await look.each('GetInfrastructureConfiguration', arns, async arn => {
      const command = new GetInfrastructureConfigurationCommand({ infrastructureConfigurationArn: arn });
      const answer = await client.send(command, look.options);
      return [answer, answer.infrastructureConfiguration?.arn === arn];
    });
  },
} as const satisfies CheckOf<
  | 'lambdaFunctions' | 'lambdaEventSources' | 'lambdaCapacityProviders' | 'codeBuildProjects' | 'codeBuildFleets'
  | 'ecsServices' | 'ecsCapacityProviders' | 'eksClusters' | 'eksNodeGroups' | 'batchComputeEnvironments'
  | 'appRunnerConnectors' | 'imageBuilderConfigurations'
>;
