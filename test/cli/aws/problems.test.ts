/** Tests what is said about errors of AWS. session.test.ts has the SDK's own errors. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import * as fc from 'fast-check';
import {
  type Circumstances, credentialsProblem, hintFor, isWithoutCredentials, keyProblem, profileProblem, shortMessage,
} from '../../../cli/aws/problems';
import { errorFacts, type ErrorFacts } from '../../../lambda/core/errors';

const HERE: Circumstances = { region: 'eu-central-1' };

const facts = (code: string, message = 'the message'): ErrorFacts => ({ code, message });

const fromProvider = (message: string): ErrorFacts => facts('CredentialsProviderError', message);

const ROLE_ARN = 'arn:aws:iam::111122223333:role/Auditor';

/** The sources of the packages that find credentials and send requests. */
function sourcesOfSdk(): string {
  const modules = resolve(__dirname, '..', '..', '..', 'node_modules');
  const packages = [
    ...['ini', 'login', 'node', 'process', 'sso', 'web-identity'].map(name => `@aws-sdk/credential-provider-${name}`),
    '@aws-sdk/token-providers', '@smithy/node-http-handler',
  ];
  return packages.map(name => join(modules, ...name.split('/'), 'dist-es')).flatMap(folder =>
    readdirSync(folder).filter(file => file.endsWith('.js')).map(file => readFileSync(join(folder, file), 'utf8'))).join('\n');
}

const sources = sourcesOfSdk();

