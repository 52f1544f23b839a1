/** Tests that the messages of AWS's errors are fit to be shown: without secrets, and with the name of a denied call. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DescribeVpcsCommand, EC2Client } from '@aws-sdk/client-ec2';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import * as fc from 'fast-check';
import { discreet, discreetMessage } from '../../../cli/aws/discreet';
import { credentialsProblem } from '../../../cli/aws/problems';
import { errorFacts, type ErrorFacts } from '../../../lambda/core/errors';
import { closing, connect, disconnect } from '../../support/ec2-endpoint/over-the-wire';

afterEach(disconnect);

const factsOf = (call: Promise<unknown>): Promise<ErrorFacts> =>
  call.then(() => { throw new Error('The call succeeded'); }, errorFacts);

const IN_A_TEST = { region: 'eu-central-1', credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' }, maxAttempts: 1 };

describe('a discreet message', () => {
  const key = fc.tuple(fc.constantFrom('AKIA', 'ASIA'), fc.string({ unit: fc.constantFrom(...'ABCXYZ234'), minLength: 16, maxLength: 16 }))
    .map(parts => parts.join(''));
  const token = fc.string({ unit: fc.constantFrom(...'AZaz09+/='), minLength: 20, maxLength: 200 });
  const text = fc.string({ unit: fc.constantFrom(...'abc $"\'\\{}:\n@/'), minLength: 1 });

  test('has no access key, wherever it stands', () => {
    fc.assert(fc.property(key, fc.constantFrom(' ', '/', ':', '=', "'", '\n', ', '), (accessKey, beside) => {
      const shown = discreetMessage(`The key${beside}${accessKey}${beside}is not known`);
      expect(shown).toBe(`The key${beside}(not shown)${beside}is not known`);
    }));
  });

  test('has nothing of a request that AWS quotes', () => {
    fc.assert(fc.property(token, fc.constantFrom('\n\n', ' ', '  '), (sessionToken, space) => {
      const quoted = `The Canonical String for this request should have been\n'POST\n/\nx-amz-security-token:${sessionToken}\n'`;
      expect(discreetMessage(`The signature does not match.${space}${quoted}`)).toBe('The signature does not match.');
      expect(discreetMessage(`headers: X-Amz-Security-Token: ${sessionToken} and so on`)).not.toContain(sessionToken);
    }));
  });

  test('has nothing of a command that failed, or of what it has written', () => {
    fc.assert(fc.property(text, text, (command, written) => {
      expect(discreetMessage(`Command failed: ${command}\n${written}`)).toBe('Command failed');
      expect(discreetMessage(`CredentialsProviderError: Command failed: ${command}`)).toBe('CredentialsProviderError: Command failed');
    }));
  });

  test('has nothing of a file that is not JSON', () => {
    fc.assert(fc.property(token, fc.constantFrom('', '"', '{"accessToken": '), (secret, begin) => {
      const content = `${begin}${secret}`;
      let message = '';
      try {
        JSON.parse(content);
      } catch (error) {
        message = String(error);
      }
      const shown = discreetMessage(`Failed to load token from /home/me/.aws/login/cache/1.json: ${message}`);
      expect(shown).toMatch(/^Failed to load token from \/home\/me\/\.aws\/login\/cache\/1\.json/);
      // Node.js may name one character.
      for (let from = 0; from + 4 <= secret.length; from++) expect(shown).not.toContain(secret.slice(from, from + 4));
    }));
  });

  test('has neither the user nor the password of a proxy', () => {
    const name = fc.string({ minLength: 1 }).map(encodeURIComponent);
    fc.assert(fc.property(name, name, (user, password) => {
      const shown = discreetMessage(
        `Failed to establish tunnel to sts.eu-central-1.amazonaws.com:443 via http://${user}:${password}@proxy.example:3128: HTTP/1.1 407`,
      );
      expect(shown).toBe(
        'Failed to establish tunnel to sts.eu-central-1.amazonaws.com:443 via http://(not shown)@proxy.example:3128: HTTP/1.1 407',
      );
    }));
  });

  test.each([
    'You are not authorized to perform this operation. User: arn:aws:sts::111122223333:assumed-role/Developer/me@example.com is '
    + 'not authorized to perform: ec2:DescribeVpcs', 'The vpc ID \'vpc-0123456789abcdef0\' does not exist', '',
    'ForbiddenException: No access', 'see https://docs.example/a@b for more',
  ])('is the message itself if it quotes nothing: %s', message => {
    expect(discreetMessage(message)).toBe(message);
  });
});

describe('a denied call', () => {
  const text = 'You are not authorized to perform this operation.';

  test('is named if AWS does not name it', async () => {
    const { endpoint } = await connect();
    for (const [action, code] of [['DescribeVpcs', 'UnauthorizedOperation'], ['GetCallerIdentity', 'AccessDenied']]) {
      endpoint.fault({ action, kind: 'error', code, message: text, status: 403 });
    }
    const config = { ...IN_A_TEST, endpoint: endpoint.url };
    const ec2 = discreet(closing(new EC2Client(config)));
    expect(await factsOf(ec2.send(new DescribeVpcsCommand({})))).toMatchObject({
      code: 'UnauthorizedOperation', message: `${text} The call was ec2:DescribeVpcs`,
    });
    const sts = discreet(closing(new STSClient(config)));
    expect((await factsOf(sts.send(new GetCallerIdentityCommand({})))).message).toBe(`${text} The call was sts:GetCallerIdentity`);
  });

  test('is named as IAM names it', async () => {
    const requestHandler = { handle: () => Promise.reject(Object.assign(new Error(text), { name: 'AccessDeniedException' })) };
    const lambda = discreet(new LambdaClient({ ...IN_A_TEST, requestHandler }));
    const { message } = await factsOf(lambda.send(new InvokeCommand({ FunctionName: 'handler' })));
    expect(message).toBe(`${text} The call was lambda:InvokeFunction`);
  });

  test('is not named twice, and a call that failed in another way is not named', async () => {
    const { endpoint } = await connect();
    const ec2 = discreet(closing(new EC2Client({ ...IN_A_TEST, endpoint: endpoint.url })));
    const named = `${text} User: arn:aws:iam::111122223333:user/me is not authorized to perform: ec2:DescribeVpcs because no `
      + 'identity-based policy allows the ec2:DescribeVpcs action';
    for (const [code, message] of [['UnauthorizedOperation', named], ['InternalError', 'An internal error has occurred']]) {
      endpoint.fault({ action: 'DescribeVpcs', kind: 'error', code, message, status: 403, times: 1 });
      expect(await factsOf(ec2.send(new DescribeVpcsCommand({})))).toMatchObject({ code, message });
    }
  });
});

describe('an endpoint', () => {
  const running: Server[] = [];

  afterEach(() => {
    for (const server of running.splice(0)) {
      server.closeAllConnections();
      server.close();
    }
  });

  async function silentEndpoint(): Promise<string> {
    const server = createServer(() => undefined);
    running.push(server);
    await new Promise<void>(done => server.listen(0, '127.0.0.1', done));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  test('that does not answer in time is said to, and the SDK prints nothing', async () => {
    const printed = [jest.spyOn(console, 'warn'), jest.spyOn(console, 'error')];
    const requestHandler = { requestTimeout: 40, throwOnRequestTimeout: true };
    const sts = discreet(closing(new STSClient({ ...IN_A_TEST, endpoint: await silentEndpoint(), requestHandler })));
    const facts = await factsOf(sts.send(new GetCallerIdentityCommand({})));
    expect(facts).toMatchObject({ code: 'TimeoutError', message: 'the endpoint did not answer within 40 ms' });
    expect(credentialsProblem(facts, { region: 'eu-central-1' })).toMatch(
      /^AWS did not answer\. .* \(TimeoutError: the endpoint did not answer within 40 ms\)$/,
    );
    for (const spy of printed) {
      expect(spy).not.toHaveBeenCalled();
      spy.mockRestore();
    }
  });

  test('of which no address can be reached is said to be unreachable', async () => {
    // Node.js joins the errors of the addresses in one without a message. session.test.ts has the real error.
    const errors = ['connect ECONNREFUSED 127.0.0.1:9', 'connect ECONNREFUSED ::1:9'].map(message => new Error(message));
    const joined = Object.assign(new Error(''), { name: 'AggregateError', code: 'ECONNREFUSED', errors });
    const requestHandler = { handle: () => Promise.reject(joined) };
    const sts = discreet(closing(new STSClient({ ...IN_A_TEST, requestHandler })));
    const facts = await factsOf(sts.send(new GetCallerIdentityCommand({})));
    expect(facts).toMatchObject({
      code: 'ECONNREFUSED', message: 'connect ECONNREFUSED 127.0.0.1:9; connect ECONNREFUSED ::1:9',
    });
    expect(credentialsProblem(facts, { region: 'eu-central-1' })).toMatch(/^AWS did not answer\./);
  });
});
