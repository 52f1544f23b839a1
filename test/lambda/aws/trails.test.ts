/** Tests how trails are read from CloudTrail, with the SDK's own client and a server in the place of CloudTrail. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CloudTrailClient } from '@aws-sdk/client-cloudtrail';
import { cloudTrailTrails } from '../../../lambda/aws/trails';
import { errorFacts } from '../../../lambda/core/errors';
import type { LoggedCalls } from '../../../lambda/core/model/network';
import type { Trails } from '../../../lambda/core/ports';

interface Received {
  readonly action: string;
  readonly parameters: unknown;
}

/** The answer to every call, and the calls. */
let answer: { readonly status?: number; readonly body: object };
const calls: Received[] = [];

let server: Server;
let client: CloudTrailClient;

beforeAll(async () => {
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => {
      const action = String(request.headers['x-amz-target']).split('.').pop() ?? '';
      calls.push({ action, parameters: JSON.parse(Buffer.concat(chunks).toString()) as unknown });
      const { status = 200, body } = answer;
      response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(body));
    });
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  client = new CloudTrailClient({
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, region: 'eu-central-1', maxAttempts: 1,
    credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret-access-key-for-tests' },
  });
});

afterAll(async () => {
  client.destroy();
  await new Promise(resolve => server.close(resolve));
});

beforeEach(() => calls.splice(0));

function answering(body: object, status?: number): Trails {
  answer = { body, status };
  return cloudTrailTrails(client, 'eu-central-1');
}

const arnOf = (name: string, region = 'eu-central-1', account = '111122223333'): string =>
  `arn:aws:cloudtrail:${region}:${account}:trail/${name}`;

const ARN = arnOf('management');

test('trails of the Region are listed, and shadows of trails of other Regions and of the organization', async () => {
  const organization = { TrailARN: arnOf('all', 'us-east-1', '444455556666'), Name: 'all', HomeRegion: 'us-east-1' };
  const trails = answering({
    trailList: [
      { TrailARN: ARN, Name: 'management', HomeRegion: 'eu-central-1', IsMultiRegionTrail: false, IsOrganizationTrail: false },
      { TrailARN: arnOf('world', 'us-east-1'), Name: 'world', HomeRegion: 'us-east-1', IsMultiRegionTrail: true },
      { ...organization, IsMultiRegionTrail: true, IsOrganizationTrail: true },
      { TrailARN: arnOf('far', 'us-east-1'), Name: 'far', HomeRegion: 'us-east-1', IsMultiRegionTrail: false },
      { Name: 'without ARN', HomeRegion: 'eu-central-1' },
    ],
  });
  await expect(trails.trails()).resolves.toEqual([
    { arn: ARN, name: 'management', isOfOrganization: false },
    { arn: arnOf('world', 'us-east-1'), name: 'world', isOfOrganization: false },
    { arn: organization.TrailARN, name: 'all', isOfOrganization: true },
  ]);
  expect(calls).toEqual([{ action: 'DescribeTrails', parameters: { includeShadowTrails: true } }]);
  expect(trails.region).toBe('eu-central-1');
});

test('an answer without trails has none', async () => {
  await expect(answering({}).trails()).resolves.toEqual([]);
});

test.each([[{ IsLogging: true }, true], [{ IsLogging: false }, false], [{}, false]])(
  'the status is asked by the ARN: %j', async (body, isLogging) => {
    await expect(answering(body).isLogging(ARN)).resolves.toBe(isLogging);
    expect(calls).toEqual([{ action: 'GetTrailStatus', parameters: { Name: ARN } }]);
  },
);

interface Field {
  readonly Field: string;
  readonly [operator: string]: string | string[];
}

const MANAGEMENT: Field = { Field: 'eventCategory', Equals: ['Management'] };
const DATA: Field = { Field: 'eventCategory', Equals: ['Data'] };
const WRITES: Field = { Field: 'readOnly', Equals: ['false'] };
const READS: Field = { Field: 'readOnly', Equals: ['true'] };

const advanced = (...selectors: Field[][]): object =>
  ({ AdvancedEventSelectors: selectors.map(FieldSelectors => ({ FieldSelectors })) });

