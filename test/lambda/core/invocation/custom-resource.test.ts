import { setTimeout as sleep } from 'node:timers/promises';
import {
  type CustomResourceResponse, type Deployment, encodeResponse, handleCustomResource,
} from '../../../../lambda/core/invocation/custom-resource';
import { type Invocation, parseInvocation } from '../../../../lambda/core/invocation/invocation';
import { fingerprintOf } from '../../../../src/contract/fingerprint';
import { awsError } from '../../../support/aws-error';
import { aConfiguration, decoded } from '../../../support/builders';
import { customResourceProperties } from '../../../support/deployment';
import { MemoryLog } from '../../../support/recorders';

const URL_OF_RESPONSE =
  'https://cloudformation-custom-resource-response.s3.amazonaws.com/stack?X-Amz-Signature=0123456789abcdef';

const CONFIGURED = aConfiguration({ staleRules: 'report' });
const CONFIGURATION = JSON.stringify(CONFIGURED);
const PROPERTIES = customResourceProperties(CONFIGURED);

function anEvent(overrides: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return {
    RequestType: 'Create',
    ResponseURL: URL_OF_RESPONSE,
    StackId: 'arn:aws:cloudformation:eu-central-1:111122223333:stack/Stack/1',
    RequestId: 'request-1',
    LogicalResourceId: 'NetworkHygieneSweep',
    ResourceType: 'Custom::NetworkHygiene',
    ResourceProperties: PROPERTIES,
    ...overrides,
  };
}

function invocationOf(event: Readonly<Record<string, unknown>>): Extract<Invocation, { kind: 'custom-resource' }> {
  const invocation = parseInvocation(event);
  if (invocation.kind !== 'custom-resource') throw new Error('not taken for a custom resource request');
  return invocation;
}

interface Handled {
  readonly answers: Array<{ url: string; body: string; response: CustomResourceResponse }>;
  readonly log: MemoryLog;
  readonly runs: Deployment[];
  readonly error?: unknown;
}

interface Behaviour {
  readonly run?: () => Promise<Record<string, number>>;
  readonly respond?: () => Promise<void>;
  readonly answerWithinMillis?: number;
  /** The fingerprint of the function. */
  readonly fingerprint?: string;
}

async function handle(
  event: Readonly<Record<string, unknown>>,
  { run, respond, answerWithinMillis = 10_000, fingerprint = fingerprintOf(CONFIGURED) }: Behaviour = {},
): Promise<Handled> {
  const log = new MemoryLog();
  const answers: Handled['answers'] = [];
  const runs: Deployment[] = [];
  const error: unknown = await handleCustomResource(invocationOf(event), {
    log: log.log,
    answerWithinMillis,
    fingerprint,
    run: async deployment => {
      runs.push(deployment);
      return run ? run() : {};
    },
    respond: async (url, body) => {
      answers.push({ url, body, response: JSON.parse(body) as CustomResourceResponse });
      await respond?.();
    },
  }).then(() => undefined, (thrown: unknown) => thrown);
  return { answers, log, runs, error };
}

