/**
 * A sweep: observe, keep the ledger, decide, act, report and tell.
 *
 * It goes on past whatever fails in one VPC, one rule or one VPN connection. It throws when it could look at nothing at all, when it was to revoke and
 * the ledger failed, and when its metrics could not be published: then nobody would know.
 */
import type { RevocationOutcome } from './act/outcome';
import { revoke } from './act/revoke';
import { findings } from './checks/findings';
import { type Plan, plan, reasonToKeep, type RuleContext, withheldBy, withoutRecord } from './decide/plan';
import { type ErrorFacts, errorFacts, isAboutOneItem, isThrottled, isUnreachable } from './errors';
import {
  type Bookkeeping, type BookkeepingDependencies, type EntryChange, isOfOneItem, keepBooks,
} from './ledger/bookkeeping';
import type { Writer } from './ledger/entry';
import { recordSweep, type SweepFacts, type Withheld } from './ledger/latest-sweep';
import { countDue, type PauseReading, readPause } from './ledger/pause';
import { claimChanges, TOLD_BY_SWEEPS, type ToldChange } from './ledger/pause-changes';
import { keepVpnConnections, type VpnConnectionBooks, type VpnConnectionChange } from './ledger/vpn-connections';
import { type Observation, observe, sawNothing, type ScanError } from './observe/observe';
import type { Clock, Events, Ledger, LedgerEntry, Log, MetricDatum, Metrics, Network, Notifications } from './ports';
import { logLines } from './report/log-lines';
import { deliveryDatum, metricData } from './report/metric-data';
import { tell, tidingsOf } from './report/tell';
import { failure } from './report/wording';
import { type DecodedConfiguration, looksAtRules, revokesAnything } from '../../src/private/contract';

export interface SweepDependencies {
  readonly network: Network;
  /** Absent when the function was deployed without one, as the construct never does: then nothing is revoked. */
  readonly ledger?: Ledger;
  readonly metrics: Metrics;
  readonly events: Events;
  readonly notifications: Notifications;
  readonly log: Log;
  readonly clock: Clock;
  /** Names this sweep in the ledger and in the log. */
  readonly sweepId: string;
  /** After this no revocation is begun. */
  readonly revokeUntil: Date;
  /** After this no call that sends events is begun. */
  readonly tellUntil: Date;
  /** The function's own account, where it is known. */
  readonly accountId?: string;
  /** What `aws lambda invoke` calls to put a rule back. */
  readonly restoreFunctionName?: string;
}

export interface SweepResult {
  readonly observation: Observation;
  readonly plan: Plan;
  /** Of the plan's rules, and of those that an earlier sweep had begun to revoke. */
  readonly outcomes: readonly RevocationOutcome[];
  readonly changes: readonly EntryChange[];
  readonly vpnConnectionChanges: readonly VpnConnectionChange[];
  /** Revocations that were not withheld already by the sweep before. */
  readonly newlyWithheld: readonly Withheld[];
  /** VPCs of other accounts that could be looked at, or were not there, at the sweep before. */
  readonly newlyNotCovered: readonly string[];
  /** What the ledger knows of the rules found; absent when it is not kept, or could not be. */
  readonly entries?: ReadonlyMap<string, LedgerEntry>;
  /** Whether revoking was paused when the sweep decided. */
  readonly pause: PauseReading;
  /** Changes of a pause that this sweep is the one to tell. */
  readonly pauseChanges: readonly ToldChange[];
  /** Rules that are due, be it that a pause keeps them; absent when the ledger could not be read. */
  readonly due?: number;
  /** Times that the ledger could not be read or written. */
  readonly ledgerErrors: readonly ScanError[];
  /** Events, notifications and data of metrics that could not be delivered; absent before they are sent. */
  readonly deliveriesFailed?: number;
  readonly startedAt: Date;
  readonly durationMillis: number;
}

