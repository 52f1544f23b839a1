/** Says what to do about an error of AWS, in the words of the person who runs the command. */
import { discreetMessage } from './discreet';
import { DEFAULT_PROFILE } from './profiles';
import { type ErrorFacts, errorFacts, isDenied, isThrottled, isUnreachable } from '../../lambda/core/errors';
import { plain } from '../../lambda/core/report/wording';

export interface Circumstances {
  readonly region: string;
  /** The profile that was given, or that the environment names. */
  readonly profile?: string;
  readonly roleArn?: string;
  /** Whose credentials are needed, such as `account 111122223333`. */
  readonly whose?: string;
  /** Whether AWS said that the fault is its own. */
  readonly isServerFault?: boolean;
}

/** Explains why the caller's credentials cannot be used. */
export function credentialsProblem(facts: ErrorFacts, circumstances: Circumstances): string {
  const known = PROBLEMS.find(({ is }) => is(facts, circumstances))?.say ?? other;
  const message = shortMessage(discreetMessage(facts.message));
  const got = message.startsWith(`${facts.code}: `) ? message : `${facts.code}: ${message}`;
  return plain(`${known(circumstances, facts)} (${got})`);
}

const isExpired = ({ code }: ErrorFacts): boolean => /ExpiredToken|RequestExpired/.test(code);

interface Problem {
  readonly is: (facts: ErrorFacts, circumstances: Circumstances) => boolean;
  readonly say: (circumstances: Circumstances, facts: ErrorFacts) => string;
}

/** Returns whether the SDK's message begins with one of the texts. What follows may have names of the caller. */
const begins = (...texts: readonly string[]) => ({ message }: ErrorFacts): boolean =>
  texts.some(text => message.startsWith(text));

const matches = (pattern: RegExp) => ({ message }: ErrorFacts): boolean => pattern.test(message);

/** The SDK's text about a profile without any kind of credentials, or about one that does not exist. */
const NO_CREDENTIALS = /^Could not resolve credentials using profile: \[(.*)\] in configuration\/credentials file\(s\)\.$/s;

export const isWithoutCredentials = (message: string, profile: string): boolean =>
  NO_CREDENTIALS.exec(message)?.[1] === profile;

const NO_MFA_CODE = / requires multi-factor authentication, but no MFA code callback was provided\.$/;

export const isAboutMfa = (message: string): boolean => NO_MFA_CODE.test(message);

/** The texts of Node.js's errors, which the SDK may have put into an error of its own. */
const UNREACHABLE = /\b(?:connect|read|write) E[A-Z]{4,}\b|\bgetaddrinfo EAI_AGAIN\b|\bsocket hang up\b|^TimeoutError: /;
const NO_HOST = /\bgetaddrinfo ENOTFOUND ([\w.-]+)/;
const NOT_TRUSTED = /\bself-signed certificate\b|\bunable to get (?:local )?issuer certificate\b|\bunable to verify the first certificate\b/;
const FILE = /^(?:ENOENT|EACCES|EISDIR|EPERM): .*, (?:open|read)\b/;

const PROXY = 'the proxy in HTTPS_PROXY (Node.js 22.21, 24.5 and later use it)';

const ofProfile = ({ profile }: Circumstances): string => `The profile ${profile ?? DEFAULT_PROFILE}`;

/** @returns a command of the AWS CLI, for the profile that is used */
const cli = (command: string, { profile }: Circumstances, options = ''): string =>
  `\`aws ${command}${profile === undefined ? '' : ` --profile ${shellWord(profile)}`}${options}\``;

const shellWord = (text: string): string => /^[\w@+.%:/-]+$/.test(text) ? text : `'${text.replace(/'/g, "'\\''")}'`;

const needed = ({ whose }: Circumstances): string => whose === undefined ? '' : `This needs those of ${whose}. `;

const withoutCredentials = (circumstances: Circumstances): string =>
  `${ofProfile(circumstances)} has no credentials. ${needed(circumstances)}Add some with ${cli('configure sso', circumstances)} or `
  + cli('configure', circumstances);

/** Says what AWS refused. */
const refused = ({ roleArn }: Circumstances): string => roleArn === undefined
  ? 'The credentials were not accepted' : `The role ${roleArn} could not be assumed`;

function other(circumstances: Circumstances, { code }: ErrorFacts): string {
  const check = cli('sts get-caller-identity', circumstances);
  if (code === 'CredentialsProviderError') return `The credentials could not be loaded. Check them with ${check}`;
  return circumstances.roleArn === undefined ? `AWS did not say whose credentials these are. Check them with ${check}`
    : `${refused(circumstances)}. Check your credentials with ${check}`;
}

