/**
 * Remembers in the control item which withheld revocations runs over some groups have reported, because the record of
 * the latest sweep is for full runs only. If several runs of either kind meet the same rules, only the first reports
 * them; other rules are reported again. So are the same rules, if a full sweep has not withheld them in between.
 *
 * Each run reads the other record before it writes its own. If two runs do so at the same time, both report.
 */
import { changeBy } from './change';
import { type ControlWriter, next } from './pause';
import { digestOfRules } from '../decide/digest';
import { isLater } from '../decide/times';
import type { ControlEntry, SweepEntry, ToldWithheld } from '../model/ledger';
import type { Withheld } from '../model/result';
import type { Ledger } from '../ports';

/** The number of entries that are remembered. Forgotten ones are reported again. */
const MOST_KEPT = 20;

/**
 * The full sweep that was over the limit has reported it, and the allowance records which waiting rules were reported.
 */
export const isToldByGroups = ({ reason }: Pick<Withheld, 'reason'>): boolean =>
  reason !== 'OVER_LIMIT' && reason !== 'LIMIT_USED';

/** The latest full sweep, as far as it says what is known. */
export type SweepBefore = Pick<SweepEntry, 'startedAt' | 'withheld'>;

/** A set of rules that is withheld, and why. */
type WithheldSet = Pick<ToldWithheld, 'reason' | 'digest'>;

const isSame = (a: WithheldSet) => (b: WithheldSet): boolean => a.reason === b.reason && a.digest === b.digest;

/** Whether a full sweep need not report a set, because the one before or a run over some groups since has done so. */
export function isKnownToSweep(
  set: WithheldSet, before: SweepBefore | undefined, told: readonly ToldWithheld[], now: Date,
): boolean {
  const isSince = ({ at }: ToldWithheld): boolean => at !== undefined && isLater(at, before?.startedAt ?? '', now);
  return (before?.withheld.some(isSame(set)) ?? false) || told.some(each => isSame(set)(each) && isSince(each));
}

/**
 * Whether a run over some groups need not report a set. An earlier report counts as long as full sweeps withhold
 * something for the same reason: they see all rules together, so their sets are larger.
 */
function isKnownToGroups(
  set: WithheldSet, sweep: SweepBefore | undefined, told: readonly ToldWithheld[], now: Date,
): boolean {
  const goesOn = sweep?.withheld.some(({ reason }) => reason === set.reason) ?? true;
  const isSince = ({ at }: ToldWithheld): boolean => at === undefined || isLater(at, sweep?.startedAt ?? '', now);
  return (sweep?.withheld.some(isSame(set)) ?? false)
    || told.some(each => isSame(set)(each) && (goesOn || isSince(each)));
}

/**
 * Marks withheld revocations as reported. Without a control item this is not possible, so they are reported each time.
 *
 * @param sweep the latest full sweep. Absent if there was none, or its record cannot be read
 * @returns the revocations that the caller has to report
 * @throws when the ledger cannot be written, in which case they count as not reported
 */
export async function claimWithheld(
  { control, sweep }: { readonly control?: ControlEntry; readonly sweep?: SweepBefore },
  withheld: readonly Withheld[], ledger: Pick<Ledger, 'putControl'>, writer: ControlWriter,
): Promise<readonly Withheld[]> {
  const at = writer.now.toISOString();
  const sets = withheld.map(each => {
    const { reason, rules } = each;
    return { each, told: { reason, digest: digestOfRules(rules), by: writer.id, at } };
  });
  let news = sets;
  await changeBy<ControlEntry>(entry => ledger.putControl(entry), control, current => {
    const told = current?.toldWithheld ?? [];
    // If the response to an earlier write was lost, these entries are this run's own.
    const others = told.filter(({ by }) => by !== writer.id);
    news = sets.filter(set => !isKnownToGroups(set.told, sweep, others, writer.now));
    if (current === undefined || news.length === 0) return undefined;
    const latest = news.map(set => set.told);
    const earlier = others.filter(other => !latest.some(isSame(other)));
    return { ...next(current, writer), toldWithheld: [...earlier, ...latest].slice(-MOST_KEPT) };
  });
  return news.map(({ each }) => each);
}
