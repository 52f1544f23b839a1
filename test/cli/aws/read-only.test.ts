/** Tests that a client of the commands that read refuses every other call before anything is sent. */
import * as cloudFormation from '@aws-sdk/client-cloudformation';
import * as cloudTrail from '@aws-sdk/client-cloudtrail';
import * as cloudWatch from '@aws-sdk/client-cloudwatch';
import * as dynamoDb from '@aws-sdk/client-dynamodb';
import * as ec2 from '@aws-sdk/client-ec2';
import * as eventBridge from '@aws-sdk/client-eventbridge';
import * as lambda from '@aws-sdk/client-lambda';
import * as sns from '@aws-sdk/client-sns';
import * as sqs from '@aws-sdk/client-sqs';
import * as sts from '@aws-sdk/client-sts';
import * as bundled from '../../../bundle/sdk';
import * as securityHub from '../../../bundle/security-hub';
import { readOnly, type ReadingService, READS } from '../../../cli/aws/read-only';
import { policyOf } from '../../../cli/commands/policy';
import { parseArguments } from '../../../cli/usage/arguments';
import { clientOf } from '../../support/ec2-endpoint/over-the-wire';

beforeAll(() => {
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';
});

interface Client {
  readonly middlewareStack: Parameters<typeof readOnly>[0]['middlewareStack'];
  send(command: unknown): Promise<unknown>;
  destroy(): void;
}

type ClientClass = new (config: object) => Client;
type CommandClass = new (input: object) => object;
type Package = Readonly<Record<string, unknown>>;

/** The packages of the bundle and of sessions, with their clients. The command line reads with the first five. */
const PACKAGES: ReadonlyArray<readonly [name: string, exported: Package, Client: unknown]> = [
  ['ec2', ec2, ec2.EC2Client],
  ['cloudformation', cloudFormation, cloudFormation.CloudFormationClient],
  ['dynamodb', dynamoDb, dynamoDb.DynamoDBClient],
  ['lambda', lambda, lambda.LambdaClient],
  ['sts', sts, sts.STSClient],
  ['cloudtrail', cloudTrail, cloudTrail.CloudTrailClient],
  ['cloudwatch', cloudWatch, cloudWatch.CloudWatchClient],
  ['events', eventBridge, eventBridge.EventBridgeClient],
  ['sns', sns, sns.SNSClient],
  ['sqs', sqs, sqs.SQSClient],
  ['securityhub', securityHub, securityHub.SecurityHubClient],
];

const SERVICES = Object.keys(READS) as ReadingService[];

/** The commands of a package by their names, without those of other exports such as `$Command`. */
function commandsOf(exported: Package): Map<string, CommandClass> {
  return new Map(Object.entries(exported).flatMap(([name, value]) =>
    /^[A-Z]\w+Command$/.test(name) && typeof value === 'function' ? [[name, value as CommandClass]] : []));
}

const isRead = (service: string, command: string): boolean =>
  SERVICES.some(each => each === service && READS[each].some(read => `${read}Command` === command));

/** A client whose requests go nowhere. */
function clientInto(sent: string[], Client: unknown): Client {
  const requestHandler = {
    handle: () => {
      sent.push('sent');
      throw Object.assign(new Error('nothing is sent in this test'), { name: 'NotSent' });
    },
    updateHttpClientConfig: () => undefined, httpHandlerConfigs: () => ({}),
  };
  return new (Client as ClientClass)({ ...clientOf({ url: 'http://127.0.0.1:9' }), requestHandler });
}

const nameOf = (error: unknown): string => error instanceof Error ? error.name : String(error);

interface Refusals {
  readonly sent: string[];
  readonly outcomes: ReadonlyArray<readonly [command: string, outcome: string]>;
}

/** Sends each command with empty parameters. */
async function send(
  Client: unknown, service: ReadingService, commands: ReadonlyMap<string, CommandClass>,
): Promise<Refusals> {
  const sent: string[] = [];
  const client = readOnly(clientInto(sent, Client), service);
  const outcomes = await Promise.all([...commands].map(async ([name, Command]) => {
    const outcome = await client.send(new Command({})).then(() => 'answered', nameOf);
    return [name, outcome] as const;
  }));
  client.destroy();
  return { sent, outcomes };
}

describe.each(SERVICES)('a client for reading %s', service => {
  test.each(PACKAGES)('refuses each command of the bundle for %s that is not a read', async (name, exported, Client) => {
    // Sessions take STS from its package, because the function does not use it.
    const ofBundle = new Map([...commandsOf(bundled), ...commandsOf(sts)]);
    const known = new Map([...commandsOf(exported)].filter(([command]) => ofBundle.has(command)));
    expect(known.size).toBeGreaterThan(0);
    const others = new Map([...known].filter(([command]) => name !== service || !isRead(service, command)));
    const { sent, outcomes } = await send(Client, service, others);
    expect(outcomes).toEqual([...others.keys()].map(command => [command, 'ReadOnly']));
    expect(sent).toEqual([]);
  });
});

test('every command of the bundle is of a package above', () => {
  const known = new Set(PACKAGES.flatMap(([, exported]) => [...commandsOf(exported).keys()]));
  expect([...commandsOf(bundled).keys()].filter(command => !known.has(command))).toEqual([]);
});

const OWN = PACKAGES.flatMap(([name, exported, Client]) =>
  SERVICES.flatMap(service => service === name ? [{ service, exported, Client }] : []));

describe.each(OWN)('of all that the SDK has for $service', ({ service, exported, Client }) => {
  test('exactly the reads are sent', async () => {
    const commands = commandsOf(exported);
    expect(commands.size).toBeGreaterThan(service === 'sts' ? 8 : 40);
    const { sent, outcomes } = await send(Client, service, commands);
    const refused = outcomes.filter(([, outcome]) => outcome === 'ReadOnly').map(([command]) => command);
    const reads = READS[service].map(read => `${read}Command`);
    expect(refused).toEqual([...commands.keys()].filter(command => !reads.includes(command)));
    // Some fail before they are sent, because a parameter is missing, but not as a call that does not only read.
    expect(sent.length).toBeLessThanOrEqual(reads.length);
    expect(outcomes.filter(([command]) => reads.includes(command)).map(([, outcome]) => outcome))
      .not.toContain('answered');
  });
});

test('the policy allows the reads of every service but STS, which needs no permission', () => {
  const given = parseArguments(['policy']);
  if (given.command !== 'policy') throw new Error('The arguments are of another command');
  const allowed = policyOf(given).Statement.flatMap(({ Action }) => Action);
  expect(allowed.filter(action => action.startsWith('sts:'))).toEqual([]);
  expect(READS.sts).toEqual(['GetCallerIdentity']);
  const needed = (['ec2', 'cloudformation', 'dynamodb'] as const).flatMap(service => READS[service].map(read => `${service}:${read}`));
  expect([...allowed].sort()).toEqual(needed.sort());
});

test('the reads only read, by their names', () => {
  const reads = Object.values(READS).flat();
  expect(reads.filter(read => !/^(Describe|Get|List|Query$)/.test(read))).toEqual([]);
  // These would read, and also write or run something.
  expect(reads).not.toEqual(expect.arrayContaining(['ExecuteStatement']));
});

test('the error names the call, and what may be done', async () => {
  const client = readOnly(clientInto([], ec2.EC2Client), 'ec2');
  const call = client.send(new ec2.RevokeSecurityGroupIngressCommand({ GroupId: 'sg-1' }));
  await expect(call).rejects.toMatchObject({
    name: 'ReadOnly', message: 'ec2:RevokeSecurityGroupIngress is not made, because this command only reads',
  });
});
