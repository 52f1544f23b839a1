/**
 * Records the end of a run: VPN connections, reported changes of a pause, and the sweep itself, together with
 * everything that could not be read or written. No revocation depends on these records.
 */
import type { Hold } from './decide/hold';
import { type ErrorFacts, errorFacts, isAboutOneItem, isThrottled, isUnreachable } from './errors';
import { askedBy, recordAsked } from './ledger/asked';
import { type Bookkeeping, isOfOneItem, ledgerFailureIn } from './ledger/bookkeeping';
import { isOpen } from './ledger/entry';
import { vpcsOfStale } from './ledger/first-reading';
import { type NewsOfSweep, recordSweep, type SweepFacts } from './ledger/latest-sweep';
import { claimChanges, TOLD_BY_SWEEPS } from './ledger/pause-changes';
import { recordProofs } from './ledger/proofs';
import { claimWithheld, isToldByGroups } from './ledger/told-withheld';
import { keepUnusedGroups } from './ledger/unused-groups';
import { keepVpnConnections, type VpnConnectionBooks } from './ledger/vpn-connections';
import type { ProofMemory, SweepEntry } from './model/ledger';
import type { Observation, ScanError } from './model/observation';
import type {
  Asked, PauseReading, Plan, RevocationOutcome, SweepResult, UnusedGroups, Withheld,
} from './model/result';
import { endpointsUnread } from './observe/endpoints';
import { sawNothing } from './observe/observe';
import { staleVpcsOf } from './observe/stale-everywhere';
import type { Ledger } from './ports';
import { failure } from './report/wording';
import { chooseSeries, claimSeries, unrecordedOf } from './series';
import type { Acting } from './sweeping';

/** The decisions and actions of a run. */
export interface Deeds {
  /** The part of the ledger that the run read first. */
  readonly first?: ProofMemory;
  readonly plan: Plan;
  readonly hold?: Hold;
  /** Whether the rules that wait for the next allowance were not reported yet. */
  readonly isNewlyWaiting: boolean;
  /** The errors that prevented revocations from being reserved. */
  readonly errors: readonly ScanError[];
  readonly outcomes: readonly RevocationOutcome[];
  readonly withheld: readonly Withheld[];
  readonly durationMillis: number;
}

type Told = Pick<
  SweepResult,
  'observation' | 'ledgerErrors' | 'ledgerFailure' | 'vpnConnectionChanges' | 'pauseChanges' | 'newlyWithheld'
  | 'newlyNotCovered' | 'isLimitUsedAgain' | 'newlyLongPending' | 'tunnelFlaps' | 'series' | 'unusedGroups' | 'asked'
>;

/**
 * Writes the records that no revocation depends on. The record of the sweep comes last, because it says how the sweep
 * went. If it is missing, withheld revocations are reported again rather than never.
 */
