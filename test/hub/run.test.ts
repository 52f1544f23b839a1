/**
 * Tests the state machine of a run: what it asks of the function and in which order, what it reads, and what becomes of
 * errors. An interpreter runs the definition as it is in the template.
 */
import { Duration } from 'aws-cdk-lib';
import { Tracing } from 'aws-cdk-lib/aws-lambda';
import { LONGEST_RUN_SECONDS } from '../../src/contract/organization';
import { type Execution, runStateMachine } from '../support/state-machine';
import { Definition, HUB_FUNCTION, State, SynthesizedHub } from '../support/synthesized-hub';

const deployed = SynthesizedHub.of();
const { definition } = deployed;

/** Every state, with those of the children. */
const STATES: ReadonlyArray<readonly [name: string, state: State]> = statesOf(definition);

function statesOf({ States }: Definition): Array<[string, State]> {
  return Object.entries(States).flatMap(([name, state]): Array<[string, State]> =>
    [[name, state], ...state.ItemProcessor ? statesOf(state.ItemProcessor) : []]);
}

const tasks = STATES.filter(([, { Type }]) => Type === 'Task');
const maps = STATES.filter(([, { Type }]) => Type === 'Map');

const ACCOUNTS = [{ account: '111122223333', part: 0 }, { account: '444455556666', part: 0 }];
const LISTS = { 'runs/1/observe.json': ACCOUNTS, 'runs/1/revoke.json': [ACCOUNTS[1]] };

type Step = Readonly<Record<string, unknown>> & { readonly step: string };

/** The answers of the function, unless a test gives others. */
const ANSWERS: Readonly<Record<string, (step: Step) => unknown>> = {
  begin: () => ({ runId: 'run-1', accounts: 2, bucket: 'lists', key: 'runs/1/observe.json' }),
  account: ({ attempt }) => ({ left: [], waitSeconds: 0, attempt: Number(attempt) + 1 }),
  lost: () => null,
  count: () => ({ revoke: 0, bucket: 'lists', key: 'runs/1/revoke.json' }),
  finish: () => ({ failed: false, message: '2 accounts swept' }),
};

interface Ran extends Execution {
  readonly steps: readonly Step[];
}

const EXECUTION = 'arn:aws:states:eu-central-1:111122223333:execution:Runs:1';

type Lists = Readonly<Record<string, readonly unknown[]>>;

/** Runs a state machine with the answers of a test. Retries take no time. */
async function ran(
  answers: Partial<typeof ANSWERS> = {}, input: unknown = {}, lists: Lists = LISTS, machine: object = definition,
): Promise<Ran> {
  const steps: Step[] = [];
  const execution = await runStateMachine(machine, {
    input,
    executionId: EXECUTION,
    invoke: (functionName, payload) => {
      expect(functionName).toBe(HUB_FUNCTION);
      expect(Object.keys(payload as object)).toEqual(['organization']);
      const { organization: step } = payload as { organization: Step };
      steps.push(step);
      return ({ ...ANSWERS, ...answers })[step.step]?.(step);
    },
    getObject: (bucket, key) => {
      expect(bucket).toMatch(/^HubLists/);
      if (lists[key] === undefined) throw new Error(`There is no ${key}`);
      return JSON.stringify(lists[key]);
    },
  });
  return { ...execution, steps };
}

const fails = (name: string) => (): never => {
  throw Object.assign(new Error(`It is ${name}`), { name });
};

/** Fails for one account, and answers for the others. */
const failsFor = (lost: string, name: string) => (step: Step): unknown =>
  step.account === lost ? fails(name)() : ANSWERS.account(step);

const named = (steps: readonly Step[]): string[] =>
  steps.map(({ step, pass, account }) => [step, pass, account].filter(each => each !== undefined).join(' '));

describe('a run in which nothing is to be revoked', () => {
  it('asks the function for each step with exactly what the step needs, and succeeds', async () => {
    const { status, steps } = await ran();
    expect(steps).toEqual([
      { step: 'begin', execution: EXECUTION },
      { step: 'account', pass: 'observe', runId: 'run-1', account: '111122223333', part: 0, attempt: 0 },
      { step: 'account', pass: 'observe', runId: 'run-1', account: '444455556666', part: 0, attempt: 0 },
      { step: 'count', runId: 'run-1' },
      { step: 'finish', runId: 'run-1' },
    ]);
    expect(status).toBe('SUCCEEDED');
  });
});

