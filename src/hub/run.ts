/**
 * Creates the state machine of a run over the organization.
 *
 * A run has two passes over the accounts. The first observes everywhere, and writes how many revocations it plans. The
 * second revokes, if their sum is within the limit. Each pass is a distributed map with one child per account. A child
 * never fails, because it records what it could not do. So one account costs no other.
 *
 * The input of an execution is the time of the schedule, or nothing. Nothing else is read from it: the function has the
 * configuration from the ledger.
 *
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/state-map-distributed.html
 */
import { Duration, Stack } from 'aws-cdk-lib';
import { Policy, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { IKey } from 'aws-cdk-lib/aws-kms';
import { IFunction, Tracing } from 'aws-cdk-lib/aws-lambda';
import { IBucket } from 'aws-cdk-lib/aws-s3';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { LambdaInvoke } from 'aws-cdk-lib/aws-stepfunctions-tasks';
import { Construct, IDependable } from 'constructs';
import { executionsArn, executionWildcards, listsArn } from './permissions';
import { LONGEST_RUN_SECONDS, Pass } from '../contract/organization';
import { acknowledgeRule, acknowledgeWildcards } from '../function/acknowledgements';
import { grantThrough } from '../function/encryption';

export interface RunProps {
  readonly hygiene: string;
  /** The function that does each step. */
  readonly lambdaFunction: IFunction;
  /** The longest time that one call of the function takes. */
  readonly callTimeout: Duration;
  /** The bucket for the lists of accounts. */
  readonly bucket: IBucket;
  /** The key of the bucket. Absent: S3 has one of its own. */
  readonly encryptionKey?: IKey;
  /** The number of accounts at a time. */
  readonly maxConcurrency: number;
  readonly tracing?: Tracing;
}

export interface Run {
  readonly stateMachine: sfn.StateMachine;
  /** The resources that the state machine needs before a run starts. */
  readonly ready: IDependable[];
}

export function run(scope: Construct, props: RunProps): Run {
  const states = new Construct(scope, 'Run');
  const isTraced = props.tracing === Tracing.ACTIVE;
  const role = new Role(states, 'Role', {
    description: `Runs ${props.hygiene.slice(-200)}`,
    // Only state machines of this account may assume the role.
    assumedBy: new ServicePrincipal('states.amazonaws.com', {
      conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(scope).account } },
    }),
  });
  const stateMachine = new sfn.StateMachine(states, 'StateMachine', {
    comment: `Sweeps the organization for ${props.hygiene}`,
    definitionBody: sfn.DefinitionBody.fromChainable(definition(states, props)),
    timeout: Duration.seconds(LONGEST_RUN_SECONDS),
    tracingEnabled: isTraced,
    // CDK would also grant every version and alias of the function, and the whole bucket. Not every supported version
    // grants what a distributed map needs on its executions.
    role: role.withoutPolicyUpdates(),
  });
  // CDK leaves a policy here that is attached to nothing and not deployed. Aspects of the app would judge it.
  stateMachine.node.tryRemoveChild('DistributedMapPolicy');
  return { stateMachine, ready: [stateMachine, ...permit(states, { ...props, role, stateMachine, isTraced })] };
}

type Permitting = RunProps & {
  readonly role: Role;
  readonly stateMachine: sfn.StateMachine;
  readonly isTraced: boolean;
};

/**
 * Grants what the state machine needs, in a policy of its own, because the policy names the state machine.
 *
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/iam-policies-eg-dist-map.html
 */
function permit(scope: Construct, props: Permitting): IDependable[] {
  const { role, stateMachine, lambdaFunction, bucket, encryptionKey, isTraced } = props;
  const stack = Stack.of(scope);
  const children = PASSES.map(pass => executionsArn(stack, stateMachine, LABELS[pass]));
  const executions = [executionsArn(stack, stateMachine), ...children];
  const policy = new Policy(scope, 'Policy', {
    roles: [role],
    statements: [
      // The aliases take other requests.
      new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [lambdaFunction.functionArn] }),
      new PolicyStatement({ actions: ['s3:GetObject'], resources: [listsArn(bucket)] }),
      // A distributed map starts its children as executions of the same state machine, and stops them if it is stopped.
      new PolicyStatement({ actions: ['states:StartExecution'], resources: [stateMachine.stateMachineArn] }),
      new PolicyStatement({ actions: ['states:DescribeExecution', 'states:StopExecution'], resources: executions }),
      // Someone who redrives a failed run has its children redriven.
      new PolicyStatement({ actions: ['states:RedriveExecution'], resources: children }),
      // The actions of X-Ray have no resource level.
      ...isTraced ? [new PolicyStatement({ actions: TRACING_ACTIONS, resources: ['*'] })] : [],
    ],
  });
  if (encryptionKey) grantThrough(role, encryptionKey, ['kms:Decrypt'], 's3');
  acknowledgeWildcards(policy, [
    ...executionWildcards(executions),
    [stack.resolve(listsArn(bucket)) as string, 'Each run has its own lists of accounts. Nothing else is in the bucket.'],
    ['*', 'The actions of X-Ray have no resource level in IAM.'],
  ]);
  acknowledge(stateMachine, isTraced);
  return [policy, role];
}

