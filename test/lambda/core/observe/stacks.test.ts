/** Tests how stacks are read. */
import type { Stack } from '../../../../lambda/core/model/network';
import { readStacks } from '../../../../lambda/core/observe/stacks';
import { failure } from '../../../../lambda/core/report/wording';
import { awsError } from '../../../support/aws-error';
import { MemoryStacks } from '../../../support/recorders';

const COMPLETE: Stack = { status: 'CREATE_COMPLETE' };
const ids = (count: number): string[] => Array.from({ length: count }, (_, index) => `stack-${index + 1}`);
const all = (stackIds: readonly string[], stack: Stack | Error): Record<string, Stack | Error> =>
  Object.fromEntries(stackIds.map(id => [id, stack]));

test('each stack is asked for once, and one that does not exist is neither there nor unread', async () => {
  const stacks = new MemoryStacks({ here: COMPLETE });
  const read = await readStacks(['here', 'gone', 'here', 'gone'], stacks);
  expect(stacks.asked).toEqual(['here', 'gone']);
  expect(read).toEqual({
    asked: new Set(['here', 'gone']), stacks: new Map([['here', COMPLETE]]), unread: new Set(), errors: [],
  });
});

test('nothing is asked where there is no stack', async () => {
  const stacks = new MemoryStacks();
  await readStacks([], stacks);
  expect(stacks.asked).toEqual([]);
});

test('at most five are asked for at a time', async () => {
  let [current, most] = [0, 0];
  await readStacks(ids(30), {
    stack: async () => {
      most = Math.max(most, current += 1);
      await new Promise(setImmediate);
      current -= 1;
      return COMPLETE;
    },
  });
  expect(most).toBe(5);
});

test('a stack that cannot be read is an error of its own, and does not affect the others', async () => {
  const stacks = new MemoryStacks({
    ...all(ids(20), COMPLETE), 'stack-2': awsError('InternalFailure'), 'stack-9': awsError('InternalFailure'),
  });
  const { unread, errors, stacks: read } = await readStacks(ids(20), stacks);
  expect([...unread]).toEqual(['stack-2', 'stack-9']);
  expect(read.size).toBe(18);
  expect(errors.map(failure)).toEqual(['stack-2', 'stack-9'].map(id =>
    `reading a CloudFormation stack (${id}) failed with InternalFailure: AWS says InternalFailure`));
});

test('a denial is one error, and each stack is asked for, because it may be about some stacks only', async () => {
  const denied = all(ids(19), awsError('AccessDenied'));
  const { unread, errors, stacks } = await readStacks(ids(20), new MemoryStacks({ ...denied, 'stack-20': COMPLETE }));
  expect(errors.map(failure)).toEqual(['reading CloudFormation stacks failed with AccessDenied: AWS says AccessDenied']);
  expect([unread.size, [...stacks.keys()]]).toEqual([19, ['stack-20']]);
});

test.each(['Throttling', 'ThrottlingException', 'TimeoutError', 'ECONNRESET', 'OutOfTime', 'AbortError'])(
  'a failure that all stacks share ends the asking, and the stacks that are left are unread: %s', async code => {
    const stacks = new MemoryStacks({ ...all(ids(100), COMPLETE), 'stack-7': awsError(code) });
    const { unread, errors, stacks: read } = await readStacks(ids(100), stacks);
    expect(errors).toMatchObject([{ doing: 'reading CloudFormation stacks', error: { code } }]);
    expect(stacks.asked.length).toBeLessThan(15);
    expect(unread).toContain('stack-7');
    expect(unread).toContain('stack-100');
    expect(read.size + unread.size).toBe(100);
  });