const basic = (...EventSelectors: object[]): object => ({ EventSelectors });

describe('the selectors of a trail', () => {
  test.each<[logged: LoggedCalls, selectors: object]>([
    ['changes', {}],
    ['changes', basic({ ReadWriteType: 'All', IncludeManagementEvents: true, DataResources: [], ExcludeManagementEventSources: [] })],
    ['changes', basic({ ReadWriteType: 'WriteOnly', IncludeManagementEvents: true, ExcludeManagementEventSources: ['kms.amazonaws.com'] })],
    ['changes', basic({})],
    ['readsOnly', basic({ ReadWriteType: 'ReadOnly', IncludeManagementEvents: true })],
    ['none', basic({ ReadWriteType: 'All', IncludeManagementEvents: false })],
    ['noneOfEc2', basic({ ReadWriteType: 'All', ExcludeManagementEventSources: ['ec2.amazonaws.com'] })],
    ['changes', basic({ ReadWriteType: 'ReadOnly' }, { ReadWriteType: 'WriteOnly' })],
    ['readsOnly', basic({ IncludeManagementEvents: false }, { ReadWriteType: 'ReadOnly' })],
    ['changes', advanced([MANAGEMENT])],
    ['changes', advanced([MANAGEMENT, WRITES])],
    ['changes', advanced([DATA, { Field: 'resources.type', Equals: ['AWS::S3::Object'] }], [MANAGEMENT, WRITES])],
    ['changes', advanced([MANAGEMENT, { Field: 'eventSource', NotEquals: ['kms.amazonaws.com', 'rdsdata.amazonaws.com'] }])],
    ['changes', advanced([MANAGEMENT, { Field: 'eventSource', StartsWith: ['ec2.'], EndsWith: ['.com'] }])],
    ['changes', advanced([MANAGEMENT, { Field: 'eventName', NotEquals: ['DescribeInstances'] }])],
    ['changes', advanced([MANAGEMENT, READS], [MANAGEMENT, WRITES])],
    ['readsOnly', advanced([MANAGEMENT, READS])],
    ['noneOfEc2', advanced([MANAGEMENT, { Field: 'eventSource', Equals: ['iam.amazonaws.com'] }])],
    ['noneOfEc2', advanced([MANAGEMENT, { Field: 'eventSource', NotEquals: ['ec2.amazonaws.com'] }])],
    ['noneOfEc2', advanced([MANAGEMENT, { Field: 'eventSource', NotStartsWith: ['ec2'] }])],
    ['noneOfEc2', advanced([MANAGEMENT, { Field: 'eventSource', NotEndsWith: ['.amazonaws.com'] }])],
    ['none', advanced([DATA, WRITES])],
    ['none', advanced([{ Field: 'eventCategory', Equals: ['NetworkActivity'] }, { Field: 'eventSource', Equals: ['ec2.amazonaws.com'] }])],
    ['someChanges', advanced([MANAGEMENT, { Field: 'eventName', Equals: ['AuthorizeSecurityGroupIngress'] }])],
    ['someChanges', advanced([MANAGEMENT, { Field: 'userIdentity.arn', NotEndsWith: ['role/Deploying'] }])],
    ['someChanges', advanced([MANAGEMENT, READS], [MANAGEMENT, { Field: 'sessionCredentialFromConsole', Equals: ['true'] }])],
  ])('log %s: %j', async (logged, body) => {
    await expect(answering({ TrailARN: ARN, ...body }).loggedCalls(ARN)).resolves.toBe(logged);
    expect(calls).toEqual([{ action: 'GetEventSelectors', parameters: { TrailName: ARN } }]);
  });
});

test.each(['AccessDeniedException', 'TrailNotFoundException', 'CloudTrailARNInvalidException'])(
  'an error has the code of CloudTrail: %s', async code => {
    const trails = answering({ __type: code, message: 'Unknown trail' }, 400);
    for (const call of [trails.trails(), trails.isLogging(ARN), trails.loggedCalls(ARN)]) {
      expect(errorFacts(await call.catch((error: unknown) => error)).code).toBe(code);
    }
  },
);
