/**
 * Deals with a batch of changes that members have forwarded: sweeps the groups that they name, in the account and
 * Region that EventBridge says they come from.
 *
 * A change never makes an account part of the organization's runs: only a place that the latest run has looked at is
 * swept, and rules are revoked only where that run could. While a run counts, nothing is revoked.
 */
import { configured, type ConfiguringDependencies, type OrganizationsConfiguration } from './configured';
import { partId } from './sweep-place';
import { placeName } from './totals';
import { type DecodedConfiguration, reportOnly } from '../../../src/contract/configuration';
import { ACCOUNT_ID, type Place, REGION_NAME } from '../../../src/contract/organization';
import { sessionPolicy } from '../../../src/contract/session-policy';
import { type BatchAnswer, type ChangesDependencies, handleChanges } from '../changes/handle';
import { errorFacts } from '../errors';
import { isRecord } from '../invocation/requests';
import type { OrganizationLedger, Sessions } from '../organization-ports';

type OfPlace =
  | 'ledger' | 'network' | 'stacks' | 'topology' | 'fullSweeps' | 'groupHolders' | 'securityHub' | 'place'
  | 'scaleRequests';

export interface MemberChangesDependencies extends Omit<ChangesDependencies, OfPlace>, ConfiguringDependencies {
  readonly ledger: OrganizationLedger;
  readonly sessions: (configuration: OrganizationsConfiguration) => Sessions;
  readonly table: string;
  readonly fingerprint: string;
}

/** @throws when the event is not a batch of SQS, or there is no configuration */
export async function handleMemberChanges(
  event: unknown, dependencies: MemberChangesDependencies,
): Promise<BatchAnswer> {
  const { log } = dependencies;
  const { places, others } = byPlace(event);
  const again = [...others];
  for (const messageId of others) {
    log('WARN', 'A message names no account and Region. It is delivered again, and ends in the dead-letter queue', {
      event: 'ChangeUnread', messageId,
    });
  }
  for (const { place, records } of places) again.push(...await dealWith(place, records, dependencies));
  return { batchItemFailures: again.map(itemIdentifier => ({ itemIdentifier })) };
}

interface MessagesOfPlace {
  readonly place: Place;
  readonly records: Array<Record<string, unknown>>;
}

/**
 * EventBridge itself writes the account and the Region of an event. A rule that forwards it cannot change them.
 *
 * @throws when the event is not a batch of SQS
 */
function byPlace(event: unknown): { readonly places: readonly MessagesOfPlace[]; readonly others: readonly string[] } {
  const records: unknown = isRecord(event) ? event.Records : undefined;
  if (!Array.isArray(records)) throw new Error('The event is not a batch of SQS. Nothing was done');
  const places = new Map<string, MessagesOfPlace>();
  const others: string[] = [];
  for (const record of records.filter(isRecord)) {
    const place = placeOf(record.body);
    if (place === undefined) {
      others.push(String(record.messageId));
      continue;
    }
    const known = places.get(placeName(place)) ?? { place, records: [] };
    known.records.push(record);
    places.set(placeName(place), known);
  }
  return { places: [...places.values()], others };
}

function placeOf(body: unknown): Place | undefined {
  try {
    const { account, region } = JSON.parse(String(body)) as Partial<Record<keyof Place, unknown>>;
    return typeof account === 'string' && ACCOUNT_ID.test(account) && typeof region === 'string' && REGION_NAME.test(region)
      ? { account, region }
      : undefined;
  } catch {
    return undefined;
  }
}

/** @returns the ids of the messages that are to be delivered again */
async function dealWith(
  place: Place, records: MessagesOfPlace['records'], dependencies: MemberChangesDependencies,
): Promise<string[]> {
  const { ledger, log, sessions, runId } = dependencies;
  const about = { account: place.account, region: place.region };
  try {
    const [{ configuration, deployed: { digest } }, run, account, row] = await Promise.all([
      configured(dependencies), ledger.run(), ledger.place({ account: place.account }), ledger.place(place),
    ]);
    // A run that is at work has not been through all of its accounts. It finds the change.
    const isOfRun = account !== undefined && account.runId === run?.runId;
    if (row === undefined || !isOfRun || account.regions?.includes(place.region) !== true) {
      const text = `Changes in ${placeName(place)} are left, because the latest run has not looked there`;
      log('INFO', text, { event: 'Change', ...about });
      return [];
    }
    // The accounts of a configuration are those that the latest run by it has resolved.
    const isResolved = run?.digest === digest && run.unresolvedAt === undefined;
    const mayRevoke = isResolved && account.enteredBy === run.runId && account.mayRevoke === true;
    const adapted = (given: DecodedConfiguration): DecodedConfiguration => mayRevoke ? given : reportOnly(given, true);
    const policy = sessionPolicy(adapted(configuration), { regions: [place.region], mayRevoke });
    const session = await sessions(configuration).enter(place.account, policy);
    const id = partId({ runId }, place);
    const region = session.in(place.region);
    const { batchItemFailures } = await handleChanges({ Records: records }, {
      ...dependencies, ...region, ledger: ledger.at(place), place: { ...place, adapted },
      // The next run sweeps everything, so a change that may concern any group starts nothing.
      fullSweeps: undefined, accountId: place.account, runId: id,
      log: (level, message, fields) => log(level, message, { sweepId: id, ...about, ...fields }),
    }).finally(region.close);
    return batchItemFailures.map(({ itemIdentifier }) => itemIdentifier);
  } catch (error) {
    const facts = errorFacts(error);
    const text = `Changes in ${placeName(place)} could not be dealt with, and are delivered again: ${facts.code}: ${facts.message}`;
    log('ERROR', text, { event: 'Failed', ...about, error: facts });
    return records.map(({ messageId }) => String(messageId));
  }
}

