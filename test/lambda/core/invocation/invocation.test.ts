import { type Invocation, parseInvocation } from '../../../../lambda/core/invocation/invocation';
import { CHANGE_SWEEP_INPUT } from '../../../../src/contract/names';
import { aConfiguration } from '../../../support/builders';
import { SCHEDULED } from '../../../support/deployment';

/** An event with recognizable values, so that a test notices any of them in an error. */
const EVENT = {
  RequestType: 'secret-Create',
  ResponseURL: 'https://secret-host.example.com/stack?X-Amz-Signature=secret-signature',
  StackId: 'secret-stack',
  RequestId: 'secret-request',
  LogicalResourceId: 'secret-logical',
  PhysicalResourceId: 'secret-physical',
  ResourceType: 'Custom::Secret',
  ResourceProperties: {
    ServiceToken: 'secret-token', Configuration: 'secret-configuration', Fingerprint: 'secret-fingerprint',
    DeployTimePaths: 'secret-paths',
  },
  OldResourceProperties: { Configuration: 'secret-old' },
};

const NOW = new Date('2026-12-01T08:00:00Z');

type Event = Readonly<Record<string, unknown>>;

function customResource(overrides: Event = {}): Extract<Invocation, { kind: 'custom-resource' }> {
  const invocation = parseInvocation({ ...EVENT, ...overrides });
  if (invocation.kind !== 'custom-resource') throw new Error('not taken for a custom resource request');
  return invocation;
}

/** Returns every text of an error. */
function refusal(event: unknown): string {
  try {
    parseInvocation(event, NOW);
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
  test.each<[name: string, event: unknown]>([
    ['whole', aConfiguration({ hygiene: 'Secret/Path' })],
    ['of another version', { version: 1 }],
    ['of no version', { version: null }],
    ['with a bad value', { ...aConfiguration(), dryRun: 'no' }],
    ['as a property of its own', { configuration: aConfiguration() }],
    ['as text', JSON.stringify(aConfiguration())],
  ])('is taken from no event: %s', (_, event) => {
    const message = refusal(event);
    expect(message).toMatch(/^Unknown event: got (a string|an object with the keys (version|configuration))/);
    expect(message).toContain('It takes a configuration from its ledger only.');
  });

  test('is not taken from a sweep either', () => {
    const configuration = aConfiguration({ hygiene: 'Secret/Path' });
    expect(refusal({ sweep: { configuration } })).toMatch(
      /^Malformed request to sweep: sweep has the unknown keys configuration\. Nothing was done/,
    );
    expect(refusal({ ...configuration, sweep: {} })).toMatch(
      /^Malformed request to sweep: it has the keys version, .* beside sweep/,
    );
  });
});

describe('a request to sweep', () => {
  const EVERYTHING = { kind: 'everything' };
  const scheduled = (scheduledTime?: string): unknown => ({ trigger: 'schedule', scope: EVERYTHING, scheduledTime });

  test('sweeps everything, for a person, when it names nothing', () => {
    expect(parseInvocation({ sweep: {} })).toEqual({
      kind: 'sweep',
      request: { trigger: 'request', scope: EVERYTHING },
    });
  });

  test.each([
    ['2026-12-01T08:00:00Z', '2026-12-01T08:00:00.000Z'], ['2026-12-01T09:00:00.5+01:00', '2026-12-01T08:00:00.500Z'],
  ])('is that of the schedule, with the time at which it was due: %s', (scheduledTime, utc) => {
    const now = new Date('2026-12-01T08:00:05Z');
    expect(parseInvocation({ sweep: { scheduledTime } }, now)).toEqual({ kind: 'sweep', request: scheduled(utc) });
  });

  test.each(['<aws.scheduler.scheduled-time>', '', 'soon', '2026-12-01', '2026-11-31T08:00:00Z'])(
    'is that of the schedule, at an unknown time, if nothing filled it in: %j', scheduledTime => {
      expect(parseInvocation({ sweep: { scheduledTime } })).toEqual({ kind: 'sweep', request: scheduled() });
    });

  test('is what the schedule sends, in every environment the same', () => {
    expect(parseInvocation(SCHEDULED)).toEqual({ kind: 'sweep', request: scheduled() });
    expect(Object.keys(SCHEDULED.sweep)).toEqual(['scheduledTime']);
  });

  test('sweeps everything for a change: what a change sends, in every environment the same', () => {
    const request = { trigger: 'change', scope: { kind: 'everything' } };
    expect(parseInvocation(CHANGE_SWEEP_INPUT)).toEqual({ kind: 'sweep', request });
    expect(JSON.stringify(CHANGE_SWEEP_INPUT)).toBe('{"sweep":{"trigger":"change"}}');
  });

  test.each([
    [['sg-0123456789abcdef0']], [['sg-1', 'sg-2', 'sg-1']],
    [Array.from({ length: 200 }, (_, index) => `sg-${index}`)],
  ])('sweeps the groups that it names, for a person or a program', groupIds => {
    const request = { trigger: 'request', scope: { kind: 'groups', groupIds } };
    expect(parseInvocation({ sweep: { securityGroupIds: groupIds } })).toEqual({ kind: 'sweep', request });
  });
});

