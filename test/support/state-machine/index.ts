/**
 * Runs state machines of the Amazon States Language with JSONPath, for tests: nothing waits unless the test does, which
 * also performs the invocations of functions. It refuses what it does not know before it runs anything.
 *
 * @see https://states-language.net/spec.html
 */
import { check, type Fields, isFunction } from './check';
import { copied, type Data, Failure, filled, find, limited, placed, readPath, valueAt } from './data';

/** A state machine, or the states of a Map. */
interface States {
  readonly StartAt: string;
  readonly States: Readonly<Record<string, State>>;
}

interface State extends Fields {
  readonly Type: string;
  readonly Next?: string;
  readonly InputPath?: string | null;
  readonly OutputPath?: string | null;
  readonly ResultPath?: string | null;
  readonly Retry?: ReadonlyArray<{ readonly ErrorEquals: readonly string[]; readonly MaxAttempts?: number }>;
  readonly Catch?: ReadonlyArray<Pick<State, 'ResultPath'> & { readonly ErrorEquals: readonly string[]; readonly Next: string }>;
}

interface MapState extends State {
  readonly ItemProcessor: States;
  readonly ItemReader: { readonly Parameters: unknown };
  readonly Label?: string;
  readonly MaxConcurrency?: number;
  readonly ToleratedFailurePercentage?: number;
}

/** A choice: the comparison of a variable, or other choices. */
interface Choice extends Fields {
  readonly Next?: string;
  readonly Not?: Choice;
  readonly And?: readonly Choice[];
  readonly Or?: readonly Choice[];
}

export interface ExecutionOptions {
  /** Performs the invocation of a function. The name of an error is the one that Retry and Catch compare. */
  readonly invoke: (functionName: string, payload: unknown) => unknown;
  /** Performs a Wait state. Absent: nothing waits. */
  readonly wait?: (seconds: number) => Promise<unknown>;
  /** Returns the text of an object in S3, for the readers of Map states. */
  readonly getObject?: (bucket: string, key: string) => string | Promise<string>;
  readonly input?: unknown;
  readonly executionId?: string;
  /** An ISO 8601 timestamp. */
  readonly startTime?: string;
}

export interface Execution {
  readonly status: 'SUCCEEDED' | 'FAILED';
  readonly output?: unknown;
  readonly error?: string;
  readonly cause?: string;
  /** The Wait states in the order of their beginnings, those of children included. */
  readonly waits: ReadonlyArray<{ readonly state: string; readonly seconds: number }>;
  /** The Map states with the numbers of their children. */
  readonly mapRuns: ReadonlyArray<{ readonly state: string; readonly succeeded: number; readonly failed: number }>;
  /**
   * The number of states that were entered, those of children and retries included, as Step Functions charges them.
   *
   * @see https://aws.amazon.com/step-functions/pricing/
   */
  readonly transitions: number;
}

/** @throws anything but a failure */
function caught(failure: unknown): Failure {
  if (failure instanceof Failure) return failure;
  throw failure;
}

/** The state that an execution shares with its children. */
interface Run {
  readonly options: ExecutionOptions;
  readonly waits: Array<{ state: string; seconds: number }>;
  readonly mapRuns: Array<{ state: string; succeeded: number; failed: number }>;
  transitions: number;
}

/** An execution or a child. */
interface Scope {
  readonly run: Run;
  readonly context: { readonly Execution: { readonly Id: string } & Fields } & Fields;
}

/** A state in its execution. */
interface At extends Data, Pick<Scope, 'run'> {
  readonly context: Scope['context'];
  /** The input before InputPath. */
  readonly raw: unknown;
}

