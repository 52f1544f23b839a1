/** Pauses as they are in the ledger. */
import { aControl } from './builders';
import type { ControlEntry, Pause } from '../../lambda/core/model/ledger';
import type { PauseReading } from '../../lambda/core/model/result';

/** A pause of ten days from the start of 2026, without reported changes. */
export function aPause(overrides: Partial<Pause> = {}): Pause {
  return {
    until: '2026-01-11T00:00:00.000Z', reason: 'change freeze', begunAt: '2026-01-01T00:00:00.000Z', pauseId: 'pause-1',
    told: [], ...overrides,
  };
}

export function aControlEntry(pause: Partial<Pause> = {}, overrides: Partial<ControlEntry> = {}): ControlEntry {
  return aControl({ writtenBy: 'pause-1', pause: aPause(pause), ...overrides });
}

/** A pause that is in force. */
export function aPauseReading(overrides: Partial<Pause> = {}): PauseReading {
  const control = aControlEntry(overrides);
  return { state: 'holds', pause: control.pause, control };
}