const PROBLEMS: readonly Problem[] = [
  // Nothing has come from AWS.
  {
    is: matches(/^Invalid URL$/),
    say: () => 'AWS_ENDPOINT_URL, or endpoint_url in the profile, is not a URL',
  },
  {
    is: matches(NO_HOST),
    say: ({ region }, { message }) => `The host ${NO_HOST.exec(message)?.[1]} was not found. Check the name of the Region `
      + `${region}, the network and ${PROXY}`,
  },
  {
    is: facts => /^(?:SELF_SIGNED_CERT_IN_CHAIN|DEPTH_ZERO_SELF_SIGNED_CERT|UNABLE_TO_\w+)$/.test(facts.code)
      || matches(NOT_TRUSTED)(facts),
    say: () => 'The certificate of the endpoint is not trusted, as happens behind a proxy that reads TLS. Set '
      + 'NODE_EXTRA_CA_CERTS to a file with the certificate of its authority',
  },
  {
    is: facts => facts.code === 'CERT_HAS_EXPIRED' || matches(/\bcertificate has expired\b/)(facts),
    say: () => 'The certificate of the endpoint has expired, or the clock of this machine is wrong. Behind a proxy that '
      + 'reads TLS, set NODE_EXTRA_CA_CERTS to a file with the certificate of its authority',
  },
  {
    is: ({ code }) => code.startsWith('ERR_PROXY_'),
    say: () => 'The proxy did not let the call through. Check HTTPS_PROXY and NO_PROXY',
  },
  {
    is: matches(FILE),
    say: () => 'The file with the web identity token could not be read. Check web_identity_token_file in the profile, or '
      + 'AWS_WEB_IDENTITY_TOKEN_FILE',
  },
  {
    is: facts => isUnreachable(facts) || matches(UNREACHABLE)(facts),
    say: () => `AWS did not answer. Check the network and ${PROXY}, and try again`,
  },
  {
    is: facts => isThrottled(facts) || matches(/\bTooManyRequests(?:Exception|Error): /)(facts),
    say: () => 'AWS throttles these calls now, so try again later',
  },
  {
    is: (facts, { isServerFault = false }) => isServerFault || matches(/\bInternalServerException: /)(facts),
    say: () => 'AWS failed. This is not about the credentials, so try again later',
  },
  {
    is: facts => facts.code === 'Unknown' || matches(/^@aws-sdk XML parse error: |^STS returned no account$/)(facts),
    say: () => `Something else answered for AWS, such as the sign-in page of a network. Check the network and ${PROXY}`,
  },
  // A sign-in has ended, or gives no access.
  {
    is: begins(
      'The SSO session associated with this profile is invalid.', 'The SSO session associated with this profile has expired.',
      'The SSO session token associated with profile=', 'Token is expired. To refresh this SSO session run ',
      "Value not present for '", 'UnauthorizedException: Session token not found or invalid',
    ),
    say: circumstances => `The sign-in has ended. Run ${cli('sso login', circumstances)} and try again`,
  },
  {
    is: begins('ForbiddenException: '),
    say: circumstances => 'You are signed in, but the role or the account of the profile '
      + `${circumstances.profile ?? DEFAULT_PROFILE} is not assigned to you. Check its sso_role_name and sso_account_id`,
  },
  {
    is: facts => begins('Profile is configured with invalid SSO credentials. Required parameters ', "Sso session '")(facts)
      // The SDK looks for the settings of a session that is not there.
      || facts.code === 'TypeError' && matches(/\(reading 'sso_region'\)$/)(facts),
    say: circumstances => `${ofProfile(circumstances)} does not say all that a sign-in needs. Run `
      + `${cli('configure sso', circumstances)}`,
  },
  {
    is: begins('Unable to refresh credentials due to insufficient permissions.'),
    say: () => 'The sign-in could not be renewed, because you need signin:CreateOAuth2Token for it',
  },
  {
    is: begins(
      'Your session has expired. Please reauthenticate.', 'Unable to refresh credentials because of a change in your password.',
      'Failed to load a token for session ', 'Failed to load token from ', 'Failed to refresh token: ',
      'Token refresh response missing required fields',
    ),
    say: circumstances => `The sign-in has ended. Run ${cli('login', circumstances)} and try again`,
  },
  // The settings of the profile do not lead to credentials.
  {
    is: facts => begins('Command failed')(facts)
      || matches(/ credential_process (?:did not return Version 1|returned (?:invalid JSON|(?:invalid|expired) credentials))\.$/)(facts),
    say: circumstances => `The credential_process of the profile ${circumstances.profile ?? DEFAULT_PROFILE} failed. Run its `
      + 'command yourself to see why',
  },
  {
    is: matches(NO_MFA_CODE),
    say: circumstances => `${ofProfile(circumstances)} needs an MFA code, and this command cannot ask for it. Run `
      + `${cli('configure export-credentials', circumstances, ' --format env')} or \`aws sts get-session-token\`, and set the `
      + 'variables instead of the profile',
  },
  {
    is: matches(NO_CREDENTIALS),
    say: (circumstances, { message }) => {
      const { profile = DEFAULT_PROFILE } = circumstances;
      const [, without = profile] = NO_CREDENTIALS.exec(message) ?? [];
      return without === profile ? withoutCredentials(circumstances)
        : `The profile ${profile} needs the credentials of the profile ${without}, which does not exist, or has none`;
    },
  },
  {
    is: begins('Could not load credentials from any providers'),
    say: circumstances => circumstances.profile === undefined
      ? `There are no credentials. ${needed(circumstances)}Give --profile, or sign in with \`aws sso login\` or \`aws login\`, or set `
        + 'AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN'
      : withoutCredentials(circumstances),
  },
  // AWS has refused the credentials.
  {
    is: isExpired,
    say: circumstances => `${refused(circumstances)}. ${circumstances.roleArn === undefined ? 'They' : 'Your credentials'} have `
      + `expired. Get new ones, for example with ${cli('sso login', circumstances)}`,
  },
  {
    is: ({ code }) => /InvalidClientTokenId|UnrecognizedClient|AuthFailure|InvalidAccessKeyId/.test(code),
    say: circumstances => `${refused(circumstances)}. AWS does not know the access key. It may be deleted or mistyped, the `
      + `session token may be missing, or the Region ${circumstances.region} may not be enabled in the account`,
  },
  {
    is: ({ code }) => /SignatureDoesNotMatch|InvalidSignature/.test(code),
    say: circumstances => `${refused(circumstances)}. The secret access key does not belong to the access key, or the clock `
      + 'of this machine is wrong',
  },
  {
    is: (facts, { roleArn }) => isDenied(facts) && (roleArn !== undefined || DENIED_ROLE.test(facts.message)),
    say: (circumstances, { message }) => {
      const [, roleArn] = DENIED_ROLE.exec(message) ?? [];
      return `${refused({ ...circumstances, roleArn: roleArn ?? circumstances.roleArn })}. Its trust policy has to name you, with `
        + 'the external id if it asks for one, and you need sts:AssumeRole for it';
    },
  },
  {
    is: ({ code }, { roleArn }) => code === 'ValidationError' && roleArn !== undefined,
    say: circumstances => `${refused(circumstances)}. Check --role-arn and --external-id`,
  },
];

