/** Sweeps one place in one pass, tells what changed there, and returns what the item of the place records of it. */
import type { OrganizationsConfiguration } from './configured';
import { toCount } from './count';
import type { DecodedConfiguration } from '../../../src/contract/configuration';
import { EventType, Metric } from '../../../src/contract/names';
import type { Place } from '../../../src/contract/organization';
import type { LedgerEntry } from '../model/ledger';
import type { Observed, OrganizationRun, PlaceEntry, PlaceMessage, PlaceNews } from '../model/organization';
import type { SweepResult } from '../model/result';
import { EVERYTHING, type Part, type Run } from '../model/scope';
import type { MemberRegion, OrganizationLedger, PlaceLedger } from '../organization-ports';
import type { Clock, Events, Log, Notifications } from '../ports';
import { recordTold } from '../record-told';
import { notices } from '../report/events';
import { logLines } from '../report/log-lines';
import { aggregates } from '../report/metric-data';
import { groupsToApprove } from '../report/news-lines';
import { byUrgency } from '../report/notification';
import { send, tidingsOf } from '../report/tell';
import { failure } from '../report/wording';
import { importFindings } from '../security-hub';
import type { ImportDependencies } from '../security-hub/import';
import { failureOf, sweep } from '../sweep';
import type { Task } from '../sweeping';

export interface PlaceTask {
  readonly part: Part;
  readonly run: OrganizationRun;
  /** The configuration for the account. */
  readonly configuration: OrganizationsConfiguration;
  readonly deployed: Task['deployed'];
  /** The item of the place, if there is one. */
  readonly row?: PlaceEntry;
}

export interface PlaceDependencies {
  readonly ledger: OrganizationLedger;
  readonly events: Events;
  readonly notifications: Notifications;
  readonly clock: Clock;
  readonly log: Log;
  readonly revokeUntil: Date;
  readonly tellUntil: Date;
  readonly restoreFunctionName?: string;
  readonly approveFunctionName?: string;
}

/** The number of errors and of messages that the item of a place records. */
const ERRORS = 3;
const MESSAGES = 5;
const MESSAGE_LENGTH = 300;

/** The id of a place's part of a run. Restoring takes it as the id of a sweep. */
export const partId = ({ runId }: Pick<OrganizationRun, 'runId'>, { account, region }: Place): string =>
  `${runId}-${account}-${region}`;

/** @throws when the place could not be looked at, after everything about it was told */
export async function sweepPlace(
  task: PlaceTask, region: MemberRegion, dependencies: PlaceDependencies,
): Promise<Pick<PlaceEntry, 'observed' | 'revoked' | 'news' | 'hasFindings'>> {
  const { part, configuration, row } = task;
  const { run, revokedBefore } = await runOf(task, dependencies);
  const log: Log = (level, message, fields) => dependencies.log(level, message, {
    sweepId: run.id, account: part.account, region: part.region, ...fields,
  });
  region.scaleRequests(configuration.requestRateFactor ?? 1);
  const { network, stacks, groupHolders, securityHub } = region;
  const placed = { ...dependencies, log, ledger: dependencies.ledger.at(part) };
  const result = await sweep({ run, configuration, deployed: task.deployed }, {
    ...placed, network, stacks, groupHolders, accountId: part.account,
  });
  const { news, undelivered, trouble } = await tell(result, configuration, { ...placed, securityHub });
  const wrong = failureOf(result, configuration);
  if (wrong) throw wrong;
  const counts = aggregates(result, configuration, undelivered) as Record<string, number>;
  return part.pass === 'observe'
    ? { observed: observedOf(result, counts, configuration, trouble), news, hasFindings: hasFindings(result) }
    : {
      observed: row?.observed, revoked: { counts: withRevoked(counts, revokedBefore) },
      news: joined(row?.news, news), hasFindings: true,
    };
}

interface RunOfPart {
  readonly run: Run;
  /** The number of rules that earlier calls for the same part have revoked. */
  readonly revokedBefore: number;
}

async function runOf({ part, run, row }: PlaceTask, { ledger }: PlaceDependencies): Promise<RunOfPart> {
  const id = partId(run, part);
  const common = {
    id, trigger: run.isScheduled ? 'schedule' : 'request', ...run.isScheduled && { scheduledTime: run.scheduledTime },
  } as const;
  if (part.pass === 'observe') return { run: { ...common, part, scope: EVERYTHING }, revokedBefore: 0 };
  // All calls for this part draw on one reservation. A rule may have appeared since one of them was cut short.
  const { entries, unreadable } = await ledger.at(part).revokedBy(id);
  return {
    run: {
      ...common, part: { ...part, spent: entries.length + unreadable.length },
      scope: { kind: 'groups', groupIds: row?.observed?.groupIds ?? [] },
    },
    revokedBefore: entries.filter(entry => isRevokedBy(id, entry)).length,
  };
}

