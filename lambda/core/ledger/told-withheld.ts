/**
 * Remembers in the control item which withheld revocations runs over some groups have reported, because the record of
 * the latest sweep is for full runs only. If several such runs meet the same rules, only the first reports them; other
 * rules are reported again.
 */
import { changeBy } from './change';
import { type ControlWriter, next } from './pause';
import { digestOfRules } from '../decide/digest';
import type { ControlEntry, ToldWithheld } from '../model/ledger';
import type { Withheld } from '../model/result';
import type { Ledger } from '../ports';

/** The number of entries that are remembered. Forgotten ones are reported again. */
const MOST_KEPT = 20;

/**
 * Marks withheld revocations as reported. Without a control item this is not possible, so they are reported each time.
 *
 * @returns the revocations that the caller has to report
 * @throws when the ledger cannot be written, in which case they count as not reported
 */
export async function claimWithheld(
  control: ControlEntry | undefined, withheld: readonly Withheld[], ledger: Pick<Ledger, 'putControl'>,
  writer: ControlWriter,
): Promise<readonly Withheld[]> {
  let news = withheld;
  await changeBy<ControlEntry>(entry => ledger.putControl(entry), control, current => {
    const told = current?.toldWithheld ?? [];
    // If the response to an earlier write was lost, these entries are this run's own.
    const others = told.filter(({ by }) => by !== writer.id);
    news = withheld.filter(each => !others.some(isSame(each)));
    if (current === undefined || news.length === 0) return undefined;
    const latest = news.map(({ reason, rules }) => ({ reason, digest: digestOfRules(rules), by: writer.id }));
    return { ...next(current, writer), toldWithheld: [...others, ...latest].slice(-MOST_KEPT) };
  });
  return news;
}

function isSame({ reason, rules }: Withheld): (told: ToldWithheld) => boolean {
  const digest = digestOfRules(rules);
  return told => told.reason === reason && told.digest === digest;
}