describe.each(['Create', 'Update'])('%s', RequestType => {
  test('runs once, with the configuration, and answers with the counts as text', async () => {
    const { answers, runs } = await handle(
      anEvent({ RequestType, PhysicalResourceId: RequestType === 'Update' ? 'physical-1' : undefined }),
      {
        run: async () => ({ StaleIngressRules: 3, ScanErrors: 0 }),
      },
    );
    expect(runs).toEqual([{
      text: CONFIGURATION, deployTimePaths: '[]', configuration: decoded({ staleRules: 'report' }),
      // An earlier stack may have left the ledger behind.
      isChange: RequestType === 'Create',
    }]);
    expect(answers).toHaveLength(1);
    expect(answers[0].url).toBe(URL_OF_RESPONSE);
    expect(answers[0].response).toEqual({
      Status: 'SUCCESS',
      PhysicalResourceId: RequestType === 'Update' ? 'physical-1' : 'NetworkHygieneSweep',
      StackId: 'arn:aws:cloudformation:eu-central-1:111122223333:stack/Stack/1',
      RequestId: 'request-1',
      LogicalResourceId: 'NetworkHygieneSweep',
      Data: { StaleIngressRules: '3', ScanErrors: '0' },
    });
  });

  test('answers FAILED with the reason when the run fails, and does not fail itself', async () => {
    const { answers, log, error } = await handle(anEvent({ RequestType }), {
      run: async () => {
        throw awsError('UnauthorizedOperation', 'EC2 refused ec2:DescribeVpcs');
      },
    });
    expect(error).toBeUndefined();
    expect(answers.map(({ response }) => response)).toEqual([
      expect.objectContaining({ Status: 'FAILED', Reason: 'EC2 refused ec2:DescribeVpcs' }),
    ]);
    expect(log.lines).toEqual([
      expect.objectContaining({ level: 'ERROR', message: expect.stringContaining('EC2 refused ec2:DescribeVpcs') }),
    ]);
  });

  test.each<[name: string, overrides: Record<string, unknown>, reason: string]>([
    ['is missing', { Configuration: undefined }, 'no property Configuration'],
    ['is no text', { Configuration: { version: 3 } }, 'The property Configuration of the custom resource is not a text'],
    ['has no fingerprint', { Fingerprint: undefined }, 'The property Fingerprint of the custom resource is not a text'],
    [
      'does not say what was filled in',
      { DeployTimePaths: undefined },
      'The property DeployTimePaths of the custom resource is not a text',
    ],
    ['is no JSON', { Configuration: '{' }, 'not JSON'],
    ['is of another version', { Configuration: '{"version":"1"}' }, 'reads version 3'],
    ['has a bad value', { Configuration: CONFIGURATION.replace('"report"', '"remove"') }, 'staleRules: got "remove"'],
  ])('answers FAILED and runs nothing when the configuration %s', async (_, overrides, reason) => {
    const ResourceProperties = { ...PROPERTIES, ...overrides };
    const { answers, runs } = await handle(anEvent({ RequestType, ResourceProperties }));
    expect(runs).toEqual([]);
    expect(answers.map(({ response }) => response)).toEqual([
      expect.objectContaining({ Status: 'FAILED', Reason: expect.stringContaining(reason) }),
    ]);
  });

  const other = aConfiguration({ staleRules: 'revoke' });
  const altered = JSON.stringify(other);

  test.each<[name: string, overrides: Record<string, unknown>]>([
    ['another configuration, whole', customResourceProperties(other)],
    ['an altered text, with the fingerprint that the function knows', { Configuration: altered }],
    ['the fingerprint of another configuration', { Fingerprint: fingerprintOf(other) }],
    ['no fingerprint', { Fingerprint: '' }],
    ['an altered text, in which the value is said to be filled in', {
      Configuration: altered, DeployTimePaths: '[["staleRules"]]',
    }],
    ['that, with the fingerprint that goes with it', {
      Configuration: altered, DeployTimePaths: '[["staleRules"]]', Fingerprint: fingerprintOf(other, [['staleRules']]),
    }],
    ['a text that is said to be filled in as a whole', { Configuration: altered, DeployTimePaths: '[[]]' }],
    ['more that is filled in than is there', { DeployTimePaths: '[["nothing"]]' }],
    ['paths that are no paths', { DeployTimePaths: '{}' }],
    ['paths that are no JSON', { DeployTimePaths: 'secret' }],
  ])('answers FAILED and runs nothing for %s: anyone can make an event', async (_, overrides) => {
    const ResourceProperties = { ...PROPERTIES, ...overrides };
    const { answers, runs, error } = await handle(anEvent({ RequestType, ResourceProperties }));
    expect({ runs, error }).toEqual({ runs: [], error: undefined });
    expect(answers.map(({ response: { Status, Data } }) => [Status, Data])).toEqual([['FAILED', undefined]]);
  });

  test('says that a configuration is not that of the function, and what to do', async () => {
    const { answers } = await handle(anEvent({ RequestType, ResourceProperties: customResourceProperties(other) }));
    expect(answers[0].response.Reason).toBe(
      'The configuration of the custom resource is not the one that the function was deployed '
        + 'with, so it was not put into force, and nothing was done. '
        + 'Deploy the stack again with one version of cdk-network-hygiene',
    );
  });
});

describe('Update', () => {
  test.each<[name: string, OldResourceProperties: unknown, isChange: boolean]>([
    ['of something else', { ...PROPERTIES, ServiceToken: 'another' }, false],
    ['of the configuration', customResourceProperties(aConfiguration({ staleRules: 'ignore' })), true],
    ['of values that are filled in at deployment', { ...PROPERTIES, DeployTimePaths: '[["hygiene"]]' }, true],
  ])('says whether it is a change: one %s', async (_, OldResourceProperties, isChange) => {
    const { runs } = await handle(
      anEvent({ RequestType: 'Update', PhysicalResourceId: 'physical-1', OldResourceProperties }),
    );
    expect(runs.map(deployment => deployment.isChange)).toEqual([isChange]);
  });
});