/** STS names the role that it does not let the caller assume, which may be that of a profile. */
const DENIED_ROLE = / is not authorized to perform: sts:AssumeRole on resource: (\S+)/;

/** The number of profiles that a message names. */
const PROFILES_NAMED = 10;

/**
 * Says that a profile does not exist.
 *
 * @param names those that do, in order
 * @param isOfEnvironment whether AWS_PROFILE names it
 */
export function profileProblem(profile: string, names: readonly string[], isOfEnvironment: boolean): string {
  const more = names.length - PROFILES_NAMED;
  const named = names.slice(0, PROFILES_NAMED).join(', ');
  const others = names.length === 0 ? 'There are no profiles yet; `aws configure sso` or `aws configure` adds one'
    : `The profiles are ${named}${more > 0 ? ` and ${more} more; \`aws configure list-profiles\` lists all` : ''}`;
  return plain(`The profile ${profile}${isOfEnvironment ? ', which AWS_PROFILE names,' : ''} does not exist. ${others}`);
}

/** Says that the environment has only one half of an access key. */
export function keyProblem(missing: string): string {
  return `The environment has only one half of an access key: ${missing} is not set. Set it, or give --profile`;
}

/**
 * Says what a person does about a call that failed.
 *
 * @param permission what the call needs, if `policy` does not print it
 * @returns undefined if nothing is known
 */
export function hintFor(facts: ErrorFacts, permission?: string): string | undefined {
  const { code } = facts;
  if (isExpired(facts)) return 'the credentials have expired; get new ones';
  if (NOT_KNOWN_THERE.has(code)) return 'the Region may not be enabled in this account';
  if (isDenied(facts)) {
    return permission === undefined
      ? '`npx cdk-network-hygiene policy` prints the permissions that are needed' : `you need ${permission} for it`;
  }
  if (isThrottled(facts)) return 'others use the same limits of EC2 now; try again later';
  return undefined;
}

/** STS knew the access key, so another service should know it, too. */
const NOT_KNOWN_THERE: ReadonlySet<string> = new Set([
  'AuthFailure', 'InvalidClientTokenId', 'OptInRequired', 'UnrecognizedClientException',
]);

/** Cuts the encoded part from a message of EC2 about a denied call. It is long, and only STS can decode it. */
export const shortMessage = (message: string): string =>
  message.replace(/\s*Encoded authorization failure message: \S+/, '');

/** @param permission what the call needs, if `policy` does not print it */
export const inWords = (error: unknown, permission?: string): string => factsInWords(errorFacts(error), permission);

export function factsInWords(facts: ErrorFacts, permission?: string): string {
  const hint = hintFor(facts, permission);
  return `${facts.code === 'Error' ? '' : `${facts.code}: `}${plain(facts.message)}${hint === undefined ? '' : `; ${hint}`}`;
}