export async function sweep(configuration: DecodedConfiguration, dependencies: SweepDependencies): Promise<SweepResult> {
  const { network, ledger, clock, revokeUntil: until, sweepId } = dependencies;
  const log: Log = (level, message, fields) => dependencies.log(level, message, { sweepId, ...fields });
  const startedAt = clock.now();
  const observation = await observe(configuration, network, startedAt, dependencies.accountId);
  const found = findings(observation.stale, observation.flagged);
  const now = clock.now();
  const writer = { id: sweepId, startedAt, now };
  const pause = await readPause(ledger, now);
  const context: RuleContext = {
    ...configuration,
    groups: observation.groups,
    vpcIds: observation.vpcs?.inScope ?? new Set(),
    accountId: credibleAccount(dependencies.accountId, observation),
    pause: pause.state,
    now,
  };
  const keepReason: BookkeepingDependencies['keepReason'] = (finding, entry) => reasonToKeep(finding, entry, context);
  // A ledger that did not answer in time would take as long again.
  const isAnswering = pause.error === undefined || !isUnreachable(pause.error);
  const books: Bookkeeping = looksAtRules(configuration) && isAnswering
    ? await keepBooks(found, observation, configuration, { ledger, network, writer, keepReason })
    : { hidden: [], unreadable: 0, changes: [], errors: [], ledgerErrors: [] };
  const { entries, hidden, unreadable } = books;
  const decided = plan(found, { ...context, entries, hidden, unreadable });
  // The plan of a configuration that revokes nothing is empty; asked twice, because this is the promise that counts most.
  const options = { network, clock, log, sweepId, until, exemptTags: configuration.exemptTags };
  const outcomes = revokesAnything(configuration) && ledger ? await revoke(decided.revoke, { ...options, ledger }) : [];
  const errors = [...observation.errors, ...books.errors, ...unread(outcomes)];
  const ledgerErrors = [...pauseUnread(pause), ...books.ledgerErrors, ...unwritten(outcomes)];
  const durationMillis = clock.now().getTime() - startedAt.getTime();
  const withheld = withheldBy(decided, outcomes, configuration);
  const vpn = await recordVpnConnections(observation, ledgerErrors, dependencies, writer);
  const claimed = await record('that changes of the pause are told', async () =>
    ledger && await claimChanges(pause.control, TOLD_BY_SWEEPS, ledger, writer));
  // Last of all that is written, for it says how the sweep went. Without it, what is withheld is told again rather than never.
  const facts: SweepFacts = {
    sweepId, startedAt, durationMillis, withheld,
    vpcsNotCovered: [...observation.vpcs?.notCovered ?? []].sort(),
    errors: [...errors, ...ledgerErrors, ...vpn.errors, ...claimed.errors],
    recordedVpnConnections: observation.vpnConnections !== undefined && vpn.errors.every(isOfOneItem),
    unidentified: found.filter(({ rule }) => rule === undefined).length,
    sawNothing: sawNothing(observation, configuration),
  };
  const recorded = await record('the sweep', async () => ledger && await recordSweep(facts, configuration, ledger));
  const result: SweepResult = {
    plan: decided, startedAt, durationMillis,
    observation: { ...observation, errors },
    outcomes: [...books.changes.flatMap(finished), ...outcomes],
    changes: books.changes,
    vpnConnectionChanges: vpn.changes,
    newlyWithheld: recorded.value?.withheld ?? withheld,
    newlyNotCovered: recorded.value?.vpcsNotCovered ?? facts.vpcsNotCovered,
    entries: books.entries,
    pause,
    pauseChanges: claimed.value ?? [],
    due: looksAtRules(configuration) ? dueOf(books, decided) : 0,
    ledgerErrors: [...ledgerErrors, ...vpn.errors, ...claimed.errors, ...recorded.errors],
  };
  for (const { level, message, fields } of logLines(result, configuration)) log(level, message, fields);
  const told = await report(result, configuration, dependencies, log);
  // VPCs of other accounts stay as they are: without a heartbeat, but without an error at every sweep, too.
  if (sawNothing(observation, configuration) && observation.errors.length > 0) {
    throw new Error(`The sweep could look at nothing: ${failure(observation.errors[0])}`);
  }
  // An item that cannot be read costs what it is about, and is counted; the rest of the ledger is as good as ever.
  const ledgerFailure = ledgerErrors.find(error => !isOfOneItem(error));
  if (revokesAnything(configuration) && ledgerFailure) {
    throw new Error(`The ledger failed, and without it nothing further is revoked: ${failure(ledgerFailure)}`);
  }
  return told;
}

function pauseUnread({ error }: PauseReading): ScanError[] {
  return error ? [{ doing: 'reading from the ledger whether revoking is paused', error }] : [];
}

/** A rule of which the ledger has nothing that can be read may be due, too. */
function dueOf({ entries, hidden, unreadable }: Bookkeeping, { keep }: Plan): number | undefined {
  return entries && countDue([...entries.values(), ...hidden], unreadable + withoutRecord(keep));
}

interface VpnRecord {
  readonly changes: readonly VpnConnectionChange[];
  readonly errors: readonly ScanError[];
}

/** Writes what has changed of VPN connections. @returns the changes, and what could not be written */
async function recordVpnConnections(
  { vpnConnections, isVpnAnswerWhole }: Observation, earlier: readonly ScanError[], { ledger }: SweepDependencies, writer: Writer,
): Promise<VpnRecord> {
  const what = 'VPN connections';
  // Metrics wait for this, and a ledger that did not answer in time would take as long again.
  if (vpnConnections && earlier.some(({ error }) => isUnreachable(error))) {
    return { changes: [], errors: [notRecorded(what, { code: 'NotTried', message: 'the ledger did not answer before' })] };
  }
  const write = async (): Promise<VpnConnectionBooks | undefined> =>
    ledger && vpnConnections && keepVpnConnections(vpnConnections, ledger, writer, isVpnAnswerWhole);
  const { value, errors } = await record(what, write);
  return { changes: value?.changes ?? [], errors: [...errors, ...value?.errors ?? []] };
}

