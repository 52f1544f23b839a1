import { type Invocation, parseInvocation } from '../../lambda/invocation';
import { aConfiguration, decoded } from '../support/builders';

/** Every value of it is telling, so that none can go unnoticed in an error. */
const EVENT = {
  RequestType: 'secret-Create',
  ResponseURL: 'https://secret-host.example.com/stack?X-Amz-Signature=secret-signature',
  StackId: 'secret-stack',
  RequestId: 'secret-request',
  LogicalResourceId: 'secret-logical',
  PhysicalResourceId: 'secret-physical',
  ResourceType: 'Custom::Secret',
  ResourceProperties: { ServiceToken: 'secret-token', Configuration: 'secret-configuration' },
  OldResourceProperties: { Configuration: 'secret-old' },
};

type Event = Readonly<Record<string, unknown>>;

function customResource(overrides: Event = {}): Extract<Invocation, { kind: 'custom-resource' }> {
  const invocation = parseInvocation({ ...EVENT, ...overrides });
  if (invocation.kind !== 'custom-resource') throw new Error('not taken for a custom resource request');
  return invocation;
}

/** Everything that an error says, wherever it says it. */
function refusal(event: unknown): string {
  try {
    parseInvocation(event);
  } catch (error) {
    if (!(error instanceof Error)) throw new Error('threw something that is no error');
    expect(`${error.message} ${error.stack} ${JSON.stringify(error)} ${error.cause}`).not.toMatch(/secret/i);
    return error.message;
  }
  throw new Error('was not refused');
}

function without(key: string): Event {
  return Object.fromEntries(Object.entries(EVENT).filter(([each]) => each !== key));
}

describe('a configuration', () => {
  test('is a sweep with it', () => {
    expect(parseInvocation(aConfiguration())).toEqual({ kind: 'sweep', configuration: decoded() });
  });

  test('is refused by its decoder', () => {
    expect(() => parseInvocation({ ...aConfiguration(), dryRun: 'no' })).toThrow('dryRun: got "no"; give true or false');
  });

  test.each([[1], [3], ['2'], [null]])('of the version %p is refused by its decoder', version => {
    expect(() => parseInvocation({ version })).toThrow(/^version: got /);
  });
});

describe('a custom resource request', () => {
  test('is told apart, with what CloudFormation wants back', () => {
    expect(customResource()).toEqual({
      kind: 'custom-resource',
      requestType: EVENT.RequestType,
      request: {
        responseUrl: EVENT.ResponseURL,
        stackId: EVENT.StackId,
        requestId: EVENT.RequestId,
        logicalResourceId: EVENT.LogicalResourceId,
        physicalResourceId: EVENT.PhysicalResourceId,
      },
      configuration: EVENT.ResourceProperties.Configuration,
    });
  });

  test.each(['Create', 'Update', 'Delete', 'Refresh'])('of the type %s is told apart; what the type means is decided elsewhere', RequestType => {
    expect(customResource({ RequestType }).requestType).toBe(RequestType);
  });

  test.each([[undefined], [''], [null], [7]])('may have no physical id, as at creation: %p', PhysicalResourceId => {
    expect(customResource({ PhysicalResourceId }).request.physicalResourceId).toBeUndefined();
  });

  test('is one though it has a version', () => {
    expect(customResource({ version: 1 }).kind).toBe('custom-resource');
  });

  test('may be answered over http, as by an emulator', () => {
    expect(customResource({ ResponseURL: 'http://127.0.0.1:4566/answer' }).request.responseUrl).toBe('http://127.0.0.1:4566/answer');
  });

  test('leaves the answer\'s URL as it is, because it is signed', () => {
    const ResponseURL = 'https://HOST.example.com:443/a/../b?X-Amz-Signature=A%2fb+c';
    expect(customResource({ ResponseURL }).request.responseUrl).toBe(ResponseURL);
  });

  test.each([['text'], [7], [null], [{}], [{ version: 2 }]])('keeps a configuration unread, whatever it is, for CloudFormation to be told: %p', Configuration => {
    expect(customResource({ ResourceProperties: { Configuration } }).configuration).toEqual(Configuration);
  });

  test.each([[undefined], [null], ['text'], [[]], [{}]])('without a configuration is still one: %p', ResourceProperties => {
    expect(customResource({ ResourceProperties }).configuration).toBeUndefined();
  });
});