export async function record(sweeping: Acting, books: Bookkeeping, deeds: Deeds): Promise<Told> {
  const { task, dependencies, observation, pause, writer } = sweeping;
  const { ledger } = dependencies;
  const errors = [...observation.errors, ...books.errors, ...unread(deeds.outcomes, task.configuration)];
  const ledgerErrors = [
    ...pauseUnread(pause), ...distinct([...books.ledgerErrors, ...deeds.errors, ...unwritten(deeds.outcomes)]),
  ];
  const isWhole = task.run.scope.kind === 'everything';
  const vpn = await recordVpnConnections(sweeping, ledgerErrors);
  // The run of the organization reports the changes of its pause.
  const claimed = isWhole && task.run.part === undefined ? await attempt('which changes of the pause were reported', () =>
    claimChanges(pause.control, TOLD_BY_SWEEPS, ledger, writer)) : { errors: [] };
  const proved = await recordProved(sweeping, books, deeds, ledgerErrors);
  const notCovered = [...observation.vpcs?.notCovered ?? []].sort();
  const recordedVpnConnections = observation.vpnConnections !== undefined && vpn.errors.every(isOfOneItem);
  // If the ledger failed, an empty map would wrongly say that no tunnel flapped. Flaps that were written still count.
  const tunnelFlaps = recordedVpnConnections || vpn.tunnelFlaps.size > 0 ? vpn.tunnelFlaps : undefined;
  const seen = { observation: { ...observation, errors }, plan: deeds.plan, tunnelFlaps };
  const { configuration } = task;
  const publishing = { configuration, ledger, writer: { id: writer.id, now: dependencies.clock.now() } };
  // The run of the organization publishes totals, and no series per resource.
  const isOwn = isWhole && task.run.part === undefined;
  const claim = isOwn ? await claimSeries(seen, publishing, [...ledgerErrors, ...vpn.errors]) : undefined;
  const latest = latestSweepOf(ledger);
  const unused = await recordUnusedGroups(sweeping, [...ledgerErrors, ...vpn.errors], latest);
  const all = [
    ...errors, ...ledgerErrors, ...vpn.errors, ...unused.errors, ...claimed.errors, ...proved.errors,
    ...claim?.errors ?? [],
  ];
  const facts: SweepFacts = {
    run: task.run, startedAt: writer.startedAt, durationMillis: deeds.durationMillis, withheld: deeds.withheld,
    vpcsNotCovered: notCovered,
    vpcsScanned: observation.vpcs?.scanned.size,
    vpcsCoveredByProof: observation.proofs && observation.vpcs?.proved.size,
    scanErrors: all.length,
    errors: all.map(failure),
    recordedVpnConnections,
    groupUse: groupUseOf(observation, unused.value),
    hasLetGroupsGo: unused.value?.isWhole,
    unidentified: sweeping.found.filter(({ rule }) => rule === undefined).length,
    sawNothing: sawNothing(observation, task.configuration),
    settlesUntil: deeds.hold?.reason === 'SETTLING' ? deeds.hold.until : undefined,
    unrecordedSeries: claim === undefined ? [] : unrecordedOf(claim),
  };
  const recorded = isWhole
    ? await attempt('the sweep', () => recordSweep(facts, task.configuration, ledger, latest()))
    : { errors: [] };
  const chosen = claim && await chooseSeries(claim, recorded.value, publishing);
  const asked = await recordApprovals(sweeping, books, ledgerErrors);
  const told = isWhole ? { errors: [] } : await tellWithheld(sweeping, deeds, ledgerErrors);
  return {
    observation: { ...observation, errors },
    ledgerFailure: ledgerFailureIn(ledgerErrors),
    vpnConnectionChanges: vpn.changes,
    newlyLongPending: vpn.newlyLongPending,
    unusedGroups: unused.value,
    tunnelFlaps,
    pauseChanges: claimed.value ?? [],
    asked: asked.value,
    series: chosen?.series ?? { data: [], ends: [] },
    ledgerErrors: [
      ...ledgerErrors, ...vpn.errors, ...unused.errors, ...claimed.errors, ...proved.errors, ...claim?.errors ?? [],
      ...recorded.errors, ...chosen?.errors ?? [], ...told.errors, ...asked.errors,
    ],
    ...newsOf(recorded.value, deeds, { isWhole, notCovered, toldNow: told.value }),
  };
}

/**
 * Revocations that are withheld as before are not news. The control item says whether rules that wait for the next
 * allowance were reported.
 */
function newsOf(
  news: NewsOfSweep | undefined, { withheld, isNewlyWaiting }: Deeds,
  { isWhole, notCovered, toldNow }: {
    readonly isWhole: boolean; readonly notCovered: readonly string[]; readonly toldNow?: readonly Withheld[];
  },
): Pick<Told, 'newlyWithheld' | 'newlyNotCovered' | 'isLimitUsedAgain'> {
  const waiting = withheld.filter(({ reason }) => reason === 'LIMIT_USED' && isNewlyWaiting);
  const others = isWhole ? news?.withheld ?? withheld : toldNow ?? withheld.filter(isToldByGroups);
  return {
    newlyWithheld: [...others.filter(({ reason }) => reason !== 'LIMIT_USED'), ...waiting],
    newlyNotCovered: isWhole ? news?.vpcsNotCovered ?? notCovered : [],
    isLimitUsedAgain: news?.isLimitUsedAgain ?? false,
  };
}

/**
 * If the control item is unreadable or the ledger has timed out, nothing is written, and the report is repeated later.
 */
