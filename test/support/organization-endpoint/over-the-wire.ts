/** Connects the endpoint with the AWS SDK's own clients, for tests of the endpoint. */
import { EC2Client } from '@aws-sdk/client-ec2';
import { AssumeRoleCommand, type AssumeRoleCommandInput, STSClient } from '@aws-sdk/client-sts';
import { OrganizationEndpoint, type OrganizationEndpointOptions, roleArnOf } from './';
import { Network } from '../ec2-endpoint';
import { clientOf, closing } from '../ec2-endpoint/over-the-wire';

export const HUB = '111122223333';
export const HUB_REGION = 'eu-central-1';

const running: OrganizationEndpoint[] = [];

export async function start(options: Partial<OrganizationEndpointOptions> = {}): Promise<OrganizationEndpoint> {
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';
  const endpoint = await OrganizationEndpoint.start({ network: new Network(HUB, HUB_REGION), ...options });
  running.push(endpoint);
  return endpoint;
}

export async function stopAll(): Promise<void> {
  await Promise.all(running.splice(0).map(endpoint => endpoint.stop()));
}

/** Returns the configuration of a client of a role in an account. */
export function configOf(endpoint: OrganizationEndpoint, account: string, region = HUB_REGION, role = 'Somebody') {
  const accessKeyId = `AKIA${account}${role}`;
  endpoint.addKey(accessKeyId, `arn:aws:iam::${account}:role/${role}`);
  return { ...clientOf(endpoint), region, credentials: { accessKeyId, secretAccessKey: 'secret-access-key-for-tests' } };
}

export const ec2In = (endpoint: OrganizationEndpoint, account: string, region: string): EC2Client =>
  closing(new EC2Client(configOf(endpoint, account, region)));

export const HUB_ROLE = 'network-hygiene-hub';

/** Returns an STS client of a role of the hub, or of another account. */
export const stsAs = (
  endpoint: OrganizationEndpoint, { account = HUB, role = HUB_ROLE, region = HUB_REGION } = {},
): STSClient => closing(new STSClient(configOf(endpoint, account, region, role)));

/** The parameters with which the hub enters a member. */
export const entering = (account: string, input: Partial<AssumeRoleCommandInput> = {}): AssumeRoleCommand =>
  new AssumeRoleCommand({
    RoleArn: roleArnOf(account, 'network-hygiene-sweep'), RoleSessionName: 'sweep', ExternalId: 'cdk-network-hygiene',
    ...input,
  });

/** Returns the configuration of a client of the session that the hub gets in a member. */
export async function memberConfig(
  endpoint: OrganizationEndpoint, account: string, region = HUB_REGION, input: Partial<AssumeRoleCommandInput> = {},
) {
  const { Credentials } = await stsAs(endpoint).send(entering(account, input));
  return {
    ...clientOf(endpoint), region,
    credentials: {
      accessKeyId: Credentials?.AccessKeyId ?? '', secretAccessKey: Credentials?.SecretAccessKey ?? '',
      sessionToken: Credentials?.SessionToken ?? '',
    },
  };
}
