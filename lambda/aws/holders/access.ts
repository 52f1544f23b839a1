/** Reads the security groups of services that connect users and applications. */
import type { CheckOf } from './check';
import { named } from './looking';
import {
  ApiGatewayV2Client, AppStreamClient, DescribeAppBlockBuildersCommand, DescribeAppStreamFleetsCommand,
  DescribeClassicLoadBalancersCommand, DescribeDirectoriesCommand, DescribeImageBuildersCommand,
  DescribeLoadBalancersCommand, DescribePipeCommand, DescribeVpcsCommand, DescribeWorkspaceDirectoriesCommand,
  DirectoryServiceClient,
  ElasticLoadBalancingClient, ElasticLoadBalancingV2Client, EventBridgeClient, GetNetworkSettingsCommand,
  GetScheduleCommand, GetServiceNetworkVpcAssociationCommand, GetVpcLinksCommand, ListEventBusesCommand,
  ListNetworkSettingsCommand, ListPipesCommand, ListResourceGatewaysCommand, ListResourcesCommand, ListRulesCommand,
  ListSchedulesCommand, ListServiceNetworkVpcAssociationsCommand, ListTargetsByRuleCommand, PipesClient, RAMClient,
  SchedulerClient, VPCLatticeClient, WorkSpacesClient, WorkSpacesWebClient,
} from '../../../bundle/holders-sdk';

