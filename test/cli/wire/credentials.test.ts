/** Tests that every problem with credentials is said with what to do about it, and that no secret is printed. */
import { createHash } from 'node:crypto';
import { Network } from '../../support/ec2-endpoint';
import { knownNetwork } from '../support/networks';
import { ACCESS_KEY_ID, CliWorld, expectRefused, EXTERNAL_ID, NOT_SIGNED_IN, REGION, SIGNED_IN, stopCliWorlds } from '../support/world';

afterEach(stopCliWorlds);

const ROLE_ARN = 'arn:aws:iam::111122223333:role/Auditor';

const knownWorld = (): Promise<CliWorld> => CliWorld.start({ network: knownNetwork().network });

/** The commands that need credentials, each with the fewest arguments. None of them has an app. */
const COMMANDS: ReadonlyArray<readonly string[]> = [
  ['report'], ['explain', 'sgr-0123456789abcdef0', '--flag', 'ssh'], ['status', '--function-name', 'handler'],
  ['restore', 'sgr-0123456789abcdef0', '--function-name', 'handler'],
  ['pause', '--for', '2h', '--reason', 'freeze', '--function-name', 'handler'], ['resume', '--function-name', 'handler'],
  ['retry', 'sgr-0123456789abcdef0', '--function-name', 'handler'],
];

test.each(COMMANDS)('%s without any credentials says how to get some', async (...args) => {
  const world = await knownWorld();
  const run = await world.run(args, { env: NOT_SIGNED_IN });
  expectRefused(run, /^There are no credentials\. Give --profile, or sign in with `aws sso login`/);
  expect(run.calls).toEqual([]);
});

test('a policy needs no credentials', async () => {
  const world = await knownWorld();
  const { exitCode, calls } = await world.run(['policy'], { env: { ...NOT_SIGNED_IN, AWS_REGION: undefined } });
  expect([exitCode, calls]).toEqual([0, []]);
});

describe('a profile', () => {
  const CONFIG = '[profile audit]\nregion = eu-west-3\naws_access_key_id = AKIAOFTHEPROFILE0000\n'
    + 'aws_secret_access_key = secret-of-the-profile\n';

  test('that does not exist is named', async () => {
    const world = await knownWorld();
    const home = { '.aws/config': CONFIG };
    const byOption = await world.read(['report', '--profile', 'audti'], { env: NOT_SIGNED_IN, home });
    const byVariable = await world.read(['report'], { env: { ...NOT_SIGNED_IN, AWS_PROFILE: 'audti' }, home });
    for (const run of [byOption, byVariable]) {
      expectRefused(run, /^The profile audti(, which AWS_PROFILE names,)? does not exist\. The profiles are audit/);
      expect(run.calls).toEqual([]);
    }
  });

  test('that does not exist is not replaced by credentials of the environment', async () => {
    const world = await knownWorld();
    const run = await world.read(['report', '--profile', 'audti']);
    expectRefused(run, /profile audti/);
    expect(run.calls).toEqual([]);
  });

  test('without a Region and without credentials says what is missing', async () => {
    const world = await knownWorld();
    const home = { '.aws/config': '[profile empty]\noutput = json\n' };
    const env = { ...NOT_SIGNED_IN, AWS_REGION: undefined };
    expectRefused(await world.read(['report', '--profile', 'empty'], { env, home }), /^There is no Region to look at.*\(empty\)/);
    const run = await world.read(['report', '--profile', 'empty', '--region', REGION], { env, home });
    expectRefused(run, /^The profile empty has no credentials\. Add some with `aws configure sso --profile empty`/);
  });

  test('signs the calls, in its Region', async () => {
    const world = await knownWorld();
    const env = { ...NOT_SIGNED_IN, AWS_REGION: undefined };
    const run = await world.read(['report', '--profile', 'audit'], { env, home: { '.aws/config': CONFIG } });
    expect(run.exitCode).toBe(1);
    expect(new Set(run.calls.map(({ signer }) => `${signer?.accessKeyId} ${signer?.region}`)))
      .toEqual(new Set(['AKIAOFTHEPROFILE0000 eu-west-3']));
    expect(`${run.stdout}${run.stderr}`).not.toMatch(/AKIAOFTHEPROFILE0000|secret-of-the-profile/);
  });

  test('given by the option wins over credentials of the environment, and nothing else is said', async () => {
    const world = await knownWorld();
    const run = await world.read(['report', '--profile', 'audit'], { home: { '.aws/config': CONFIG } });
    expect(new Set(run.calls.map(({ signer }) => signer?.accessKeyId))).toEqual(new Set(['AKIAOFTHEPROFILE0000']));
    expect(run.stderr).toBe('');
  });
});