describe('a run in which something is to be revoked', () => {
  it('goes once more through the accounts of the second list, and no others', async () => {
    const { status, steps } = await ran({ count: () => ({ revoke: 1, bucket: 'lists', key: 'runs/1/revoke.json' }) });
    expect(named(steps)).toEqual([
      'begin', 'account observe 111122223333', 'account observe 444455556666', 'count', 'account revoke 444455556666',
      'finish',
    ]);
    expect(steps[4])
      .toEqual({ step: 'account', pass: 'revoke', runId: 'run-1', account: '444455556666', part: 0, attempt: 0 });
    expect(status).toBe('SUCCEEDED');
  });
});

describe('the input of an execution', () => {
  it('may have the time of the schedule', async () => {
    const { steps } = await ran({}, { scheduledTime: '2026-12-24T08:00:00Z' });
    expect(steps[0]).toEqual({ step: 'begin', execution: EXECUTION, scheduledTime: '2026-12-24T08:00:00Z' });
  });

  it.each<[name: string, input: unknown]>([
    ['fields of a state of the run', {
      runId: 'other', accounts: 9, bucket: 'other', key: 'other', count: { revoke: 9, key: 'other' }, broken: {},
      finish: { failed: false }, configuration: {}, organization: { step: 'finish', runId: 'other' },
    }],
    ['a time that is no text', { scheduledTime: { runId: 'other' } }],
    ['a list', [{ runId: 'other' }]],
    ['a text', 'other'],
  ])('is read in nothing else: %s changes nothing', async (_, input) => {
    const { steps, status } = await ran({}, input);
    expect(steps).toEqual((await ran()).steps);
    expect(status).toBe('SUCCEEDED');
  });

  it('is replaced before the function sees anything', () => {
    const { 'On schedule': onSchedule, 'On request': onRequest, ...others } = definition.States;
    expect(onSchedule.Parameters).toEqual({
      organization: { 'step': 'begin', 'execution.$': '$$.Execution.Id', 'scheduledTime.$': '$.scheduledTime' },
    });
    expect(onRequest.Parameters).toEqual({ organization: { 'step': 'begin', 'execution.$': '$$.Execution.Id' } });
    expect(definition.StartAt).toBe('On schedule?');
    expect(JSON.stringify({ ...others, 'On schedule?': undefined })).not.toMatch(/scheduledTime|Execution\.Input/);
  });
});

describe('a run that has nothing to sweep, because another execution has the same time', () => {
  it('asks nothing more and succeeds', async () => {
    const { status, steps } = await ran({ begin: () => ({ accounts: 0 }) });
    expect(named(steps)).toEqual(['begin']);
    expect(status).toBe('SUCCEEDED');
  });
});

describe('an account with Regions left', () => {
  it('is swept again, after the wait that the function asks for, until none is left', async () => {
    const answers = [
      { left: ['eu-west-1', 'us-east-1'], waitSeconds: 840, attempt: 1 },
      { left: ['eu-west-1'], waitSeconds: 0, attempt: 2 },
      { left: [], waitSeconds: 0, attempt: 3 },
    ];
    const lists = { ...LISTS, 'runs/1/observe.json': [ACCOUNTS[0]] };
    const { steps, status, waits } = await ran({ account: ({ attempt }) => answers[Number(attempt)] }, {}, lists);
    const own = steps.filter(({ account }) => account === '111122223333');
    expect(own.map(({ attempt }) => attempt)).toEqual([0, 1, 2]);
    expect(own.map(({ runId, part, pass }) => [runId, part, pass])).toEqual(Array(3).fill(['run-1', 0, 'observe']));
    expect(waits).toEqual([{ state: 'Observe: wait', seconds: 840 }, { state: 'Observe: wait', seconds: 0 }]);
    expect(status).toBe('SUCCEEDED');
  });
});

describe('an account that cannot be swept', () => {
  it('is recorded with its error, and costs no other account', async () => {
    const { steps, status } = await ran({ account: failsFor('111122223333', 'AccessDenied') });
    expect(named(steps).sort()).toEqual([
      'begin', 'account observe 111122223333', 'lost observe 111122223333', 'account observe 444455556666', 'count',
      'finish',
    ].sort());
    expect(steps.find(({ step }) => step === 'lost')).toEqual({
      step: 'lost', pass: 'observe', runId: 'run-1', account: '111122223333',
      error: { Error: 'AccessDenied', Cause: '{"errorMessage":"It is AccessDenied","errorType":"AccessDenied"}' },
    });
    expect(status).toBe('SUCCEEDED');
  });

  it('is recorded with whatever Step Functions says of the error, even if that has no cause', () => {
    for (const [name, { Catch, Parameters }] of tasks) {
      if (name.endsWith(': account')) expect(Catch?.[0].ResultPath).toBe('$.lost');
      if (name.endsWith(': lost')) expect(Parameters).toMatchObject({ organization: { 'error.$': '$.lost' } });
    }
  });

  it('is tried again when its call was stopped, before it is recorded', async () => {
    const { steps } = await ran({ account: failsFor('111122223333', 'Sandbox.Timedout') });
    expect(named(steps).filter(each => each.endsWith('111122223333'))).toEqual([
      ...Array(4).fill('account observe 111122223333') as string[], 'lost observe 111122223333',
    ]);
  });

  it('fails nothing even if it cannot be recorded', async () => {
    const { steps, status } = await ran({ account: fails('AccessDenied'), lost: fails('LedgerUnavailable') });
    expect(named(steps).slice(-2)).toEqual(['count', 'finish']);
    expect(status).toBe('SUCCEEDED');
  });
});