const TRACING_ACTIONS = [
  'xray:GetSamplingRules', 'xray:GetSamplingTargets', 'xray:PutTelemetryRecords', 'xray:PutTraceSegments',
];

function acknowledge(stateMachine: sfn.StateMachine, isTraced: boolean): void {
  const resource = stateMachine.node.defaultChild as sfn.CfnStateMachine;
  acknowledgeRule(
    resource, 'SF1',
    'Step Functions keeps the history of each execution for 90 days, and the function logs what each step did. To log it once more, the role '
    + 'would have to be allowed to change the resource policies of all log groups.',
  );
  if (!isTraced) acknowledgeRule(resource, 'SF2', 'functionOptions.tracing turns tracing on, also for the state machine.');
}

const PASSES: readonly Pass[] = ['observe', 'revoke'];

/** The labels of the distributed maps, which are part of the names of their executions. */
const LABELS: Readonly<Record<Pass, string>> = { observe: 'Observe', revoke: 'Revoke' };

/** The fields of the state of a run, as paths. */
const RUN_ID = sfn.JsonPath.stringAt('$.runId');
const KEY = sfn.JsonPath.stringAt('$.key');
const KEY_TO_REVOKE = sfn.JsonPath.stringAt('$.count.key');
const BROKEN = '$.broken';

function definition(scope: Construct, props: RunProps): sfn.IChainable {
  const finish = finished(scope, props);
  const revoke = eachAccount(scope, 'revoke', KEY_TO_REVOKE, props);
  const count = step(scope, 'Count', props, { step: 'count', runId: RUN_ID }, { resultPath: '$.count' });
  const observe = eachAccount(scope, 'observe', KEY, props);
  // Even a run that breaks off tells what it has done. It revokes nothing more.
  for (const each of [observe, count, revoke]) each.addCatch(finish, { resultPath: BROKEN });
  return begun(scope, props).next(
    new sfn.Choice(scope, 'Anything to sweep?')
      .when(
        sfn.Condition.numberGreaterThan('$.accounts', 0),
        observe.next(count).next(
          new sfn.Choice(scope, 'Anything to revoke?')
            .when(sfn.Condition.numberGreaterThan('$.count.revoke', 0), revoke.next(finish))
            .otherwise(finish),
        ),
      )
      // Another execution has the same time of the schedule.
      .otherwise(new sfn.Succeed(scope, 'Nothing to sweep')),
  );
}

/** Passes on the time of the schedule, if the input has one, and nothing else. */
function begun(scope: Construct, props: RunProps): sfn.Chain {
  const begin = { step: 'begin', execution: sfn.JsonPath.executionId };
  return sfn.Chain.start(
    new sfn.Choice(scope, 'On schedule?')
      .when(
        // A comparison of a value that is not there would fail the execution.
        sfn.Condition.and(sfn.Condition.isPresent('$.scheduledTime'), sfn.Condition.isString('$.scheduledTime')),
        new sfn.Pass(scope, 'On schedule', {
          parameters: { organization: { ...begin, scheduledTime: sfn.JsonPath.stringAt('$.scheduledTime') } },
        }),
      )
      .otherwise(new sfn.Pass(scope, 'On request', { parameters: { organization: begin } }))
      .afterwards(),
  ).next(withRetries(new LambdaInvoke(scope, 'Begin', called(props))));
}

/** Delivers the totals, and ends the execution as they say. */
function finished(scope: Construct, props: RunProps): sfn.TaskStateBase {
  const finish = step(scope, 'Finish', props, { step: 'finish', runId: RUN_ID }, { resultPath: '$.finish' });
  finish.next(
    new sfn.Choice(scope, 'How did it end?')
      .when(sfn.Condition.isPresent(BROKEN), new sfn.Fail(scope, 'Broken off', {
        errorPath: `${BROKEN}.Error`,
        cause: 'The run broke off. The history of the execution says where and why.',
      }))
      .when(sfn.Condition.booleanEquals('$.finish.failed', false), new sfn.Succeed(scope, 'Done'))
      .otherwise(new sfn.Fail(scope, 'Failed', { error: 'AccountsFailed', causePath: '$.finish.message' })),
  );
  return finish;
}