describe('a value that CloudFormation fills in', () => {
  const atSynthesis = aConfiguration({ staleRules: 'report', notificationsTopicArn: '${Token[Topic]}' });
  const paths = [['notificationsTopicArn']];
  const filledIn = { ...atSynthesis, notificationsTopicArn: 'arn:aws:sns:eu-central-1:111122223333:people' };

  test('is not part of the fingerprint, and is passed on with the configuration', async () => {
    const fingerprint = fingerprintOf(atSynthesis, paths);
    const ResourceProperties = {
      Configuration: JSON.stringify(filledIn), Fingerprint: fingerprint, DeployTimePaths: JSON.stringify(paths),
    };
    const { runs, answers } = await handle(anEvent({ ResourceProperties }), { fingerprint });
    expect(answers[0].response.Status).toBe('SUCCESS');
    expect(runs.map(({ configuration, deployTimePaths }) => [configuration.notificationsTopicArn, deployTimePaths]))
      .toEqual([[filledIn.notificationsTopicArn, JSON.stringify(paths)]]);
  });
});

describe('Delete', () => {
  test.each([
    ['as they were', PROPERTIES],
    ['garbage', { Configuration: { not: ['a', 'text'] }, another: null }],
    ['of another version', { Configuration: '{"version":99}' }],
    ['of another function', customResourceProperties(aConfiguration({ hygiene: 'Other/NetworkHygiene' }))],
    ['a text', 'garbage'],
    ['missing', undefined],
    ['null', null],
  ])('touches nothing and succeeds; properties: %s', async (_, ResourceProperties) => {
    const { answers, runs, error } = await handle(
      anEvent({ RequestType: 'Delete', PhysicalResourceId: 'physical-1', ResourceProperties }),
    );
    expect({ runs, error }).toEqual({ runs: [], error: undefined });
    expect(answers.map(({ response }) => response)).toEqual([{
      Status: 'SUCCESS',
      PhysicalResourceId: 'physical-1',
      StackId: 'arn:aws:cloudformation:eu-central-1:111122223333:stack/Stack/1',
      RequestId: 'request-1',
      LogicalResourceId: 'NetworkHygieneSweep',
    }]);
  });

  test('succeeds for what never came to be, under an id that CloudFormation made up', async () => {
    const { answers } = await handle(
      anEvent({ RequestType: 'Delete', PhysicalResourceId: 'Stack-NetworkHygieneSweep-1ABC' }),
    );
    expect(answers[0].response).toMatchObject({
      Status: 'SUCCESS',
      PhysicalResourceId: 'Stack-NetworkHygieneSweep-1ABC',
    });
  });

  test('succeeds even when there is no time left', async () => {
    const { answers } = await handle(anEvent({ RequestType: 'Delete' }), { answerWithinMillis: -1 });
    expect(answers.map(({ response }) => response.Status)).toEqual(['SUCCESS']);
  });
});

test('the physical id stays the same over the life of the resource, failed answers included', async () => {
  const created = await handle(anEvent());
  const PhysicalResourceId = created.answers[0].response.PhysicalResourceId;
  const failed = await handle(anEvent({ RequestType: 'Update', PhysicalResourceId, RequestId: 'request-2' }), {
    run: async () => {
      throw new Error('no');
    },
  });
  const late = await handle(anEvent({ RequestType: 'Update', PhysicalResourceId, RequestId: 'request-3' }), {
    answerWithinMillis: 1,
    run: async () => sleep(50, {}),
  });
  const deleted = await handle(anEvent({ RequestType: 'Delete', PhysicalResourceId, RequestId: 'request-4' }));
  const again = await handle(anEvent());
  const ids = [failed, late, deleted, again].map(({ answers }) => answers[0].response.PhysicalResourceId);
  expect(ids).toEqual(Array.from({ length: 4 }, () => PhysicalResourceId));
});

test('a request type that nobody knows is answered FAILED and runs nothing', async () => {
  const { answers, runs } = await handle(anEvent({ RequestType: 'Import' }));
  expect(runs).toEqual([]);
  expect(answers.map(({ response }) => response)).toEqual([
    expect.objectContaining({ Status: 'FAILED', Reason: expect.stringContaining('"Import"') }),
  ]);
});

