/** `status`: the state of deployed constructs, from their ledgers. */
import { deployedLedgers, type DeployedLedger, inWords } from './deployed';
import { exitCodeOf, type Outcome } from './outcome';
import { type ErrorFacts, errorFacts, isAboutOneItem, UNREADABLE_ITEM } from '../../lambda/core/errors';
import { readPause } from '../../lambda/core/ledger/pause';
import type { SweepEntry } from '../../lambda/core/model/ledger';
import type { LedgerReader } from '../../lambda/core/ports';
import { ledgerOf } from '../aws/reading';
import { openIn, type Status, statusDocument, unreadIn } from '../documents/status';
import type { StatusArguments } from '../usage/arguments';
import { UsageError } from '../usage/usage-error';

/** @throws UsageError when a ledger cannot be read */
export async function status({ target, ...access }: StatusArguments): Promise<Outcome> {
  const ledgers = await deployedLedgers(target, access);
  const statuses = await Promise.all(ledgers.map(readStatus));
  const count = (of: (each: Status) => number): number => statuses.reduce((sum, each) => sum + of(each), 0);
  return {
    document: statusDocument(statuses), exitCode: exitCodeOf({ findings: count(openIn), gaps: count(unreadIn) }),
  };
}

async function readStatus({ session, table, hygiene }: DeployedLedger): Promise<Status> {
  const ledger: LedgerReader = ledgerOf(session.settings, table, hygiene);
  const now = new Date();
  try {
    const [rules, vpnConnections, sweep, pause] = await Promise.all([
      ledger.unsettledAndRevoked(), ledger.vpnConnections(), latestSweep(ledger), readPause(ledger, now),
    ]);
    if (pause.error && !isAboutOneItem(pause.error)) {
      throw Object.assign(new Error(pause.error.message), { name: pause.error.code });
    }
    return { place: session, hygiene, table, rules, vpnConnections, ...sweep, pause, now };
  } catch (error) {
    throw new UsageError(`The ledger of ${hygiene} (table ${table}) could not be read: ${inWords(error)}`);
  }
}

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
