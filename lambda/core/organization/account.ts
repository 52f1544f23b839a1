/**
 * Sweeps the Regions of one account in one pass, side by side. A child of the state machine calls it until no Region is
 * left.
 *
 * It throws only if the ledger fails. A role that cannot be assumed, and a Region that cannot be read, are recorded
 * for the account or the Region, and affect nothing else.
 */
import { type Configured, type OrganizationsConfiguration } from './configured';
import { isEnding, isOver } from './end-of-run';
import { giveBackLease, lease } from './lease';
import type { Directory, MemberSession, OrganizationLedger, Sessions } from '../organization-ports';
import { accountSwept, failed, type RowWriter, swept, writeRow } from './rows';
import { partId, type PlaceDependencies, sweepPlace } from './sweep-place';
import { reportOnly } from '../../../src/contract/configuration';
import type { Pass, Place } from '../../../src/contract/organization';
import { sessionPolicy } from '../../../src/contract/session-policy';
import { type ErrorFacts, errorFacts, isThrottled, isUnreachable } from '../errors';
import { inParallel } from '../lists';
import type { AccountInRun, LeaseEntry, OrganizationRun, PlaceEntry } from '../model/organization';

export interface AccountRequest {
  readonly pass: Pass;
  readonly runId: string;
  readonly account: string;
  /** The item of the ledger that has the account. */
  readonly part: number;
  /** The number of calls before this one. */
  readonly attempt: number;
}

export interface AccountDependencies extends PlaceDependencies {
  readonly ledger: OrganizationLedger;
  readonly directory: Directory;
  readonly sessions: Sessions;
  /** The id of this invocation. */
  readonly invocationId: string;
  /** The time at which this invocation has ended in any case. */
  readonly endsAt: Date;
  /** No Region is begun after this time, unless it is the first one. */
  readonly beginUntil: Date;
  /** Whether the calls in progress were aborted, because time ran out. */
  readonly isOutOfTime: () => boolean;
}

/** The answer that the state machine reads. It calls again while Regions are left. */
export interface AccountAnswer {
  readonly left: readonly string[];
  readonly waitSeconds: number;
  readonly attempt: number;
}

/** The number of Regions that are swept at a time. */
const REGIONS_AT_A_TIME = 10;

/** After this many calls, what is left has failed. */
const MOST_ATTEMPTS = 30;

/** The number of calls after which a throttled or unreachable STS, and a Region that takes too long, has failed. */
const FEW_ATTEMPTS = 5;

const WAIT_SECONDS = 20;
const LONGEST_WAIT_SECONDS = 900;

/** An account in a run, with the facts that all of its Regions share. */
interface Entering {
  readonly request: AccountRequest;
  readonly run: OrganizationRun;
  readonly inRun: AccountInRun;
  readonly configuration: OrganizationsConfiguration;
  readonly deployed: Configured['deployed'];
  readonly rows: ReadonlyMap<string | undefined, PlaceEntry>;
}

