/**
 * What runs of some groups have told to be withheld, in the control item: the record of the latest sweep is that of
 * full runs. So what several such runs meet is told by the first of them, and again when the rules are others.
 */
import { changeBy } from './change';
import { type ControlWriter, next } from './pause';
import { digestOfRules } from '../decide/digest';
import type { ControlEntry, ToldWithheld } from '../model/ledger';
import type { Withheld } from '../model/result';
import type { Ledger } from '../ports';

/** Each is of other rules or for another reason; what is no longer kept is told again. */
const MOST_KEPT = 20;

/**
 * Writes that what is withheld is told. Without a control item there is nowhere to write it, and it is told each time.
 *
 * @returns what the caller is the one to tell
 * @throws when the ledger cannot be written; then nobody has told it
 */
export async function claimWithheld(
  control: ControlEntry | undefined, withheld: readonly Withheld[], ledger: Pick<Ledger, 'putControl'>,
  writer: ControlWriter,
): Promise<readonly Withheld[]> {
  let news = withheld;
  await changeBy<ControlEntry>(entry => ledger.putControl(entry), control, current => {
    const told = current?.toldWithheld ?? [];
    // The answer to an earlier write of this run may have been lost.
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
