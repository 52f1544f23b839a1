/** `status`: the state of deployed constructs, from their ledgers. */
import { deployedLedgers, type DeployedLedger } from './deployed';
import { exitCodeOf, type Outcome } from './outcome';
import { type ErrorFacts, errorFacts, isAboutOneItem, UNREADABLE_ITEM } from '../../lambda/core/errors';
import { readPause } from '../../lambda/core/ledger/pause';
import type { SweepEntry } from '../../lambda/core/model/ledger';
import { withCount } from '../../lambda/core/organization/findings-page/place-state';
import { readPlaceItems } from '../../lambda/core/organization/findings-page/read';
import type { LedgerReader } from '../../lambda/core/ports';
import { factsInWords, inWords } from '../aws/problems';
import { ledgerOf, organizationLedgerOf } from '../aws/reading';
import { openIn, type Status, statusDocument, unknownIn } from '../documents/status';
import type { StatusArguments } from '../usage/arguments';
import { UsageError } from '../usage/usage-error';

/** @throws UsageError when no ledger can be read */
export async function status({ target, ...access }: StatusArguments): Promise<Outcome> {
  const { ledgers, gaps } = await deployedLedgers(target, access);
  const read = await Promise.allSettled(ledgers.map(readStatus));
  const statuses = read.flatMap(each => each.status === 'fulfilled' ? [each.value] : []);
  const failed = read.flatMap(each => each.status === 'rejected' ? [{ message: errorFacts(each.reason).message }] : []);
  if (statuses.length === 0) throw new UsageError(failed[0].message);
  const unread = [...gaps, ...failed];
  const count = (of: (each: Status) => number): number => statuses.reduce((sum, each) => sum + of(each), 0);
  return {
    document: statusDocument(statuses, unread),
    exitCode: exitCodeOf({ findings: count(openIn), gaps: count(each => unknownIn(each).length) + unread.length }),
  };
}

async function readStatus({ session, table, hygiene, place: part }: DeployedLedger): Promise<Status> {
  const hub = part && organizationLedgerOf(session.settings, table, hygiene);
  const ledger: LedgerReader = part && hub ? hub.at(part) : ledgerOf(session.settings, table, hygiene);
  const place = { ...session, ...part };
  const now = new Date();
  try {
    const [rules, vpnConnections, latest, pause, items] = await Promise.all([
      ledger.unsettledAndRevoked(), ledger.vpnConnections(), latestSweep(ledger), readPause(ledger, now),
      part && hub && readPlaceItems(hub, part),
    ]);
    const sweep = { ...latest, sweep: latest.sweep && withCount(latest.sweep, items?.run) };
    if (pause.error === undefined || isAboutOneItem(pause.error)) {
      return { place, items, hygiene, table, rules, vpnConnections, ...sweep, pause, now };
    }
    throw new UsageError(unreadable(hygiene, table, factsInWords(pause.error)));
  } catch (error) {
    throw error instanceof UsageError ? error : new UsageError(unreadable(hygiene, table, inWords(error)));
  }
}

const unreadable = (hygiene: string, table: string, why: string): string =>
  `The ledger of ${hygiene} (table ${table}) could not be read: ${why}`;

async function latestSweep(
  ledger: LedgerReader,
): Promise<{ readonly sweep?: SweepEntry; readonly sweepError?: ErrorFacts }> {
  try {
    return { sweep: await ledger.latestSweep() };
  } catch (error) {
    const facts = errorFacts(error);
    if (facts.code !== UNREADABLE_ITEM) throw error;
    return { sweepError: facts };
  }
}
