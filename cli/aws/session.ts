/** The credentials, the Region and the identity of the caller, by the SDK's own chains. */
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { fromTemporaryCredentials } from '@aws-sdk/credential-providers';
import { discreet } from './discreet';
import { credentialsProblem } from './problems';
import { errorFacts } from '../../lambda/core/errors';
import { UsageError } from '../usage/usage-error';

/** How the caller wants to reach AWS. */
export interface Access {
  readonly profile?: string;
  readonly roleArn?: string;
  readonly externalId?: string;
}

/** The settings that every client of one Region shares. */
export interface ClientSettings {
  readonly region: string;
  readonly profile?: string;
  readonly credentials?: ReturnType<typeof fromTemporaryCredentials>;
  readonly maxAttempts: number;
  readonly retryMode: string;
  readonly requestHandler: object;
}

/** An account and Region, seen with the caller's credentials. */
export interface Session {
  readonly account: string;
  readonly region: string;
  /** The ARN of the caller. */
  readonly arn: string;
  readonly partition: string;
  readonly settings: ClientSettings;
}

const SESSION_NAME = 'cdk-network-hygiene';

/** A call that hangs is ended and retried. */
const REQUESTS = {
  maxAttempts: 4, retryMode: 'standard',
  requestHandler: { connectionTimeout: 3000, requestTimeout: 15_000, throwOnRequestTimeout: true },
} as const;

/**
 * Returns the Region of the profile or of the environment.
 *
 * @throws UsageError when there is none
 */
export async function defaultRegion({ profile }: Access): Promise<string> {
  const environment = process.env.AWS_REGION || process.env.AWS_DEFAULT_REGION;
  if (environment) return environment;
  try {
    return await new STSClient({ profile }).config.region();
  } catch {
    throw new UsageError(
      'There is no Region to look at. Give --region eu-west-1, or set AWS_REGION, or a region in the profile '
      + `(${profile ?? process.env.AWS_PROFILE ?? 'default'})`,
    );
  }
}

/** @throws UsageError when the credentials cannot be used; the message says what to do */
export async function sessionIn(region: string, access: Access): Promise<Session> {
  const settings = settingsOf(region, access);
  const sts = discreet(new STSClient(settings));
  try {
    const { Account: account, Arn: arn } = await sts.send(new GetCallerIdentityCommand({}));
    if (account === undefined || arn === undefined) throw new Error('STS returned no account');
    return { account, arn, region, partition: arn.split(':')[1], settings };
  } catch (error) {
    const profile = access.profile ?? (process.env.AWS_PROFILE || undefined);
    throw new UsageError(credentialsProblem(errorFacts(error), { region, profile, roleArn: access.roleArn }));
  } finally {
    sts.destroy();
  }
}

function settingsOf(region: string, { profile, roleArn, externalId }: Access): ClientSettings {
  const own = { ...REQUESTS, region, profile };
  if (roleArn === undefined) return own;
  const params = {
    RoleArn: roleArn, RoleSessionName: SESSION_NAME, ...externalId !== undefined && { ExternalId: externalId },
  };
  return { ...own, credentials: fromTemporaryCredentials({ params, clientConfig: own }) };
}