export const accessChecks = {
  loadBalancers: async look => {
    const client = look.client(ElasticLoadBalancingV2Client, 'xml');
    await look.list('DescribeLoadBalancers', Marker => client.send(
      new DescribeLoadBalancersCommand({ Marker }), look.options),
    answer => [answer.LoadBalancers, answer.NextMarker]);
  },

  classicLoadBalancers: async look => {
    const client = look.client(ElasticLoadBalancingClient, 'xml');
    await look.list('DescribeLoadBalancers', Marker => client.send(
      new DescribeClassicLoadBalancersCommand({ Marker }), look.options),
    answer => [answer.LoadBalancerDescriptions, answer.NextMarker]);
  },

  apiGatewayVpcLinks: async look => {
    const client = look.client(ApiGatewayV2Client, 'json');
    await look.list('GetVpcLinks', NextToken => client.send(
      new GetVpcLinksCommand({ NextToken }), look.options), answer => [answer.Items, answer.NextToken]);
  },

  latticeAssociations: async look => {
    const client = look.client(VPCLatticeClient, 'json');
    const ec2 = look.ec2();
    const action = 'ListServiceNetworkVpcAssociations';
    // The service lists the associations of one VPC or of one service network.
    const vpcs = await look.list('DescribeVpcs', NextToken => look.paced('DescribeVpcs', () => ec2.send(
      new DescribeVpcsCommand({ MaxResults: 1000, NextToken }), look.options)),
    answer => [answer.Vpcs, answer.NextToken]);
    await look.each(action, vpcs.map(({ VpcId }) => named('DescribeVpcs', VpcId)), async vpcIdentifier => {
      const associations = await look.list(action, nextToken => client.send(
        new ListServiceNetworkVpcAssociationsCommand({ vpcIdentifier, nextToken }), look.options),
      answer => [answer.items, answer.nextToken]);
      const ids = associations.map(({ id }) => named(action, id));
      await look.each('GetServiceNetworkVpcAssociation', ids, async id => {
        const command = new GetServiceNetworkVpcAssociationCommand({ serviceNetworkVpcAssociationIdentifier: id });
        const answer = await client.send(command, look.options);
        return [answer, answer.id === id];
      });
      return [undefined, true];
    });
  },

  latticeGateways: async look => {
    const client = look.client(VPCLatticeClient, 'json');
    await look.list('ListResourceGateways', nextToken => client.send(
      new ListResourceGatewaysCommand({ nextToken }), look.options), answer => [answer.items, answer.nextToken]);
  },

  eventBridgeTargets: async look => {
    const client = look.client(EventBridgeClient, 'json');
    const buses = await look.list('ListEventBuses', NextToken => client.send(
      new ListEventBusesCommand({ NextToken }), look.options), answer => [answer.EventBuses, answer.NextToken]);
    for (const bus of buses) {
      const EventBusName = named('ListEventBuses', bus.Name);
      const rules = await look.list('ListRules', NextToken => client.send(
        new ListRulesCommand({ EventBusName, NextToken }), look.options), answer => [answer.Rules, answer.NextToken]);
      await look.each('ListTargetsByRule', rules.map(({ Name }) => named('ListRules', Name)), async Rule => {
        await look.list('ListTargetsByRule', NextToken => client.send(
          new ListTargetsByRuleCommand({ EventBusName, Rule, NextToken }), look.options),
        answer => [answer.Targets, answer.NextToken]);
        return [undefined, true];
      });
    }
  },

  schedules: async look => {
    const client = look.client(SchedulerClient, 'json');
    const schedules = await look.list('ListSchedules', NextToken => client.send(
      new ListSchedulesCommand({ MaxResults: 100, NextToken }), look.options),
    answer => [answer.Schedules, answer.NextToken]);
    await look.each('GetSchedule', schedules.filter(({ Target }) => mayRunTasks(Target?.Arn)), async schedule => {
      const Name = named('ListSchedules', schedule.Name);
      const command = new GetScheduleCommand({ Name, GroupName: schedule.GroupName });
      const answer = await client.send(command, look.options);
      return [answer, answer.Name === Name];
    });
  },

  pipes: async look => {
    const client = look.client(PipesClient, 'json');
    const pipes = await look.list('ListPipes', NextToken => client.send(
      new ListPipesCommand({ Limit: 100, NextToken }), look.options), answer => [answer.Pipes, answer.NextToken]);
    await look.each('DescribePipe', pipes.map(each => named('ListPipes', each.Name)), async Name => {
      const answer = await client.send(new DescribePipeCommand({ Name }), look.options);
      return [answer, answer.Name === Name];
    });
  },

  sharedGroups: async look => {
    const client = look.client(RAMClient, 'json');
    await look.list('ListResources', nextToken => client.send(
      new ListResourcesCommand({ resourceOwner: 'SELF', resourceType: 'ec2:SecurityGroup', nextToken }), look.options),
    answer => [answer.resources, answer.nextToken]);
  },

  directories: async look => {
    const client = look.client(DirectoryServiceClient, 'json');
    await look.list('DescribeDirectories', NextToken => client.send(
      new DescribeDirectoriesCommand({ NextToken }), look.options),
    answer => [answer.DirectoryDescriptions, answer.NextToken]);
  },

  appStreamFleets: async look => {
    const client = look.client(AppStreamClient, 'json');
    await look.list('DescribeFleets', NextToken => client.send(
      new DescribeAppStreamFleetsCommand({ NextToken }), look.options), answer => [answer.Fleets, answer.NextToken]);
  },

  appStreamBuilders: async look => {
    const client = look.client(AppStreamClient, 'json');
    await look.list('DescribeImageBuilders', NextToken => client.send(
      new DescribeImageBuildersCommand({ NextToken }), look.options),
    answer => [answer.ImageBuilders, answer.NextToken]);
    await look.list('DescribeAppBlockBuilders', NextToken => client.send(
      new DescribeAppBlockBuildersCommand({ NextToken }), look.options),
    answer => [answer.AppBlockBuilders, answer.NextToken]);
  },

  workSpacesDirectories: async look => {
    const client = look.client(WorkSpacesClient, 'json');
    await look.list('DescribeWorkspaceDirectories', NextToken => client.send(
      new DescribeWorkspaceDirectoriesCommand({ NextToken }), look.options),
    answer => [answer.Directories, answer.NextToken]);
  },

  workSpacesWebNetworks: async look => {
    const client = look.client(WorkSpacesWebClient, 'json');
    const settings = await look.list('ListNetworkSettings', nextToken => client.send(
      new ListNetworkSettingsCommand({ nextToken }), look.options),
    answer => [answer.networkSettings, answer.nextToken]);
    const arns = settings.map(each => named('ListNetworkSettings', each.networkSettingsArn));
    await look.each('GetNetworkSettings', arns, async networkSettingsArn => {
      const answer = await client.send(new GetNetworkSettingsCommand({ networkSettingsArn }), look.options);
      return [answer, answer.networkSettings?.networkSettingsArn === networkSettingsArn];
    });
  },
} as const satisfies CheckOf<
  | 'loadBalancers' | 'classicLoadBalancers' | 'apiGatewayVpcLinks' | 'latticeAssociations' | 'latticeGateways'
  | 'eventBridgeTargets' | 'schedules' | 'pipes' | 'sharedGroups' | 'directories' | 'appStreamFleets'
  | 'appStreamBuilders' | 'workSpacesDirectories' | 'workSpacesWebNetworks'
>;

/** Whether a schedule may run ECS tasks, whose network has groups. The target is the cluster, or a universal one. */
const mayRunTasks = (arn: string | undefined): boolean => arn === undefined || /:ecs:|:scheduler:::aws-sdk:/.test(arn);