/** Whether a part of a run has revoked a rule, or found it revoked by an earlier attempt. */
export const isRevokedBy = (id: string, { state, outcome }: LedgerEntry): boolean =>
  (state === 'REVOKED' || state === 'RESTORED') && (outcome?.recordedBy ?? outcome?.sweepId) === id;

const withRevoked = (counts: Readonly<Record<string, number>>, before: number): Readonly<Record<string, number>> =>
  ({ ...counts, [Metric.INGRESS_RULES_REVOKED]: (counts[Metric.INGRESS_RULES_REVOKED] ?? 0) + before });

/** @param trouble why findings are not in Security Hub; absent: they are */
function observedOf(
  result: SweepResult, counts: Readonly<Record<string, number>>, configuration: DecodedConfiguration, trouble?: string,
): Observed {
  const { plan, observation, ledgerErrors, forLimit } = result;
  return {
    counts, ...toCount(plan, forLimit, configuration),
    errors: [...[...observation.errors, ...ledgerErrors].map(failure), ...trouble === undefined ? [] : [trouble]]
      .slice(0, ERRORS).map(cut),
  };
}

const cut = (text: string): string => text.slice(0, MESSAGE_LENGTH);

/** Whether the ledger of the place holds rules that someone may want to see or to restore. */
const hasFindings = ({ entries, observation: { stale, flagged } }: SweepResult): boolean | undefined =>
  (entries?.size ?? 0) > 0 || stale.length > 0 || flagged.length > 0 || undefined;

interface Told {
  readonly news: PlaceNews;
  readonly undelivered: number;
  /** Why findings are not in Security Hub. Absent: they are. */
  readonly trouble?: string;
}

/** Writes the log, sends the events and imports the findings. One message of the whole run tells people. */
async function tell(
  result: SweepResult, configuration: OrganizationsConfiguration,
  dependencies: Omit<PlaceDependencies, 'ledger'> & ImportDependencies & { readonly ledger: Pick<PlaceLedger, 'put'> },
): Promise<Told> {
  for (const { level, message, fields } of logLines(result, configuration)) dependencies.log(level, message, fields);
  const tidings = tidingsOf(result, configuration, dependencies);
  const [undelivered, { failed: unimported, trouble }] = await Promise.all([
    send(tidings.events, configuration, dependencies), importFindings(result, configuration, dependencies),
  ]);
  // One message of the whole run comes at its end, so the notice begins with the event.
  const failed = { events: new Set(undelivered.map(({ event }) => event)), messages: 0 } as const;
  await recordTold(result, { tidings, undelivered: failed, configuration }, dependencies);
  const all = [...tidings.events, ...notices(result, configuration)];
  const counts: Record<string, number> = {};
  for (const { type } of all) counts[type] = (counts[type] ?? 0) + 1;
  const first = byUrgency(all).slice(0, MESSAGES).map((event): PlaceMessage => {
    const { type, detail } = event;
    const { message, securityGroupRuleId: id, groupId, vpnConnectionId, restoreCommand, approveCommand } = detail;
    const resourceId = groupId ?? vpnConnectionId ?? groupsToApprove(event).at(0);
    return {
      type, message: cut(message), ...typeof id === 'string' && { securityGroupRuleId: id },
      ...typeof resourceId === 'string' && { resourceId },
      ...typeof restoreCommand === 'string' && { restoreCommand },
      ...typeof approveCommand === 'string' && { approveCommand },
    };
  });
  return { news: { counts, first }, undelivered: undelivered.length + tidings.failed + unimported, trouble };
}

const SAID_BY_REVOCATION: ReadonlySet<string> = new Set([EventType.FINDING_OPENED, EventType.FINDING_RESOLVED]);

function joined(before: PlaceNews | undefined, { counts, first }: PlaceNews): PlaceNews {
  const sum: Record<string, number> = { ...before?.counts };
  for (const [type, count] of Object.entries(counts)) sum[type] = (sum[type] ?? 0) + count;
  // The messages of the second pass come first, because a revocation matters more than a finding.
  const all = [...first, ...before?.first ?? []];
  const revoked = new Set(all.flatMap(({ type, securityGroupRuleId: id }) =>
    type === EventType.INGRESS_RULE_REVOKED ? id ?? [] : []));
  // The revocation of a rule says everything about it.
  const others = all.filter(({ type, securityGroupRuleId: id }) => {
    const isSaid = SAID_BY_REVOCATION.has(type) && id !== undefined && revoked.has(id);
    if (isSaid) sum[type] -= 1;
    return !isSaid;
  });
  return { counts: sum, first: others.slice(0, MESSAGES) };
}