/**
 * Goes through a list of accounts. A child calls the function until no Region of its account is left.
 *
 * @param key the key of the list, as a path
 */
function eachAccount(scope: Construct, pass: Pass, key: string, props: RunProps): sfn.DistributedMap {
  const label = LABELS[pass];
  const map = new sfn.DistributedMap(scope, label, {
    label,
    itemReader: new sfn.S3JsonItemReader({ bucket: props.bucket, key }),
    itemSelector: {
      runId: RUN_ID,
      account: sfn.JsonPath.stringAt('$$.Map.Item.Value.account'),
      part: sfn.JsonPath.numberAt('$$.Map.Item.Value.part'),
      progress: { attempt: 0 },
    },
    maxConcurrency: props.maxConcurrency,
    // Children do not fail. If one is lost all the same, the count of the run misses its account.
    toleratedFailurePercentage: 100,
    resultPath: sfn.JsonPath.DISCARD,
  });
  map.addRetry({ errors: ['States.ItemReaderFailed'], interval: Duration.seconds(5), maxAttempts: 3 });
  return map.itemProcessor(child(scope, pass, props));
}

/** A child ends with an empty object, because the results of all children together have to stay below 256 KB. */
function child(scope: Construct, pass: Pass, props: RunProps): sfn.IChainable {
  const label = LABELS[pass];
  const account = { pass, runId: RUN_ID, account: sfn.JsonPath.stringAt('$.account') };
  const done = new sfn.Pass(scope, `${label}: done`, { result: sfn.Result.fromObject({}) });
  const lost = step(
    scope, `${label}: lost`, props, { step: 'lost', ...account, error: sfn.JsonPath.objectAt('$.lost') },
    { resultPath: sfn.JsonPath.DISCARD },
  );
  lost.addCatch(done).next(done);
  const sweep = step(
    scope, `${label}: account`, props,
    {
      step: 'account', ...account, part: sfn.JsonPath.numberAt('$.part'),
      attempt: sfn.JsonPath.numberAt('$.progress.attempt'),
    },
    { resultPath: '$.progress' },
  );
  sweep.addCatch(lost, { resultPath: '$.lost' });
  return sweep.next(
    new sfn.Choice(scope, `${label}: anything left?`)
      .when(
        sfn.Condition.isPresent('$.progress.left[0]'),
        new sfn.Wait(scope, `${label}: wait`, { time: sfn.WaitTime.secondsPath('$.progress.waitSeconds') }).next(sweep),
      )
      .otherwise(done),
  );
}

/** Calls the function with one step. */
function step(
  scope: Construct, id: string, props: RunProps, organization: Readonly<Record<string, unknown>>,
  { resultPath }: { readonly resultPath: string },
): LambdaInvoke {
  const payload = sfn.TaskInput.fromObject({ organization });
  return withRetries(new LambdaInvoke(scope, id, { ...called(props), payload, resultPath }));
}

/** The answer of the function is the result, without what Lambda says of the call. */
function called({ lambdaFunction, callTimeout }: RunProps): ConstructorParameters<typeof LambdaInvoke>[2] {
  return {
    lambdaFunction,
    payloadResponseOnly: true,
    retryOnServiceExceptions: false,
    taskTimeout: sfn.Timeout.duration(callTimeout.plus(Duration.minutes(1))),
  };
}

/**
 * Retries calls that Lambda did not make or did not finish. Many children call at once, so their waits are random.
 *
 * A function that was stopped leaves a lease, and the next call answers how long that lasts. So a few retries are
 * enough.
 *
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
 */
function withRetries(task: LambdaInvoke): LambdaInvoke {
  const jitterStrategy = sfn.JitterType.FULL;
  task.addRetry({
    errors: NOT_CALLED, interval: Duration.seconds(2), backoffRate: 2, maxAttempts: 10, maxDelay: Duration.minutes(2),
    jitterStrategy,
  });
  task.addRetry({
    errors: NOT_FINISHED, interval: Duration.seconds(30), backoffRate: 2, maxAttempts: 3, jitterStrategy,
  });
  return task;
}

const NOT_CALLED = [
  'Lambda.AWSLambdaException', 'Lambda.ClientExecutionTimeoutException', 'Lambda.SdkClientException',
  'Lambda.ServiceException', 'Lambda.TooManyRequestsException',
];

const NOT_FINISHED = ['Lambda.Unknown', 'Runtime.ExitError', 'Sandbox.Timedout', sfn.Errors.TIMEOUT];