/** @throws when the ledger cannot be read or written, or the account is not one of the run */
export async function sweepAccount(
  request: AccountRequest, { configuration, deployed }: Configured, dependencies: AccountDependencies,
): Promise<AccountAnswer> {
  const { ledger } = dependencies;
  const { runId, account, attempt } = request;
  const run = await ledger.run();
  const done: AccountAnswer = { left: [], waitSeconds: 0, attempt: attempt + 1 };
  const now = dependencies.clock.now();
  // An execution can be redriven long after its time. The membership that it has read does not hold any more.
  if (run?.runId !== runId || run.endedAt !== undefined || isOver(run, now)) {
    return superseded(request, done, dependencies);
  }
  const [accounts, places] = await Promise.all([ledger.accounts(request.part), ledger.places(account)]);
  const inRun = accounts?.runId === runId ? accounts.accounts.find(each => each.account === account) : undefined;
  if (inRun === undefined) throw new Error(`The account ${account} is not in part ${request.part} of the run ${runId}`);
  // Another configuration may select other accounts to revoke in.
  const isSameConfiguration = run.digest === deployed.digest;
  const isSelected = inRun.mayRevoke === true && isSameConfiguration;
  const isInDoubt = !isSameConfiguration || inRun.isInDoubt === true;
  const effective = isSelected ? configuration : { ...configuration, ...reportOnly(configuration, isInDoubt) };
  const entering: Entering = {
    request, run, inRun: { ...inRun, mayRevoke: isSelected || undefined }, deployed, configuration: effective,
    rows: new Map(places.entries.map(row => [row.region, row])),
  };
  if (isEnding(run, now)) return outOfTime(entering, done, dependencies);
  const regions = await regionsOf(entering, dependencies);
  if (regions === undefined) return done;
  if ('again' in regions) return { ...done, left: ['*'], waitSeconds: WAIT_SECONDS };
  const todo = regions.names.filter(region => !isConcluded(entering.rows.get(region), request));
  const outcome = await sweepRegions(todo, regions.session, entering, dependencies);
  if (outcome.left.length === 0) return done;
  return { ...done, left: outcome.left, waitSeconds: outcome.waitSeconds };
}

function superseded(
  { account, runId, pass }: AccountRequest, done: AccountAnswer, { log }: AccountDependencies,
): AccountAnswer {
  log('WARN', `The account ${account} is left alone, because the run ${runId} is over`, {
    event: 'OrganizationRun', runId, account, pass,
  });
  return done;
}

/** Records what the run does not get to any more. */
async function outOfTime(
  entering: Entering, done: AccountAnswer, dependencies: AccountDependencies,
): Promise<AccountAnswer> {
  const { request, run, rows, inRun: { account } } = entering;
  const message = `the run has to end by ${run.until}, so it begins nothing any more`;
  const error = { code: 'OutOfTime', message };
  const entered = rows.get(undefined);
  const names = request.pass === 'revoke' ? plannedIn(entering)
    : entered?.enteredBy === run.runId ? entered.regions ?? [] : undefined;
  if (names === undefined) {
    // An account that could not be entered is recorded already.
    if (entered?.runId !== run.runId) await accountFailed(entering, error, dependencies);
    return done;
  }
  for (const region of names.filter(name => !isConcluded(rows.get(name), request))) {
    await regionFailed({ account, region }, error, entering, dependencies);
  }
  return done;
}

/** Returns the Regions in which the run plans to revoke. */
function plannedIn({ run, rows }: Entering): string[] {
  return [...rows.values()].flatMap(({ region, runId, observed }) =>
    region !== undefined && runId === run.runId && (observed?.planned ?? 0) > 0 ? [region] : []);
}

/** Whether a pass has already been through a Region. */
function isConcluded(row: PlaceEntry | undefined, { pass, runId }: AccountRequest): boolean {
  if (row?.runId !== runId) return false;
  return pass === 'observe' || row.failure?.pass === 'revoke' || row.revoked !== undefined;
}

interface Entered {
  readonly session: MemberSession;
  readonly names: readonly string[];
}

/**
 * Determines the Regions of the pass, and enters the account.
 *
 * @returns undefined if there is nothing to do, which includes that the account could not be entered; `again` if a
 * later call may enter it
 */
async function regionsOf(entering: Entering, dependencies: AccountDependencies): Promise<Entered | Again | undefined> {
  const { request, rows, configuration: { organization: { regions: wanted } } } = entering;
  if (request.pass === 'revoke') {
    const names = plannedIn(entering);
    const isLeft = names.some(name => !isConcluded(rows.get(name), request));
    return isLeft ? enter(entering, names, dependencies) : undefined;
  }
  const known = await enabledRegions(entering, dependencies);
  if (known === undefined || 'again' in known) return known;
  const regions = (wanted ?? known.names).filter(name => known.names.includes(name));
  const disabledRegions = (wanted ?? []).filter(name => !known.names.includes(name));
  tellRegions(entering, { ...known, disabledRegions }, dependencies);
  const entered = await enter(entering, regions, dependencies);
  if (entered === undefined || 'again' in entered) return entered;
  await write(entering, {}, before =>
    accountSwept(before, { ...entering.inRun, regions, disabledRegions, regionsNote: known.note }), dependencies);
  return entered;
}