describe('refuses a request to sweep', () => {
  const malformed = (what: string): string => `Malformed request to sweep: ${what}. Nothing was done. `
    + 'Give {"sweep":{}} or {"sweep":{"securityGroupIds":["sg-…"]}} or {"sweep":{"trigger":"change"}}';

  test.each([null, undefined, 'secret', 7, true, [], ['sg-1']])('that is no object: %j', sweep => {
    expect(refusal({ sweep })).toBe(malformed('sweep is not an object'));
  });

  test('whose time is further ahead than clocks differ, because each event until then would count as repeated', () => {
    const [now, sweep] = [new Date('2026-12-01T08:00:00Z'), { scheduledTime: '2026-12-01T09:00:00Z' }];
    expect(parseInvocation({ sweep }, now)).toMatchObject({ kind: 'sweep' });
    const far = { sweep: { scheduledTime: '2026-12-01T09:00:01Z' } };
    expect(() => parseInvocation(far, now)).toThrow(malformed('scheduledTime is in the future'));
  });

  test.each([7, null, true, ['2026-12-01T08:00:00Z'], { secret: 1 }])('whose time is no text: %j', scheduledTime => {
    expect(refusal({ sweep: { scheduledTime } })).toBe(malformed('scheduledTime is not a text'));
  });

  test.each(['schedule', 'deployment', 'request', 'Change', '', 7, null, true, ['change'], {}])(
    'whose trigger is not a change: %j', trigger => {
      expect(refusal({ sweep: { trigger } })).toBe(malformed('trigger is not change'));
    });

  test.each([
    { scheduledTime: '2026-12-01T08:00:00Z' }, { scheduledTime: '<aws.scheduler.scheduled-time>' },
    { securityGroupIds: ['sg-secret'] },
  ])('of a change that is of the schedule or names groups, too: %j', others => {
    expect(refusal({ sweep: { trigger: 'change', ...others } })).toBe(
      malformed('it has trigger and another key; such a sweep sweeps everything, and not for the schedule'),
    );
  });

  test('of the schedule that names groups, because it would count groups that it did not look at', () => {
    const sweep = { scheduledTime: '2026-12-01T08:00:00Z', securityGroupIds: ['sg-secret'] };
    expect(refusal({ sweep }))
      .toBe(malformed('it has scheduledTime and securityGroupIds; a schedule sweeps everything'));
  });

  const noLists: unknown[][] = [[[]], [null], ['sg-secret'], [{ 0: 'sg-secret' }], [7]];

  test.each(noLists)('of no list, or an empty one: %j', securityGroupIds => {
    expect(refusal({ sweep: { securityGroupIds } })).toBe(malformed('securityGroupIds is not a list, or is empty'));
  });

  test('of more groups than a run of some takes', () => {
    const securityGroupIds = Array.from({ length: 201 }, (_, index) => `sg-secret${index}`);
    expect(refusal({ sweep: { securityGroupIds } })).toBe(malformed('securityGroupIds has 201 ids; at most 200 are allowed'));
  });

  test.each([
    ['sgr-secret'],
    ['vpc-secret'],
    ['secret'],
    [''],
    ['sg-'],
    ['SG-secret'],
    ['sg-secret '],
    ['sg-secret*'],
    ['*'],
    [`sg-${'s'.repeat(33)}`],
    [7],
    [null],
    [undefined],
    [['sg-secret']],
  ])('of which one is no id of a group, and none of the others is swept: %j', id => {
    expect(refusal({ sweep: { securityGroupIds: ['sg-1', id, 'sg-2'] } })).toBe(
      malformed('1 of the securityGroupIds are not ids like sg-0123456789abcdef0'),
    );
  });

  test('with other keys, by their names', () => {
    expect(refusal({ sweep: { dryRun: 'secret', limit: 1 } })).toBe(
      malformed('sweep has the unknown keys dryRun, limit'),
    );
    expect(refusal({ sweep: {}, restore: { sweepId: 'secret' }, force: true }))
      .toBe(malformed('it has the keys restore, force beside sweep'));
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
      properties: {
        configuration: EVENT.ResourceProperties.Configuration,
        fingerprint: EVENT.ResourceProperties.Fingerprint,
        deployTimePaths: EVENT.ResourceProperties.DeployTimePaths,
        isChange: true,
      },
    });
  });

  describe('is a change', () => {
    const now = EVENT.ResourceProperties;

    test.each(['Configuration', 'Fingerprint', 'DeployTimePaths'])('where another %s is named from before', key => {
      expect(customResource({ OldResourceProperties: { ...now, [key]: 'another' } }).properties.isChange).toBe(true);
      expect(customResource({ OldResourceProperties: { ...now, [key]: undefined } }).properties.isChange).toBe(true);
    });

    test.each<[name: string, before: unknown]>([
      ['all is as before', now], ['something else of it was changed', { ...now, ServiceToken: 'another', Other: 1 }],
      ['nothing is named from before, as at creation', undefined], ['what is named from before is no object', 'text'],
    ])('and none where %s', (_, OldResourceProperties) => {
      expect(customResource({ OldResourceProperties }).properties.isChange).toBe(false);
    });
  });

  test.each(['Create', 'Update', 'Delete', 'Refresh'])(
    'of the type %s is told apart; what the type means is decided elsewhere',
    RequestType => {
      expect(customResource({ RequestType }).requestType).toBe(RequestType);
    },
  );

  test.each([[undefined], [''], [null], [7]])('may have no physical id, as at creation: %p', PhysicalResourceId => {
    expect(customResource({ PhysicalResourceId }).request.physicalResourceId).toBeUndefined();
  });

  test('is one though it has a version', () => {
    expect(customResource({ version: 1 }).kind).toBe('custom-resource');
  });

  test('may be answered over http, as by an emulator', () => {
    expect(customResource({ ResponseURL: 'http://127.0.0.1:4566/answer' }).request.responseUrl).toBe(
      'http://127.0.0.1:4566/answer',
    );
  });

  test('leaves the answer\'s URL as it is, because it is signed', () => {
    const ResponseURL = 'https://HOST.example.com:443/a/../b?X-Amz-Signature=A%2fb+c';
    expect(customResource({ ResponseURL }).request.responseUrl).toBe(ResponseURL);
  });

  test.each([['text'], [7], [null], [{}], [{ version: 2 }]])(
    'keeps a configuration unread, whatever it is, for CloudFormation to be told: %p',
    Configuration => {
      expect(customResource({ ResourceProperties: { Configuration } }).properties.configuration).toEqual(Configuration);
    },
  );

  test.each([[undefined], [null], ['text'], [[]], [{}]])(
    'without a configuration is still one: %p',
    ResourceProperties => {
      expect(customResource({ ResourceProperties }).properties.configuration).toBeUndefined();
    },
  );
});