async function tellWithheld(
  { dependencies: { ledger }, pause, writer }: Acting, { withheld }: Deeds, earlier: readonly ScanError[],
): Promise<Attempted<readonly Withheld[]>> {
  const tellable = withheld.filter(isToldByGroups);
  if (tellable.length === 0 || pause.state === 'unreadable' || earlier.some(({ error }) => isUnreachable(error))) {
    return { errors: [] };
  }
  // If what the latest full sweep has reported cannot be read, it is reported again rather than never.
  const sweep = await ledger.latestSweep().catch(() => undefined);
  return attempt('which withheld revocations were reported', () =>
    claimWithheld({ control: pause.control, sweep }, tellable, ledger, writer));
}

/**
 * Records the approvals that this run asks for, so that one request can approve all of them. If that fails, people can
 * still approve them by the ids of the rules.
 */
async function recordApprovals(
  { task: { run }, dependencies: { ledger, clock } }: Acting, { changes }: Bookkeeping, earlier: readonly ScanError[],
): Promise<Attempted<Asked>> {
  const entries = changes.filter(({ change }) => change === 'APPROVAL_REQUESTED').map(({ entry }) => entry);
  const asked = askedBy(run.id, entries, clock.now());
  if (asked === undefined) return { errors: [] };
  if (earlier.some(({ error }) => isUnreachable(error))) return { value: { entries, isRecorded: false }, errors: [] };
  const { errors } = await attempt('which approvals were asked for', () => recordAsked(asked, ledger));
  return { value: { entries, isRecorded: errors.length === 0 }, errors };
}

function pauseUnread({ error }: PauseReading): ScanError[] {
  return error ? [{ doing: 'reading whether revoking is paused from the ledger', error }] : [];
}

const NO_VPN_BOOKS: VpnConnectionBooks = { changes: [], newlyLongPending: [], tunnelFlaps: new Map(), errors: [] };

/** Records changes of VPN connections. @returns what there is to report, and the errors of writing it */
async function recordVpnConnections(
  { observation, dependencies: { ledger }, writer, isTrusted }: Acting, earlier: readonly ScanError[],
): Promise<VpnConnectionBooks> {
  const { vpnConnections, isVpnAnswerWhole } = observation;
  if (vpnConnections === undefined) return NO_VPN_BOOKS;
  const what = 'VPN connections';
  // Metrics wait for this, and a ledger that timed out before would take as long again.
  if (earlier.some(({ error }) => isUnreachable(error))) {
    const errors = [notRecorded(what, { code: 'NotTried', message: 'the ledger had not responded before' })];
    return { ...NO_VPN_BOOKS, errors };
  }
  // A ledger that was made for another table says nothing about what is gone.
  const isWhole = isVpnAnswerWhole && isTrusted;
  const { value, errors } = await attempt(what, () => keepVpnConnections(vpnConnections, ledger, writer, isWhole));
  return value ?? { ...NO_VPN_BOOKS, errors };
}

/** Records which VPCs were covered by proof. If the record fails, the next sweep reads the same VPCs again. */
async function recordProved(
  { task, observation, deployed, dependencies: { ledger }, writer, isTrusted }: Acting,
  { entries, hidden }: Bookkeeping, { first }: Deeds, earlier: readonly ScanError[],
): Promise<Attempted<void>> {
  const { proofs, coverage, vpcs, stale } = observation;
  // A ledger that was made for another table keeps its record until someone adopts it.
  const isWritable = isTrusted && !earlier.some(({ error }) => isUnreachable(error));
  if (proofs === undefined || first === undefined || !isWritable) return { errors: [] };
  return attempt('which VPCs are covered by proof', () => recordProofs(first.proofs, {
    ...proofs,
    staleVpcIds: staleVpcsOf({ stale }),
    openVpcIds: new Set([...entries?.values() ?? [], ...hidden].filter(isOpen).flatMap(vpcsOfStale)),
    readVpcIds: coverage.stale.vpcIds,
    isListWhole: vpcs?.isListWhole ?? false,
    isScheduled: task.run.trigger === 'schedule',
    table: deployed.table,
  }, ledger, writer));
}

type LatestSweep = () => Promise<SweepEntry | undefined>;

