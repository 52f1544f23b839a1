/** Tests how a check of what holds security groups reads the answers of a service. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { MqClient } from '../../../bundle/holders-sdk';
import { groupHolders } from '../../../lambda/aws/holders';
import { groupIdsIn, isEmptyAnswer } from '../../../lambda/aws/holders/answers';
import { Pacer } from '../../../lambda/aws/pacing';
import { UnusableAnswer } from '../../../lambda/core/errors';
import type { Held } from '../../../lambda/core/ports';
import type { GroupHolderName } from '../../../src/contract/group-holders';

interface Answer {
  readonly body: string;
  readonly status?: number;
  readonly code?: string;
}

type Answering = (path: string, asked: readonly string[]) => Answer;

const { env } = process;
let answering: Answering;
const asked: string[] = [];
const server = createServer({ keepAliveTimeout: 0 }, ({ url = '' }, response) => {
  const { body, status = 200, code } = answering(url.split('?')[0], asked);
  asked.push(url.split('?')[0]);
  response.writeHead(status, { 'content-type': 'application/json', ...code && { 'x-amzn-errortype': code } });
  response.end(body);
});

beforeAll(async () => {
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done));
  process.env = {
    ...env, AWS_REGION: 'eu-central-1', AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 'secret',
    AWS_ENDPOINT_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
  };
});
afterEach(() => {
  asked.splice(0);
});
afterAll(async () => {
  process.env = env;
  server.closeAllConnections();
  await new Promise(done => server.close(done));
});

function held(holder: GroupHolderName, answers: Answering): Promise<Held> {
  answering = answers;
  return groupHolders({ isInVpc: false, pacer: new Pacer() }).held(holder);
}

it.each([
  ['after an escape', '"line\\nsg-0a1b2c3d4e5f60718"'],
  ['in capital letters', '"SG-0A1B2C3D4E5F60718"'],
  ['within a word', '"my_sg-0a1b2c3d4e5f60718_"'],
])('an id is found %s', async (_, text) => {
  const { groupIds } = await held('lambdaFunctions', () => ({ body: `{"Functions":[{"Description":${text}}]}` }));
  expect([...groupIds]).toEqual(['sg-0a1b2c3d4e5f60718']);
});

it('an answer whose text was not read is never an empty one', () => {
  expect(() => groupIdsIn({})).toThrow(UnusableAnswer);
  expect(() => isEmptyAnswer({})).toThrow(UnusableAnswer);
});

describe('a resource that does not exist when it is asked about', () => {
  const GONE: Answer = { status: 404, code: 'NotFoundException', body: '{"message":"gone"}' };
  const brokers = (...ids: string[]): Answer =>
    ({ body: JSON.stringify({ brokerSummaries: ids.map(brokerId => ({ brokerId })) }) });
  const broker = (brokerId: string): Answer => ({ body: JSON.stringify({ brokerId, securityGroups: [`sg-${brokerId}`] }) });

  it('holds nothing if a second list no longer has it, and the others are read', async () => {
    const { groupIds } = await held('mqBrokers', (path, before) => {
      const id = path.split('/').at(-1) ?? '';
      if (path.endsWith('/brokers')) return before.includes(path) ? brokers('2') : brokers('1', '2');
      return id === '1' ? GONE : broker(id);
    });
    expect([...groupIds]).toEqual(['sg-2']);
    expect(asked.filter(path => path.endsWith('/brokers'))).toHaveLength(2);
  });

  it('fails the check if it is still in the list', async () => {
    const answers: Answering = path => path.endsWith('/brokers') ? brokers('1') : GONE;
    await expect(held('mqBrokers', answers)).rejects.toMatchObject({ name: 'NotFoundException' });
    expect(asked).toHaveLength(4);
  });
});

it('a denial is not asked about again', async () => {
  const denied: Answer = { status: 403, code: 'AccessDeniedException', body: '{"message":"no"}' };
  await expect(held('mqBrokers', () => denied)).rejects.toMatchObject({ name: 'AccessDeniedException' });
  expect(asked).toHaveLength(1);
});

it('a service that has answered is in the Region, even if its name cannot be found later', async () => {
  const gone = Object.assign(new Error('no'), { code: 'ENOTFOUND', syscall: 'getaddrinfo', hostname: 'mq.eu-central-1.amazonaws.com' });
  const { send } = MqClient.prototype;
  let calls = 0;
  jest.spyOn(MqClient.prototype, 'send').mockImplementation(function (this: MqClient, ...given: Parameters<typeof send>) {
    calls += 1;
    return calls === 1 ? send.apply(this, given) : Promise.reject(gone) as never;
  });
  try {
    await expect(held('mqBrokers', () => ({ body: '{"brokerSummaries":[{"brokerId":"1"}]}' }))).rejects.toBe(gone);
    calls = 1;
    expect([...(await held('mqBrokers', () => ({ body: '{}' }))).groupIds]).toEqual([]);
  } finally {
    jest.restoreAllMocks();
  }
});

it('a throttled call to EC2 empties the bucket that the sweep shares, and its retry takes a token', async () => {
  const pacer = new Pacer();
  const throttled = jest.spyOn(pacer, 'throttled');
  const retried = jest.spyOn(pacer, 'retried');
  const error = '<Response><Errors><Error><Code>RequestLimitExceeded</Code><Message>no</Message></Error></Errors></Response>';
  const action = 'DescribeNetworkInterfaces';
  answering = (_, before) => before.length === 0 ? { status: 503, body: error }
    : { body: `<${action}Response><networkInterfaceSet/></${action}Response>` };
  await groupHolders({ isInVpc: false, pacer }).held('networkInterfaces');
  expect(throttled.mock.calls).toEqual([[action]]);
  expect(retried.mock.calls).toEqual([[action]]);
});
