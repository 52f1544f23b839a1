/**
 * Reports the changes of a pause, each exactly once: it has begun, it ends within a day, it has ended.
 *
 * A change is marked as reported before it is sent. If two runs want to report it, only the faster one does.
 */
import type { ControlEntry, Pause, PauseChange } from '../model/ledger';
import type { ToldChange } from '../model/result';
import type { Ledger } from '../ports';
import { changeBy } from './change';
import { type ControlWriter, next, pausesOf } from './pause';
import { holds } from '../decide/hold';

export const TOLD_BY_SWEEPS: readonly PauseChange[] = ['BEGUN', 'ENDING', 'ENDED'];

/** The changes that an invocation can cause itself. */
export const TOLD_BY_INVOCATIONS: readonly PauseChange[] = ['BEGUN', 'ENDED'];

/** Marks all changes as reported. @returns the changes that the caller has to report */
export async function claimChanges(
  control: ControlEntry | undefined, tellable: readonly PauseChange[], ledger: Ledger, writer: ControlWriter,
): Promise<ToldChange[]> {
  let changes: ToldChange[] = [];
  const { isWritten } = await changeBy<ControlEntry>(entry => ledger.putControl(entry), control, current => {
    changes = changesToTell(current, tellable, writer.now);
    return changes.length === 0 ? undefined : withTold(current, changes, writer);
  });
  return isWritten ? changes : [];
}

/** Marks changes that could not be sent as not reported. The next sweep reports them. */
export async function unclaimChanges(
  changes: readonly ToldChange[], ledger: Ledger, writer: ControlWriter,
): Promise<void> {
  const follow = (current: ControlEntry | undefined): ControlEntry | undefined =>
    current && withUntold(current, changes, writer);
  await changeBy<ControlEntry>(entry => ledger.putControl(entry), await ledger.control(), follow);
}

const DAY_MILLIS = 86_400_000;

function changesToTell(
  control: ControlEntry | undefined, tellable: readonly PauseChange[], now: Date,
): ToldChange[] {
  return pausesOf(control).flatMap(pause => {
    const changes = untoldOf(pause, now).filter(change => tellable.includes(change));
    const told = { ...pause, told: [...pause.told, ...changes] };
    return changes.map(change => ({ change, pause: told, holds: holds(pause, now) }));
  });
}

function untoldOf(pause: Pause, now: Date): PauseChange[] {
  const isOver = !holds(pause, now);
  const isEnding = !isOver && Date.parse(pause.until) - now.getTime() <= DAY_MILLIS;
  const changes: PauseChange[] = ['BEGUN', ...isEnding ? ['ENDING' as const] : [], ...isOver ? ['ENDED' as const] : []];
  return changes.filter(change => !pause.told.includes(change));
}

function withTold(
  control: ControlEntry | undefined, changes: readonly ToldChange[], writer: ControlWriter,
): ControlEntry {
  const told = (pause: Pause): Pause => changes.find(each => each.pause.pauseId === pause.pauseId)?.pause ?? pause;
  const earlier = (control?.earlier ?? []).map(told).filter(pause => untoldOf(pause, writer.now).length > 0);
  const pause = control?.pause && told(control.pause);
  return { ...next(control, writer), pause, earlier: earlier.length > 0 ? earlier : undefined };
}

/** Adds earlier pauses again if necessary, because a pause is dropped once all its changes are reported. */
function withUntold(control: ControlEntry, changes: readonly ToldChange[], writer: ControlWriter): ControlEntry {
  const latest = control.pause?.pauseId;
  const known = [...changes.map(({ pause }) => pause), ...pausesOf(control)];
  const pauses = new Map(known.map(pause => [pause.pauseId, pause]));
  for (const { change, pause: { pauseId } } of changes) {
    const pause = pauses.get(pauseId);
    if (pause) pauses.set(pauseId, { ...pause, told: pause.told.filter(each => each !== change) });
  }
  const earlier = [...pauses.values()].filter(({ pauseId }) => pauseId !== latest);
  return {
    ...next(control, writer),
    pause: latest === undefined ? undefined : pauses.get(latest),
    earlier: earlier.length > 0 ? earlier : undefined,
  };
}
