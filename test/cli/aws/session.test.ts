/**
 * Tests with the bundled command line which credentials sign the calls, and what is said if there are none. Every text
 * of the SDK here comes from the SDK.
 */
import { createHash, generateKeyPairSync } from 'node:crypto';
import { answering, jsonError, type SameAnswer, stopAnswering } from './answering';
import { knownNetwork } from '../support/networks';
import { type CliResult, runCli } from '../support/run-cli';
import { ACCESS_KEY_ID, CliWorld, type CliRun, expectRefused, REGION, SIGNED_IN, stopCliWorlds } from '../support/world';

afterEach(async () => {
  stopAnswering();
  await stopCliWorlds();
});

const ROLE_ARN = 'arn:aws:iam::111122223333:role/Auditor';
const PROFILE_KEY = 'AKIAOFTHEPROFILE0000';
const SECRET = 'secret-of-the-profile';
const KEYS = `aws_access_key_id = ${PROFILE_KEY}\naws_secret_access_key = ${SECRET}\n`;

/** Nothing is there, so nothing is sent to AWS. */
const NOWHERE = 'http://127.0.0.1:9';

interface Setting {
  readonly config?: string;
  /** Further files in the home folder. */
  readonly home?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
}

/** Runs a report without any credentials but those of the setting. */
const report = ({ config, home = {}, env = {}, args = ['--region', REGION] }: Setting): Promise<CliResult> =>
  runCli(['report', ...args], {
    home: { ...config !== undefined && { '.aws/config': config }, ...home }, env: { AWS_ENDPOINT_URL: NOWHERE, ...env },
  });

const ofProfile = (name: string): string[] => ['--region', REGION, '--profile', name];

const knownWorld = (): Promise<CliWorld> => CliWorld.start({ network: knownNetwork().network });

/** Returns the access keys that have signed the calls of some actions, or all calls. */
function signers({ calls }: CliRun, ...actions: readonly string[]): Set<string | undefined> {
  const some = actions.length === 0 ? calls : calls.filter(({ action }) => actions.includes(action));
  return new Set(some.map(({ signer }) => signer?.accessKeyId));
}

