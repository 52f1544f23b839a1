/**
 * A sweep: observe, keep the ledger, decide, act, report and tell.
 *
 * It goes on past whatever fails in one VPC, one rule or one VPN connection. It throws when it could look at nothing at all, when it was to revoke and
 * the ledger failed, and when its metrics could not be published: then nobody would know.
 */
import { findings } from './checks/findings';
import { type ErrorFacts, errorFacts } from './errors';
import { type Bookkeeping, type BookkeepingDependencies, type EntryChange, keepBooks } from './ledger/bookkeeping';
import type { Writer } from './ledger/entry';
import { recordSweep, type SweepFacts, type Withheld } from './ledger/latest-sweep';
import { keepVpnConnections, type VpnConnectionBooks, type VpnConnectionChange } from './ledger/vpn-connections';
import { type Observation, observe, sawNothing, type ScanError } from './observe';
import type { Clock, Events, Ledger, LedgerEntry, Log, MetricDatum, Metrics, Network, Notifications } from './ports';
import { logLines } from './report/log-lines';
import { deliveryData, metricData } from './report/metric-data';
import { failure } from './report/wording';
import type { RevocationOutcome } from './revocation/outcome';
import { type Plan, plan, type PlanContext, reasonToKeep, withheldBy } from './revocation/plan';
import { revoke } from './revocation/revoke';
import { tell, tidingsOf } from './tell';
import { type DecodedConfiguration, looksAtRules, revokesAnything } from '../src/private/contract';

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
  /** What the ledger knows of the rules found; absent when it is not kept, or could not be. */
  readonly entries?: ReadonlyMap<string, LedgerEntry>;
  /** Times that the ledger could not be read or written. */
  readonly ledgerErrors: readonly ScanError[];
  /** Events and notifications that could not be delivered; absent before they are sent. */
  readonly deliveriesFailed?: number;
  readonly startedAt: Date;
  readonly durationMillis: number;
}

export async function sweep(configuration: DecodedConfiguration, dependencies: SweepDependencies): Promise<SweepResult> {
  const { network, ledger, clock, revokeUntil: until, sweepId } = dependencies;
  const log: Log = (level, message, fields) => dependencies.log(level, message, { sweepId, ...fields });
  const startedAt = clock.now();
  const observation = await observe(configuration, network, startedAt);
  const found = findings(observation.stale, observation.flagged);
  const now = clock.now();
  const writer = { id: sweepId, startedAt, now };
  const context: Omit<PlanContext, 'entries' | 'hidden'> = {
    ...configuration,
    groups: observation.groups,
    vpcIds: observation.vpcs?.inScope ?? new Set(),
    accountId: credibleAccount(dependencies.accountId, observation),
    now,
  };
  const keepReason: BookkeepingDependencies['keepReason'] = (finding, entry) => reasonToKeep(finding, entry, context);
  const books: Bookkeeping = looksAtRules(configuration)
    ? await keepBooks(found, observation, configuration, { ledger, network, writer, keepReason })
    : { hidden: [], changes: [], errors: [], ledgerErrors: [] };
  const decided = plan(found, { ...context, entries: books.entries, hidden: books.hidden });
  // The plan of a configuration that revokes nothing is empty; asked twice, because this is the promise that counts most.
  const outcomes = revokesAnything(configuration) && ledger ? await revoke(decided.revoke, { network, ledger, clock, log, sweepId, until }) : [];
  const errors = [...observation.errors, ...books.errors];
  const ledgerErrors = [...books.ledgerErrors, ...unwritten(outcomes)];
  const durationMillis = clock.now().getTime() - startedAt.getTime();
  const withheld = withheldBy(decided, outcomes, configuration);
  const vpn = await recordVpnConnections(observation, ledgerErrors, dependencies, writer);
  // Last of all that is written, for it says how the sweep went. Without it, what is withheld is told again rather than never.
  const facts: SweepFacts = {
    sweepId, startedAt, durationMillis, withheld,
    errors: [...errors, ...ledgerErrors, ...vpn.errors],
    recordedVpnConnections: observation.vpnConnections !== undefined && vpn.errors.length === 0,
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
    newlyWithheld: recorded.value ?? withheld,
    entries: books.entries,
    ledgerErrors: [...ledgerErrors, ...vpn.errors, ...recorded.errors],
  };
  for (const { level, message, fields } of logLines(result, configuration)) log(level, message, fields);
  const told = await report(result, configuration, dependencies, log);
  if (sawNothing(observation, configuration)) {
    throw new Error(`The sweep could look at nothing: ${failure(observation.errors[0])}`);
  }
  if (revokesAnything(configuration) && ledgerErrors.length > 0) {
    throw new Error(`The ledger failed, and without it nothing further is revoked: ${failure(ledgerErrors[0])}`);
  }
  return told;
}

interface VpnRecord {
  readonly changes: readonly VpnConnectionChange[];
  readonly errors: readonly ScanError[];
}

/** Writes what has changed of VPN connections. @returns the changes, and what could not be written */
async function recordVpnConnections(
  { vpnConnections }: Observation, earlier: readonly ScanError[], { ledger }: SweepDependencies, writer: Writer,
): Promise<VpnRecord> {
  const what = 'VPN connections';
  // Metrics wait for this, and a ledger that did not answer in time would take as long again.
  if (vpnConnections && earlier.some(({ error }) => UNREACHABLE.test(error.code))) {
    return { changes: [], errors: [notRecorded(what, { code: 'NotTried', message: 'the ledger did not answer before' })] };
  }
  const write = async (): Promise<VpnConnectionBooks | undefined> => ledger && vpnConnections && keepVpnConnections(vpnConnections, ledger, writer);
  const { value, errors } = await record(what, write);
  return { changes: value?.changes ?? [], errors: value?.error === undefined ? errors : [...errors, notRecorded(what, errorFacts(value.error))] };
}

const UNREACHABLE = /^(TimeoutError|E[A-Z_]{4,})$/;

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
  const { metrics, clock } = dependencies;
  const tidings = tidingsOf(result, configuration, dependencies, log);
  if (tidings.events.length === 0) {
    const whole = { ...result, deliveriesFailed: tidings.failed };
    await publish(metricData(whole, configuration), configuration, metrics, clock);
    return whole;
  }
  const [published] = await Promise.allSettled([publish(metricData(result, configuration), configuration, metrics, clock)]);
  const deliveriesFailed = await tell(tidings, configuration, dependencies, log);
  if (published.status === 'rejected') throw published.reason;
  await publish(deliveryData(deliveriesFailed, configuration), configuration, metrics, clock);
  return { ...result, deliveriesFailed };
}

/** A revocation that an earlier sweep began, and this one saw to be done. */
function finished({ change, entry: { rule, because, outcome } }: EntryChange): RevocationOutcome[] {
  return change === 'FINISHED' ? [{ rule, because, outcome: 'REVOKED', detail: outcome?.detail }] : [];
}

/** One error for each thing that the ledger said; many rules may have met it. */
function unwritten(outcomes: readonly RevocationOutcome[]): ScanError[] {
  const errors = new Map(outcomes.flatMap(({ ledgerError }) => ledgerError ? [[`${ledgerError.code}: ${ledgerError.message}`, ledgerError]] : []));
  return [...errors.values()].map(error => ({ doing: 'writing to the ledger', error }));
}

async function publish(data: readonly MetricDatum[], { metricNamespace }: DecodedConfiguration, metrics: Metrics, clock: Clock): Promise<void> {
  try {
    // Of now and not of when the sweep began: alarms look for the latest data, and a sweep can take longer than their period.
    await metrics.publish(metricNamespace, data, clock.now());
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
