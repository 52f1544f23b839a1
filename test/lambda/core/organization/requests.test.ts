/** Tests the requests that only an organization has. */
import { approveInPlace, parseStep, restoreInPlace, retryInPlace } from '../../../../lambda/core/organization/requests';

const NOW = new Date('2026-11-01T00:00:00Z');
const EXECUTION = 'arn:aws:states:eu-central-1:111122223333:execution:hygiene:one';
const ACCOUNT = { step: 'account', pass: 'observe', runId: 'run-1', account: '222233334444', part: 0, attempt: 2 };

const step = (organization: unknown): ReturnType<typeof parseStep> => parseStep({ organization }, NOW);

test.each([
  [{ step: 'begin', execution: EXECUTION }, { step: 'begin', request: { execution: EXECUTION } }],
  [{ step: 'begin', execution: EXECUTION, scheduledTime: '2026-10-31T22:00:00Z' },
    { step: 'begin', request: { scheduledTime: '2026-10-31T22:00:00.000Z' } }],
  [ACCOUNT, { step: 'account', request: { pass: 'observe', runId: 'run-1', account: '222233334444', part: 0, attempt: 2 } }],
  [{ step: 'count', runId: 'run-1' }, { step: 'count', request: { runId: 'run-1' } }],
  [{ step: 'finish', runId: 'run-1' }, { step: 'finish', request: { runId: 'run-1' } }],
  [{ step: 'lost', pass: 'revoke', runId: 'run-1', account: '222233334444', error: { Error: 'Lambda.Unknown', Cause: '{"errorMessage":"died"}' } },
    { step: 'lost', request: { error: { code: 'Lambda.Unknown', message: 'died' } } }],
])('the step %j is read', (asked, expected) => {
  expect(step(asked)).toMatchObject(expected);
});

test('other fields of a step are not taken over', () => {
  expect(step({ ...ACCOUNT, mayRevoke: true, configuration: {} })).toEqual({
    step: 'account', request: { pass: 'observe', runId: 'run-1', account: '222233334444', part: 0, attempt: 2 },
  });
});

test.each<[unknown, string]>([
  ['begin', 'organization is not an object'],
  [{ step: 'other' }, 'step must be begin, account, lost, count or finish'],
  [{ step: 'begin', execution: 'arn:aws:iam::111122223333:role/x' }, 'execution is not the ARN of an execution'],
  [{ step: 'begin', execution: EXECUTION, scheduledTime: '2126-01-01T00:00:00Z' }, 'scheduledTime is in the future'],
  [{ step: 'begin', execution: EXECUTION, scheduledTime: 'tomorrow' }, 'scheduledTime is not a time'],
  [{ ...ACCOUNT, account: '2222' }, 'account is not the id of an account'],
  [{ ...ACCOUNT, pass: 'both' }, 'pass is not observe or revoke'],
  [{ ...ACCOUNT, part: -1 }, 'part is not a whole number'],
  [{ ...ACCOUNT, runId: 'a b' }, 'runId is not the id of a run'],
])('the step %j is refused', (asked, problem) => {
  expect(() => step(asked)).toThrow(`Malformed step: ${problem}`);
});

test('a step beside another request is refused, and another event is no step', () => {
  expect(() => parseStep({ organization: ACCOUNT, pause: {} }, NOW)).toThrow('not the only key');
  expect(parseStep({ pause: {} }, NOW)).toBeUndefined();
  expect(parseStep(undefined, NOW)).toBeUndefined();
});

const PLACE = { account: '222233334444', region: 'eu-west-1' };

test('a request about rules names the account and the Region', () => {
  const asked = { ...PLACE, securityGroupRuleIds: ['sgr-1'] };
  expect(restoreInPlace({ restore: asked })).toEqual({ place: PLACE, request: { securityGroupRuleIds: ['sgr-1'] } });
  expect(restoreInPlace({ restore: { ...PLACE, sweepId: 'run-1' } })).toEqual({ place: PLACE, request: { sweepId: 'run-1' } });
  expect(retryInPlace({ retry: asked })).toEqual({ place: PLACE, request: { securityGroupRuleIds: ['sgr-1'] } });
  const approval = { securityGroupRuleIds: ['sgr-1'], digest: '0123456789abcdef', approvedBy: 'me' };
  expect(approveInPlace({ approve: { ...PLACE, ...approval } })).toEqual({ place: PLACE, request: approval });
});

test.each<[Record<string, unknown>, RegExp]>([
  [{ approve: { sweepId: 'run-1', digest: '0123456789abcdef' } }, /account is not the id of an account.*Nothing was done/],
  [{ approve: { ...PLACE, sweepId: 'run-1' } }, /digest is not/],
  [{ approve: { ...PLACE, sweepId: 'run-1', digest: '0123456789abcdef' }, retry: {} }, /keys retry beside approve/],
  [{ approve: ['run-1'] }, /approve is not an object/],
])('the request %j approves nothing', (event, message) => {
  expect(() => approveInPlace(event)).toThrow(message);
});

test.each<[Record<string, unknown>, RegExp]>([
  [{ restore: { securityGroupRuleIds: ['sgr-1'] } }, /account is not the id of an account.*Nothing was done/],
  [{ restore: { account: 222233334444, region: 'eu-west-1', securityGroupRuleIds: ['sgr-1'] } }, /account is not/],
  [{ restore: { ...PLACE, region: '../x', securityGroupRuleIds: ['sgr-1'] } }, /region is not the name of a Region/],
  [{ restore: { ...PLACE, securityGroupRuleIds: [] } }, /securityGroupRuleIds/],
  [{ restore: 'all' }, /restore is not an object/],
])('the request %j is refused', (event, message) => {
  expect(() => restoreInPlace(event)).toThrow(message);
});