describe('the credentials of a profile', () => {
  const home = { '.aws/config': `[profile audit]\n${KEYS}` };

  test.each([
    ['the option', ['--profile', 'audit'], {}], ['the environment', [], { AWS_PROFILE: 'audit' }],
  ])('that %s names sign the calls, although the environment has an access key', async (_, args, env) => {
    const world = await knownWorld();
    const run = await world.read(['report', ...args], { home, env });
    expect([run.exitCode, run.stderr]).toEqual([1, '']);
    expect(signers(run)).toEqual(new Set([PROFILE_KEY]));
  });

  test.each([
    ['the option', ['--profile', 'audit'], {}], ['the environment', [], { AWS_PROFILE: 'audit' }],
  ])('that %s names assume the role, although the environment has an access key', async (_, args, env) => {
    const world = await knownWorld();
    const run = await world.read(['report', ...args, '--role-arn', ROLE_ARN], { home, env });
    expect([run.exitCode, run.stderr]).toEqual([1, '']);
    expect(signers(run, 'AssumeRole')).toEqual(new Set([PROFILE_KEY]));
    expect(signers(run)).not.toContain(ACCESS_KEY_ID);
    expect(signers(run, 'DescribeVpcs', 'GetCallerIdentity')).not.toContain(PROFILE_KEY);
    expect(run.stdout).toContain('assumed-role/Auditor/cdk-network-hygiene');
  });

  test('of the environment assume the role if there is no profile', async () => {
    const world = await knownWorld();
    const run = await world.read(['report', '--role-arn', ROLE_ARN], { home: { '.aws/config': `[default]\n${KEYS}` } });
    expect(signers(run, 'AssumeRole')).toEqual(new Set([ACCESS_KEY_ID]));
  });

  test('may be those of a role, with which another one is assumed', async () => {
    const world = await knownWorld();
    const config = `[profile base]\n${KEYS}[profile audit]\nrole_arn = ${ROLE_ARN}\nsource_profile = base\n`;
    const last = 'arn:aws:iam::111122223333:role/Last';
    const run = await world.read(['report', '--profile', 'audit', '--role-arn', last], { home: { '.aws/config': config } });
    const assumed = run.calls.filter(({ action }) => action === 'AssumeRole').map(({ parameters, signer }) =>
      [parameters.RoleArn, signer?.accessKeyId === PROFILE_KEY]);
    expect(assumed).toEqual(expect.arrayContaining([[ROLE_ARN, true], [last, false]]));
    expect(run.stdout).toContain('assumed-role/Last/cdk-network-hygiene');
    expect(signers(run)).not.toContain(ACCESS_KEY_ID);
  });

  test('that may not assume its role name that role, not the one of the command', async () => {
    const world = await knownWorld();
    const last = 'arn:aws:iam::111122223333:role/Last';
    world.ec2.addRole({ roleArn: last });
    const config = `[profile base]\n${KEYS}[profile audit]\nrole_arn = ${ROLE_ARN}\nsource_profile = base\n`;
    for (const args of [[], ['--role-arn', last]]) {
      const run = await world.read(['report', '--profile', 'audit', ...args], { home: { '.aws/config': config } });
      expectRefused(run, new RegExp(`^The role ${ROLE_ARN} could not be assumed\\. Its trust policy has to name you`));
    }
  });

  /** Answers as the agent of a container does. */
  const CONTAINER = {
    status: 200, body: JSON.stringify({
      AccessKeyId: 'ASIAOFTHECONTAINER00', SecretAccessKey: SECRET, Token: 'token', Expiration: '2099-01-01T00:00:00Z',
    }),
  };

  test('are not replaced by those of a container, if the option names the profile', async () => {
    const world = await knownWorld();
    const { url, asked } = await answering(CONTAINER);
    const without = { '.aws/config': '[profile audit]\noutput = json\n' };
    const container = {
      AWS_ACCESS_KEY_ID: undefined, AWS_SECRET_ACCESS_KEY: undefined, AWS_SESSION_TOKEN: undefined,
      AWS_CONTAINER_CREDENTIALS_FULL_URI: url,
    };
    const named = await world.read(['report', '--profile', 'audit'], { home: without, env: container });
    expectRefused(named, /^The profile audit has no credentials\. Add some with `aws configure sso --profile audit`/);
    expect([named.calls, asked]).toEqual([[], []]);
    // In a container, the environment may name a profile with other settings.
    const other = await world.read(['report'], { home: without, env: { ...container, AWS_PROFILE: 'audit' } });
    expect(signers(other)).toEqual(new Set(['ASIAOFTHECONTAINER00']));
  });
});

