/**
 * The Lambda functions of an organization's hub. One takes the steps of the state machine, the custom resource, and
 * requests to pause, resume, retry, approve and adopt. The other, with a role of its own, only puts rules back.
 */
import type { Context } from 'aws-lambda';
import { requireAlias } from './aliases';
import { organizationsDirectory } from './aws/organization/directory';
import { DynamoDbOrganizationLedger } from './aws/organization/ledger';
import type { Sdk } from './aws/organization/sdk';
import { memberSessions } from './aws/organization/sessions';
import { accountLists, executions } from './aws/organization/state-machine';
import { putResponse } from './aws/response';
import { approve, type ApproveDependencies } from './core/act/approve';
import { restore, type RestoreReport } from './core/act/restore';
import { retry, type RetryDependencies } from './core/act/retry';
import { type BatchAnswer } from './core/changes/handle';
import { handleCustomResource } from './core/invocation/custom-resource';
import { type Invocation, parseInvocation } from './core/invocation/invocation';
import { isRecord } from './core/invocation/requests';
import { sweepAccount } from './core/organization/account';
import { begin } from './core/organization/begin';
import { handleMemberChanges } from './core/organization/changes';
import { type Configured, configured, type OrganizationsConfiguration } from './core/organization/configured';
import { count } from './core/organization/count';
import { deployOrganization } from './core/organization/deploy';
import { finish } from './core/organization/finish';
import { lost } from './core/organization/lost';
import {
  approveInPlace, FORMS, type OfPlace, parseStep, restoreInPlace, retryInPlace, type Step,
} from './core/organization/requests';
import type { Sessions } from './core/organization-ports';
import { adopt, pause, resume } from './core/pausing';
import type { Log } from './core/ports';
import { CLIENT, clock, type Dependencies, dependenciesOf, dynamoDb, type Invoked, invoked, required } from './dependencies';
import { RESTORE_FUNCTION_VARIABLE } from '../src/contract/names';
import { BUCKET_VARIABLE, type Place, SESSION_NAME, STATE_MACHINE_PROPERTY } from '../src/contract/organization';
import { restoreSessionPolicy } from '../src/contract/session-policy';

/** Answers of the steps, which the state machine reads, and of the other requests. */
export function organization(event: unknown, context: Partial<Context> = {}): Promise<unknown> {
  return invoked(context, async now => {
    const step = parseStep(event, clock.now());
    if (step !== undefined) {
      requireAlias('step', context);
      return takeStep(step, await hubOf(context, now));
    }
    if (isRecord(event) && 'retry' in event) {
      requireAlias('retry', context);
      return inLedgerOf(retryInPlace(event), retry, context, now);
    }
    if (isRecord(event) && 'approve' in event) {
      requireAlias('approve', context);
      return inLedgerOf(approveInPlace(event), approve, context, now);
    }
    const invocation = parseInvocation(event, clock.now());
    requireAlias(invocation.kind, context);
    return answer(invocation, event, await hubOf(context, now));
  });
}

/** Puts rules back in an account. It takes no other requests. */
export function organizationRestore(event: unknown, context: Partial<Context> = {}): Promise<RestoreReport> {
  return invoked(context, async now => {
    if (!isRecord(event) || !('restore' in event)) throw new Error(`Unknown event. ${FORMS.restore}`);
    const { place, request } = restoreInPlace(event);
    const dependencies = organizationsDependencies(context, now);
    const { configuration } = await configured(dependencies);
    const { organization: { restoreRoleName } } = configuration;
    if (!configuration.allowRestore) throw new Error('Nothing was done, because allowRestore is false');
    const policy = restoreSessionPolicy(configuration, place.region);
    const sessions = await sessionsOf(configuration, restoreRoleName, { ...now, context });
    const session = await sessions.enter(place.account, policy);
    const { network, scaleRequests, close } = session.in(place.region);
    scaleRequests(configuration.requestRateFactor ?? 1);
    const { ledger, log } = dependencies;
    return restore(request, { ...dependencies, network, ledger: ledger.at(place), log: logIn(place, log) })
      .finally(close);
  });
}

/** Takes batches of the queue of changes that members have forwarded. */
export function organizationChange(event: unknown, context: Partial<Context> = {}): Promise<BatchAnswer> {
  return invoked(context, async now => {
    const sdk = await organizationSdk();
    const dependencies = organizationsDependencies(context, now);
    return handleMemberChanges(event, {
      ...dependencies, ownSessions: ownSessions(await configured(dependencies)),
      sessions: configuration =>
        sessionsIn(sdk, configuration, configuration.organization.sweepRoleName, { ...now, context }),
    });
  });
}

/** The ends of the ARNs of the sessions in which the hub works in members. */
const ownSessions = ({ configuration: { organization: { sweepRoleName, restoreRoleName } } }: Configured): string[] =>
  [sweepRoleName, restoreRoleName].map(role => `:assumed-role/${role}/${SESSION_NAME}`);

type OrganizationsDependencies = Dependencies & { readonly ledger: DynamoDbOrganizationLedger };

