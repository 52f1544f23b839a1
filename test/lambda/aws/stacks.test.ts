/** Tests how stacks are read over the wire, with the SDK's own client and scripted answers of CloudFormation. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CloudFormationClient, StackStatus } from '@aws-sdk/client-cloudformation';
import { cloudFormationStacks } from '../../../lambda/aws/stacks';
import { errorFacts, UnusableAnswer } from '../../../lambda/core/errors';
import type { Stack } from '../../../lambda/core/model/network';

const APP = 'arn:aws:cloudformation:eu-central-1:111122223333:stack/App/0123';
const CREATED = '2026-01-01T00:00:00.000Z';

interface Answer {
  readonly status?: number;
  readonly body: string;
}

const servers: Server[] = [];
const clients: CloudFormationClient[] = [];

afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy();
  await Promise.all(servers.splice(0).map(server => new Promise(done => {
    server.closeAllConnections();
    server.close(done);
  })));
});

/** Asks for a stack of which CloudFormation gives the answer. @returns the stack, and the parameters of each call */
async function ask({ status = 200, body }: Answer, maxAttempts = 1) {
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';
  const calls: URLSearchParams[] = [];
  const server = createServer((request, response) => {
    let sent = '';
    request.on('data', part => sent += String(part)).on('end', () => {
      calls.push(new URLSearchParams(sent));
      response.writeHead(status, { 'Content-Type': 'text/xml', 'x-amzn-RequestId': 'b2544024' }).end(body);
    });
  });
  servers.push(server);
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done));
  const client = new CloudFormationClient({
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, region: 'eu-central-1', maxAttempts,
    credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret-access-key-for-tests' },
  });
  clients.push(client);
  const outcome: unknown = await cloudFormationStacks(client).stack(APP).catch((error: unknown) => error);
  return { outcome, calls };
}

const described = (...stacks: ReadonlyArray<Readonly<Record<string, string>>>): Answer => {
  const members = stacks.map(stack =>
    `<member>${Object.entries(stack).map(([name, value]) => `<${name}>${value}</${name}>`).join('')}</member>`);
  return {
    body: '<DescribeStacksResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><DescribeStacksResult>'
      + `<Stacks>${members.join('')}</Stacks></DescribeStacksResult>`
      + '<ResponseMetadata><RequestId>b2544024</RequestId></ResponseMetadata></DescribeStacksResponse>',
  };
};

const refused = (code: string, message: string, status = 400): Answer => ({
  status,
  body: '<ErrorResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><Error><Type>Sender</Type>'
    + `<Code>${code}</Code><Message>${message}</Message></Error><RequestId>b2544024</RequestId></ErrorResponse>`,
});

const aStack = (overrides: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> =>
  ({ StackId: APP, StackName: 'App', CreationTime: CREATED, StackStatus: 'CREATE_COMPLETE', ...overrides });

test('a stack is asked for by its id', async () => {
  const { calls } = await ask(described(aStack()));
  expect(calls.map(call => [call.get('Action'), call.get('StackName')])).toEqual([['DescribeStacks', APP]]);
});

test.each(Object.values(StackStatus))('the status is that of CloudFormation: %s', async status => {
  const { outcome } = await ask(described(aStack({ StackStatus: status })));
  expect(outcome).toEqual<Stack>({ status, since: CREATED });
});

test.each([
  ['it was created', {}, CREATED],
  ['it was last updated', { LastUpdatedTime: '2026-01-02T03:04:05.678Z' }, '2026-01-02T03:04:05.678Z'],
  ['it is being deleted', {
    LastUpdatedTime: '2026-01-02T00:00:00.000Z', DeletionTime: '2026-01-03T00:00:00.000Z',
  }, '2026-01-03T00:00:00.000Z'],
])('its latest operation began when %s', async (_, times, since) => {
  expect((await ask(described(aStack(times)))).outcome).toMatchObject({ since });
});

test('the beginning is not known if CloudFormation gives no time', async () => {
  const { outcome } = await ask(described({ StackId: APP, StackStatus: 'UPDATE_IN_PROGRESS' }));
  expect(outcome).toEqual({ status: 'UPDATE_IN_PROGRESS' });
});

test('a stack that was deleted is there for 90 days, and then it is not', async () => {
  expect((await ask(described(aStack({ StackStatus: 'DELETE_COMPLETE' })))).outcome)
    .toMatchObject({ status: 'DELETE_COMPLETE' });
  const { outcome } = await ask(refused('ValidationError', `Stack with id ${APP} does not exist`));
  expect(outcome).toBeUndefined();
});

test.each([
  ['AccessDenied', 'User: arn:aws:iam::1:user/x is not authorized to perform: cloudformation:DescribeStacks', 403],
  ['Throttling', 'Rate exceeded', 400],
  ['InternalFailure', 'try again', 500],
  ['ValidationError', '1 validation error detected: the role does not exist', 400],
  ['AccessDenied', `Stack with id ${APP} does not exist`, 403],
])('any other failure is one: %s (%s)', async (code, message, status) => {
  const { outcome } = await ask(refused(code, message, status));
  expect(errorFacts(outcome)).toMatchObject({ code, message, requestId: 'b2544024' });
});

test.each<[string, Answer, RegExp]>([
  ['no stack', described(), /returned no stack$/],
  ['two stacks', described(aStack(), aStack({ StackId: 'another' })), /returned arn:.*, another$/],
  ['another stack', described(aStack({ StackId: 'another' })), /returned another$/],
  ['no status', described({ StackId: APP, CreationTime: CREATED }), /returned no status$/],
])('an answer with %s is unusable', async (_, answer, message) => {
  const { outcome } = await ask(answer);
  expect(outcome).toBeInstanceOf(UnusableAnswer);
  expect(errorFacts(outcome).message).toMatch(message);
});

test.each(['', '<html>busy</html>', described(aStack()).body.slice(0, 200)])('an answer that is not of CloudFormation proves nothing: "%s"', async body => {
  const { outcome } = await ask({ body });
  expect(errorFacts(outcome).code).not.toBe('Unknown');
  expect(outcome).toBeInstanceOf(Error);
});

test('a call that has failed for the moment is repeated', async () => {
  const { outcome, calls } = await ask(refused('InternalFailure', 'try again', 500), 2);
  expect(calls).toHaveLength(2);
  expect(errorFacts(outcome)).toMatchObject({ code: 'InternalFailure' });
});