interface Again {
  readonly again: true;
}

interface EnabledRegions {
  readonly names: readonly string[];
  /** Why they were read in another way than usual. */
  readonly note?: string;
}

/** If AWS Account Management does not say which Regions are enabled, EC2 in the account does. */
async function enabledRegions(
  entering: Entering, dependencies: AccountDependencies,
): Promise<EnabledRegions | Again | undefined> {
  const { directory, sessions } = dependencies;
  const { request: { account, attempt }, configuration: { organization: { regions: wanted } } } = entering;
  try {
    return { names: await directory.enabledRegions(account) };
  } catch (error) {
    const first = `account:ListRegions failed with ${worded(errorFacts(error))}`;
    try {
      const names = await sessions.enabledRegions(account);
      return { names, note: `${first}, so EC2 in the account was asked which Regions are enabled` };
    } catch (second) {
      const facts = errorFacts(second);
      if (mayPass(facts) && attempt < FEW_ATTEMPTS) return { again: true };
      const note = `${first}, and in the account ec2:DescribeRegions failed with ${worded(facts)}`;
      // Regions that are named are tried all the same. One that is not enabled then counts as failed.
      if (wanted !== undefined) return { names: wanted, note };
      await accountFailed(entering, { ...facts, message: `Which Regions are enabled is not known: ${note}` }, dependencies);
      return undefined;
    }
  }
}

const worded = ({ code, message }: ErrorFacts): string => `${code}: ${message}`;

function tellRegions(
  { inRun: { account } }: Entering, { note, disabledRegions: regions }: EnabledRegions & { disabledRegions: string[] },
  { log }: AccountDependencies,
): void {
  if (note !== undefined) log('WARN', `${account}: ${note}`, { event: 'RegionsUnread', account });
  if (regions.length === 0) return;
  const text = `Regions of ${account} that are not enabled are left out: ${regions.join(', ')}`;
  log('INFO', text, { event: 'RegionsLeftOut', account, regions });
}

/** Assumes the role of the account. The session may be used in these Regions only. */
async function enter(
  entering: Entering, names: readonly string[], dependencies: AccountDependencies,
): Promise<Entered | Again | undefined> {
  const { configuration, inRun: { account, mayRevoke = false }, request } = entering;
  try {
    const policy = sessionPolicy(configuration, { regions: names, mayRevoke });
    return { session: await dependencies.sessions.enter(account, policy), names };
  } catch (error) {
    const facts = errorFacts(error);
    if (mayPass(facts) && request.attempt < FEW_ATTEMPTS) return { again: true };
    await accountFailed(entering, facts, dependencies);
    return undefined;
  }
}

const mayPass = (facts: ErrorFacts): boolean => isThrottled(facts) || isUnreachable(facts);

async function accountFailed(entering: Entering, error: ErrorFacts, dependencies: AccountDependencies): Promise<void> {
  const { account, name, mayRevoke } = entering.inRun;
  const { pass } = entering.request;
  const text = `The account ${account} could not be entered: ${error.code}: ${error.message}`;
  dependencies.log('ERROR', text, { event: 'AccountFailed', account, pass, runId: entering.run.runId, error });
  await write(entering, {}, before => failed(before, { account, name, mayRevoke, error, pass }), dependencies);
}

interface Left {
  readonly left: readonly string[];
  readonly waitSeconds: number;
}