/** Writes to the ledger what no revocation waits for: when it fails, that is one more thing to report. */
async function record<T>(what: string, write: () => Promise<T>): Promise<{ readonly value?: T; readonly errors: readonly ScanError[] }> {
  try {
    return { value: await write(), errors: [] };
  } catch (error) {
    return { errors: [notRecorded(what, errorFacts(error))] };
  }
}

const notRecorded = (what: string, error: ErrorFacts): ScanError => ({ doing: `recording ${what} in the ledger`, error });

/** Publishes the metrics, and tells of what changed. The metrics first, for what cannot be delivered may take its time; but neither keeps back the other. */
async function report(result: SweepResult, configuration: DecodedConfiguration, dependencies: SweepDependencies, log: Log): Promise<SweepResult> {
  const data = metricData(result, configuration);
  const tidings = tidingsOf(result, configuration, dependencies, log);
  if (tidings.events.length === 0) {
    const closing = (refused: number): MetricDatum => deliveryDatum(tidings.failed + refused, configuration);
    const refused = await publish(data, configuration, dependencies, log, closing);
    return { ...result, deliveriesFailed: tidings.failed + refused };
  }
  const [published] = await Promise.allSettled([publish(data, configuration, dependencies, log)]);
  const undelivered = await tell(tidings, configuration, dependencies, log);
  if (published.status === 'rejected') throw published.reason;
  const deliveriesFailed = undelivered + published.value;
  await publish([deliveryDatum(deliveriesFailed, configuration)], configuration, dependencies, log);
  return { ...result, deliveriesFailed };
}

/** A revocation that an earlier sweep began, and this one saw to be done. */
function finished({ change, entry: { rule, because, outcome } }: EntryChange): RevocationOutcome[] {
  return change === 'FINISHED' ? [{ rule, because, outcome: 'REVOKED', detail: outcome?.detail }] : [];
}

/** One error for each group of which the rules could not be read again, and so were not tried. */
function unread(outcomes: readonly RevocationOutcome[]): ScanError[] {
  const doing = 'reading rules again before they are revoked';
  const errors = new Map(outcomes.flatMap(({ rule: { groupId }, group, readError: error }) => {
    if (error === undefined) return [];
    // Throttling is one cause, however many groups meet it.
    return isThrottled(error) || isUnreachable(error)
      ? [[error.code, { doing, error }] as const]
      : [[groupId, { doing, vpcId: group?.vpcId, resourceId: groupId, error }] as const];
  }));
  return [...errors.values()];
}

/** One error for each thing that the ledger said; many rules may have met it, unless it is about the item of one. */
function unwritten(outcomes: readonly RevocationOutcome[]): ScanError[] {
  const errors = outcomes.flatMap(({ ledgerError: error, rule }): ScanError[] => {
    if (error === undefined) return [];
    const resourceId = isAboutOneItem(error) ? rule.securityGroupRuleId : undefined;
    return [{ doing: 'writing to the ledger', resourceId, error }];
  });
  return [...new Map(errors.map(each => [`${each.resourceId}: ${failure(each)}`, each])).values()];
}

/** Further lines would tell what these do; the metric counts all refused data. */
const REFUSAL_LINES = 100;

/** @returns how many data were refused */
async function publish(
  data: readonly MetricDatum[], { metricNamespace }: DecodedConfiguration, { metrics, clock }: SweepDependencies, log: Log,
  closing?: (refused: number) => MetricDatum,
): Promise<number> {
  try {
    // The time is now and not when the sweep began: alarms look for the latest data, and a sweep can take longer than their
    // period.
    const refused = await metrics.publish(metricNamespace, data, clock.now(), closing);
    for (const { datum: { name: metricName, dimensions, value }, code, message } of refused.slice(0, REFUSAL_LINES)) {
      // The value is text, for JSON has no NaN.
      const fields = { metricName, dimensions, value: String(value), error: { code, message } };
      const text = `A datum of the metric ${metricName} was not published: ${code}: ${message}`;
      log('ERROR', text, { event: 'DeliveryFailed', ...fields });
    }
    return refused.length;
  } catch (error) {
    const { code, message } = errorFacts(error);
    throw new Error(`Publishing the metrics of the sweep to the namespace ${metricNamespace} failed with ${code}: ${message}`, { cause: error });
  }
}

/**
 * The account in the function's ARN, if some VPC or group in scope belongs to it. A local emulator makes ARNs up; an account that owns nothing here
 * proves nothing about what belongs to others, and EC2's own refusal decides.
 */
function credibleAccount(accountId: string | undefined, { vpcs, groups }: Observation): string | undefined {
  const owners = new Set([...vpcs?.ownerIds ?? [], ...[...groups.values()].map(({ ownerId }) => ownerId)]);
  return accountId !== undefined && owners.has(accountId) ? accountId : undefined;
}