describe('the problem with credentials', () => {
  test.each<[string, ErrorFacts, Partial<Circumstances>, RegExp]>([
    [
      'a Region that does not exist', facts('ENOTFOUND', 'getaddrinfo ENOTFOUND sts.eu-central-9.amazonaws.com'), { region: 'eu-central-9' },
      /^The host sts\.eu-central-9\.amazonaws\.com was not found\. Check the name of the Region eu-central-9, the network and the proxy in HTTPS_PROXY \(.*\) \(ENOTFOUND: /,
    ],
    [
      'a machine without a network', facts('EAI_AGAIN', 'getaddrinfo EAI_AGAIN sts.eu-central-1.amazonaws.com'), {},
      /^AWS did not answer\. Check the network and the proxy in HTTPS_PROXY \(Node\.js 22\.21, 24\.5 and later use it\), and try again \(EAI_AGAIN: /,
    ],
    ['a call without an answer', facts('TimeoutError'), {}, /^AWS did not answer\./],
    ['a connection that is closed', fromProvider('TimeoutError: socket hang up'), {}, /^AWS did not answer\./],
    [
      'a proxy that refuses', facts('ERR_PROXY_TUNNEL', 'Failed to establish tunnel via http://me:s3cr3t@proxy:3128: HTTP/1.1 407'), {},
      /^The proxy did not let the call through\. Check HTTPS_PROXY and NO_PROXY \(ERR_PROXY_TUNNEL: Failed to establish tunnel via http:\/\/\(not shown\)@proxy:3128: /,
    ],
    ['throttling', facts('Throttling', 'Rate exceeded'), {}, /^AWS throttles these calls now, so try again later \(Throttling: Rate exceeded\)$/],
    ['throttling of a sign-in', fromProvider('TooManyRequestsException: slow down'), {}, /^AWS throttles these calls now/],
    ['a fault of AWS', facts('Strange'), { isServerFault: true }, /^AWS failed\. This is not about the credentials, so try again later \(Strange: /],
    ['an error that nobody knows', facts('Strange'), {}, /^AWS did not say whose credentials these are\. Check them with `aws sts get-caller-identity` \(Strange: the message\)$/],
    ['a role, of which nobody knows why', facts('Strange'), { roleArn: ROLE_ARN }, /^The role .* could not be assumed\. Check your credentials with `aws sts /],
    ['a provider, of which nobody knows why', fromProvider('Strange'), { profile: 'a' }, /^The credentials could not be loaded\. Check them with `aws sts get-caller-identity --profile a`/],
    ['no credentials', fromProvider('Could not load credentials from any providers'), {}, /^There are no credentials\. Give --profile, /],
    [
      'no credentials of an account', fromProvider('Could not load credentials from any providers'), { whose: 'account 111122223333' },
      /^There are no credentials\. This needs those of account 111122223333\. Give --profile, /,
    ],
    [
      'no credentials of an account in a profile', fromProvider('Could not load credentials from any providers'),
      { profile: 'a', whose: 'account 111122223333' },
      /^The profile a has no credentials\. This needs those of account 111122223333\. Add some with /,
    ],
    ['no credentials in a profile', fromProvider('Could not load credentials from any providers'), { profile: 'a' }, /^The profile a has no credentials\. /],
    ['the clock', facts('InvalidSignatureException'), {}, /^The credentials were not accepted\. .* the clock of this machine is wrong/],
    ['old credentials', facts('ExpiredToken'), { profile: 'a' }, /^The credentials were not accepted\. They have expired\. .*`aws sso login --profile a`/],
    ['the trust of a role', facts('AccessDenied'), { roleArn: ROLE_ARN }, /^The role arn:aws:iam::111122223333:role\/Auditor could not be assumed\. Its trust policy has to name you/],
    [
      'the trust of a role of the profile', facts('AccessDenied', `User: arn is not authorized to perform: sts:AssumeRole on resource: ${ROLE_ARN}`),
      { profile: 'a', roleArn: 'arn:aws:iam::111122223333:role/Other' }, /^The role arn:aws:iam::111122223333:role\/Auditor could not be assumed\. Its trust policy/,
    ],
    [
      'a role whose ARN is wrong', facts('ValidationError', "1 validation error detected: Value 'x' at 'roleArn' failed to satisfy constraint"),
      { roleArn: 'x' }, /^The role x could not be assumed\. Check --role-arn and --external-id \(ValidationError: /,
    ],
  ])('of %s is said with what to do', (_, error, circumstances, said) => {
    const shown = credentialsProblem(error, { ...HERE, ...circumstances });
    expect(shown).toMatch(said);
    expect(shown).not.toContain('s3cr3t');
  });

  // The texts of Node.js 20. Later versions add advice about system certificates.
  test.each([
    ['SELF_SIGNED_CERT_IN_CHAIN', 'self-signed certificate in certificate chain'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'self-signed certificate'],
    ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'unable to get local issuer certificate'],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'unable to verify the first certificate'],
    ['CERT_HAS_EXPIRED', 'certificate has expired'],
  ])('is the certificate with %s, also while credentials are looked for', (code, message) => {
    const thrown = Object.assign(new Error(message), { code });
    for (const error of [errorFacts(thrown), fromProvider(String(thrown))]) {
      const shown = credentialsProblem(error, HERE);
      expect(shown).toMatch(/^The certificate of the endpoint (is not trusted|has expired)\b.*\bNODE_EXTRA_CA_CERTS\b/);
      expect(shown).not.toMatch(/not accepted|did not answer/);
    }
  });

  test.each<[text: string, begin: string, end: string, said: RegExp]>([
    ['The SSO session associated with this profile is invalid.', '', ' To refresh this SSO session run aws sso login …', /`aws sso login --profile a`/],
    ['The SSO session associated with this profile has expired.', '', ' To refresh this SSO session run aws sso login …', /`aws sso login --profile a`/],
    ['The SSO session token associated with profile=', '', 'a was not found or is invalid. …', /`aws sso login --profile a`/],
    ['Token is expired. ', '', "To refresh this SSO session run 'aws sso login' with the corresponding profile.", /`aws sso login --profile a`/],
    ["Value not present for '", '', "clientId' in SSO Token. Cannot refresh. …", /`aws sso login --profile a`/],
    ['Profile is configured with invalid SSO credentials. Required parameters ', '', '"sso_account_id", …', /`aws configure sso --profile a`/],
    ["Sso session '", '', "company' could not be found in shared credentials file.", /`aws configure sso --profile a`/],
    ['Your session has expired. Please reauthenticate.', '', '', /`aws login --profile a`/],
    ['Unable to refresh credentials because of a change in your password. Please reauthenticate with your new password.', '', '', /`aws login --profile a`/],
    ['Unable to refresh credentials due to insufficient permissions.', '', ' …', /signin:CreateOAuth2Token/],
    ['Failed to load a token for session ', '', 'arn:…, please re-authenticate using aws login', /`aws login --profile a`/],
    ['Failed to load token from ', '', '/home/me/.aws/login/cache/1.json: Error: ENOENT: no such file or directory, open \'1.json\'', /`aws login --profile a`/],
    ['Failed to refresh token: ', '', 'AccessDeniedException: no. Please re-authenticate using `aws login`', /`aws login --profile a`/],
    ['Token refresh response missing required fields', '', '', /`aws login --profile a`/],
    [' credential_process returned invalid JSON.', 'Profile a', '', /^The credential_process of the profile a failed/],
    [' credential_process did not return Version 1.', 'Profile a', '', /^The credential_process of the profile a failed/],
    [' credential_process returned invalid credentials.', 'Profile a', '', /^The credential_process of the profile a failed/],
    [' credential_process returned expired credentials.', 'Profile a', '', /^The credential_process of the profile a failed/],
    [' requires multi-factor authentication, but no MFA code callback was provided.', 'Profile a', '', /^The profile a needs an MFA code/],
    ['] in configuration/credentials file(s).', 'Could not resolve credentials using profile: [a', '', /^The profile a has no credentials/],
    ['] in configuration/credentials file(s).', 'Could not resolve credentials using profile: [sso login', '', /^The profile a needs the credentials of the profile sso login, /],
    ['Could not load credentials from any providers', '', '', /^The profile a has no credentials/],
    [' ms requestTimeout.', '@smithy/node-http-handler - [ERROR] a request has exceeded the configured 15000', '', /^AWS did not answer\. .*: the endpoint did not answer within 15000 ms\)$/],
    [
      '@smithy/node-http-handler - the request socket did not establish a connection with the server within the configured timeout of ', '',
      '3000 ms.', /^AWS did not answer\. .*: no connection was established within 3000 ms\)$/,
    ],
  ])('is told from the text that the SDK has now: %s', (text, begin, end, said) => {
    expect(sources).toContain(text);
    const message = `${begin}${text}${end}`;
    const error = message.startsWith('@smithy/') ? facts('TimeoutError', message) : fromProvider(message);
    expect(credentialsProblem(error, { ...HERE, profile: 'a' })).toMatch(said);
  });

  test('is no sign-in for a profile or a file that is named like one', () => {
    const name = fc.constantFrom('my-sso-login', 'The SSO session has expired', 'token is expired, run aws login', 'sso');
    fc.assert(fc.property(name, name, (profile, other) => {
      const messages = [
        `Could not resolve credentials using profile: [${other}] in configuration/credentials file(s).`,
        `Profile ${other} requires multi-factor authentication, but no MFA code callback was provided.`,
        `Profile ${other} credential_process returned expired credentials.`,
        `Unsupported credential source in profile ${other}. Got ${other}, expected EcsContainer or Ec2InstanceMetadata or Environment.`,
        `Profile is configured with invalid SSO credentials. Required parameters "sso_account_id". Got ${other}`,
      ];
      for (const message of messages) {
        expect(credentialsProblem(fromProvider(message), { ...HERE, profile })).not.toContain('The sign-in has ended');
      }
      expect(profileProblem(profile, [], false)).toContain('does not exist');
    }));
  });

  test('is one line without control characters, whatever AWS and the caller have written', () => {
    const text = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('a\u001b[31mb', 'a\r\nb', '\u202eabc', '\u2028', 'Command failed: x\ny'));
    fc.assert(fc.property(text, text, text, text, fc.boolean(), (code, message, profile, roleArn, hasRole) => {
      const circumstances = { region: 'eu-central-1', profile, roleArn: hasRole ? roleArn : undefined };
      const shown = [
        credentialsProblem({ code, message }, circumstances), profileProblem(profile, [message, code], hasRole),
        credentialsProblem(facts('AccessDenied', `User is not authorized to perform: sts:AssumeRole on resource: ${message}`), circumstances),
      ];
      for (const each of shown) expect(each).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u202a-\u202e\u2066-\u2069]/u);
    }));
  });

  test('has a command that a shell takes as one profile', () => {
    const words = fc.array(fc.constantFrom('me', ' ', "'", '"', '$HOME', '`id`', ';', '\\'), { minLength: 1 }).map(parts => parts.join(''));
    fc.assert(fc.property(words, profile => {
      const shown = credentialsProblem(fromProvider('Your session has expired. Please reauthenticate.'), { ...HERE, profile });
      const [, quoted = ''] = /`aws login --profile (.*)` and try again/.exec(shown) ?? [];
      expect(unquoted(quoted)).toBe(profile);
    }));
  });
});

/** Reads a word as a POSIX shell does. Anything outside of quotes that has a meaning is an error. */
function unquoted(word: string): string {
  const parts = word.match(/'[^']*'|\\'|[\w@+.%:/-]+/g) ?? [];
  if (parts.join('') !== word) throw new Error(`${word} is not one word`);
  return parts.map(part => part === "\\'" ? "'" : part.replace(/^'(.*)'$/s, '$1')).join('');
}

test('a profile without credentials is told by its whole name', () => {
  const name = fc.oneof(fc.string(), fc.constantFrom('a', 'a] in configuration', ']', 'a\nb'));
  fc.assert(fc.property(name, name, (profile, other) => {
    const message = `Could not resolve credentials using profile: [${profile}] in configuration/credentials file(s).`;
    expect(isWithoutCredentials(message, profile)).toBe(true);
    expect(isWithoutCredentials(message, other)).toBe(profile === other);
  }));
});

test('the half of a key is named, and which profiles there are', () => {
  expect(keyProblem('AWS_SECRET_ACCESS_KEY')).toMatch(/AWS_SECRET_ACCESS_KEY is not set/);
  expect(profileProblem('a', ['b', 'c'], false)).toBe('The profile a does not exist. The profiles are b, c');
});

describe('the hint about something that could not be read', () => {
  test.each<[string, RegExp | undefined]>([
    ['UnauthorizedOperation', /cdk-network-hygiene policy/], ['AccessDeniedException', /cdk-network-hygiene policy/],
    ['ExpiredToken', /have expired/], ['ExpiredTokenException', /have expired/], ['RequestExpired', /have expired/],
    ['AuthFailure', /may not be enabled/], ['OptInRequired', /may not be enabled/],
    ['InvalidClientTokenId', /may not be enabled/], ['UnrecognizedClientException', /may not be enabled/],
    ['RequestLimitExceeded', /try again later/], ['ThrottlingException', /try again later/],
    ['InternalError', undefined], ['InvalidVpcID.NotFound', undefined],
  ])('of %s is %s', (code, said) => {
    expect(hintFor(facts(code)) ?? 'none').toMatch(said ?? /^none$/);
  });

  test('names the permission that `policy` does not print', () => {
    expect(hintFor(facts('AccessDeniedException'), 'lambda:InvokeFunction')).toBe('you need lambda:InvokeFunction for it');
  });
});

describe('a short message', () => {
  const encoded = fc.string({ unit: fc.constantFrom(...'AZaz09_-'), minLength: 100, maxLength: 600 });

  test('has no encoded part, and everything else', () => {
    const named = 'User: arn:aws:iam::111122223333:user/me is not authorized to perform: ec2:DescribeVpcs because no identity-based '
      + 'policy allows the ec2:DescribeVpcs action.';
    fc.assert(fc.property(encoded, fc.constantFrom('', ` ${named}`), fc.constantFrom('', ' The call was ec2:DescribeVpcs'), (code, before, after) => {
      const text = `You are not authorized to perform this operation.${before}`;
      expect(shortMessage(`${text} Encoded authorization failure message: ${code}${after}`)).toBe(`${text}${after}`);
      expect(shortMessage(`${text}${after}`)).toBe(`${text}${after}`);
    }));
  });
});