test.each([undefined, 7, null])('a custom resource request with the type %p can be answered, so it is taken', RequestType => {
  expect(parseInvocation({ ...EVENT, RequestType })).toMatchObject({ kind: 'custom-resource', requestType: '' });
});

describe('refuses a custom resource request', () => {
  const required = ['ResponseURL', 'StackId', 'RequestId', 'LogicalResourceId'];

  test.each(required)('without %s', key => {
    expect(refusal(without(key))).toBe(`Malformed custom resource request: ${key} is undefined, but has to be a text. Nothing was done`);
  });

  test.each(required)('with an empty %s', key => {
    expect(refusal({ ...EVENT, [key]: '' })).toBe(`Malformed custom resource request: ${key} is empty, but has to be a text. Nothing was done`);
  });

  test.each(required.flatMap(key => [[key, 7, 'number'], [key, null, 'object'], [key, ['secret'], 'object'], [key, { secret: 'secret' }, 'object'], [key, true, 'boolean']]))(
    'with a %s of %j', (key, value, kind) => {
      expect(refusal({ ...EVENT, [`${key}`]: value })).toBe(`Malformed custom resource request: ${key} is ${kind}, but has to be a text. Nothing was done`);
    });

  test.each([
    ['no URL', 'secret'],
    ['no host', 'https://?secret'],
    ['a port out of range', 'https://secret-host.example.com:99999/'],
    ['a path alone', '/secret?X-Amz-Signature=secret'],
    ['a file', 'file:///secret'],
    ['another protocol', 'ftp://secret-host.example.com/'],
    ['a script', 'javascript:secret'],
    ['data', 'data:text/plain,secret'],
  ])('whose ResponseURL is %s', (_, ResponseURL) => {
    expect(refusal({ ...EVENT, ResponseURL })).toBe('Malformed custom resource request: ResponseURL is no http(s) URL. Nothing was done');
  });
});

describe('a request to restore', () => {
  test.each([
    [['sgr-0123456789abcdef0']],
    [['sgr-1', 'sgr-2', 'sgr-1']],
    [Array.from({ length: 1000 }, (_, index) => `sgr-${index}`)],
    [[`sgr-${'0'.repeat(32)}`]],
  ])('names rules', securityGroupRuleIds => {
    expect(parseInvocation({ restore: { securityGroupRuleIds } })).toEqual({ kind: 'restore', request: { securityGroupRuleIds } });
  });

  test.each(['20260101T000000Z-0f3a9c2e', 'sweep_1', 'x', 'x'.repeat(100)])('names a sweep: %s', sweepId => {
    expect(parseInvocation({ restore: { sweepId } })).toEqual({ kind: 'restore', request: { sweepId } });
  });

  test('may leave the other key undefined', () => {
    expect(parseInvocation({ restore: { sweepId: 'sweep-1', securityGroupRuleIds: undefined } })).toEqual({ kind: 'restore', request: { sweepId: 'sweep-1' } });
  });

  test('is none when CloudFormation sends it: that is a custom resource request, and answered', () => {
    expect(customResource({ restore: { sweepId: 'sweep-1' } }).kind).toBe('custom-resource');
  });
});