/** @throws when the definition has something that is not known here, or that is not valid */
export async function runStateMachine(definition: object, options: ExecutionOptions): Promise<Execution> {
  check(definition as Fields);
  const run: Run = { options, waits: [], mapRuns: [], transitions: 0 };
  const {
    input = {}, executionId: Id = 'arn:aws:states:eu-central-1:111122223333:execution:machine:execution',
    startTime: StartTime = '2025-01-01T00:00:00Z',
  } = options;
  const context = { Execution: { Id, Name: Id.split(':').at(-1), StartTime, Input: input } };
  const outcome = await runStates(definition as States, input, { run, context }).then(
    output => ({ status: 'SUCCEEDED' as const, output }), (failure: unknown) => {
      const { error, cause } = caught(failure);
      return { status: 'FAILED' as const, error, cause };
    });
  const { waits, mapRuns, transitions } = run;
  return { ...outcome, waits, mapRuns, transitions };
}

async function runStates({ StartAt, States }: States, first: unknown, scope: Scope): Promise<unknown> {
  let [name, input]: [string, unknown] = [StartAt, first];
  for (;;) {
    scope.run.transitions += 1;
    const { output, next } = await step(States[name], { ...scope, name, input, raw: input });
    if (next === undefined) return output;
    [name, input] = [next, output];
  }
}

interface Stepped {
  readonly output: unknown;
  /** Absent: the execution ends. */
  readonly next?: string;
}

async function step(state: State, at: At): Promise<Stepped> {
  const input = readPath(state.InputPath, at);
  const here = { ...at, input };
  const through = (output: unknown, next = state.Next): Stepped =>
    ({ output: limited(readPath(state.OutputPath, { ...here, input: output })), next });
  switch (state.Type) {
    case 'Task': return attempted(state, here, parameters => invoke(state, parameters, here), through);
    case 'Map': return attempted(state, here, () => runMap(state as MapState, here), through);
    case 'Pass': return through(withResult(state, here, state.Result ?? parametersOf(state, here)));
    case 'Succeed': return through(input);
    case 'Choice': return through(input, choose(state, here));
    case 'Wait': {
      const seconds = state.Seconds ?? valueAt(String(state.SecondsPath), here);
      if (typeof seconds !== 'number') throw new Failure('States.Runtime', `${at.name} has no number of seconds`);
      at.run.waits.push({ state: at.name, seconds });
      await at.run.options.wait?.(seconds);
      return through(input);
    }
    default: {
      const textOf = (path: unknown, fixed: unknown): string =>
        String(path === undefined ? fixed ?? '' : valueAt(String(path), here));
      throw new Failure(textOf(state.ErrorPath, state.Error), textOf(state.CausePath, state.Cause));
    }
  }
}

/** Does what a state is for, with its Retry and Catch. */
async function attempted(
  state: State, at: At, act: (parameters: unknown) => Promise<unknown>, through: (output: unknown) => Stepped,
): Promise<Stepped> {
  const retries = (state.Retry ?? []).map(retrier => ({ ...retrier, left: retrier.MaxAttempts ?? 3 }));
  for (;;) {
    try {
      return through(withResult(state, at, limited(await act(parametersOf(state, at)))));
    } catch (error) {
      const failure = caught(error);
      const retrier = retries.find(each => isAbout(each.ErrorEquals, failure));
      if (retrier && retrier.left > 0) {
        retrier.left -= 1;
        at.run.transitions += 1;
        continue;
      }
      const catcher = state.Catch?.find(each => isAbout(each.ErrorEquals, failure));
      if (!catcher) throw failure;
      const output = placed(catcher.ResultPath, at.raw, { Error: failure.error, Cause: failure.cause });
      return { output: limited(output), next: catcher.Next };
    }
  }
}

const UNCATCHABLE = ['States.DataLimitExceeded', 'States.Runtime'];

const isAbout = (names: readonly string[], { error }: Failure): boolean => names.includes(error)
  || (names.includes('States.ALL') && !UNCATCHABLE.includes(error))
  || (names.includes('States.TaskFailed') && ![...UNCATCHABLE, 'States.Timeout'].includes(error));

async function invoke({ Resource }: State, parameters: unknown, { run }: At): Promise<unknown> {
  const isDirect = isFunction(Resource);
  const { FunctionName, Payload = {} } = isDirect
    ? { FunctionName: Resource, Payload: parameters }
    : parameters as { FunctionName: string; Payload?: unknown };
  try {
    const answer = copied(await run.options.invoke(FunctionName, copied(Payload)));
    return isDirect ? answer : { ExecutedVersion: '$LATEST', Payload: answer, StatusCode: 200 };
  } catch (error) {
    const { name, message } = error as Error;
    throw new Failure(name, JSON.stringify({ errorMessage: message, errorType: name }));
  }
}