function organizationsDependencies(
  context: Partial<Context>, { time, signal, log }: Invoked,
): OrganizationsDependencies {
  const dependencies = dependenciesOf(context, time, signal, log);
  const { table, hygiene } = dependencies;
  return {
    ...dependencies, ledger: new DynamoDbOrganizationLedger(dynamoDb, table, hygiene),
    restoreFunctionName: process.env[RESTORE_FUNCTION_VARIABLE],
  };
}

/** Everything that the steps of the state machine need. */
type Hub = Awaited<ReturnType<typeof hubOf>>;

/** The share of the time of an invocation after which no further Region is begun. */
const BEGIN_SHARE = 0.6;

async function hubOf(context: Partial<Context>, now: Invoked) {
  const sdk = await organizationSdk();
  const own = ownSettings(sdk);
  const remaining = context.getRemainingTimeInMillis?.() ?? now.time.answerBy - Date.now();
  return {
    ...organizationsDependencies(context, now),
    directory: organizationsDirectory(sdk, own, { ownAccount: accountOf(context), abortSignal: now.signal }),
    lists: accountLists(sdk, own, required(BUCKET_VARIABLE)),
    executions: executions(sdk, own),
    sessions: (configuration: OrganizationsConfiguration) =>
      sessionsIn(sdk, configuration, configuration.organization.sweepRoleName, { ...now, context }),
    invocationId: context.awsRequestId ?? '',
    endsAt: new Date(Date.now() + remaining),
    beginUntil: new Date(Date.now() + remaining * BEGIN_SHARE),
    isOutOfTime: () => now.signal.aborted,
    answerWithinMillis: now.time.answerBy - Date.now(),
  };
}

const organizationSdk = (): Promise<Sdk> => import('../bundle/organization-sdk');

let shared: object | undefined;

/** Returns the settings of clients that each invocation makes anew. They share connections, which outlive it. */
const ownSettings = (sdk: Sdk): object =>
  shared ??= { ...CLIENT, requestHandler: new sdk.STSClient(CLIENT).config.requestHandler };

type InvokedIn = Invoked & { readonly context: Partial<Context> };

async function sessionsOf(
  configuration: OrganizationsConfiguration, roleName: string, invokedIn: InvokedIn,
): Promise<Sessions> {
  return sessionsIn(await organizationSdk(), configuration, roleName, invokedIn);
}

function sessionsIn(
  sdk: Sdk, { organization: { externalId } }: OrganizationsConfiguration, roleName: string,
  { context, signal }: InvokedIn,
): Sessions {
  return memberSessions({
    sdk, client: CLIENT, own: ownSettings(sdk), partition: partitionOf(context), roleName, externalId, signal, clock,
  });
}

const partitionOf = ({ invokedFunctionArn = '' }: Partial<Context>): string => invokedFunctionArn.split(':')[1] || 'aws';

const accountOf = ({ invokedFunctionArn = '' }: Partial<Context>): string | undefined => invokedFunctionArn.split(':')[4];

async function takeStep(step: Step, hub: Hub): Promise<unknown> {
  const current = await configured(hub);
  const { configuration } = current;
  switch (step.step) {
    case 'begin': return begin(step.request, current, hub);
    case 'account': return sweepAccount(step.request, current, { ...hub, sessions: hub.sessions(configuration) });
    case 'lost': return lost(step.request, hub);
    case 'count': return count(step.request, current, hub);
    case 'finish': return finish(step.request, current, hub);
  }
}

/** Carries out a request about rules of one place that needs the ledger only. */
function inLedgerOf<Request, Report>(
  { place, request }: OfPlace<Request>,
  act: (request: Request, dependencies: RetryDependencies & ApproveDependencies) => Promise<Report>,
  context: Partial<Context>, now: Invoked,
): Promise<Report> {
  const dependencies = organizationsDependencies(context, now);
  const { ledger, log } = dependencies;
  return act(request, { ...dependencies, ledger: ledger.at(place), log: logIn(place, log) });
}

/** Adds the account and the Region to each line. */
const logIn = ({ account, region }: Place, log: Log): Log => (level, message, fields) =>
  log(level, message, { account, region, ...fields });

async function answer(invocation: Invocation, event: unknown, hub: Hub): Promise<unknown> {
  const countDue = async (): Promise<number | undefined> => (await hub.ledger.run())?.counted?.due;
  switch (invocation.kind) {
    case 'pause': return pause(invocation.request, { ...hub, countDue });
    case 'resume': return resume({ ...hub, countDue });
    case 'adopt': return adopt(hub);
    case 'custom-resource':
      await handleCustomResource(invocation, {
        log: hub.log, respond: putResponse, fingerprint: hub.fingerprint, answerWithinMillis: hub.answerWithinMillis,
        run: deployment => deployOrganization(deployment, stateMachineIn(event), hub),
      });
      return undefined;
    default: throw new Error(`The hub of an organization takes no requests to ${invocation.kind}. Nothing was done`);
  }
}

/** @throws when the custom resource does not name the state machine */
function stateMachineIn(event: unknown): string {
  const properties = isRecord(event) ? event.ResourceProperties : undefined;
  const arn = isRecord(properties) ? properties[STATE_MACHINE_PROPERTY] : undefined;
  if (typeof arn === 'string' && /^arn:[^:]+:states:/.test(arn)) return arn;
  throw new Error(`The property ${STATE_MACHINE_PROPERTY} of the custom resource is not the ARN of a state machine`);
}