/** Reads the record of the latest sweep once, when it is first needed. */
function latestSweepOf(ledger: Pick<Ledger, 'latestSweep'>): LatestSweep {
  let latest: Promise<SweepEntry | undefined> | undefined;
  return () => latest ??= ledger.latestSweep();
}

/** Records which groups are unused. When they are no longer looked for, the next sweep of everything lets them go. */
async function recordUnusedGroups(
  { task, observation: { groupUses }, dependencies: { ledger }, writer, isTrusted }: Acting,
  earlier: readonly ScanError[], latest: LatestSweep,
): Promise<Attempted<UnusedGroups>> {
  const { run, configuration: { unusedSecurityGroups: wait } } = task;
  const mayLetGo = wait === undefined && run.scope.kind === 'everything' && isTrusted;
  if (groupUses === undefined && !mayLetGo) return { errors: [] };
  const what = 'unused security groups';
  if (earlier.some(({ error }) => isUnreachable(error))) {
    if (groupUses === undefined && run.trigger !== 'deployment') return { errors: [] };
    return { errors: [notRecorded(what, { code: 'NotTried', message: 'the ledger had not responded before' })] };
  }
  // Almost every ledger has no such entries, so not every sweep reads them. If the record cannot be read, that error is
  // reported where the record is written.
  if (groupUses === undefined && run.trigger !== 'deployment'
    && (await latest().catch(() => undefined))?.groupUse === undefined) return { errors: [] };
  const { value, errors } = await attempt(what, () =>
    keepUnusedGroups(groupUses, { ledger, writer, run, wait, isTrusted }));
  if (value === undefined) return { errors };
  // If the ledger failed, the entries would wrongly say that no group is unused.
  return { value: { ...value, isWhole: value.errors.every(isOfOneItem) }, errors: value.errors };
}

function groupUseOf({ groupUses }: Observation, unused: UnusedGroups | undefined): SweepFacts['groupUse'] {
  if (groupUses === undefined) return undefined;
  const isWhole = groupUses.isListWhole && unused?.isWhole
    && ![...groupUses.groups.values()].some(({ use }) => use.kind === 'unknown');
  return isWhole ? 'whole' : 'part';
}

interface Attempted<T> {
  readonly value?: T;
  readonly errors: readonly ScanError[];
}

/** Writes a record that no revocation depends on. A failure is reported as one more error. */
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

/**
 * Returns one error for each group whose rules could not be read again, and so were not tried, one for each prefix
 * list, and one for the endpoints of the function's VPC.
 */
function unread(
  outcomes: readonly RevocationOutcome[], { functionNetwork }: Acting['task']['configuration'],
): ScanError[] {
  const doing = 'reading rules again before they are revoked';
  const errors = new Map(outcomes.flatMap((outcome): Array<readonly [string, ScanError]> => {
    const { rule: { groupId }, group, readError: error, unreadLists, heldBy } = outcome;
    if (unreadLists) {
      const reading = 'reading a prefix list again before rules are revoked';
      return [...unreadLists].map(([resourceId, each]) =>
        [`${resourceId} ${each.code}`, { doing: reading, resourceId, error: each }]);
    }
    if (error === undefined) return [];
    if (heldBy === 'ENDPOINTS_UNREAD') return [[heldBy, endpointsUnread(functionNetwork, error)]];
    // Throttling is one cause, no matter how many groups it affects.
    return isThrottled(error) || isUnreachable(error)
      ? [[error.code, { doing, error }]]
      : [[groupId, { doing, vpcId: group?.vpcId, resourceId: groupId, error }]];
  }));
  return [...errors.values()];
}

/** Returns the errors of the ledger for rules that were to be revoked. */
function unwritten(outcomes: readonly RevocationOutcome[]): ScanError[] {
  return outcomes.flatMap(({ ledgerError: error, rule }): ScanError[] => {
    if (error === undefined) return [];
    const resourceId = isAboutOneItem(error) ? rule.securityGroupRuleId : undefined;
    return [{ doing: 'writing to the ledger', resourceId, error }];
  });
}

/**
 * Returns each error of the ledger once. Many rules may have caused the same one, unless it concerns the item of one
 * rule.
 */
const distinct = (errors: readonly ScanError[]): ScanError[] =>
  [...new Map(errors.map(each => [`${each.resourceId}: ${failure(each)}`, each])).values()];
