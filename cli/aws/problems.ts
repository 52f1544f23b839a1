/** Says what to do about an error of AWS, in the words of the person who runs the command. */
import { type ErrorFacts, isDenied, isThrottled, isUnreachable } from '../../lambda/core/errors';
import { plain } from '../../lambda/core/report/wording';

interface Circumstances {
  readonly region: string;
  /** The profile that was given, or that the environment names. */
  readonly profile?: string;
  readonly roleArn?: string;
}

/** Explains why the caller's credentials cannot be used. */
export function credentialsProblem(facts: ErrorFacts, circumstances: Circumstances): string {
  const { roleArn } = circumstances;
  const got = `${facts.code}: ${plain(facts.message)}`;
  const known = PROBLEMS.find(({ is }) => is(facts, circumstances));
  const doing = known?.isBefore ? '' : roleArn === undefined
    ? 'The credentials were not accepted. '
    : `The role ${roleArn} could not be assumed. `;
  return `${doing}${known?.say(circumstances) ?? OTHER} (${got})`;
}

interface Problem {
  readonly is: (facts: ErrorFacts, circumstances: Circumstances) => boolean;
  readonly say: (circumstances: Circumstances) => string;
  /** Whether nothing was sent to AWS yet. */
  readonly isBefore?: boolean;
}

const login = ({ profile }: Circumstances): string => `aws sso login${profile === undefined ? '' : ` --profile ${profile}`}`;

const OTHER = 'Check the credentials with `aws sts get-caller-identity`';

const PROBLEMS: readonly Problem[] = [
  {
    is: ({ message }) => /\bsso\b|token is expired|refresh.*token/i.test(message) && /expired|invalid|login/i.test(message),
    say: circumstances => `The sign-in has ended. Run \`${login(circumstances)}\` and try again`, isBefore: true,
  },
  {
    // The SDK does not say whether the profile exists.
    is: ({ code, message }, { profile }) =>
      code === 'CredentialsProviderError' && (profile !== undefined || /profile/i.test(message)),
    say: ({ profile = 'default' }) => `The profile ${profile} does not exist, or has no usable credentials. `
      + '`aws configure list-profiles` lists the profiles', isBefore: true,
  },
  {
    is: ({ code, message }) => code === 'CredentialsProviderError' || /could not load credentials/i.test(message),
    say: () => 'There are no credentials. Give --profile, or sign in with `aws sso login` or `aws login`, or set '
      + 'AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN', isBefore: true,
  },
  {
    is: ({ code }) => /ExpiredToken|RequestExpired/.test(code),
    say: circumstances => `${circumstances.roleArn === undefined ? 'They' : 'Your credentials'} have expired. `
      + `Get new ones, for example with \`${login(circumstances)}\``,
  },
  {
    is: ({ code }) => /InvalidClientTokenId|UnrecognizedClient|AuthFailure|InvalidAccessKeyId/.test(code),
    say: ({ region }) => 'AWS does not know the access key. It may be deleted or mistyped, the session token may be missing, '
      + `or the Region ${region} may not be enabled in the account`,
  },
  {
    is: ({ code }) => /SignatureDoesNotMatch|InvalidSignature/.test(code),
    say: () => 'The secret access key does not belong to the access key, or the clock of this machine is wrong',
  },
  {
    is: (facts, { roleArn }) => isDenied(facts) && roleArn !== undefined,
    say: () => 'Its trust policy has to name you, with the external id if it asks for one, and you need sts:AssumeRole for it',
  },
  {
    is: facts => /^(ENOTFOUND|EAI_AGAIN)$/.test(facts.code),
    say: ({ region }) => `There is no endpoint of AWS for the Region ${region}. Check the name of the Region and the network`,
    isBefore: true,
  },
  {
    is: facts => isUnreachable(facts) || isThrottled(facts),
    say: () => 'AWS did not answer. Check the network and a proxy, and try again', isBefore: true,
  },
];

/**
 * Says what a person does about a call that failed.
 *
 * @param permission what the call needs, if `policy` does not print it
 * @returns undefined if nothing is known
 */
export function hintFor(facts: ErrorFacts, permission?: string): string | undefined {
  const { code } = facts;
  if (/^(ExpiredToken|ExpiredTokenException|RequestExpired)$/.test(code)) return 'the credentials have expired; get new ones';
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