describe('refuses a request to restore', () => {
  const malformed = (what: string): string => `Malformed request to restore: ${what}. Nothing was done. `
    + 'Give {"restore":{"securityGroupRuleIds":["sgr-…"]}} or {"restore":{"sweepId":"…"}}';

  test.each([[null], [undefined], ['secret'], ['sgr-1'], [7], [true], [['sgr-1']], [[]]])('that is no object: %j', restore => {
    expect(refusal({ restore })).toBe(malformed('restore is no object'));
  });

  test.each<[name: string, restore: Event]>([
    ['neither of them', {}],
    ['both', { securityGroupRuleIds: ['sgr-secret'], sweepId: 'secret' }],
    ['both, be it that one names nothing', { securityGroupRuleIds: [], sweepId: 'secret' }],
    ['both, be it that one is null', { securityGroupRuleIds: ['sgr-secret'], sweepId: null }],
  ])('that names rules or a sweep, but %s', (_, restore) => {
    expect(refusal({ restore })).toBe(malformed('restore has to have either securityGroupRuleIds or sweepId'));
  });

  test.each([[[]], [null], ['sgr-secret'], [{ 0: 'sgr-secret' }], [7]])('of no list, or an empty one: %j', securityGroupRuleIds => {
    expect(refusal({ restore: { securityGroupRuleIds } })).toBe(malformed('securityGroupRuleIds is no list, or an empty one'));
  });

  test('of more rules than a group can have', () => {
    const securityGroupRuleIds = Array.from({ length: 1001 }, (_, index) => `sgr-secret${index}`);
    expect(refusal({ restore: { securityGroupRuleIds } })).toBe(malformed('securityGroupRuleIds has 1001 ids; 1000 are the most'));
  });

  test.each([
    ['sg-secret'], ['secret'], [''], ['sgr-'], ['SGR-secret'], ['sgr-secret '], [' sgr-secret'], ['sgr-secret\n'], ['sgr-secret*'], ['sgr-secret-1'],
    ['arn:aws:ec2:eu-central-1:111122223333:security-group-rule/sgr-secret'], [`sgr-${'secret'.repeat(6)}`], [7], [null], [undefined], [['sgr-secret']], [{ secret: 1 }],
  ])('of which one is no id of a rule, and none of the others is restored: %j', id => {
    expect(refusal({ restore: { securityGroupRuleIds: ['sgr-1', id, 'sgr-2'] } }))
      .toBe(malformed('1 of the securityGroupRuleIds are not ids like sgr-0123456789abcdef0'));
  });

  test.each([
    [''], ['secret sweep'], ['secret/../other'], ['secret\n'], ['secret"'], ['sécret-secret'], ['secret:'], ['x'.repeat(101)], ['*'], [7], [null], [['secret']], [{ secret: 1 }], [true],
  ])('of a sweep that is named as none is: %j', sweepId => {
    expect(refusal({ restore: { sweepId } })).toBe(malformed('sweepId is not as a sweep logs it'));
  });

  test('with other keys, by their names', () => {
    expect(refusal({ restore: { sweepId: 'secret', dryRun: 'secret', force: true } })).toBe(malformed('restore has the unknown keys dryRun, force'));
  });

  test('beside other keys, by their names: it is no configuration that restores in passing', () => {
    expect(refusal({ restore: { sweepId: 'secret' }, reason: 'secret', version: 2 })).toBe(malformed('it has the keys reason, version beside restore'));
    const configuration = { ...aConfiguration({ hygiene: 'Secret/Path', metricNamespace: 'Secret' }), restore: { sweepId: 'secret' } };
    expect(refusal(configuration)).toMatch(/^Malformed request to restore: it has the keys version, hygiene, .*vpnConnections beside restore\. Nothing was done/);
  });

  test('with very many keys, of which it names the first', () => {
    const many = Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`key${index}`, 'secret']));
    for (const event of [{ restore: { sweepId: 'secret' }, ...many }, { restore: { sweepId: 'secret', ...many } }]) {
      const message = refusal(event);
      expect(message).toMatch(/key19\b/);
      expect(message).not.toContain('key20');
    }
  });
});

describe('refuses what it does not know:', () => {
  test.each<[got: string, event: unknown]>([
    ['null', null],
    ['a undefined', undefined],
    ['a string', 'secret'],
    ['a number', 7],
    ['a boolean', true],
    ['a list', ['secret']],
    ['a list', [EVENT]],
    ['an object with no keys', {}],
    ['an object with the keys detail-type, source, detail', { 'detail-type': 'secret', 'source': 'secret', 'detail': { secret: EVENT.ResponseURL } }],
    ['an object with the keys Records', { Records: [EVENT] }],
    ['an object with the keys responseUrl', { responseUrl: EVENT.ResponseURL }],
  ])('%s', (got, event) => {
    expect(refusal(event)).toBe(
      `Unknown event: got ${got}. This function takes a configuration (the input of its schedule), a CloudFormation custom resource request, `
      + 'or a request to restore: {"restore":{"securityGroupRuleIds":["sgr-…"]}} or {"restore":{"sweepId":"…"}}.',
    );
  });

  test('an object of very many keys, of which it names the first', () => {
    const event = Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`key${index}`, 'secret']));
    const message = refusal(event);
    expect(message).toContain('key19. ');
    expect(message).not.toContain('key20');
  });

  test('an EventBridge event, by its version', () => {
    const event = { 'version': '0', 'id': 'secret', 'detail-type': 'Scheduled Event', 'source': 'aws.events', 'detail': { secret: 'secret' } };
    expect(refusal(event)).toMatch(/^Unknown event/);
  });
});