async function runMap(state: MapState, at: At): Promise<unknown[]> {
  const items = await readItems(state, at);
  const { Execution: parent } = at.context;
  const threshold = (state.ToleratedFailurePercentage ?? 0) / 100 * items.length;
  const counts = { state: at.name, succeeded: 0, failed: 0 };
  at.run.mapRuns.push(counts);
  const runChild = async (value: unknown, index: number): Promise<unknown> => {
    const context = { ...at.context, Map: { Item: { Value: value, Index: index } } };
    const item = state.ItemSelector === undefined ? value : filled(state.ItemSelector, { ...at, context });
    // A child of a distributed map is an execution with an id of its own.
    const Id = parent.Id.replace(/:([^:]+)$/, `/${state.Label ?? at.name}:$1-${index}`);
    const scope = { run: at.run, context: { Execution: { ...parent, Id, Input: item } } };
    try {
      const output = await runStates(state.ItemProcessor, item, scope);
      counts.succeeded += 1;
      return output;
    } catch (failure) {
      caught(failure);
      counts.failed += 1;
      return null;
    }
  };
  const outputs: unknown[] = [];
  const queue = items.entries();
  const work = async (): Promise<void> => {
    for (const [index, value] of queue) {
      if (counts.failed > threshold) return;
      outputs[index] = await runChild(value, index);
    }
  };
  await Promise.all(Array.from({ length: Math.min(state.MaxConcurrency || Infinity, items.length) }, work));
  if (counts.failed <= threshold) return outputs;
  throw new Failure('States.ExceedToleratedFailureThreshold', `${counts.failed} of ${items.length} items have failed`);
}

async function readItems({ ItemReader }: MapState, at: At): Promise<unknown[]> {
  const { Bucket, Key } = filled(ItemReader.Parameters, at) as { Bucket: string; Key: string };
  const { getObject } = at.run.options;
  if (!getObject) throw new Error(`State ${at.name}: the test reads no objects`);
  try {
    const items = JSON.parse(await getObject(Bucket, Key)) as unknown;
    if (Array.isArray(items)) return items;
  } catch (error) {
    throw new Failure('States.ItemReaderFailed', String(error));
  }
  throw new Failure('States.ItemReaderFailed', `${Key} is no JSON array`);
}

function choose({ Choices, Default }: State, at: At): string {
  const next = (Choices as Choice[]).find(choice => holds(choice, at))?.Next ?? Default;
  if (next === undefined) throw new Failure('States.NoChoiceMatched', `No choice of ${at.name} holds`);
  return String(next);
}

function holds(choice: Choice, at: At): boolean {
  if (choice.Not) return !holds(choice.Not, at);
  if (choice.And) return choice.And.every(each => holds(each, at));
  if (choice.Or) return choice.Or.some(each => holds(each, at));
  const path = String(choice.Variable);
  if (choice.IsPresent !== undefined) return (find(path, at) !== undefined) === choice.IsPresent;
  // Every other comparison fails without a value, also one of types, and also if there is a default.
  const value = valueAt(path, at);
  if (choice.IsString !== undefined) return (typeof value === 'string') === choice.IsString;
  const { NumericGreaterThan: least } = choice;
  if (least !== undefined) return typeof value === 'number' && value > Number(least);
  return value === (choice.BooleanEquals ?? choice.StringEquals);
}

/** Puts a result into the input of its state. */
function withResult(state: State, at: At, result: unknown): unknown {
  const selected = state.ResultSelector === undefined ? result : filled(state.ResultSelector, { ...at, input: result });
  return placed(state.ResultPath, at.raw, selected);
}

const parametersOf = (state: State, at: At): unknown =>
  state.Parameters === undefined ? at.input : filled(state.Parameters, at);