test.each([undefined, 7, null])(
  'a custom resource request with the type %p can be answered, so it is taken',
  RequestType => {
    expect(parseInvocation({ ...EVENT, RequestType })).toMatchObject({ kind: 'custom-resource', requestType: '' });
  },
);

describe('refuses a custom resource request', () => {
  const required = ['ResponseURL', 'StackId', 'RequestId', 'LogicalResourceId'];

  test.each(required)('without %s', key => {
    expect(refusal(without(key))).toBe(
      `Malformed custom resource request: ${key} is undefined, but must be a text. Nothing was done`,
    );
  });

  test.each(required)('with an empty %s', key => {
    expect(refusal({ ...EVENT, [key]: '' })).toBe(
      `Malformed custom resource request: ${key} is empty, but must be a text. Nothing was done`,
    );
  });

  test.each(
    required.flatMap(key => [
      [key, 7, 'number'],
      [key, null, 'object'],
      [key, ['secret'], 'object'],
      [key, { secret: 'secret' }, 'object'],
      [key, true, 'boolean'],
    ]),
  )('with a %s of %j', (key, value, kind) => {
    expect(refusal({ ...EVENT, [`${key}`]: value })).toBe(
      `Malformed custom resource request: ${key} is ${kind}, but must be a text. Nothing was done`,
    );
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
    expect(refusal({ ...EVENT, ResponseURL })).toBe(
      'Malformed custom resource request: ResponseURL is not an http(s) URL. Nothing was done',
    );
  });
});