describe('a profile that does not exist', () => {
  const home = { '.aws/config': `[default]\nregion = eu-west-3\n[profile audit]\n${KEYS}`, '.aws/credentials': `[web]\n${KEYS}` };
  const said = /^The profile my-sso-login does not exist\. The profiles are audit, default, web\n$/;

  test.each<[string, readonly string[]]>([
    ['in a Region', ['--region', REGION]], ['without a Region', []], ['for a role', ['--region', REGION, '--role-arn', ROLE_ARN]],
  ])('is said to not exist, and is no old sign-in, %s', async (_, args) => {
    const run = await report({ home, args: ['--profile', 'my-sso-login', ...args] });
    expectRefused(run, said);
  });

  test('is not replaced by credentials of the environment', async () => {
    const world = await knownWorld();
    const run = await world.read(['report', '--profile', 'my-sso-login'], { home });
    expectRefused(run, said);
    expect(run.calls).toEqual([]);
  });

  test.each<[string, readonly string[]]>([['in a Region', ['--region', REGION]], ['without a Region', []]])(
    'may be that of the environment, %s', async (_, args) => {
      const run = await report({ home, args, env: { AWS_PROFILE: 'audti' } });
      expectRefused(run, /^The profile audti, which AWS_PROFILE names, does not exist\. The profiles are audit, default, web\n$/);
    },
  );

  test('is one of many that are not all named, or one of none', async () => {
    const many = Array.from({ length: 14 }, (_, index) => `[profile p${index + 10}]\n`).join('');
    expectRefused(
      await report({ config: many, args: ofProfile('p9') }),
      /^The profile p9 does not exist\. The profiles are p10, p11, .*, p19 and 4 more; `aws configure list-profiles` lists all\n$/,
    );
    expectRefused(
      await report({ args: ofProfile('p9') }),
      /^The profile p9 does not exist\. There are no profiles yet; `aws configure sso` or `aws configure` adds one\n$/,
    );
  });

  test('is shown without control characters', async () => {
    const run = await report({ config: '[profile \u001b[31mred\u202e]\n', args: ofProfile('a\u001b[2Jb\nc\u202e') });
    expectRefused(run, /^The profile a \[2Jb c {2}does not exist\./);
    expect(run.stderr).not.toMatch(/[\u001b\u202e]/);
  });
});

test.each([
  ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'], ['AWS_SECRET_ACCESS_KEY', 'AWS_ACCESS_KEY_ID'],
])('if only %s is set, %s is said to be missing', async (set, missing) => {
  const said = new RegExp(`^The environment has only one half of an access key: ${missing} is not set\\. Set it, or give --profile\n$`);
  // The credentials of the default profile are not meant.
  const run = await report({ config: `[default]\n${KEYS}`, env: { [set]: 'one-half' } });
  expectRefused(run, said);
  expect(run.stderr).not.toContain('one-half');
  const ofProfileInstead = await report({ config: `[profile audit]\n${KEYS}`, env: { [set]: 'one-half' }, args: ofProfile('audit') });
  expectRefused(ofProfileInstead, /^AWS did not answer\./);
});

describe('a credential_process', () => {
  const HELPER = '/nowhere/vault-helper --token s3cr3t';

  const SETTINGS: ReadonlyArray<[string, Setting]> = [
    ['a profile', { config: `[profile vault]\ncredential_process = ${HELPER}\n`, args: ofProfile('vault') }],
    ['the profile of the environment', { config: `[profile vault]\ncredential_process = ${HELPER}\n`, env: { AWS_PROFILE: 'vault' } }],
    ['the default profile', { config: `[default]\ncredential_process = ${HELPER}\n` }],
    ['a profile with a role', {
      config: `[profile vault]\ncredential_process = ${HELPER}\n`, args: [...ofProfile('vault'), '--role-arn', ROLE_ARN],
    }],
    ['the source of a profile', {
      config: `[profile vault]\nrole_arn = ${ROLE_ARN}\nsource_profile = base\n[profile base]\ncredential_process = ${HELPER}\n`,
      args: ofProfile('vault'),
    }],
  ];

  test.each(SETTINGS)('of %s that fails is not printed', async (_, setting) => {
    const run = await report(setting);
    expectRefused(run, /^The credential_process of the profile (vault|default) failed\. Run its command yourself to see why \(CredentialsProviderError: Command failed\)\n$/);
    expect(run.stderr).not.toMatch(/s3cr3t|vault-helper/);
  });

  test('whose output is printed nowhere, although it fails', async () => {
    const config = "[profile vault]\ncredential_process = sh -c 'echo s3cr3t; echo s3cr3t >&2; exit 1'\n";
    const run = await report({ config, args: ofProfile('vault') });
    expectRefused(run, /^The credential_process of the profile vault failed\./);
    expect(run.stderr).not.toContain('s3cr3t');
  });

  test.each([
    ['{"Version": 2}', /credential_process did not return Version 1\.\)\n$/], ['s3cr3t', /credential_process returned invalid JSON\.\)\n$/],
    ['{"Version": 1, "AccessKeyId": "s3cr3t"}', /credential_process returned invalid credentials\.\)\n$/],
    [
      '{"Version": 1, "AccessKeyId": "s3cr3t", "SecretAccessKey": "s3cr3t", "Expiration": "2026-01-01T00:00:00Z"}',
      /credential_process returned expired credentials\.\)\n$/,
    ],
  ])('that returns %s has failed', async (output, text) => {
    const run = await report({ config: `[profile vault]\ncredential_process = echo '${output}'\n`, args: ofProfile('vault') });
    expectRefused(run, /^The credential_process of the profile vault failed\. Run its command yourself to see why \(CredentialsProviderError: Profile vault /);
    expect(run.stderr).toMatch(text);
    expect(run.stderr).not.toContain('s3cr3t');
  });
});

