/** An organization for tests of the command line: its hub as an app, and a member whose credentials the caller has. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type App, Stack, type StackProps } from 'aws-cdk-lib';
import { Peer, Port } from 'aws-cdk-lib/aws-ec2';
import { ACCESS_KEY_ID, CliWorld } from './world';
import {
  FlaggedIngressRule, HygieneAccounts, NetworkHygieneOrganization, type NetworkHygieneOrganizationProps,
} from '../../../src';
import { ORGANIZATION_RESOURCE_TYPE, STATE_MACHINE_PROPERTY } from '../../../src/contract/organization';
import { customResourceProperties } from '../../support/deployment';
import type { FunctionOutcome, Network } from '../../support/ec2-endpoint';
import type { InvocationOutcome } from '../../support/lambda-process';
import { roleArnOf } from '../../support/organization-endpoint';
import { HUB, HUB_REGION, ONE, OrganizationWorld, THREE, TWO } from '../../wire/organization/world';
import { folderOf } from '../app/apps';

export { HUB, HUB_REGION, ONE, THREE, TWO } from '../../wire/organization/world';

export const REGIONS = ['eu-central-1', 'eu-west-1'];

/** Flags SSH from anywhere, and may revoke in the first two members. */
export const HUB_PROPS: NetworkHygieneOrganizationProps = {
  organizationId: 'o-exampleorgid', accounts: HygieneAccounts.list([ONE, TWO, THREE]),
  revokeIn: HygieneAccounts.list([ONE, TWO]), regions: REGIONS,
  flaggedIngressRules: [FlaggedIngressRule.inAnyGroup(Peer.anyIpv4(), Port.SSH)],
};

/** Adds a stack with a hub, whose path is `<name of the stack>/NetworkHygiene`. */
export function addHub(
  app: App, props: Partial<NetworkHygieneOrganizationProps> = {}, name = 'Hub',
  stackProps: StackProps = { env: { account: HUB, region: HUB_REGION } },
): void {
  new NetworkHygieneOrganization(new Stack(app, name, stackProps), 'NetworkHygiene', { ...HUB_PROPS, ...props });
}

/** Synthesizes an app with the stack `Hub`, and returns its folder. */
export const hubApp = (props?: Partial<NetworkHygieneOrganizationProps>, stackProps?: StackProps): string =>
  folderOf(app => addHub(app, props, 'Hub', stackProps));

export interface OrganizationScene {
  readonly organization: OrganizationWorld;
  readonly world: CliWorld;
}

/** Starts an organization. The key of the command line is one of the account. */
export async function organizationScene(account = ONE, role = 'Auditor'): Promise<OrganizationScene> {
  const organization = await OrganizationWorld.start();
  const { aws, dynamoDb } = organization;
  aws.addKey(ACCESS_KEY_ID, roleArnOf(account, role));
  const networks = (): Network[] =>
    [ONE, TWO, THREE].flatMap(each => REGIONS.map(region => aws.place(each, region)));
  return { organization, world: CliWorld.on(aws, dynamoDb, networks) };
}

/** The files of an app whose hub has a configuration of the world of organizations, and its ledger. */
export function hubFiles({ dynamoDb, stateMachineArn }: OrganizationWorld, config: object): Record<string, string> {
  const properties = {
    ...customResourceProperties(config), Ledger: dynamoDb.tableName, [STATE_MACHINE_PROPERTY]: stateMachineArn,
  };
  return {
    'cdk.out/manifest.json': JSON.stringify({
      version: '41.0.0', artifacts: {
        Hub: {
          type: 'aws:cloudformation:stack', environment: `aws://${HUB}/${HUB_REGION}`,
          properties: { templateFile: 'Hub.template.json', stackName: 'Hub' },
        },
      },
    }),
    'cdk.out/Hub.template.json': JSON.stringify({
      Resources: { Run: { Type: ORGANIZATION_RESOURCE_TYPE, Properties: properties } },
    }),
  };
}

/** Adds the stack of that app, as deployed. */
export function deployHub({ aws }: OrganizationWorld): void {
  const resources = [{ logicalId: 'Run', physicalId: 'Run', type: ORGANIZATION_RESOURCE_TYPE }];
  aws.addStack({ stackName: 'Hub', resources });
}

/** The functions of the hub by their handlers. */
const FUNCTIONS: Readonly<Record<string, string>> = {
  'index.organization': 'hub', 'index.organizationRestore': 'restore',
};

interface Resource {
  readonly Type: string;
  readonly Properties?: { readonly Handler?: string };
}

/**
 * Adds the stack of an app with a hub, as deployed. Its functions are the bundled ones, by the configuration of the
 * world.
 */
export function deployHubApp(organization: OrganizationWorld, folder: string): void {
  const { aws, dynamoDb } = organization;
  const { Resources } = JSON.parse(readFileSync(join(folder, 'Hub.template.json'), 'utf8')) as {
    Resources: Record<string, Resource>;
  };
  const idOf = (logicalId: string, { Type, Properties }: Resource): string =>
    Type === 'AWS::DynamoDB::Table' ? dynamoDb.tableName : FUNCTIONS[Properties?.Handler ?? ''] ?? logicalId;
  aws.addStack({
    stackName: 'Hub',
    resources: Object.entries(Resources)
      .map(([logicalId, resource]) => ({ logicalId, physicalId: idOf(logicalId, resource), type: resource.Type })),
  });
  const outcome = ({ result, error }: InvocationOutcome): FunctionOutcome =>
    error === undefined ? { result } : { error };
  aws.addFunction('hub', {
    aliases: ['pause', 'resume', 'retry'],
    run: async ({ payload, qualifier }) => outcome(await organization.invokeHub(payload, [], 60_000, qualifier)),
  });
  aws.addFunction('restore', { run: async ({ payload }) => outcome(await organization.restore(payload)) });
}
