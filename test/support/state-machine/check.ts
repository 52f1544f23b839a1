/** Refuses what the interpreter does not know, with an error that names the state. */
export type Fields = Readonly<Record<string, unknown>>;

export const isRecord = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const COMMON = ['Type', 'Comment', 'QueryLanguage', 'InputPath', 'OutputPath'];
const RESULT = ['ResultSelector', 'ResultPath', 'Retry', 'Catch', 'Next', 'End'];
const MAP = ['ItemProcessor', 'ItemReader', 'ItemSelector', 'Label', 'MaxConcurrency', 'ToleratedFailurePercentage'];

/** The fields of each type of state. */
const TYPES: Readonly<Record<string, readonly string[]>> = {
  Task: [...COMMON, 'Resource', 'Parameters', 'TimeoutSeconds', 'HeartbeatSeconds', ...RESULT],
  Map: [...COMMON, ...MAP, ...RESULT],
  Pass: [...COMMON, 'Result', 'Parameters', 'ResultPath', 'Next', 'End'],
  Wait: [...COMMON, 'Seconds', 'SecondsPath', 'Next', 'End'],
  Choice: [...COMMON, 'Choices', 'Default'],
  Succeed: COMMON,
  Fail: [...COMMON, 'Error', 'ErrorPath', 'Cause', 'CausePath'],
};

const CHOICE = [
  'Variable', 'BooleanEquals', 'IsPresent', 'IsString', 'NumericGreaterThan', 'StringEquals', 'Not', 'And', 'Or', 'Next', 'Comment',
];

/** The fields of what states contain. */
const PARTS: Readonly<Record<string, readonly string[]>> = {
  Choices: CHOICE, Not: CHOICE, And: CHOICE, Or: CHOICE,
  Retry: ['ErrorEquals', 'IntervalSeconds', 'MaxAttempts', 'BackoffRate', 'MaxDelaySeconds', 'JitterStrategy', 'Comment'],
  Catch: ['ErrorEquals', 'ResultPath', 'Next', 'Comment'],
  ItemReader: ['Resource', 'ReaderConfig', 'Parameters'], ReaderConfig: ['InputType'],
  ProcessorConfig: ['Mode', 'ExecutionType'],
};

/** The only values of fields that could have others. */
const VALUES: Readonly<Record<string, readonly string[]>> = {
  QueryLanguage: ['JSONPath'], Mode: ['DISTRIBUTED'], InputType: ['JSON'],
};

/** A JSONPath to one value, without functions and filters. */
const PATH = /^\$\$?(\.[A-Za-z_][\w-]*|\[\d+\]|\['[\w-]+'\])*$/;

export function check(machine: Fields, name = 'machine'): void {
  only(machine, ['StartAt', 'States', 'Comment', 'QueryLanguage', 'TimeoutSeconds', 'Version'], name);
  const states = machine.States as Readonly<Record<string, Fields>>;
  checkParts({ QueryLanguage: machine.QueryLanguage ?? 'JSONPath', Next: machine.StartAt }, name, states);
  for (const [each, state] of Object.entries(states)) checkState(state, each, states);
}

function checkState(state: Fields, name: string, states: Fields): void {
  const fields = Object.hasOwn(TYPES, String(state.Type)) ? TYPES[String(state.Type)] : undefined;
  if (fields === undefined) throw refusal(name, `the type ${String(state.Type)}`);
  only(state, fields, name);
  if (fields.includes('End') && (state.Next === undefined) !== (state.End === true)) {
    throw refusal(name, 'a state without an end, or with two');
  }
  if (state.Type === 'Task') {
    if (!isFunction(state.Resource)) {
      checkResource(state, 'lambda:invoke', name);
      only(state.Parameters as Fields, ['FunctionName', 'Payload', 'Payload.$'], name);
    }
  }
  const { Result: _, ItemProcessor: processor, ...parts } = state;
  checkParts(parts, name, states);
  if (state.Type !== 'Map') return;
  const { ProcessorConfig = { Mode: 'INLINE' }, ...child } = processor as Fields;
  checkParts({ ProcessorConfig }, name, states);
  checkResource(state.ItemReader, 's3:getObject', name);
  check(child, name);
}

/** Whether a task calls a function directly. Its parameters are the payload, and its result is the answer alone. */
export const isFunction = (resource: unknown): resource is string =>
  /^arn:aws[\w-]*:lambda:[\w-]+:\d{12}:function:[\w-]+$/.test(String(resource));

function checkResource(of: unknown, known: string, name: string): void {
  const resource = isRecord(of) ? String(of.Resource) : 'none';
  if (resource.replace(/^arn:aws[\w-]*:states:::/, '') !== known) throw refusal(name, `the resource ${resource}`);
}

/** Checks fields, and those that they contain. */
function checkParts(fields: Fields, name: string, states: Fields): void {
  for (const [key, value] of Object.entries(fields)) {
    if (/(Path|^Variable)$/.test(key) && value !== null) checkPath(value, name);
    if (/^(Next|Default)$/.test(key) && !Object.hasOwn(states, String(value))) {
      throw refusal(name, `the state ${String(value)}`);
    }
    if (Object.hasOwn(VALUES, key) && !VALUES[key].includes(String(value))) {
      throw refusal(name, `${key} ${String(value)}`);
    }
    if (TEMPLATES.includes(key)) {
      checkTemplate(value, name);
      continue;
    }
    for (const part of [value].flat().filter(isRecord)) {
      if (Object.hasOwn(PARTS, key)) only(part, PARTS[key], name);
      checkParts(part, name, states);
    }
  }
}

const TEMPLATES = ['Parameters', 'ResultSelector', 'ItemSelector'];

function checkTemplate(template: unknown, name: string): void {
  if (typeof template !== 'object' || template === null) return;
  for (const [key, value] of Object.entries(template)) {
    if (key.endsWith('.$')) checkPath(value, name);
    else checkTemplate(value, name);
  }
}

function checkPath(path: unknown, name: string): void {
  if (!PATH.test(String(path))) throw refusal(name, `the path ${String(path)}`);
}

function only(fields: Fields, known: readonly string[], name: string): void {
  const other = Object.keys(fields).find(key => !known.includes(key));
  if (other !== undefined) throw refusal(name, other);
}

const refusal = (name: string, what: string): Error =>
  new Error(`State ${name} has something that is not known here: ${what}`);
