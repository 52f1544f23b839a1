/** The credentials, the Region and the identity of the caller, by the SDK's own chains. */
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { fromIni, fromNodeProviderChain, fromTemporaryCredentials } from '@aws-sdk/credential-providers';
import { credentialsProblem, isAboutMfa, isWithoutCredentials, keyProblem, profileProblem } from './problems';
import { DEFAULT_PROFILE, profileNames } from './profiles';
import { readOnly } from './read-only';
import { errorFacts } from '../../lambda/core/errors';
import { plain } from '../../lambda/core/report/wording';
import { UsageError } from '../usage/usage-error';

/** How the caller wants to reach AWS. */
export interface Access {
  readonly profile?: string;
  readonly roleArn?: string;
  readonly externalId?: string;
  /** Whose credentials are needed, in words. It is only said. */
  readonly whose?: string;
}

type Credentials = ReturnType<typeof fromNodeProviderChain>;

/** The settings that every client of one Region shares. */
export interface ClientSettings {
  readonly region: string;
  readonly profile?: string;
  readonly credentials?: Credentials;
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

/**
 * Makes Node.js use `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`, from 22.21 and 24.5 on. `NODE_USE_ENV_PROXY` does not
 * reach the SDK, because the SDK makes its own agents.
 */
const AGENT = { proxyEnv: process.env };

/** A call that hangs is ended and retried. */
const REQUESTS = {
  maxAttempts: 4, retryMode: 'standard',
  requestHandler: {
    connectionTimeout: 3000, requestTimeout: 15_000, throwOnRequestTimeout: true, httpAgent: AGENT, httpsAgent: AGENT,
  },
} as const;

/** The SDK's warnings would stand among the lines of a command. */
const QUIET = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

/**
 * Returns the Region of the profile or of the environment.
 *
 * @throws UsageError when neither names a Region
 */
export async function defaultRegion(access: Access): Promise<string> {
  const environment = process.env.AWS_REGION || process.env.AWS_DEFAULT_REGION;
  if (environment) return environment;
  requireProfile(access);
  const { profile } = access;
  try {
    return await readOnly(new STSClient({ profile }), 'sts').config.region();
  } catch {
    throw new UsageError(
      'There is no Region to look at. Give --region eu-west-1, or set AWS_REGION, or a region in the profile '
      + `(${plain(profileOf(access) ?? DEFAULT_PROFILE)})`,
    );
  }
}

/** @throws UsageError when the credentials cannot be used; the message says what to do */
export async function sessionIn(region: string, access: Access): Promise<Session> {
  requireProfile(access);
  requireWholeKey(access);
  const settings = settingsOf(region, access);
  const sts = readOnly(new STSClient(settings), 'sts');
  try {
    const { Account: account, Arn: arn } = await sts.send(new GetCallerIdentityCommand({}));
    if (account === undefined || arn === undefined) throw new Error('STS returned no account');
    return { account, arn, region, partition: arn.split(':')[1], settings };
  } catch (error) {
    const isServerFault = typeof error === 'object' && error !== null && '$fault' in error && error.$fault === 'server';
    throw new UsageError(credentialsProblem(errorFacts(error), {
      region, profile: profileOf(access), roleArn: access.roleArn, isServerFault, whose: access.whose,
    }));
  } finally {
    sts.destroy();
  }
}

function settingsOf(region: string, access: Access): ClientSettings {
  const { profile, roleArn, externalId } = access;
  const own = { ...REQUESTS, region, profile };
  // A process that gives credentials may ask a person, so each is asked once.
  const key = JSON.stringify([profile, roleArn, externalId]);
  const known = providers.get(key);
  if (known !== undefined) return { ...own, credentials: known };
  const credentials = ownCredentials(access);
  if (roleArn === undefined) return { ...own, credentials: shared(key, credentials) };
  const params = {
    RoleArn: roleArn, RoleSessionName: SESSION_NAME, ...externalId !== undefined && { ExternalId: externalId },
  };
  // The SDK assumes the role with a client of its own, which makes no other call.
  const ofRole = fromTemporaryCredentials({ params, masterCredentials: credentials, clientConfig: own });
  return { ...own, credentials: shared(key, ofRole) };
}

/** The credentials of this process, by the options that they come from. */
const providers = new Map<string, Credentials>();

/** Credentials that end sooner are fetched again. */
const FRESH_MILLIS = 5 * 60_000;

function shared(key: string, provider: Credentials): Credentials {
  let latest: ReturnType<Credentials> | undefined;
  const fetched: Credentials = properties => {
    const fetching = provider(properties);
    latest = fetching;
    fetching.catch(() => {
      if (latest === fetching) latest = undefined;
    });
    return fetching;
  };
  const remembered: Credentials = async properties => {
    const found = await (latest ?? fetched(properties));
    const isEnding = found.expiration !== undefined && found.expiration.getTime() - Date.now() < FRESH_MILLIS;
    return isEnding ? fetched(properties) : found;
  };
  providers.set(key, remembered);
  return remembered;
}

/** Returns the profile that the caller has given, or that the environment names. */
const profileOf = ({ profile }: Access): string | undefined => profile ?? (process.env.AWS_PROFILE || undefined);

/**
 * Returns the caller's own credentials.
 *
 * The SDK's chain forgets why a profile has failed, and takes other credentials instead, such as those of an instance.
 * So a profile is tried first, and only one without any credentials is passed over, if the caller has not given it.
 */
function ownCredentials(access: Access): Credentials {
  const named = profileOf(access);
  // These have no Region, because each client of the SDK has one of its own.
  const init = { profile: named, clientConfig: REQUESTS, logger: QUIET };
  const chain = fromNodeProviderChain(init);
  if (named === undefined && missingKeyVariables().length === 0) return chain;
  const profile = named ?? DEFAULT_PROFILE;
  const ofProfile = fromIni({ ...init, profile });
  return async properties => {
    try {
      return await ofProfile(properties);
    } catch (error) {
      const { message } = errorFacts(error);
      if (access.profile === undefined && isWithoutCredentials(message, profile)) return chain(properties);
      if (isAboutMfa(message)) leaveUnawaited();
      throw error;
    }
  };
}

/** @throws UsageError when there is no such profile */
function requireProfile(access: Access): void {
  const profile = profileOf(access);
  const names = profile === undefined ? undefined : profileNames();
  if (profile === undefined || names === undefined || names.includes(profile)) return;
  throw new UsageError(profileProblem(profile, names, access.profile === undefined));
}

const missingKeyVariables = (): string[] =>
  ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'].filter(name => !process.env[name]);

/** @throws UsageError when the environment has a half of an access key. The SDK would look for other credentials */
function requireWholeKey(access: Access): void {
  const [missing, ...others] = missingKeyVariables();
  if (profileOf(access) !== undefined || missing === undefined || others.length > 0) return;
  throw new UsageError(keyProblem(missing));
}

/**
 * Keeps the process alive when the SDK leaves a failure unawaited. If a role needs an MFA code, the SDK does not wait
 * for the credentials of the source profile. If these fail, too, Node.js would print the command that failed.
 */
function leaveUnawaited(): void {
  if (!process.listeners('unhandledRejection').includes(ignore)) process.on('unhandledRejection', ignore);
}

const ignore = (): void => undefined;