describe('work that hangs', () => {
  test('is answered FAILED before time runs out, and only once', async () => {
    let finish: (counts: Record<string, number>) => void = () => undefined;
    const run = async (): Promise<Record<string, number>> => new Promise(resolve => { finish = resolve; });
    const { answers } = await handle(anEvent(), { answerWithinMillis: 20, run });
    expect(answers.map(({ response }) => response)).toEqual([
      expect.objectContaining({ Status: 'FAILED', Reason: expect.stringContaining('ran out of time') }),
    ]);
    finish({});
    await sleep(1);
    expect(answers).toHaveLength(1);
  });

  test('does not fail afterwards, where no one would catch it', async () => {
    let fail: (error: Error) => void = () => undefined;
    const run = async (): Promise<Record<string, number>> => new Promise((_, reject) => { fail = reject; });
    const { answers } = await handle(anEvent(), { answerWithinMillis: 1, run });
    fail(new Error('too late'));
    await sleep(1);
    expect(answers).toHaveLength(1);
  });
});

test('an answer in time leaves no timer behind that would keep the process up', async () => {
  jest.useFakeTimers();
  try {
    await handle(anEvent(), { answerWithinMillis: 60_000 });
    expect(jest.getTimerCount()).toBe(0);
  } finally {
    jest.useRealTimers();
  }
});

describe('an answer is at most 4,096 bytes', () => {
  test.each([
    ['ASCII', 'x'],
    ['umlauts', 'ä'],
    ['three-byte characters', '網'],
    ['emoji, which are two units each', '🔥'],
    ['quotes and backslashes, which JSON escapes', '"\\'],
    ['control characters, which JSON escapes sixfold', '\u0001'],
    ['an odd start, so that a cut falls within an emoji', 'x🔥'],
  ])('with an enormous reason of %s', async (_, text) => {
    const { answers } = await handle(anEvent(), { run: async () => { throw new Error(text.repeat(100_000)); } });
    expect(Buffer.byteLength(answers[0].body)).toBeLessThanOrEqual(4096);
    expect(answers[0].response).toMatchObject({
      Status: 'FAILED',
      StackId: expect.any(String),
      RequestId: 'request-1',
      LogicalResourceId: 'NetworkHygieneSweep',
    });
    // The shortened reason still says something.
    expect(answers[0].response.Reason?.length).toBeGreaterThan(300);
  });

  test('with data that does not fit: it succeeds without them', async () => {
    const { answers } = await handle(anEvent(), {
      run: async () => Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`Count${i}`, i])),
    });
    expect(Buffer.byteLength(answers[0].body)).toBeLessThanOrEqual(4096);
    expect(answers[0].response.Status).toBe('SUCCESS');
    expect(answers[0].response).not.toHaveProperty('Data');
  });

  test('and is sent as it is when it fits', () => {
    const response: CustomResourceResponse = {
      Status: 'FAILED',
      Reason: 'no',
      PhysicalResourceId: 'p',
      StackId: 's',
      RequestId: 'r',
      LogicalResourceId: 'l',
      Data: { a: '1' },
    };
    expect(encodeResponse(response)).toBe(JSON.stringify(response));
  });
});

describe('the response URL', () => {
  test.each([
    ['succeeds', {}],
    ['fails', { run: async () => { throw new Error('no'); } }],
    ['hangs', { answerWithinMillis: 1, run: async () => sleep(50, {}) }],
  ] satisfies Array<[string, Behaviour]>)('is in no log line when the work %s', async (_, behaviour) => {
    const { log } = await handle(anEvent(), behaviour);
    expect(log.lines).toHaveLength(1);
    expect(log.text).not.toMatch(/X-Amz-Signature|s3\.amazonaws/);
  });

  test('appears in no error when the response cannot be sent', async () => {
    const { error, log } = await handle(anEvent(), {
      respond: async () => {
        throw Object.assign(new Error(`PUT ${URL_OF_RESPONSE} failed`), { code: 'ECONNRESET', url: URL_OF_RESPONSE });
      },
    });
    if (!(error instanceof Error)) throw new Error('it did not fail');
    expect(error.message).toBe('CloudFormation could not be answered: ECONNRESET');
    expect(
      [error.stack, JSON.stringify(error, Object.getOwnPropertyNames(error)), String(error.cause), log.text].join('\n'),
    ).not.toMatch(/X-Amz-Signature|s3\.amazonaws/);
  });

  test('is in no error when the request is malformed', () => {
    expect(() => parseInvocation(anEvent({ StackId: undefined }))).toThrow(
      /^(?!.*X-Amz-Signature)Malformed custom resource request: StackId/,
    );
    expect(() => parseInvocation(anEvent({ ResponseURL: 'ftp://example/?X-Amz-Signature=1' }))).toThrow(
      /^(?!.*X-Amz-Signature)Malformed custom resource request: ResponseURL/,
    );
  });
});