async function sweepRegions(
  names: readonly string[], session: MemberSession, entering: Entering, dependencies: AccountDependencies,
): Promise<Left> {
  const left = new Map<string, number>();
  let begun = 0;
  await inParallel(REGIONS_AT_A_TIME, names, async region => {
    // The first Regions are begun in any case, so that each call gets on.
    if (begun >= REGIONS_AT_A_TIME && dependencies.clock.now() >= dependencies.beginUntil) {
      left.set(region, 0);
      return;
    }
    begun += 1;
    const wait = await sweepRegion({ account: entering.inRun.account, region }, session, entering, dependencies);
    if (wait !== undefined) left.set(region, wait);
  });
  const waits = [...left.values()];
  // A Region that is ready now is worth a call of its own.
  return { left: [...left.keys()], waitSeconds: Math.min(LONGEST_WAIT_SECONDS, ...waits) };
}

/** @returns the seconds after which the Region has to be tried again; undefined if the pass is done with it */
async function sweepRegion(
  place: Place, session: MemberSession, entering: Entering, dependencies: AccountDependencies,
): Promise<number | undefined> {
  const { request, rows } = entering;
  const { clock, log, invocationId: holder, endsAt, isOutOfTime } = dependencies;
  const ledger = dependencies.ledger.at(place);
  let taken: LeaseEntry | undefined;
  try {
    taken = await lease({ ledger, clock, holder, until: endsAt });
  } catch (error) {
    const facts = errorFacts(error);
    if (mayPass(facts) && request.attempt < FEW_ATTEMPTS) return WAIT_SECONDS;
    await regionFailed(place, facts, entering, dependencies);
    return undefined;
  }
  if (taken !== undefined) {
    const seconds = Math.ceil((Date.parse(taken.until) - clock.now().getTime()) / 1000);
    if (request.attempt < MOST_ATTEMPTS) return Math.min(LONGEST_WAIT_SECONDS, Math.max(1, seconds));
    const message = `another invocation works on it until ${taken.until}`;
    await regionFailed(place, { code: 'Leased', message }, entering, dependencies);
    return undefined;
  }
  const region = session.in(place.region);
  try {
    const row = rows.get(place.region);
    const part = { ...place, pass: request.pass };
    const outcome = await sweepPlace({ ...entering, part, row }, region, dependencies);
    const isCutShort = mayGoOn(session, isOutOfTime, request);
    // A first pass that was cut short has counted nothing. A second one has revoked, and a later call goes on.
    if (isCutShort && request.pass === 'observe') return 0;
    const concluded = isCutShort ? { ...outcome, revoked: undefined } : outcome;
    await write(entering, place, before => swept(before, { place, ...entering.inRun, ...concluded }), dependencies);
    if (isCutShort) return 0;
  } catch (error) {
    if (mayGoOn(session, isOutOfTime, request)) return 0;
    await regionFailed(place, errorFacts(error), entering, dependencies);
  } finally {
    region.close();
    await giveBackLease({ ledger, clock, log, holder });
  }
  return undefined;
}

/** Whether the Region was cut short, and another call may get through it. */
const mayGoOn = (session: MemberSession, isOutOfTime: () => boolean, { attempt }: AccountRequest): boolean =>
  attempt < FEW_ATTEMPTS && (isOutOfTime() || session.hasExpired());

async function regionFailed(
  place: Place, error: ErrorFacts, entering: Entering, dependencies: AccountDependencies,
): Promise<void> {
  const { request: { pass }, run } = entering;
  const { account, region } = place;
  const sweepId = partId(run, place);
  dependencies.log('ERROR', `${account} in ${region} could not be swept: ${error.code}: ${error.message}`, {
    event: 'RegionFailed', account, region, pass, sweepId, error,
  });
  await write(entering, place, before => failed(before, { ...place, ...entering.inRun, error, pass }), dependencies);
}

/** Writes the item of the account, or of one of its Regions. */
function write(
  { run, rows, inRun: { account } }: Entering, { region }: { readonly region?: string },
  follow: (before: PlaceEntry | undefined) => RowWriter, { ledger, clock }: AccountDependencies,
): Promise<void> {
  return writeRow({ account, region }, follow, { ledger, run, now: clock.now(), before: rows.get(region) });
}
