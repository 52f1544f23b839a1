/** The cases of the fault suite, as tables: what goes wrong, and at which call of a sweep or of a restore. */
import type { Scene } from './scene';
import { EXEMPT_TAG } from '../../src/private/contract';
import type { Fault, SecurityGroupRule } from '../support/ec2-endpoint';

/** How often a sweep of the scene calls each action; a test holds this to be true. */
export const SWEEP_CALLS: Readonly<Record<string, number>> = {
  DescribeVpcs: 1, DescribeStaleSecurityGroups: 2, DescribeSecurityGroups: 3, DescribeSecurityGroupRules: 4, Query: 1, GetItem: 1, PutItem: 16,
  RevokeSecurityGroupIngress: 2, PutEvents: 2, PutMetricData: 2,
};

/** How often restoring the four rules of the scene calls each action. */
export const RESTORE_CALLS: Readonly<Record<string, number>> = {
  GetItem: 4, DescribeSecurityGroupRules: 5, AuthorizeSecurityGroupIngress: 4, PutItem: 4,
};

/** A call: the n-th of its action. */
export interface CallPoint {
  readonly action: string;
  readonly call: number;
}

const points = (calls: Readonly<Record<string, number>>): CallPoint[] =>
  Object.entries(calls).flatMap(([action, count]) => Array.from({ length: count }, (_, index) => ({ action, call: index + 1 })));

/** The process is killed as a call comes in, before its effect; or when it has had its effect, before the answer. */
export const MOMENTS = ['before the effect', 'after the effect'] as const;

const killed = (calls: Readonly<Record<string, number>>): Array<CallPoint & { moment: typeof MOMENTS[number] }> =>
  points(calls).flatMap(point => MOMENTS.map(moment => ({ ...point, moment })));

export const KILLED_SWEEPS = killed(SWEEP_CALLS);
export const KILLED_RESTORES = killed(RESTORE_CALLS);

export interface Interference {
  readonly what: string;
  readonly act: (scene: Scene) => void;
  /** Whether a rule that is revoked can be put back afterwards: not into a group that is gone. */
  readonly canRestore: boolean;
}

/** To a rule that is there still: it may have been revoked by then. */
function modified(index: number, change: (rule: SecurityGroupRule) => void): Interference['act'] {
  return ({ world, toldIds }) => {
    const rule = world.network.rules.get(toldIds[index]);
    if (rule) change(rule);
  };
}

/** What someone else does to the network in the middle of a sweep. */
export const INTERFERENCES: readonly Interference[] = [
  { what: 'a rule is deleted', act: ({ world, toldIds }) => world.network.removeRule(toldIds[0]), canRestore: true },
  { what: 'the ports of a rule are modified', act: modified(1, rule => Object.assign(rule, { fromPort: 8022, toPort: 8022 })), canRestore: true },
  { what: 'the source of a rule is modified', act: modified(1, rule => Object.assign(rule, { cidrIpv4: '10.1.0.0/16' })), canRestore: true },
  { what: 'the description of a rule is modified', act: modified(1, rule => Object.assign(rule, { description: 'still in use' })), canRestore: true },
  { what: 'a rule is made exempt', act: modified(3, ({ tags }) => Object.assign(tags, { [EXEMPT_TAG]: '' })), canRestore: true },
  { what: 'a group is made exempt', act: ({ world, ids }) => Object.assign(world.network.groups.get(ids.db)?.tags ?? {}, { [EXEMPT_TAG]: '' }), canRestore: true },
  { what: 'a group is deleted', act: ({ world, ids }) => world.network.deleteSecurityGroup(ids.db), canRestore: false },
  { what: 'a VPC is deleted', act: ({ world, ids }) => world.network.deleteVpc(ids.own), canRestore: false },
  { what: 'the peering is made again', act: ({ world, ids }) => void world.network.addPeering(ids.own, ids.partner), canRestore: true },
];

/** Of the many writes of a kind, one each: a first sighting, an entry that becomes pending, an outcome. */
const STEPS = points(SWEEP_CALLS).filter(({ action, call }) => action !== 'PutItem' || [1, 8, 12].includes(call));

export const INTERRUPTED_SWEEPS = STEPS.flatMap(point => INTERFERENCES.map(interference => ({ ...point, ...interference })));

const FAULTS: ReadonlyArray<{ readonly what: string; readonly fault: Omit<Fault, 'action'> }> = [
  { what: 'every second call is throttled', fault: { kind: 'throttle', every: 2 } },
  { what: 'every third call is throttled', fault: { kind: 'throttle', every: 3 } },
  { what: 'every second call fails before its effect', fault: { kind: 'error', every: 2 } },
  { what: 'every second call fails after its effect', fault: { kind: 'error-after-effect', every: 2 } },
  { what: 'every second connection is dropped', fault: { kind: 'drop-socket', every: 2 } },
  { what: 'every call fails after its effect', fault: { kind: 'error-after-effect' } },
  { what: 'every call fails', fault: { kind: 'error' } },
  { what: 'access is denied', fault: { kind: 'error', code: 'AccessDenied', status: 403 } },
];

const faults = (actions: readonly string[]): Array<{ action: string } & typeof FAULTS[number]> =>
  actions.flatMap(action => FAULTS.map(fault => ({ action, ...fault })));

export const FAULTY_SWEEPS = faults(Object.keys(SWEEP_CALLS));
export const FAULTY_RESTORES = faults(Object.keys(RESTORE_CALLS));

/** The ledger fails for good, from its n-th write on. */
export const LEDGER_FAILURES = points({ Query: 1, GetItem: 1, PutItem: 16 }).flatMap(point => (['error', 'error-after-effect'] as const).map(kind => ({ ...point, kind })));

/** How far the clock of the second of two sweeps is off, and whether the grace of an hour is over by it. */
export const CLOCKS = [
  { off: 'two hours behind', millis: -2 * 3_600_000, isOver: false },
  { off: 'a minute behind', millis: -60_000, isOver: false },
  { off: 'right', millis: 0, isOver: false },
  { off: 'ten minutes ahead', millis: 600_000, isOver: false },
  { off: 'an hour and a second ahead', millis: 3_601_000, isOver: true },
] as const;

/** Two sweeps at once, the second so many milliseconds after the first. */
export const OVERLAPS = [0, 0, 0, 20, 40, 60, 80, 100, 120, 150] as const;

export const CASE_COUNT = [KILLED_SWEEPS, KILLED_RESTORES, INTERRUPTED_SWEEPS, FAULTY_SWEEPS, FAULTY_RESTORES, LEDGER_FAILURES, CLOCKS, OVERLAPS]
  .reduce((sum, cases) => sum + cases.length, 0);
