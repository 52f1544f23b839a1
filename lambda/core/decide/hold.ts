/**
 * Determines whether revoking is on hold as a whole: because the ledger is not trusted, because the configuration is
 * changing or has just changed, or because of a pause. It is checked before a run decides, and again before each call.
 */
import type { HoldReason } from './reasons';
import type { ControlEntry, Pause } from '../model/ledger';

/** The facts of the function's own deployment, and the configuration on which a run bases its decisions. */
export interface Deployed {
  /** The name of the ledger table. */
  readonly table: string;
  /** The fingerprint of the configuration that the function was deployed with. */
  readonly fingerprint: string;
  /** The digest of the configuration that the run decides by. */
  readonly digest: string;
  readonly settleSeconds: number;
}

export interface Hold {
  readonly reason: HoldReason;
  readonly detail: string;
  /** The time at which the hold ends by itself, in ISO 8601 and UTC. Absent if it does not. */
  readonly until?: string;
}

/** @param control absent if nothing has been deployed with this ledger yet */
export function holdOf(control: ControlEntry | undefined, deployed: Deployed, now: Date): Hold | undefined {
  if (control?.configuration === undefined) {
    return { reason: 'CONFIGURATION_CHANGING', detail: 'the ledger has no configuration yet' };
  }
  if (control.table !== deployed.table) return untrusted(control, deployed);
  const { fingerprint, digest, since } = control.configuration;
  if (fingerprint !== deployed.fingerprint || digest !== deployed.digest) {
    return {
      reason: 'CONFIGURATION_CHANGING',
      detail: 'the configuration in the ledger is not the one that the function was deployed with',
    };
  }
  const until = settlesUntil(since, deployed.settleSeconds);
  if (!(now.getTime() >= Date.parse(until))) {
    return {
      reason: 'SETTLING',
      detail: `the configuration changed at ${since}; nothing is revoked before ${until}`,
      until,
    };
  }
  const pause = pauseNow(control, now);
  if (pause) {
    return {
      reason: 'PAUSED', detail: `revoking is paused until ${pause.until}: ${pause.reason}`, until: pause.until,
    };
  }
  return isCounting(control, now) ? { reason: 'COUNTING', detail: COUNTING } : undefined;
}

const COUNTING = 'a run of the organization counts what is due everywhere; nothing is revoked before';

/** If `until` is invalid, the count does not end. */
export function isCounting({ counting }: Pick<ControlEntry, 'counting'>, now: Date): boolean {
  return counting !== undefined && !(now.getTime() >= Date.parse(counting.until));
}

/** Whether the ledger can be trusted, because it is in the table that it was made for. */
export function isTrusted(control: ControlEntry | undefined, { table }: Pick<Deployed, 'table'>): boolean {
  return control?.table === undefined || control.table === table;
}

function untrusted({ table }: ControlEntry, deployed: Deployed): Hold {
  const made = table === undefined ? 'no table' : `the table ${table}`;
  const detail = `the ledger names ${made} and is kept in ${deployed.table}; check it, and then send {"adopt":{}}`;
  return { reason: 'LEDGER_UNTRUSTED', detail };
}

/** If `since` is invalid, the settle time never ends. */
export function settlesUntil(since: string, settleSeconds: number): string {
  const end = Date.parse(since) + settleSeconds * 1000;
  return Number.isFinite(end) ? new Date(end).toISOString() : 'an unknown time';
}

/** @returns the pause that is in force now */
export function pauseNow(control: ControlEntry | undefined, now: Date): Pause | undefined {
  const pause = control?.pause;
  return pause !== undefined && holds(pause, now) ? pause : undefined;
}

/** If `until` is invalid, the pause does not end. */
export function holds({ until, resumedAt }: Pause, now: Date): boolean {
  return resumedAt === undefined && !(now.getTime() >= Date.parse(until));
}
