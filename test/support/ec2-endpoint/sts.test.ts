/** Tests STS's calls, which have the same address as EC2, and how the credentials that it issues are recognized. */
import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { DescribeVpcsCommand, EC2Client } from '@aws-sdk/client-ec2';
import { GetFunctionConfigurationCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { AssumeRoleCommand, type AssumeRoleCommandInput, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { type KeyProblem, Network } from './';
import { clientOf, closing, connect as connectEc2, disconnect, refusal } from './over-the-wire';

afterEach(disconnect);

const ROLE_ARN = 'arn:aws:iam::111122223333:role/audit/Auditor';
const ASSUMED = 'arn:aws:sts::111122223333:assumed-role/Auditor/me';

async function connect(network = new Network()) {
  const { endpoint } = await connectEc2({ network });
  return { endpoint, sts: closing(new STSClient(clientOf(endpoint))) };
}

type Wire = Awaited<ReturnType<typeof connect>>;

const whoami = ({ sts }: Pick<Wire, 'sts'>) => sts.send(new GetCallerIdentityCommand({}));

const assume = ({ sts }: Wire, input: Partial<AssumeRoleCommandInput> = {}) =>
  sts.send(new AssumeRoleCommand({ RoleArn: ROLE_ARN, RoleSessionName: 'me', ...input }));

async function assumedBy(wire: Wire) {
  const { Credentials } = await assume(wire);
  return {
    accessKeyId: Credentials?.AccessKeyId ?? '', secretAccessKey: Credentials?.SecretAccessKey ?? '',
    sessionToken: Credentials?.SessionToken ?? '',
  };
}

test('the caller is a role of the account of the network', async () => {
  const wire = await connect(new Network('444455556666'));
  expect(await whoami(wire)).toMatchObject({
    Account: '444455556666', Arn: 'arn:aws:sts::444455556666:assumed-role/Developer/tests',
    UserId: expect.stringMatching(/^AROA\w+:tests$/) as string,
  });
  expect(wire.endpoint.calls).toMatchObject([{
    action: 'GetCallerIdentity', outcome: 'OK', signer: { accessKeyId: 'AKIDEXAMPLE', region: 'eu-central-1' },
    caller: 'arn:aws:sts::444455556666:assumed-role/Developer/tests', parameters: { Version: '2011-06-15' },
  }]);
});

test('nobody can be denied the call that says who they are', async () => {
  const wire = await connect();
  wire.endpoint.deny('GetCallerIdentity');
  expect(await whoami(wire)).toMatchObject({ Account: '111122223333' });
});

test('the credentials of a role are recognized in the calls of every service', async () => {
  const wire = await connect();
  const { endpoint } = wire;
  const answer = await assume(wire, { ExternalId: 'agreed' });
  expect(answer.AssumedRoleUser).toEqual({ Arn: ASSUMED, AssumedRoleId: expect.stringMatching(/^AROA\w+:me$/) as string });
  expect(answer.Credentials?.Expiration?.getTime()).toBeGreaterThan(Date.now());
  const role = { ...clientOf(endpoint), credentials: await assumedBy(wire) };
  expect((await whoami({ sts: closing(new STSClient(role)) })).Arn).toBe(ASSUMED);
  await closing(new EC2Client(role)).send(new DescribeVpcsCommand({}));
  await closing(new CloudFormationClient(role)).send(new DescribeStacksCommand({}));
  const callers = endpoint.calls.map(({ action, caller }) => [action, caller]);
  const developer = 'arn:aws:sts::111122223333:assumed-role/Developer/tests';
  expect(callers).toEqual([
    ['AssumeRole', developer], ['AssumeRole', developer], ['GetCallerIdentity', ASSUMED], ['DescribeVpcs', ASSUMED],
    ['DescribeStacks', ASSUMED],
  ]);
  expect(endpoint.calls[0].parameters).toMatchObject({ RoleArn: ROLE_ARN, RoleSessionName: 'me', ExternalId: 'agreed' });
});

test('each session has credentials of its own, and they do not work without their session token', async () => {
  const wire = await connect();
  const [one, other] = [await assumedBy(wire), await assumedBy(wire)];
  expect(one.accessKeyId).toMatch(/^ASIA\w{16}$/);
  expect(new Set([...Object.values(one), ...Object.values(other)]).size).toBe(6);
  for (const sessionToken of [undefined, other.sessionToken]) {
    const sts = closing(new STSClient({ ...clientOf(wire.endpoint), credentials: { ...one, sessionToken } }));
    expect(await refusal(whoami({ sts }))).toMatchObject({ code: 'InvalidClientTokenId', status: 403 });
  }
});

test('a role of another account makes the caller one of that account', async () => {
  const wire = await connect();
  const { AssumedRoleUser } = await assume(wire, { RoleArn: 'arn:aws:iam::444455556666:role/Auditor' });
  expect(AssumedRoleUser?.Arn).toBe('arn:aws:sts::444455556666:assumed-role/Auditor/me');
});

describe('a role may be assumed', () => {
  const denial = { code: 'AccessDenied', status: 403 };

  test('only if it is there, once a test has added one', async () => {
    const wire = await connect();
    wire.endpoint.addRole({ roleArn: ROLE_ARN });
    await assume(wire);
    const other = 'arn:aws:iam::111122223333:role/Other';
    const { message, ...refused } = await refusal(assume(wire, { RoleArn: other }));
    expect(refused).toMatchObject(denial);
    expect(message).toBe(
      'User: arn:aws:sts::111122223333:assumed-role/Developer/tests is not authorized to perform: sts:AssumeRole '
      + `on resource: ${other}`,
    );
  });

  test('only with the external id that it asks for', async () => {
    const wire = await connect();
    wire.endpoint.addRole({ roleArn: ROLE_ARN, externalId: 'agreed' });
    await assume(wire, { ExternalId: 'agreed' });
    for (const ExternalId of [undefined, 'other']) {
      const refused = await refusal(assume(wire, { ExternalId }));
      expect(refused).toMatchObject(denial);
      expect(refused.message).not.toContain('agreed');
    }
  });

  test('unless the call is denied or throttled', async () => {
    const wire = await connect();
    wire.endpoint.fault({ action: 'AssumeRole', kind: 'throttle', times: 1 });
    expect(await refusal(assume(wire))).toMatchObject({ code: 'Throttling', status: 400 });
    wire.endpoint.deny('AssumeRole');
    expect(await refusal(assume(wire))).toMatchObject(denial);
  });

  test.each<Partial<AssumeRoleCommandInput>>([
    { RoleArn: 'arn:aws:iam::111122223333:user/Someone' }, { RoleSessionName: 'a b' }, { ExternalId: 'a b' },
  ])('only with valid parameters, and not with %j', async input => {
    const wire = await connect();
    expect(await refusal(assume(wire, input))).toMatchObject({ code: 'ValidationError', status: 400 });
  });
});

describe('a key that is refused', () => {
  const CALLS = {
    sts: (config: ReturnType<typeof clientOf>) => closing(new STSClient(config)).send(new GetCallerIdentityCommand({})),
    cloudFormation: (config: ReturnType<typeof clientOf>) =>
      closing(new CloudFormationClient(config)).send(new DescribeStacksCommand({})),
    ec2: (config: ReturnType<typeof clientOf>) => closing(new EC2Client(config)).send(new DescribeVpcsCommand({})),
    lambda: (config: ReturnType<typeof clientOf>) =>
      closing(new LambdaClient(config)).send(new GetFunctionConfigurationCommand({ FunctionName: 'handler' })),
  };
  const QUERY = { unknown: 'InvalidClientTokenId', expired: 'ExpiredToken', wrongSecret: 'SignatureDoesNotMatch' };
  const CODES: Readonly<Record<keyof typeof CALLS, Readonly<Record<KeyProblem, string>>>> = {
    sts: QUERY, cloudFormation: QUERY,
    ec2: { unknown: 'AuthFailure', expired: 'RequestExpired', wrongSecret: 'AuthFailure' },
    lambda: {
      unknown: 'UnrecognizedClientException', expired: 'ExpiredTokenException', wrongSecret: 'InvalidSignatureException',
    },
  };
  const services = Object.keys(CALLS) as Array<keyof typeof CALLS>;
  const problems = Object.keys(QUERY) as KeyProblem[];
  const cases = services.flatMap(service => problems.map(problem => ({ service, problem })));

  test.each(cases)('is refused by $service as $problem, and others are not', async ({ service, problem }) => {
    const { endpoint } = await connect();
    endpoint.refuseKey('AKIDREFUSED', problem);
    const config = clientOf(endpoint);
    const credentials = { accessKeyId: 'AKIDREFUSED', secretAccessKey: 'secret', sessionToken: 'the-session-token' };
    const refused = await refusal(CALLS[service]({ ...config, credentials }));
    expect(refused.code).toBe(CODES[service][problem]);
    expect(endpoint.calls.at(-1)?.outcome).toBe(refused.code);
    const isQuoting = refused.message.includes('x-amz-security-token:the-session-token');
    expect(isQuoting).toBe(problem === 'wrongSecret' && service !== 'ec2');
    await CALLS[service](config);
  });
});

test('a Region that is not enabled knows no key', async () => {
  const { endpoint, sts } = await connect();
  endpoint.disableRegion('me-south-1');
  const there = closing(new STSClient({ ...clientOf(endpoint), region: 'me-south-1' }));
  expect(await refusal(whoami({ sts: there }))).toMatchObject({ code: 'InvalidClientTokenId', status: 403 });
  await whoami({ sts });
});
