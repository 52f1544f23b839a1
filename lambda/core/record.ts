/**
 * What a run writes down last, and what it could not look at or write: VPN connections, the changes of a pause that are
 * told, and the sweep itself. No revocation waits for it.
 */
import type { Hold } from './decide/hold';
import { type ErrorFacts, errorFacts, isAboutOneItem, isThrottled, isUnreachable } from './errors';
import { type Bookkeeping, isOfOneItem } from './ledger/bookkeeping';
import { type NewsOfSweep, recordSweep, type SweepFacts } from './ledger/latest-sweep';
import { claimChanges, TOLD_BY_SWEEPS } from './ledger/pause-changes';
import { claimWithheld } from './ledger/told-withheld';
import { keepVpnConnections } from './ledger/vpn-connections';
import type { ScanError } from './model/observation';
import type { PauseReading, RevocationOutcome, SweepResult, VpnConnectionChange, Withheld } from './model/result';
import { sawNothing } from './observe/observe';
import { failure } from './report/wording';
import type { Sweeping } from './sweeping';

/** What a run has decided and done. */
export interface Deeds {
  readonly hold?: Hold;
  /** Whether rules that wait for the next allowance were not told yet. */
  readonly isNewlyWaiting: boolean;
  /** Why revocations could not be reserved. */
  readonly errors: readonly ScanError[];
  readonly outcomes: readonly RevocationOutcome[];
  readonly withheld: readonly Withheld[];
  readonly durationMillis: number;
}

type Told = Pick<
  SweepResult,
  'observation' | 'ledgerErrors' | 'ledgerFailure' | 'vpnConnectionChanges' | 'pauseChanges' | 'newlyWithheld' | 'newlyNotCovered'
  | 'isLimitUsedAgain'
>;

/**
 * Writes what no revocation waits for: VPN connections, the changes of a pause that are told, and the sweep itself,
 * last of all, for it says how the sweep went. Without it, what is withheld is told again rather than never.
 */
export async function record(sweeping: Sweeping, books: Bookkeeping, deeds: Deeds): Promise<Told> {
  const { task, dependencies: { ledger }, observation, pause, writer } = sweeping;
  const errors = [...observation.errors, ...books.errors, ...unread(deeds.outcomes)];
  const ledgerErrors = [...pauseUnread(pause), ...books.ledgerErrors, ...deeds.errors, ...unwritten(deeds.outcomes)];
  const isWhole = task.run.scope.kind === 'everything';
  const vpn = await recordVpnConnections(sweeping, ledgerErrors);
  const claimed = isWhole ? await attempt('that changes of the pause are told', () =>
    claimChanges(pause.control, TOLD_BY_SWEEPS, ledger, writer)) : { errors: [] };
  const notCovered = [...observation.vpcs?.notCovered ?? []].sort();
  const all = [...errors, ...ledgerErrors, ...vpn.errors, ...claimed.errors];
  const facts: SweepFacts = {
    run: task.run, startedAt: writer.startedAt, durationMillis: deeds.durationMillis, withheld: deeds.withheld,
    vpcsNotCovered: notCovered,
    scanErrors: all.length,
    errors: all.map(failure),
    recordedVpnConnections: observation.vpnConnections !== undefined && vpn.errors.every(isOfOneItem),
    unidentified: sweeping.found.filter(({ rule }) => rule === undefined).length,
    sawNothing: sawNothing(observation, task.configuration),
    settlesUntil: deeds.hold?.reason === 'SETTLING' ? deeds.hold.until : undefined,
  };
  const recorded = isWhole
    ? await attempt('the sweep', () => recordSweep(facts, task.configuration, ledger))
    : { errors: [] };
  const told = isWhole ? { errors: [] } : await tellWithheld(sweeping, deeds, ledgerErrors);
  return {
    observation: { ...observation, errors },
    // An item that cannot be read costs what it is about, and is counted; the rest of the ledger is as good as ever.
    ledgerFailure: ledgerErrors.find(error => !isOfOneItem(error)),
    vpnConnectionChanges: vpn.changes,
    pauseChanges: claimed.value ?? [],
    ledgerErrors: [...ledgerErrors, ...vpn.errors, ...claimed.errors, ...recorded.errors, ...told.errors],
    ...newsOf(recorded.value, deeds, { isWhole, notCovered, toldNow: told.value }),
  };
}

