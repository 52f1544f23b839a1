import type { Deployed } from '../decide/hold';
import type { RuleContext } from '../decide/plan';
import type { Sightings } from '../ledger/sightings';
import type { ControlEntry } from '../model/ledger';
import type { PlannedRevocation } from '../model/result';
import type { Clock, Ledger, Log, Network } from '../ports';

export interface RevokeOptions {
  readonly network: Network;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly log: Log;
  readonly sweepId: string;
  /** The facts that the run has decided by. Before each call, the whole decision is made again with them. */
  readonly deciding: Omit<RuleContext, 'hold' | 'groups' | 'endpoints' | 'prefixLists' | 'groupUse' | 'now'>;
  readonly deployed: Deployed;
  /** The run that opened the allowance from which the revocations are reserved. */
  readonly from: string;
  /** No further revocation starts after this time. */
  readonly until: Date;
  /** Sightings that are written with the claims of their rules. Absent: the ledger has all of them. */
  readonly sightings?: Sightings;
  /** Reads the control item, once for all calls that ask at the same time. */
  readonly control: () => Promise<ControlEntry | undefined>;
}

/** The rules of one group that go into one call. */
export type Batch = readonly PlannedRevocation[];