describe('a child', () => {
  const childOf = (name: string): Definition => {
    const { ProcessorConfig: _, ...child } = definition.States[name].ItemProcessor as NonNullable<State['ItemProcessor']>;
    return child;
  };
  const input = { runId: 'run-1', account: '111122223333', part: 0, progress: { attempt: 0 } };
  const OTHERS: ReadonlyArray<(step: Step) => unknown> = [
    ANSWERS.account, () => null, () => 'text', () => ({}), fails('AccessDenied'), fails('Lambda.Unknown'),
  ];

  it.each(['Observe', 'Revoke'])('of %s ends with an empty object, whatever the function answers', async name => {
    for (const account of OTHERS) {
      const { status, output } = await ran({ account, lost: fails('LedgerUnavailable') }, input, {}, childOf(name));
      expect([status, output]).toEqual(['SUCCEEDED', {}]);
    }
  });

  it('has no state that fails, and none that ends but the empty one', () => {
    for (const { Type, End } of maps.flatMap(([, { ItemProcessor }]) => Object.values(ItemProcessor?.States ?? {}))) {
      expect(['Fail', 'Succeed']).not.toContain(Type);
      if (End === true) expect(Type).toBe('Pass');
    }
  });

  it('returns so little that 10,000 of them stay below the limit of 256 KB', () => {
    const { States } = childOf('Observe');
    expect(States['Observe: done']).toEqual({ Type: 'Pass', Result: {}, End: true });
    expect(JSON.stringify(Array(10_000).fill({})).length).toBeLessThan(256 * 1024);
  });
});

describe('a run that breaks off', () => {
  it.each<[name: string, answers: Partial<typeof ANSWERS>, lists: Lists, error: string]>([
    ['as the first list cannot be read', {}, {}, 'States.ItemReaderFailed'],
    ['as the function cannot count', { count: fails('LedgerUnavailable') }, LISTS, 'LedgerUnavailable'],
    [
      'as the second list cannot be read', { count: () => ({ revoke: 1, key: 'runs/1/revoke.json' }) },
      { 'runs/1/observe.json': ACCOUNTS }, 'States.ItemReaderFailed',
    ],
  ])('%s, still tells its totals, revokes nothing, and fails with the error', async (_, answers, lists, error) => {
    const execution = await ran(answers, {}, lists);
    expect(execution.steps.at(-1)).toEqual({ step: 'finish', runId: 'run-1' });
    expect(execution.steps.filter(({ pass }) => pass === 'revoke')).toEqual([]);
    expect(execution).toMatchObject({ status: 'FAILED', error });
    expect(execution.cause).toContain('The history of the execution says where and why');
  });

  it.each(['begin', 'finish'])('as the function fails to %s, fails', async step => {
    expect(await ran({ [step]: fails('LedgerUnavailable') })).toMatchObject({ status: 'FAILED', error: 'LedgerUnavailable' });
  });
});

describe('a run in which more accounts failed than are tolerated', () => {
  it('fails with the message of the function', async () => {
    expect(await ran({ finish: () => ({ failed: true, message: '1 of 2 accounts failed: 111122223333' }) }))
      .toMatchObject({ status: 'FAILED', error: 'AccountsFailed', cause: '1 of 2 accounts failed: 111122223333' });
  });

  it.each([null, {}, { failed: 'no' }])('fails also if the function does not say how it ended, but %p', async answer => {
    expect((await ran({ finish: () => answer })).status).toBe('FAILED');
  });
});

