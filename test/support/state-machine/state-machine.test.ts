/** Tests the interpreter of the Amazon States Language, also with a state machine that the CDK has written. */
import { App, Duration, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import {
  Choice, Condition, DefinitionBody, DistributedMap, Fail, JsonPath, S3JsonItemReader, StateMachine, Succeed, TaskInput,
  Wait, WaitTime,
} from 'aws-cdk-lib/aws-stepfunctions';
import { LambdaInvoke } from 'aws-cdk-lib/aws-stepfunctions-tasks';
import { type ExecutionOptions, runStateMachine } from './';

const LAMBDA = 'arn:aws:states:::lambda:invoke';

type Invoke = ExecutionOptions['invoke'];

/** Runs states of which the first one is to begin. */
const run = (States: Record<string, object>, options: Partial<ExecutionOptions> = {}) =>
  runStateMachine({ StartAt: Object.keys(States)[0], States }, { invoke: () => null, ...options });

const task = (more: object = {}) =>
  ({ Type: 'Task', Resource: LAMBDA, Parameters: { 'FunctionName': 'sweeper', 'Payload.$': '$' }, End: true, ...more });

function named(name: string, message = 'It failed.'): Error {
  return Object.assign(new Error(message), { name });
}

/** Fails with the errors of a list, and succeeds after that. */
function failing(...names: string[]): { readonly invoke: Invoke; readonly calls: unknown[] } {
  const calls: unknown[] = [];
  return {
    calls,
    invoke: (_name, payload) => {
      const name = names[calls.length];
      calls.push(payload);
      if (name !== undefined) throw named(name);
      return 'done';
    },
  };
}

describe('a task', () => {
  test('invokes its function with the payload, and answers as Lambda does', async () => {
    const invocations: unknown[] = [];
    const { status, output } = await run({ Task: task() }, {
      input: { account: '1' }, invoke: (name, payload) => {
        invocations.push([name, payload]);
        return { left: [] };
      },
    });
    expect(invocations).toEqual([['sweeper', { account: '1' }]]);
    expect({ status, output }).toEqual({
      status: 'SUCCEEDED', output: { ExecutedVersion: '$LATEST', Payload: { left: [] }, StatusCode: 200 },
    });
  });

  test('fills its payload from the input and from the context', async () => {
    let seen: unknown;
    const Payload = {
      'step': 'begin', 'execution.$': '$$.Execution.Id', 'at.$': '$$.Execution.StartTime', 'first.$': '$.list[0].id',
      'nested': [{ 'all.$': '$' }],
    };
    const Parameters = { FunctionName: 'f', Payload };
    await run({ Task: task({ InputPath: '$.inner', Parameters }) }, {
      input: { inner: { list: [{ id: 7 }] } }, executionId: 'arn:of:the:run', startTime: '2026-01-02T03:04:05Z',
      invoke: (_name, payload) => { seen = payload; },
    });
    expect(seen).toEqual({
      step: 'begin', execution: 'arn:of:the:run', at: '2026-01-02T03:04:05Z', first: 7,
      nested: [{ all: { list: [{ id: 7 }] } }],
    });
  });

  test('selects its result, puts it into the input before InputPath, and passes on what OutputPath says', async () => {
    const shaped = task({
      InputPath: '$.a', ResultSelector: { 'value.$': '$.Payload' }, ResultPath: '$.b.c', OutputPath: '$.b',
    });
    const { output } = await run({ Task: shaped }, { input: { a: {}, b: { d: 1 } }, invoke: () => 2 });
    expect(output).toEqual({ c: { value: 2 }, d: 1 });
  });

  test.each([[null, { a: 1 }], ['$', { ExecutedVersion: '$LATEST', Payload: null, StatusCode: 200 }]])(
    'with the ResultPath %j passes on %j', async (ResultPath, expected) => {
      expect((await run({ Task: task({ ResultPath }) }, { input: { a: 1 } })).output).toEqual(expected);
    });

  test('does not share data with its function', async () => {
    const input = { a: { b: 1 } };
    await run({ Task: task() }, { input, invoke: (_name, payload) => { (payload as typeof input).a.b = 2; } });
    expect(input).toEqual({ a: { b: 1 } });
  });

  test('that fails ends the execution with the name of the error', async () => {
    const { invoke } = failing('ValidationError');
    expect(await run({ Task: task({ Next: 'Never', End: undefined }), Never: { Type: 'Succeed' } }, { invoke })).toEqual({
      status: 'FAILED', error: 'ValidationError', waits: [], mapRuns: [], transitions: 1,
      cause: '{"errorMessage":"It failed.","errorType":"ValidationError"}',
    });
  });

  test('fails if its payload needs what is not there', async () => {
    const Parameters = { 'FunctionName': 'f', 'Payload.$': '$.missing' };
    expect(await run({ Task: task({ Parameters }) })).toMatchObject({ status: 'FAILED', error: 'States.ParameterPathFailure' });
  });

  test('cannot answer with more than 256 KiB, even if the result is dropped and all errors are caught', async () => {
    const Catch = [{ ErrorEquals: ['States.ALL'], Next: 'Caught' }];
    const states = { Task: task({ ResultPath: null, Catch }), Caught: { Type: 'Succeed' } };
    const invoke = () => 'x'.repeat(262_144);
    expect(await run(states, { invoke })).toMatchObject({ status: 'FAILED', error: 'States.DataLimitExceeded' });
  });
});

describe('Retry', () => {
  test('repeats a task as often as it says, for the errors that it names', async () => {
    const { invoke, calls } = failing('Lambda.ServiceException', 'Lambda.ServiceException');
    const Retry = [{ ErrorEquals: ['Lambda.ServiceException'], IntervalSeconds: 2, MaxAttempts: 2, BackoffRate: 2 }];
    // Step Functions charges each retry as a transition.
    expect(await run({ Task: task({ Retry }) }, { invoke })).toMatchObject({
      status: 'SUCCEEDED', waits: [], transitions: 3,
    });
    expect(calls).toHaveLength(3);
  });

  test.each([
    ['of another name', 'Sandbox.Timedout', 1], ['once its attempts are used up', 'Lambda.ServiceException', 3],
  ])('does not repeat an error %s', async (_, name, expected) => {
    const { invoke, calls } = failing(...Array.from({ length: 9 }, () => name));
    const Retry = [{ ErrorEquals: ['Lambda.ServiceException'], MaxAttempts: 2 }];
    expect(await run({ Task: task({ Retry }) }, { invoke })).toMatchObject({ status: 'FAILED', error: name });
    expect(calls).toHaveLength(expected);
  });

  test('repeats three times by default, and each retrier counts for itself', async () => {
    const { invoke, calls } = failing('A', 'B', 'A', 'A', 'C', 'A');
    const Retry = [{ ErrorEquals: ['A'] }, { ErrorEquals: ['States.ALL'] }];
    expect(await run({ Task: task({ Retry }) }, { invoke })).toMatchObject({ status: 'FAILED', error: 'A' });
    expect(calls).toHaveLength(6);
  });
});

describe('Catch', () => {
  test.each([['Thing', true], ['States.ALL', true], ['States.TaskFailed', true], ['States.Timeout', false]])(
    'of %s takes the error of a function: %s', async (ErrorEquals, isCaught) => {
      const { invoke } = failing('Thing');
      const Catch = [{ ErrorEquals: [ErrorEquals], ResultPath: '$.error', Next: 'Lost' }];
      const outcome = await run({ Task: task({ InputPath: '$.a', Catch }), Lost: { Type: 'Succeed' } }, {
        input: { a: { b: 1 } }, invoke,
      });
      const Cause = '{"errorMessage":"It failed.","errorType":"Thing"}';
      expect(outcome).toMatchObject(isCaught
        ? { status: 'SUCCEEDED', output: { a: { b: 1 }, error: { Error: 'Thing', Cause } } }
        : { status: 'FAILED', error: 'Thing' });
    });
});

describe('a choice', () => {
  const after = async (rule: object, input: object) => (await run({
    Choice: { Type: 'Choice', Choices: [{ ...rule, Next: 'Yes' }], Default: 'No' },
    Yes: { Type: 'Pass', Result: 'yes', End: true }, No: { Type: 'Pass', Result: 'no', End: true },
  }, { input })).output;

  test.each<[rule: object, yes: object, no: object]>([
    [{ Variable: '$.a', BooleanEquals: true }, { a: true }, { a: false }],
    [{ Variable: '$.a', BooleanEquals: false }, { a: false }, { a: 'false' }],
    [{ Variable: '$.a', StringEquals: 'x' }, { a: 'x' }, { a: 'y' }],
    [{ Variable: '$.a', NumericGreaterThan: 0 }, { a: 1 }, { a: 0 }],
    [{ Variable: '$.a', NumericGreaterThan: 0 }, { a: 0.5 }, { a: '1' }],
    [{ Variable: '$.a[0]', IsPresent: true }, { a: ['eu-west-1'] }, { a: [] }],
    [{ Variable: '$.a', IsPresent: false }, {}, { a: null }],
    [{ Not: { Variable: '$.a', StringEquals: 'x' } }, { a: 'y' }, { a: 'x' }],
    [{ And: [{ Variable: '$.a', IsPresent: true }, { Variable: '$.a', StringEquals: 'x' }] }, { a: 'x' }, {}],
    [{ Or: [{ Variable: '$.a', StringEquals: 'x' }, { Variable: '$.a', StringEquals: 'y' }] }, { a: 'y' }, { a: 'z' }],
  ])('by %j is made for %j, and not for %j', async (rule, yes, no) => {
    expect([await after(rule, yes), await after(rule, no)]).toEqual(['yes', 'no']);
  });

  test('fails if it compares what is not there, or if nothing holds', async () => {
    const Choices = [{ Variable: '$.a', BooleanEquals: true, Next: 'End' }];
    const states = { Choice: { Type: 'Choice', Choices }, End: { Type: 'Succeed' } };
    expect(await run(states)).toMatchObject({ status: 'FAILED', error: 'States.Runtime' });
    const ofType = { ...states, Choice: { ...states.Choice, Choices: [{ Variable: '$.a', IsString: true, Next: 'End' }] } };
    expect(await run(ofType)).toMatchObject({ status: 'FAILED', error: 'States.Runtime' });
    expect(await run(states, { input: { a: false } })).toMatchObject({ status: 'FAILED', error: 'States.NoChoiceMatched' });
  });
});

test('a wait takes as long as the test lets it', async () => {
  const waited: number[] = [];
  const states = { First: { Type: 'Wait', Seconds: 20, Next: 'Task' }, Task: task() };
  await run(states, {
    wait: async seconds => { waited.push(seconds); },
    invoke: () => { waited.push(0); },
  });
  expect(waited).toEqual([20, 0]);
});

test('a wait is recorded, and nothing waits', async () => {
  const states = {
    First: { Type: 'Wait', SecondsPath: '$.seconds', Next: 'Second' }, Second: { Type: 'Wait', Seconds: 5, End: true },
  };
  expect(await run(states, { input: { seconds: 3600 } })).toMatchObject({
    status: 'SUCCEEDED', output: { seconds: 3600 }, transitions: 2,
    waits: [{ state: 'First', seconds: 3600 }, { state: 'Second', seconds: 5 }],
  });
  expect(await run(states, { input: { seconds: 'soon' } })).toMatchObject({ status: 'FAILED', error: 'States.Runtime' });
});

test('a pass gives its result, its parameters or its input', async () => {
  const output = async (more: object) => (await run({ Pass: { Type: 'Pass', End: true, ...more } }, { input: { a: 1 } })).output;
  expect(await output({})).toEqual({ a: 1 });
  expect(await output({ Result: { Next: 'anything' }, ResultPath: '$.b' })).toEqual({ a: 1, b: { Next: 'anything' } });
  expect(await output({ Parameters: { 'b.$': '$.a' } })).toEqual({ b: 1 });
});

test('Fail ends the execution with its error, or with the one of its input', async () => {
  expect(await run({ Fail: { Type: 'Fail', Error: 'Failed', Cause: 'because' } }))
    .toMatchObject({ status: 'FAILED', error: 'Failed', cause: 'because' });
  expect(await run({ Fail: { Type: 'Fail', ErrorPath: '$.e', CausePath: '$.c' } }, { input: { e: 'E', c: 'C' } }))
    .toMatchObject({ status: 'FAILED', error: 'E', cause: 'C' });
});

describe('a distributed map', () => {
  const map = (more: object = {}, child: object = task({ OutputPath: '$.Payload' })) => ({
    Type: 'Map', End: true, MaxConcurrency: 2,
    ItemReader: {
      Resource: 'arn:aws:states:::s3:getObject', ReaderConfig: { InputType: 'JSON' },
      Parameters: { 'Bucket.$': '$.bucket', 'Key.$': '$.key' },
    },
    ItemProcessor: {
      ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' }, StartAt: 'Child',
      States: { Child: child, End: { Type: 'Succeed' } },
    },
    ...more,
  });
  const input = { bucket: 'items', key: 'run/accounts.json', runId: 'r-1' };
  const reading = (items: unknown) => ({ input, getObject: () => JSON.stringify(items) });
  const runMap = (states: Record<string, object>, items: unknown, invoke: Invoke) =>
    run(states, { ...reading(items), invoke });

  test('runs a child for each item of an object in S3, in the order of the items', async () => {
    const read: unknown[] = [];
    const outcome = await run({ Map: map() }, {
      input, invoke: (_name, item) => ({ seen: item }),
      getObject: (...names) => {
        read.push(names);
        return '[{"account":"1"},{"account":"2"},{"account":"3"}]';
      },
    });
    expect(read).toEqual([['items', 'run/accounts.json']]);
    expect(outcome).toMatchObject({
      status: 'SUCCEEDED', output: ['1', '2', '3'].map(account => ({ seen: { account } })),
      mapRuns: [{ state: 'Map', succeeded: 3, failed: 0 }], transitions: 4,
    });
  });

  test('selects the items, and gives each child an execution id of its own', async () => {
    const Parameters = { FunctionName: 'f', Payload: { 'item.$': '$', 'execution.$': '$$.Execution.Id' } };
    const ItemSelector = {
      'account.$': '$$.Map.Item.Value.account', 'run.$': '$.runId', 'of.$': '$$.Execution.Id', 'pass': 'observe',
    };
    const { output } = await run({ Map: map({ ItemSelector, Label: 'Observe' }, task({ Parameters, OutputPath: '$.Payload' })) }, {
      ...reading([{ account: '1' }, { account: '2' }]), executionId: 'arn:execution:machine:run', invoke: (_, payload) => payload,
    });
    expect(output).toEqual(['1', '2'].map((account, index) => ({
      item: { account, run: 'r-1', of: 'arn:execution:machine:run', pass: 'observe' },
      execution: `arn:execution:machine/Observe:run-${index}`,
    })));
  });

  test('runs no more children at a time than it may', async () => {
    let [now, most] = [0, 0];
    await runMap({ Map: map({ MaxConcurrency: 3 }) }, Array(20).fill(1), async () => {
      most = Math.max(most, ++now);
      await new Promise(setImmediate);
      now -= 1;
    });
    expect(most).toBe(3);
  });

  test.each([[25, 'SUCCEEDED'], [24, 'FAILED'], [undefined, 'FAILED']])(
    'that tolerates %s %% of failures has %s if 1 of 4 fails', async (ToleratedFailurePercentage, status) => {
      const outcome = await runMap({ Map: map({ ToleratedFailurePercentage }) }, [1, 2, 3, 4], (_, item) => {
        if (item === 2) throw named('Broken');
        return item;
      });
      expect(outcome).toMatchObject(status === 'SUCCEEDED'
        ? { status, output: [1, null, 3, 4], mapRuns: [{ succeeded: 3, failed: 1 }] }
        : { status, error: 'States.ExceedToleratedFailureThreshold' });
    });

  test('starts no child after too many have failed', async () => {
    const { invoke, calls } = failing(...Array(20).fill('Broken') as string[]);
    await runMap({ Map: map({ MaxConcurrency: 1 }) }, Array(20).fill(1), invoke);
    expect(calls).toHaveLength(1);
  });

  test('of no items runs no child', async () => {
    expect(await runMap({ Map: map() }, [], () => { throw named('Never'); })).toMatchObject({ status: 'SUCCEEDED', output: [] });
  });

  test.each([['no list', () => '{}'], ['no JSON', () => 'x'], ['not there', () => { throw named('NoSuchKey'); }]])(
    'fails if its object is %s', async (_, getObject) => {
      const states = { Map: map({ Catch: [{ ErrorEquals: ['States.ItemReaderFailed'], Next: 'Unread' }] }), Unread: { Type: 'Succeed' } };
      expect(await run(states, { input, getObject })).toMatchObject({
        status: 'SUCCEEDED', output: { Error: 'States.ItemReaderFailed' },
      });
    });

  test('counts the states and waits of its children', async () => {
    const child = { Type: 'Wait', Seconds: 1, Next: 'End' };
    expect(await runMap({ Map: map({}, child) }, [1, 2], () => null)).toMatchObject({
      transitions: 5, waits: [{ state: 'Child', seconds: 1 }, { state: 'Child', seconds: 1 }],
    });
  });
});

describe('what is not known here is refused before anything runs, with the name of the state:', () => {
  const first = { Type: 'Pass', Next: 'Odd' };
  const bare = { Type: 'Map', End: true };
  const reader = { Resource: 'arn:aws:states:::s3:getObject', ReaderConfig: { InputType: 'JSON' } };
  const processor = { ProcessorConfig: { Mode: 'DISTRIBUTED' }, StartAt: 'Inner', States: { Inner: { Type: 'Succeed' } } };

  test.each<[what: string, state: object]>([
    ['the type Parallel', { Type: 'Parallel', End: true }],
    ['Assign', { ...first, Next: 'First', Assign: {} }],
    ['the resource arn:aws:states:::sqs:sendMessage', task({ Resource: 'arn:aws:states:::sqs:sendMessage' })],
    ['the resource arn:aws:states:::lambda:invoke.waitForTaskToken', task({ Resource: `${LAMBDA}.waitForTaskToken` })],
    ['InvocationType', task({ Parameters: { FunctionName: 'f', InvocationType: 'Event' } })],
    ['QueryLanguage JSONata', task({ QueryLanguage: 'JSONata' })],
    ['the path States.Format(\'{}\', $.a)', task({ ResultSelector: { 'a.$': 'States.Format(\'{}\', $.a)' } })],
    ['the path $.a[*]', task({ OutputPath: '$.a[*]' })],
    ['the path $..a', { Type: 'Wait', SecondsPath: '$..a', End: true }],
    ['StringMatches', { Type: 'Choice', Choices: [{ Not: { Variable: '$.a', StringMatches: '*' }, Next: 'First' }] }],
    ['the state Nowhere', { Type: 'Choice', Choices: [{ Variable: '$.a', IsPresent: true, Next: 'Nowhere' }] }],
    ['the state Nowhere', task({ Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Nowhere' }] })],
    ['Backoff', task({ Retry: [{ ErrorEquals: ['States.ALL'], Backoff: 2 }] })],
    ['a state without an end', task({ End: undefined })],
    ['Mode INLINE', { ...bare, ItemReader: reader, ItemProcessor: { ...processor, ProcessorConfig: undefined } }],
    ['the resource none', { ...bare, ItemProcessor: processor }],
    ['InputType CSV', { ...bare, ItemProcessor: processor, ItemReader: { ...reader, ReaderConfig: { InputType: 'CSV' } } }],
    ['ResultWriter', { ...bare, ItemProcessor: processor, ItemReader: reader, ResultWriter: {} }],
    ['ItemBatcher', { ...bare, ItemProcessor: processor, ItemReader: reader, ItemBatcher: {} }],
  ])('%s', async (what, odd) => {
    const invoke = jest.fn();
    const running = run({ First: first, Odd: odd as Record<string, unknown> }, { invoke });
    await expect(running).rejects.toThrow(`State Odd has something that is not known here: ${what}`);
    expect(invoke).not.toHaveBeenCalled();
  });

  test('a state of a child', async () => {
    const ItemProcessor = { ...processor, States: { Inner: { Type: 'Task' } } };
    const running = run({ Map: { ...bare, ItemReader: reader, ItemProcessor } });
    await expect(running).rejects.toThrow('State Inner has something that is not known here');
  });
});

describe('a state machine of the CDK', () => {
  function definition(): object {
    const stack = new Stack(new App(), 'Test', { env: { account: '111122223333', region: 'eu-central-1' } });
    const lambdaFunction = LambdaFunction.fromFunctionArn(stack, 'Function', 'arn:aws:lambda:eu-central-1:111122223333:function:hub');
    const invoke = (id: string, payload: Record<string, unknown>) => new LambdaInvoke(stack, id, {
      lambdaFunction, payload: TaskInput.fromObject({ organization: payload }), payloadResponseOnly: false,
      resultSelector: { 'result.$': '$.Payload' }, outputPath: '$.result',
    });
    const sweep = invoke('Sweep', { 'step': 'account', 'account.$': '$.account', 'attempt.$': '$.attempt' })
      .addCatch(invoke('Lost', { 'step': 'lost', 'error.$': '$.error' }), { resultPath: '$.error' });
    sweep.next(new Choice(stack, 'Is any Region left?')
      .when(Condition.isPresent('$.left[0]'), new Wait(stack, 'Wait', { time: WaitTime.secondsPath('$.waitSeconds') }).next(sweep))
      .otherwise(new Succeed(stack, 'Swept')));
    const map = new DistributedMap(stack, 'Observe', {
      itemReader: new S3JsonItemReader({ bucketNamePath: JsonPath.stringAt('$.bucket'), key: JsonPath.stringAt('$.key') }),
      itemSelector: { 'account.$': '$$.Map.Item.Value.account', 'attempt': 1, 'runId.$': '$.runId' },
      maxConcurrency: 40, toleratedFailurePercentage: 100, resultPath: JsonPath.DISCARD,
    }).itemProcessor(sweep);
    const chain = invoke('Begin', { 'step': 'begin', 'execution.$': '$$.Execution.Id' }).next(new Choice(stack, 'Are there accounts?')
      .when(Condition.numberGreaterThan('$.accounts', 0), map.next(invoke('Finish', { 'step': 'finish', 'runId.$': '$.runId' })
        .next(new Choice(stack, 'Has it failed?')
          .when(Condition.booleanEquals('$.failed', true), new Fail(stack, 'Failed', { causePath: '$.message', error: 'Failed' }))
          .otherwise(new Succeed(stack, 'Done')))))
      .otherwise(new Succeed(stack, 'Nothing to do')));
    new StateMachine(stack, 'Machine', { definitionBody: DefinitionBody.fromChainable(chain), timeout: Duration.hours(4) });
    const [{ Properties }] = Object.values(Template.fromStack(stack).findResources('AWS::StepFunctions::StateMachine')) as [
      { Properties: { DefinitionString: { 'Fn::Join': [string, unknown[]] } } },
    ];
    const [, parts] = Properties.DefinitionString['Fn::Join'];
    return JSON.parse(parts.map(part => typeof part === 'string' ? part : 'aws').join('')) as object;
  }

  interface Payload {
    readonly organization: { readonly step: string; readonly account?: string; readonly attempt?: number };
  }

  async function runOrganization(failed: boolean) {
    const steps: string[] = [];
    const outcome = await runStateMachine(definition(), {
      getObject: () => JSON.stringify([{ account: '1', part: 0 }, { account: '2', part: 0 }]),
      invoke: (name, payload) => {
        expect(name).toBe('arn:aws:lambda:eu-central-1:111122223333:function:hub');
        const { step, account, attempt = 0 } = (payload as Payload).organization;
        steps.push([step, account, attempt].filter(Boolean).join(' '));
        if (step === 'begin') return { accounts: 2, bucket: 'items', key: 'accounts.json', runId: 'r-1' };
        if (step === 'finish') return { failed, message: 'One account could not be entered.' };
        if (account === '2') throw named('Sandbox.Timedout');
        return { account, left: attempt === 1 ? ['eu-west-1'] : [], waitSeconds: 30, attempt: attempt + 1 };
      },
    });
    return { steps, outcome };
  }

  test('runs from its beginning to its end, with children that go on and children that are lost', async () => {
    const { steps, outcome } = await runOrganization(false);
    expect(steps.sort()).toEqual(['account 1 1', 'account 1 2', 'account 2 1', 'begin', 'finish', 'lost']);
    expect(outcome).toMatchObject({
      status: 'SUCCEEDED', waits: [{ state: 'Wait', seconds: 30 }],
      mapRuns: [{ state: 'Observe', succeeded: 2, failed: 0 }],
    });
  });

  test('ends with the failure that it was told', async () => {
    const { outcome } = await runOrganization(true);
    expect(outcome).toMatchObject({ status: 'FAILED', error: 'Failed', cause: 'One account could not be entered.' });
  });
});