describe('a request to restore', () => {
  test.each([
    [['sgr-0123456789abcdef0']],
    [['sgr-1', 'sgr-2', 'sgr-1']],
    [Array.from({ length: 1000 }, (_, index) => `sgr-${index}`)],
    [[`sgr-${'0'.repeat(32)}`]],
  ])('names rules', securityGroupRuleIds => {
    expect(parseInvocation({ restore: { securityGroupRuleIds } })).toEqual({
      kind: 'restore',
      request: { securityGroupRuleIds },
    });
  });

  test.each(['20260101T000000Z-0f3a9c2e', 'sweep_1', 'x', 'x'.repeat(100)])('names a sweep: %s', sweepId => {
    expect(parseInvocation({ restore: { sweepId } })).toEqual({ kind: 'restore', request: { sweepId } });
  });

  test('may leave the other key undefined', () => {
    expect(parseInvocation({ restore: { sweepId: 'sweep-1', securityGroupRuleIds: undefined } })).toEqual({
      kind: 'restore',
      request: { sweepId: 'sweep-1' },
    });
  });

  test('is none when CloudFormation sends it: that is a custom resource request, and answered', () => {
    expect(customResource({ restore: { sweepId: 'sweep-1' } }).kind).toBe('custom-resource');
  });
});

describe('refuses a request to restore', () => {
  const malformed = (what: string): string => `Malformed request to restore: ${what}. Nothing was done. `
    + 'Give {"restore":{"securityGroupRuleIds":["sgr-…"]}} or {"restore":{"sweepId":"…"}}';

  test.each([[null], [undefined], ['secret'], ['sgr-1'], [7], [true], [['sgr-1']], [[]]])(
    'that is no object: %j',
    restore => {
      expect(refusal({ restore })).toBe(malformed('restore is not an object'));
    },
  );

  test.each<[name: string, restore: Event]>([
    ['neither of them', {}],
    ['both', { securityGroupRuleIds: ['sgr-secret'], sweepId: 'secret' }],
    ['both, be it that one names nothing', { securityGroupRuleIds: [], sweepId: 'secret' }],
    ['both, be it that one is null', { securityGroupRuleIds: ['sgr-secret'], sweepId: null }],
  ])('that names rules or a sweep, but %s', (_, restore) => {
    expect(refusal({ restore })).toBe(malformed('restore must have either securityGroupRuleIds or sweepId'));
  });

  test.each([[[]], [null], ['sgr-secret'], [{ 0: 'sgr-secret' }], [7]])(
    'of no list, or an empty one: %j',
    securityGroupRuleIds => {
      expect(refusal({ restore: { securityGroupRuleIds } })).toBe(
        malformed('securityGroupRuleIds is not a list, or is empty'),
      );
    },
  );

  test('of more rules than a group can have', () => {
    const securityGroupRuleIds = Array.from({ length: 1001 }, (_, index) => `sgr-secret${index}`);
    expect(refusal({ restore: { securityGroupRuleIds } })).toBe(
      malformed('securityGroupRuleIds has 1001 ids; at most 1000 are allowed'),
    );
  });

  test.each([
    ['sg-secret'],
    ['secret'],
    [''],
    ['sgr-'],
    ['SGR-secret'],
    ['sgr-secret '],
    [' sgr-secret'],
    ['sgr-secret\n'],
    ['sgr-secret*'],
    ['sgr-secret-1'],
    ['arn:aws:ec2:eu-central-1:111122223333:security-group-rule/sgr-secret'],
    [`sgr-${'secret'.repeat(6)}`],
    [7],
    [null],
    [undefined],
    [['sgr-secret']],
    [{ secret: 1 }],
  ])('of which one is no id of a rule, and none of the others is restored: %j', id => {
    expect(refusal({ restore: { securityGroupRuleIds: ['sgr-1', id, 'sgr-2'] } })).toBe(
      malformed('1 of the securityGroupRuleIds are not ids like sgr-0123456789abcdef0'),
    );
  });

  test.each([
    [''],
    ['secret sweep'],
    ['secret/../other'],
    ['secret\n'],
    ['secret"'],
    ['sécret-secret'],
    ['secret:'],
    ['x'.repeat(101)],
    ['*'],
    [7],
    [null],
    [['secret']],
    [{ secret: 1 }],
    [true],
  ])('of a sweep that is named as none is: %j', sweepId => {
    expect(refusal({ restore: { sweepId } })).toBe(malformed('sweepId is not the id of a sweep, as the log has it'));
  });

  test('with other keys, by their names', () => {
    expect(refusal({ restore: { sweepId: 'secret', dryRun: 'secret', force: true } })).toBe(
      malformed('restore has the unknown keys dryRun, force'),
    );
  });

  test('with other keys, and names these, so that a configuration cannot also restore', () => {
    expect(refusal({ restore: { sweepId: 'secret' }, reason: 'secret', version: 2 })).toBe(
      malformed('it has the keys reason, version beside restore'),
    );
    const configuration = {
      ...aConfiguration({ hygiene: 'Secret/Path', metricNamespace: 'Secret' }),
      restore: { sweepId: 'secret' },
    };
    expect(refusal(configuration)).toMatch(
      /^Malformed request to restore: it has the keys version, hygiene, .*vpnConnections beside restore\. Nothing was done/,
    );
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

describe('a request to pause', () => {
  const reason = 'change freeze';

  test.each([
    ['2026-12-24T08:00:00Z', '2026-12-24T08:00:00.000Z'],
    ['2026-12-24T08:00Z', '2026-12-24T08:00:00.000Z'],
    ['2026-12-24T08:00:00.5Z', '2026-12-24T08:00:00.500Z'],
    ['2026-12-24T08:00:00+01:00', '2026-12-24T07:00:00.000Z'],
    ['2026-12-24T08:00:00-05:30', '2026-12-24T13:30:00.000Z'],
    ['2026-12-01T08:00:00.001Z', '2026-12-01T08:00:00.001Z'],
    ['2026-12-31T08:00:00Z', '2026-12-31T08:00:00.000Z'],
    ['2026-12-01T07:30:00-01:00', '2026-12-01T08:30:00.000Z'],
  ])('until %s has its end in UTC', (until, end) => {
    const request = { until: end, reason };
    expect(parseInvocation({ pause: { until, reason } }, NOW)).toEqual({ kind: 'pause', request });
  });

  test.each(['x', 'é'.repeat(255), '🙂'.repeat(255), ' two\nlines '])('has a reason as it is given: %j', given => {
    expect(parseInvocation({ pause: { until: '2026-12-24T08:00:00Z', reason: given } }, NOW))
      .toMatchObject({ kind: 'pause', request: { reason: given } });
  });

  test('is one by the clock when no time is given', () => {
    const until = new Date(Date.now() + 3_600_000).toISOString();
    expect(parseInvocation({ pause: { until, reason } })).toEqual({ kind: 'pause', request: { until, reason } });
  });
});

describe('refuses a request to pause', () => {
  const malformed = (what: string): string => `Malformed request to pause: ${what}. Nothing was done. `
    + 'Give {"pause":{"until":"2026-12-24T08:00:00Z","reason":"…"}}';
  const until = '2026-12-24T08:00:00Z';
  const reason = 'secret reason';
  const noTime = malformed('until is not a date and time of ISO 8601 with a time zone, such as 2026-12-24T09:00:00+01:00');

  test.each([null, undefined, 'secret', 7, true, [], [{ until, reason }]])('that is no object: %j', pause => {
    expect(refusal({ pause })).toBe(malformed('pause is not an object'));
  });

  test.each([
    undefined, null, 7, 1_798_099_200_000, '', 'secret', 'tomorrow', ['2026-12-24T08:00:00Z'], {},
    // These texts have no time, no time zone, or another format.
    '2026-12-24', '2026-12-24T08:00:00', '2026-12-24 08:00:00Z', '20261224T080000Z', '2026-12-24T08Z',
    '+002026-12-24T08:00:00Z',
    '2026-12-24T08:00:00z', '2026-12-24T08:00:00+0100', '2026-12-24T08:00:00+01', '2026-12-24T08:00:00 Z',
    ' 2026-12-24T08:00:00Z', '2026-12-24T08:00:00Z\n',
    // These times do not exist.
    '2026-12-24T24:00:00Z', '2026-12-24T25:00:00Z', '2026-12-24T08:60:00Z', '2026-12-24T08:00:60Z',
    '2026-13-01T08:00:00Z',
    '2026-12-32T08:00:00Z', '2026-11-31T08:00:00Z', '2027-02-29T08:00:00Z', '2026-12-24T08:00:00+99:00',
  ])('until what is no time with a zone: %j', given => {
    expect(refusal({ pause: { until: given, reason } })).toBe(noTime);
  });

  test.each([
    '2026-12-01T08:00:00Z', '2026-12-01T07:59:59.999Z', '2020-01-01T00:00:00Z', '2026-12-01T08:30:00+01:00',
  ])('that has ended: %s', given => {
    expect(refusal({ pause: { until: given, reason } })).toBe(malformed('until is not in the future'));
  });

  test.each([
    '2026-12-31T08:00:00.001Z', '2027-12-24T08:00:00Z', '9999-12-24T08:00:00Z',
  ])('for longer than a pause may be: %s', given => {
    expect(refusal({ pause: { until: given, reason } }))
      .toBe(malformed('until is more than 30 days ahead; pause for less, and again before that ends'));
  });

  test.each([
    undefined, null, '', ' \n', 7, {}, ['secret'], 'secret'.repeat(50), '🙂'.repeat(256),
  ])('for no reason, or a long one: %j', given => {
    expect(refusal({ pause: { until, reason: given } }))
      .toBe(malformed('reason is not a text of 1 to 255 characters that says why'));
  });

  test('with other keys, by their names', () => {
    expect(refusal({ pause: { until, reason, force: 'secret' } })).toBe(malformed('pause has the unknown keys force'));
    expect(refusal({ pause: { until, reason }, version: 2, resume: {} }))
      .toBe(malformed('it has the keys version, resume beside pause'));
  });
});

describe('a request to retry', () => {
  const FORM = 'Nothing was done. Give {"retry":{"securityGroupRuleIds":["sgr-…"]}}';

  test('names rules', () => {
    const request = { securityGroupRuleIds: ['sgr-1', 'sgr-2'] };
    expect(parseInvocation({ retry: request })).toEqual({ kind: 'retry', request });
  });

  test.each<[what: string, retry: unknown]>([
    ['retry is not an object', null],
    ['securityGroupRuleIds is not a list, or is empty', {}],
    ['securityGroupRuleIds is not a list, or is empty', { securityGroupRuleIds: [] }],
    ['securityGroupRuleIds is not a list, or is empty', { securityGroupRuleIds: 'sgr-1' }],
    ['1 of the securityGroupRuleIds are not ids like sgr-0123456789abcdef0', { securityGroupRuleIds: ['sgr-1', 'sg-1'] }],
    ['securityGroupRuleIds has 1001 ids; at most 1000 are allowed', { securityGroupRuleIds: Array(1001).fill('sgr-1') }],
    ['retry has the unknown keys sweepId', { sweepId: 'secret' }],
  ])('is refused: %s', (what, retry) => {
    expect(refusal({ retry })).toBe(`Malformed request to retry: ${what}. ${FORM}`);
  });

  test('is not given together with another one', () => {
    expect(refusal({ retry: { securityGroupRuleIds: ['sgr-1'] }, version: 2 }))
      .toBe(`Malformed request to retry: it has the keys version beside retry. ${FORM}`);
  });
});

describe('a request to approve', () => {
  const FORM = 'Nothing was done. Give {"approve":{"securityGroupRuleIds":["sgr-…"],"digest":"…","approvedBy":"…"}} or '
    + '{"approve":{"sweepId":"…","digest":"…"}}';
  const digest = '0123456789abcdef';
  const securityGroupRuleIds = ['sgr-1', 'sgr-2'];
  const WHICH = 'approve must have either securityGroupRuleIds or sweepId';
  const DIGEST = 'digest is not the 16 hexadecimal digits that stand for what was shown';
  const NAME = 'approvedBy is not a text of 1 to 255 characters without control characters';

  test.each([
    { securityGroupRuleIds, digest },
    { sweepId: '20261121T080000Z-0f3a9c2e', digest },
    { securityGroupRuleIds, digest, approvedBy: 'J\u00fcrgen \u{1f44d}, change 4711' },
    { sweepId: 'run-1', digest, approvedBy: '\u{1f44d}'.repeat(255) },
  ])('names rules or a sweep, and what was shown: %j', request => {
    expect(parseInvocation({ approve: request })).toEqual({ kind: 'approve', request });
  });

  test.each<[what: string, approve: unknown]>([
    ['approve is not an object', null],
    ['approve is not an object', 'all'],
    [WHICH, {}],
    [WHICH, { digest }],
    [WHICH, { securityGroupRuleIds, sweepId: 'run-1', digest }],
    ['securityGroupRuleIds is not a list, or is empty', { securityGroupRuleIds: [], digest }],
    ['securityGroupRuleIds is not a list, or is empty', { securityGroupRuleIds: 'sgr-1', digest }],
    ['1 of the securityGroupRuleIds are not ids like sgr-0123456789abcdef0', { securityGroupRuleIds: ['sgr-1', '*'], digest }],
    ['securityGroupRuleIds has 1001 ids; at most 1000 are allowed', { securityGroupRuleIds: Array(1001).fill('sgr-1'), digest }],
    ['sweepId is not the id of a sweep, as the log has it', { sweepId: 'run 1', digest }],
    ['sweepId is not the id of a sweep, as the log has it', { sweepId: 1, digest }],
    ['approve has the unknown keys force', { securityGroupRuleIds, digest, force: 'secret' }],
    ...[undefined, null, '', 16, digest.toUpperCase(), `${digest}0`, digest.slice(1), `${digest}\n`, [digest]].map(
      each => [DIGEST, { securityGroupRuleIds, digest: each }] as [string, unknown]),
    ...[null, '', '  ', 7, ['me'], 'x'.repeat(256), 'me\n', 'a\tb', '\u202eem', 'a\u2028b', '\ud800'].map(
      approvedBy => [NAME, { sweepId: 'run-1', digest, approvedBy }] as [string, unknown]),
  ])('is refused: %s: %j', (what, approve) => {
    expect(refusal({ approve })).toBe(`Malformed request to approve: ${what}. ${FORM}`);
  });

  test('is not given together with another one', () => {
    expect(refusal({ approve: { sweepId: 'run-1', digest }, resume: {} }))
      .toMatch(/^Malformed request to (approve|resume): it has the keys \w+ beside/);
  });
});

describe('a request to resume', () => {
  const malformed = (what: string): string =>
    `Malformed request to resume: ${what}. Nothing was done. Give {"resume":{}}`;

  test('takes no keys', () => {
    expect(parseInvocation({ resume: {} })).toEqual({ kind: 'resume' });
    expect(refusal({ resume: { pauseId: 'secret', now: true } }))
      .toBe(malformed('resume has the unknown keys pauseId, now'));
    expect(refusal({ resume: {}, version: 2 })).toBe(malformed('it has the keys version beside resume'));
  });

  test.each([null, undefined, 'secret', 7, true, []])('is an object: not %j', resume => {
    expect(refusal({ resume })).toBe(malformed('resume is not an object'));
  });

  test('is none beside another request', () => {
    expect(refusal({ restore: { sweepId: 'secret' }, resume: {} }))
      .toMatch(/^Malformed request to restore: it has the keys resume beside restore/);
  });
});

describe('a request to adopt', () => {
  const malformed = (what: string): string =>
    `Malformed request to adopt: ${what}. Nothing was done. Give {"adopt":{}}`;

  test('takes no keys', () => {
    expect(parseInvocation({ adopt: {} })).toEqual({ kind: 'adopt' });
    expect(refusal({ adopt: { table: 'secret' } })).toBe(malformed('adopt has the unknown keys table'));
    expect(refusal({ adopt: {}, version: 3 })).toBe(malformed('it has the keys version beside adopt'));
  });

  test.each([null, undefined, 'secret', 7, true, []])('is an object: not %j', adopt => {
    expect(refusal({ adopt })).toBe(malformed('adopt is not an object'));
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
    [
      'an object with the keys detail-type, source, detail',
      { 'detail-type': 'secret', 'source': 'secret', 'detail': { secret: EVENT.ResponseURL } },
    ],
    ['an object with the keys Records', { Records: [EVENT] }],
    ['an object with the keys responseUrl', { responseUrl: EVENT.ResponseURL }],
  ])('%s', (got, event) => {
    expect(refusal(event)).toBe(
      `Unknown event: got ${got}. `
        + 'This function takes a CloudFormation custom resource request, or a request to sweep, restore, '
        + 'pause, resume, retry, approve or adopt: {"sweep":{}} or {"sweep":{"securityGroupIds":["sg-…"]}} or '
        + '{"sweep":{"trigger":"change"}} or '
        + '{"restore":{"securityGroupRuleIds":["sgr-…"]}} or {"restore":{"sweepId":"…"}} or '
        + '{"pause":{"until":"2026-12-24T08:00:00Z","reason":"…"}} or {"resume":{}} or '
        + '{"retry":{"securityGroupRuleIds":["sgr-…"]}} or '
        + '{"approve":{"securityGroupRuleIds":["sgr-…"],"digest":"…","approvedBy":"…"}} or '
        + '{"approve":{"sweepId":"…","digest":"…"}} or {"adopt":{}}. It takes a configuration from its ledger only.',
    );
  });

  test('an object of very many keys, of which it names the first', () => {
    const event = Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`key${index}`, 'secret']));
    const message = refusal(event);
    expect(message).toContain('key19. ');
    expect(message).not.toContain('key20');
  });

  test('an EventBridge event, by its version', () => {
    const event = {
      'version': '0',
      'id': 'secret',
      'detail-type': 'Scheduled Event',
      'source': 'aws.events',
      'detail': { secret: 'secret' },
    };
    expect(refusal(event)).toMatch(/^Unknown event/);
  });
});