describe('each call of the function', () => {
  it('is of the one function, and waits no longer than the function may take', () => {
    expect(tasks.map(([name]) => name).sort()).toEqual([
      'Begin', 'Count', 'Finish', 'Observe: account', 'Observe: lost', 'Revoke: account', 'Revoke: lost',
    ]);
    for (const [, { Resource, TimeoutSeconds }] of tasks) {
      expect(Resource).toBe(HUB_FUNCTION);
      expect(TimeoutSeconds).toBe(16 * 60);
    }
  });

  it('waits no longer than a shorter timeout', () => {
    const shorter = SynthesizedHub.of({ functionOptions: { timeout: Duration.minutes(5) } }).definition;
    const seconds = statesOf(shorter).filter(([, { Type }]) => Type === 'Task').map(([, { TimeoutSeconds }]) => TimeoutSeconds);
    expect(new Set(seconds)).toEqual(new Set([6 * 60]));
  });

  it.each(tasks.map(([name, state]) => [name, state] as const))(
    '%s is made again when Lambda did not make it, and a few times when it was stopped, after random waits', (_, { Retry }) => {
      expect(Retry).toEqual([
        {
          ErrorEquals: [
            'Lambda.AWSLambdaException', 'Lambda.ClientExecutionTimeoutException', 'Lambda.SdkClientException',
            'Lambda.ServiceException', 'Lambda.TooManyRequestsException',
          ],
          IntervalSeconds: 2, BackoffRate: 2, MaxAttempts: 10, MaxDelaySeconds: 120, JitterStrategy: 'FULL',
        },
        {
          ErrorEquals: ['Lambda.Unknown', 'Runtime.ExitError', 'Sandbox.Timedout', 'States.Timeout'],
          IntervalSeconds: 30, BackoffRate: 2, MaxAttempts: 3, JitterStrategy: 'FULL',
        },
      ]);
    },
  );

  it('is not made again for an error of the function itself, which is recorded', () => {
    for (const [, { Retry = [] }] of tasks) {
      expect(Retry.flatMap(({ ErrorEquals }) => ErrorEquals)).not.toEqual(expect.arrayContaining(['States.ALL']));
      expect(Retry.flatMap(({ ErrorEquals }) => ErrorEquals)).not.toEqual(expect.arrayContaining(['States.TaskFailed']));
    }
  });
});

describe('the distributed maps', () => {
  it.each([['Observe', '$.key'], ['Revoke', '$.count.key']])('%s reads a list of the own bucket', (name, key) => {
    expect(definition.States[name]).toMatchObject({
      Type: 'Map',
      Label: name,
      ItemReader: {
        Resource: 'arn:aws:states:::s3:getObject',
        ReaderConfig: { InputType: 'JSON' },
        Parameters: { 'Bucket': expect.stringMatching(/^HubLists\w+$/), 'Key.$': key },
      },
      ItemProcessor: { ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' } },
      MaxConcurrency: 25,
      ToleratedFailurePercentage: 100,
      ResultPath: null,
      Retry: [{ ErrorEquals: ['States.ItemReaderFailed'], MaxAttempts: 3 }],
    });
  });

  it('sweep as many accounts at a time as is given', () => {
    const { States } = SynthesizedHub.of({ maxConcurrency: 100 }).definition;
    expect([States.Observe.MaxConcurrency, States.Revoke.MaxConcurrency]).toEqual([100, 100]);
  });

  it('have labels that Step Functions accepts', () => {
    for (const [, { Label }] of maps) expect(Label).toMatch(/^[A-Za-z]{1,40}$/);
  });
});

describe('the state machine', () => {
  it('is a standard one, and ends in any case', () => {
    expect(deployed.only('AWS::StepFunctions::StateMachine').Properties).not.toHaveProperty('StateMachineType', 'EXPRESS');
    expect(definition.TimeoutSeconds).toBe(LONGEST_RUN_SECONDS);
  });

  it('logs nothing itself, and is traced only if the function is', () => {
    const properties = (tracing?: Tracing): unknown =>
      SynthesizedHub.of({ functionOptions: { tracing } }).only('AWS::StepFunctions::StateMachine').Properties;
    expect(properties()).not.toHaveProperty('LoggingConfiguration');
    expect(properties()).toHaveProperty('TracingConfiguration', { Enabled: false });
    expect(properties(Tracing.ACTIVE)).toHaveProperty('TracingConfiguration', { Enabled: true });
  });

  it('leads from its start to every state', () => {
    const children = maps.map(([, { ItemProcessor }]) => ItemProcessor as Definition);
    for (const { StartAt, States } of [definition, ...children]) {
      const reached = new Set([StartAt]);
      for (const name of reached) {
        const { Next, Default, Catch = [], Choices = [] } = States[name];
        for (const next of [Next, Default, ...[...Catch, ...Choices].map(each => each.Next)]) {
          if (next !== undefined) reached.add(next);
        }
      }
      expect([...reached].sort()).toEqual(Object.keys(States).sort());
    }
  });
});