describe('a profile that needs an MFA code', () => {
  const withSource = (source: string): string =>
    `[profile mfa]\nrole_arn = ${ROLE_ARN}\nsource_profile = base\nmfa_serial = arn:aws:iam::111122223333:mfa/me\n${source}`;

  test.each([
    ['whose source has credentials', `[profile base]\n${KEYS}`],
    // The SDK does not wait for these, so their failure would end the process.
    ['whose source does not exist', ''],
    ['whose source fails', '[profile base]\ncredential_process = /nowhere/vault-helper --token s3cr3t\n'],
    ['whose source fails late', "[profile base]\ncredential_process = sh -c 'sleep 0.1; echo s3cr3t; exit 1'\n"],
  ])('%s is said to need one, and what to do', async (_, source) => {
    const run = await report({ config: withSource(source), args: ofProfile('mfa') });
    expectRefused(run, /^The profile mfa needs an MFA code, and this command cannot ask for it\. Run `aws configure export-credentials --profile mfa --format env` or `aws sts get-session-token`, and set the variables instead of the profile \(CredentialsProviderError: Profile mfa requires multi-factor authentication, but no MFA code callback was provided\.\)\n$/);
    expect(run.stderr).not.toMatch(/s3cr3t|vault-helper/);
  });
});

describe('the settings of a profile', () => {
  test.each<[string, string, RegExp]>([
    [
      'of a source that does not exist', `role_arn = ${ROLE_ARN}\nsource_profile = base`,
      /^The profile odd needs the credentials of the profile base, which does not exist, or has none \(CredentialsProviderError: Could not resolve/,
    ],
    ['without credentials', 'output = json', /^The profile odd has no credentials\. Add some with `aws configure sso --profile odd` or `aws configure --profile odd` \(/],
    [
      'of a circle', `role_arn = ${ROLE_ARN}\nsource_profile = other\n[profile other]\nrole_arn = ${ROLE_ARN}\nsource_profile = odd`,
      /^The credentials could not be loaded\. Check them with `aws sts get-caller-identity --profile odd` \(CredentialsProviderError: Detected a cycle/,
    ],
    [
      'of an environment without credentials', `role_arn = ${ROLE_ARN}\ncredential_source = Environment`,
      /^The credentials could not be loaded\. .* \(CredentialsProviderError: Unable to find environment variable credentials\.\)/,
    ],
    [
      'with a web identity whose file is missing', `role_arn = ${ROLE_ARN}\nweb_identity_token_file = /nowhere/token`,
      /^The file with the web identity token could not be read\. Check web_identity_token_file in the profile, or AWS_WEB_IDENTITY_TOKEN_FILE \(ENOENT: no such file or directory, open '\/nowhere\/token'\)/,
    ],
    [
      'with a part of what a sign-in needs', 'sso_account_id = 111122223333\nsso_region = eu-central-1',
      /^The profile odd does not say all that a sign-in needs\. Run `aws configure sso --profile odd` \(CredentialsProviderError: Profile is configured with invalid SSO credentials\. Required parameters "sso_account_id", /,
    ],
    [
      'of a sign-in that is not described', 'sso_session = company\nsso_account_id = 111122223333\nsso_role_name = Auditor',
      /^The profile odd does not say all that a sign-in needs\. Run `aws configure sso --profile odd` \(TypeError: /,
    ],
  ])('%s are said to be the problem, and the sign-in is not', async (_, settings, said) => {
    const run = await report({ config: `[profile odd]\n${settings}\n`, args: ofProfile('odd') });
    expectRefused(run, said);
    expect(run.stderr).not.toMatch(/sign-in has ended|AWS did not answer|not accepted/);
  });

  test('of the environment name a web identity whose file is missing', async () => {
    const run = await report({ env: { AWS_WEB_IDENTITY_TOKEN_FILE: '/nowhere/token', AWS_ROLE_ARN: ROLE_ARN } });
    expectRefused(run, /^The file with the web identity token could not be read\./);
  });
});

/** A profile whose name has to be quoted in a command. */
const IN_QUOTES = '\'me, at "work"\'';

describe('the sign-in of IAM Identity Center', () => {
  const CONFIG = [
    '[profile sso]', 'sso_session = company', 'sso_account_id = 111122223333', 'sso_role_name = Auditor',
    '[sso-session company]', 'sso_region = eu-central-1', 'sso_start_url = https://company.awsapps.example/start', '',
  ].join('\n');
  const CACHE = `.aws/sso/cache/${createHash('sha1').update('company').digest('hex')}.json`;
  const TOKEN = 'token-of-identity-center';

  const token = (expiresAt: string): string => JSON.stringify({ accessToken: TOKEN, expiresAt });
  const VALID = token('2099-01-01T00:00:00Z');

  test.each<[string, string | undefined, SameAnswer, RegExp]>([
    [
      'has ended by the clock', token('2026-01-01T00:00:00Z'), jsonError('Unused', 500, {}),
      /^The sign-in has ended\. Run `aws sso login --profile sso` and try again \(CredentialsProviderError: /,
    ],
    [
      'never happened', undefined, jsonError('Unused', 500, {}),
      /^The sign-in has ended\. Run `aws sso login --profile sso` and try again \(CredentialsProviderError: The SSO session token associated with profile=sso was not found or is invalid\./,
    ],
    [
      'has ended for AWS', VALID, jsonError('UnauthorizedException', 401, { message: 'Session token not found or invalid' }),
      /^The sign-in has ended\. Run `aws sso login --profile sso` and try again \(CredentialsProviderError: UnauthorizedException: Session token not found or invalid\)\n$/,
    ],
    [
      'gives no access to the role', VALID, jsonError('ForbiddenException', 403, { message: 'No access' }),
      /^You are signed in, but the role or the account of the profile sso is not assigned to you\. Check its sso_role_name and sso_account_id \(CredentialsProviderError: ForbiddenException: No access\)\n$/,
    ],
    [
      'could not be used, because AWS failed', VALID, jsonError('InternalServerException', 500, { message: 'oops' }),
      /^AWS failed\. This is not about the credentials, so try again later \(CredentialsProviderError: InternalServerException: oops\)\n$/,
    ],
  ])('that %s', async (_, cached, answer, said) => {
    const { url } = await answering(answer);
    const home = cached === undefined ? {} : { [CACHE]: cached };
    const run = await report({ config: CONFIG, home, env: { AWS_ENDPOINT_URL: url }, args: ofProfile('sso') });
    expectRefused(run, said);
    expect(run.stderr).not.toMatch(new RegExp(`${TOKEN}|not accepted`));
  });

  test('of a profile without a session is said in the same way', async () => {
    const config = '[profile old]\nsso_start_url = https://company.awsapps.example/start\nsso_region = eu-central-1\n'
      + 'sso_account_id = 111122223333\nsso_role_name = Auditor\n';
    const never = await report({ config, args: ofProfile('old') });
    expectRefused(never, /^The sign-in has ended\. .* \(CredentialsProviderError: The SSO session associated with this profile is invalid\./);
    const file = `.aws/sso/cache/${createHash('sha1').update('https://company.awsapps.example/start').digest('hex')}.json`;
    const ended = await report({ config, home: { [file]: token('2026-01-01T00:00:00Z') }, args: ofProfile('old') });
    expectRefused(ended, /^The sign-in has ended\. .* \(CredentialsProviderError: The SSO session associated with this profile has expired\./);
  });

  test('that cannot be used without a network has not ended', async () => {
    const run = await report({ config: CONFIG, home: { [CACHE]: VALID }, args: ofProfile('sso') });
    expectRefused(run, /^AWS did not answer\. .* \(CredentialsProviderError: Error: connect ECONNREFUSED 127\.0\.0\.1:9\)/);
  });

  test('is repeated for a profile whose name has spaces', async () => {
    const credentials = `[me, at "work"]\n${CONFIG.split('\n').slice(1, 4).join('\n')}\n`;
    const home = { '.aws/credentials': credentials, '.aws/config': CONFIG };
    const run = await report({ home, args: ofProfile('me, at "work"') });
    expect(run.stderr).toContain(`\`aws sso login --profile ${IN_QUOTES}\``);
  });
});

describe('the sign-in of `aws login`', () => {
  const SESSION = 'arn:aws:iam::111122223333:user/me';
  const CONFIG = `[profile dev]\nlogin_session = ${SESSION}\nregion = eu-west-3\n`;
  const CACHE = `.aws/login/cache/${createHash('sha256').update(SESSION).digest('hex')}.json`;
  const dpopKey = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'sec1', format: 'pem' });
  const EXPIRED = JSON.stringify({
    accessToken: {
      accessKeyId: 'ASIAOFTHELOGIN000000', secretAccessKey: SECRET, sessionToken: 'token-of-the-login', accountId: '111122223333',
      expiresAt: '2026-01-01T00:00:00Z',
    },
    clientId: 'client', refreshToken: 'refresh-token-of-the-login', dpopKey,
  });
  const AGAIN = /^The sign-in has ended\. Run `aws login --profile dev` and try again \(CredentialsProviderError: /;

  const denied = (error: string): SameAnswer => jsonError('AccessDeniedException', 401, { error, message: 'refused' });

  test.each<[string, string | undefined, SameAnswer, RegExp, RegExp]>([
    ['never happened', undefined, denied('unused'), AGAIN, /Failed to load token from .*ENOENT/],
    ['left a broken file', 's3cr3t-in-a-file', denied('unused'), AGAIN, /Failed to load token from .*: SyntaxError: it is not valid JSON\)/],
    ['left an incomplete file', '{}', denied('unused'), AGAIN, /Token validation failed, missing fields: /],
    ['has ended', EXPIRED, denied('TOKEN_EXPIRED'), AGAIN, /Your session has expired\. Please reauthenticate\.\)/],
    ['has another password now', EXPIRED, denied('USER_CREDENTIALS_CHANGED'), AGAIN, /because of a change in your password\./],
    ['is refused', EXPIRED, denied('AUTHCODE_EXPIRED'), AGAIN, /Failed to refresh token: .* Please re-authenticate using `aws login`\)/],
    ['is answered without credentials', EXPIRED, { status: 200, body: '{}' }, AGAIN, /Failed to refresh token: /],
    [
      'may not be renewed', EXPIRED, denied('INSUFFICIENT_PERMISSIONS'),
      /^The sign-in could not be renewed, because you need signin:CreateOAuth2Token for it \(/, /due to insufficient permissions\./,
    ],
    [
      'is not renewed, because AWS fails', EXPIRED, jsonError('InternalServerException', 500, { error: 'server_error', message: 'oops' }),
      /^AWS failed\. This is not about the credentials, so try again later \(/, /Failed to refresh token: InternalServerException: oops\./,
    ],
  ])('that %s', async (_, cached, answer, said, text) => {
    const { url } = await answering(answer);
    const home = cached === undefined ? {} : { [CACHE]: cached };
    const run = await report({ config: CONFIG, home, env: { AWS_ENDPOINT_URL: url }, args: ofProfile('dev') });
    expectRefused(run, said);
    expect(run.stderr).toMatch(text);
    expect(run.stderr).not.toMatch(/of-the-login|of-the-profile|s3cr3t|aws sso login|not accepted/);
  });

  test('that cannot be renewed without a network has not ended', async () => {
    const run = await report({ config: CONFIG, home: { [CACHE]: EXPIRED }, args: ofProfile('dev') });
    expectRefused(run, /^AWS did not answer\. .*Failed to refresh token: Error: connect ECONNREFUSED/);
  });
});

describe('an answer that does not come from STS', () => {
  const PAGE = '<!DOCTYPE html><html><body>Sign in to this network</body></html>';

  test.each<[string, SameAnswer, RegExp]>([
    ['with a page', { status: 200, body: PAGE }, /^Something else answered for AWS, such as the sign-in page of a network\./],
    ['with nothing', { status: 200, body: '' }, /^Something else answered for AWS/],
    ['that leads elsewhere', { status: 302, body: '', headers: { location: NOWHERE } }, /^Something else answered for AWS/],
    ['of a proxy', { status: 407, body: 'Proxy authentication required' }, /^Something else answered for AWS.* \(Error: @aws-sdk XML parse error: unexpected content\.\)\n$/],
    ['with a failure', { status: 503, body: '<html><body>Service Unavailable</body></html>' }, /^AWS failed\. This is not about the credentials/],
    [
      'but of its own failure',
      { status: 500, body: '<ErrorResponse><Error><Type>Receiver</Type><Code>InternalFailure</Code><Message>oops</Message></Error></ErrorResponse>' },
      /^AWS failed\. This is not about the credentials, so try again later \(InternalFailure: oops\)\n$/,
    ],
  ])('%s does not mean that the credentials were refused', async (_, answer, said) => {
    const { url } = await answering(answer);
    const run = await report({ env: { ...SIGNED_IN, AWS_ENDPOINT_URL: url } });
    expectRefused(run, said);
    expect(run.stderr).not.toContain('not accepted');
  });

  test('may be that of a proxy, which newer versions of Node.js use', async () => {
    const [major, minor] = process.versions.node.split('.').map(Number);
    const isUsed = major > 24 || major === 24 && minor >= 5 || major === 22 && minor >= 21;
    const { url, asked } = await answering({ status: 502, body: 'Bad gateway' });
    const proxy = url.replace('//', '//me:s3cr3t@');
    // This name has no address anywhere.
    const run = await report({ env: { ...SIGNED_IN, AWS_ENDPOINT_URL: 'http://sts.invalid', HTTP_PROXY: proxy } });
    expectRefused(run, isUsed ? /^Something else answered for AWS/ : /HTTPS_PROXY \(Node\.js 22\.21, 24\.5 and later use it\)/);
    expect(new Set(asked)).toEqual(new Set(isUsed ? ['POST http://sts.invalid/'] : []));
    expect(run.stderr).not.toContain('s3cr3t');
  });

  test.each([
    ['localhost, which may have several addresses', 'http://localhost:9', /^AWS did not answer\. Check the network and the proxy in HTTPS_PROXY \(.*\), and try again \(ECONNREFUSED: connect ECONNREFUSED /],
    ['no URL', 'nowhere', /^AWS_ENDPOINT_URL, or endpoint_url in the profile, is not a URL \(TypeError: Invalid URL\)\n$/],
  ])('because the endpoint is %s', async (_, url, said) => {
    expectRefused(await report({ env: { ...SIGNED_IN, AWS_ENDPOINT_URL: url } }), said);
  });
});