describe('the sign-in of IAM Identity Center', () => {
  const CONFIG = [
    '[profile sso]', 'sso_session = company', 'sso_account_id = 111122223333', 'sso_role_name = Auditor', 'region = eu-west-3',
    '[sso-session company]', 'sso_region = eu-central-1', 'sso_start_url = https://company.awsapps.example/start',
    'sso_registration_scopes = sso:account:access', '',
  ].join('\n');
  /** The SDK names the file by a digest of the session. */
  const CACHE = `.aws/sso/cache/${createHash('sha1').update('company').digest('hex')}.json`;
  const TOKEN = 'token-of-identity-center';

  const cached = (fields: object): string => JSON.stringify({
    accessToken: TOKEN, startUrl: 'https://company.awsapps.example/start', region: 'eu-central-1', ...fields,
  });

  test.each([
    ['has ended', { [CACHE]: cached({ expiresAt: '2026-01-01T00:00:00Z' }) }],
    ['never happened', {}],
    ['left a broken file', { [CACHE]: '{' }],
  ])('that %s is to be repeated', async (_, files) => {
    const world = await knownWorld();
    const home = { '.aws/config': CONFIG, ...files };
    const byOption = await world.read(['report', '--profile', 'sso'], { env: NOT_SIGNED_IN, home });
    expectRefused(byOption, /^The sign-in has ended\. Run `aws sso login --profile sso` and try again/);
    expect(byOption.stderr).not.toContain(TOKEN);
    const byVariable = await world.read(['report'], { env: { ...NOT_SIGNED_IN, AWS_PROFILE: 'sso' }, home });
    expectRefused(byVariable, /Run `aws sso login/);
  });
});

describe('credentials that AWS does not accept', () => {
  const KINDS = [
    ['expired', /^The credentials were not accepted\. They have expired\. Get new ones/, 'ExpiredToken'],
    ['unknown', /^The credentials were not accepted\. AWS does not know the access key\./, 'InvalidClientTokenId'],
    ['wrongSecret', /The secret access key does not belong to the access key, or the clock .* is wrong/, 'SignatureDoesNotMatch'],
  ] as const;

  test.each(KINDS)('because they are %s', async (problem, said, code) => {
    const world = await knownWorld();
    world.ec2.refuseKey(ACCESS_KEY_ID, problem);
    const run = await world.read(['report']);
    expectRefused(run, said);
    expect(run.stderr).toContain(code);
    expect(run.actions).toEqual(['GetCallerIdentity']);
  });

  // STS accepted them a moment before.
  test.each(KINDS.map(([problem]) => problem))('any more, because they are %s since the command began', async problem => {
    const world = await knownWorld();
    world.ec2.after('GetCallerIdentity', () => world.ec2.refuseKey(ACCESS_KEY_ID, problem));
    const { stdout, stderr, exitCode } = await world.read(['report']);
    expect(stdout).toMatch(/could not be looked at/);
    expect(stdout).not.toContain('cdk-network-hygiene policy');
    if (problem === 'expired') expect(stdout).toMatch(/the credentials have expired/);
    expect([stderr, exitCode]).toEqual(['', 2]);
  });

  test('a message that quotes the request shows neither the session token nor the access key', async () => {
    const world = await knownWorld();
    const message = [
      'The request signature we calculated does not match', '', 'The Canonical String for this request should have been',
      `'POST\n/\n\nhost:sts\nx-amz-security-token:${SIGNED_IN.AWS_SESSION_TOKEN}'`,
      `Credential=${ACCESS_KEY_ID}/20261129/eu-central-1`,
    ].join('\n');
    for (const action of ['GetCallerIdentity', 'DescribeVpcs']) {
      world.ec2.fault({ action, kind: 'error', code: 'IncompleteSignature', message, status: 403, times: 1 });
      const { stdout, stderr } = await world.read(['report', '--stale']);
      expect(`${stdout}${stderr}`).toContain('IncompleteSignature');
    }
  });
});

describe('the Region', () => {
  test('has to be known', async () => {
    const world = await knownWorld();
    const run = await world.read(['report'], { env: { AWS_REGION: undefined } });
    expectRefused(run, /^There is no Region to look at\. Give --region eu-west-1, or set AWS_REGION, or a region in the profile \(default\)/);
    expect(run.calls).toEqual([]);
  });

  test.each([
    ['AWS_REGION', { AWS_REGION: 'eu-west-1', AWS_DEFAULT_REGION: 'eu-west-2' }, 'eu-west-1'],
    ['AWS_DEFAULT_REGION', { AWS_REGION: undefined, AWS_DEFAULT_REGION: 'eu-west-2' }, 'eu-west-2'],
    ['the default profile', { AWS_REGION: undefined }, 'eu-west-3'],
  ])('is that of %s', async (_, env, region) => {
    const world = await knownWorld();
    const home = { '.aws/config': '[default]\nregion = eu-west-3\n' };
    const { stdout } = await world.read(['report', '--stale'], { env, home });
    expect(stdout).toContain(`Region ${region}`);
  });

  test('may not be enabled', async () => {
    const world = await knownWorld();
    world.ec2.disableRegion('me-south-1');
    expectRefused(await world.read(['report', '--region', 'me-south-1']), /the Region me-south-1 may not be enabled in the account/);
  });
});

describe('a role', () => {
  const ARGS = ['report', '--role-arn', ROLE_ARN, '--external-id', EXTERNAL_ID];

  test('that may not be assumed says what its trust policy needs', async () => {
    const world = await knownWorld();
    world.ec2.addRole({ roleArn: ROLE_ARN, externalId: 'another-one' });
    const run = await world.read(ARGS);
    expectRefused(run, new RegExp(`^The role ${ROLE_ARN} could not be assumed\\. Its trust policy has to name you, with the external id`));
    expect(run.stderr).toContain('sts:AssumeRole');
    expect(run.actions).toEqual(['AssumeRole']);
  });

  test('is not named as the problem if the own credentials are', async () => {
    const world = await knownWorld();
    const run = await world.read(ARGS, { env: NOT_SIGNED_IN });
    expectRefused(run, /^There are no credentials\./);
    expect(run.calls).toEqual([]);
  });

  test('with credentials that have expired says that these have', async () => {
    const world = await knownWorld();
    world.ec2.refuseKey(ACCESS_KEY_ID, 'expired');
    expectRefused(await world.read(ARGS), /Your credentials have expired\. Get new ones/);
  });

  test('may need no external id', async () => {
    const world = await knownWorld();
    world.ec2.addRole({ roleArn: ROLE_ARN });
    const { exitCode, stdout } = await world.read(['report', '--role-arn', ROLE_ARN]);
    expect(stdout).toContain('assumed-role/Auditor/cdk-network-hygiene');
    expect(exitCode).toBe(1);
  });

  test('is in the account that --account names, not in that of the caller', async () => {
    const world = await knownWorld();
    const roleArn = 'arn:aws:iam::444455556666:role/Auditor';
    const { exitCode } = await world.read(['report', '--role-arn', roleArn, '--account', '444455556666']);
    expect(exitCode).toBe(1);
  });
});

test.each(COMMANDS)('%s in another account than --account does nothing', async (...args) => {
  const world = await CliWorld.start({ network: new Network('444455556666') });
  const run = await world.run([...args, '--account', '111122223333']);
  expectRefused(run, /^The credentials are of account 444455556666 \(arn:aws:sts::.*\), and --account is 111122223333\. Give the --profile or the --role-arn/);
  expect(run.actions).toEqual(['GetCallerIdentity']);
});

describe('AWS that does not answer', () => {
  test('is said to be unreachable', async () => {
    const world = await knownWorld();
    const run = await world.read(['report'], { env: { AWS_ENDPOINT_URL: 'http://127.0.0.1:9' } });
    expectRefused(run, /^AWS did not answer\. Check the network and the proxy .*, and try again \(ECONNREFUSED/);
  });

  test('but closes connections is, too', async () => {
    const world = await knownWorld();
    world.ec2.fault({ action: 'GetCallerIdentity', kind: 'drop-socket' });
    expectRefused(await world.read(['report']), /^AWS did not answer\./);
  });

  test('but throttles is, too', async () => {
    const world = await knownWorld();
    world.ec2.fault({ action: 'GetCallerIdentity', kind: 'throttle' });
    expectRefused(await world.read(['report']), /try again/);
  });
});