/**
 * What is withheld as before is no news; rules that wait for the next allowance are told of by the item that they wait
 * for.
 */
function newsOf(
  news: NewsOfSweep | undefined, { withheld, isNewlyWaiting }: Deeds,
  { isWhole, notCovered, toldNow }: {
    readonly isWhole: boolean; readonly notCovered: readonly string[]; readonly toldNow?: readonly Withheld[];
  },
): Pick<Told, 'newlyWithheld' | 'newlyNotCovered' | 'isLimitUsedAgain'> {
  const waiting = withheld.filter(({ reason }) => reason === 'LIMIT_USED' && isNewlyWaiting);
  const others = isWhole ? news?.withheld ?? withheld : toldNow ?? toldByGroups(withheld);
  return {
    newlyWithheld: [...others.filter(({ reason }) => reason !== 'LIMIT_USED'), ...waiting],
    newlyNotCovered: isWhole ? news?.vpcsNotCovered ?? notCovered : [],
    isLimitUsedAgain: news?.isLimitUsedAgain ?? false,
  };
}

/** A limit that the latest full sweep was over was told by that one, and what waits is told with the allowance. */
const toldByGroups = (withheld: readonly Withheld[]): Withheld[] =>
  withheld.filter(({ reason }) => reason !== 'OVER_LIMIT' && reason !== 'LIMIT_USED');

/** A control item that cannot be read, or a ledger that did not answer in time, is left alone: it is told again. */
async function tellWithheld(
  { dependencies: { ledger }, pause, writer }: Sweeping, { withheld }: Deeds, earlier: readonly ScanError[],
): Promise<Attempted<readonly Withheld[]>> {
  const tellable = toldByGroups(withheld);
  if (tellable.length === 0 || pause.state === 'unreadable' || earlier.some(({ error }) => isUnreachable(error))) {
    return { errors: [] };
  }
  return attempt('that what is withheld is told', () => claimWithheld(pause.control, tellable, ledger, writer));
}

function pauseUnread({ error }: PauseReading): ScanError[] {
  return error ? [{ doing: 'reading from the ledger whether revoking is paused', error }] : [];
}

interface VpnRecord {
  readonly changes: readonly VpnConnectionChange[];
  readonly errors: readonly ScanError[];
}

/** Writes what has changed of VPN connections. @returns the changes, and what could not be written */
async function recordVpnConnections(
  { observation, dependencies: { ledger }, writer, isTrusted }: Sweeping, earlier: readonly ScanError[],
): Promise<VpnRecord> {
  const { vpnConnections, isVpnAnswerWhole } = observation;
  if (vpnConnections === undefined) return { changes: [], errors: [] };
  const what = 'VPN connections';
  // Metrics wait for this, and a ledger that did not answer in time would take as long again.
  if (earlier.some(({ error }) => isUnreachable(error))) {
    return {
      changes: [],
      errors: [notRecorded(what, { code: 'NotTried', message: 'the ledger did not answer before' })],
    };
  }
  // A ledger that was made for another table tells nothing of what is gone.
  const isWhole = isVpnAnswerWhole && isTrusted;
  const { value, errors } = await attempt(what, () => keepVpnConnections(vpnConnections, ledger, writer, isWhole));
  return { changes: value?.changes ?? [], errors: [...errors, ...value?.errors ?? []] };
}

interface Attempted<T> {
  readonly value?: T;
  readonly errors: readonly ScanError[];
}

/** Writes to the ledger what no revocation waits for: when it fails, that is one more thing to report. */
async function attempt<T>(what: string, write: () => Promise<T>): Promise<Attempted<T>> {
  try {
    return { value: await write(), errors: [] };
  } catch (error) {
    return { errors: [notRecorded(what, errorFacts(error))] };
  }
}

const notRecorded = (what: string, error: ErrorFacts): ScanError => ({
  doing: `recording ${what} in the ledger`,
  error,
});

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
