/** The cases of the fault suite as tables: what goes wrong, and at which call of a sweep or restore. */
import { MOMENTS } from './kill';
import { PROPS, type Scene } from './scene';
import { EXEMPT_TAG } from '../../src/contract/exemptions';
import type { Item } from '../support/dynamodb';
import type { Fault, PublishedDatum, SecurityGroupRule } from '../support/ec2-endpoint';
import type { LambdaProcess } from '../support/lambda-process';

/** The number of calls of each action in a sweep of the scene. A test checks it. */
export const SWEEP_CALLS: Readonly<Record<string, number>> = {
  DescribeVpcs: 1, DescribeStaleSecurityGroups: 2, DescribeSecurityGroups: 3, DescribeSecurityGroupRules: 4,
  DescribeVpcEndpoints: 2, DescribeSecurityGroupVpcAssociations: 1,
  Query: 5, GetItem: 6, PutItem: 15, RevokeSecurityGroupIngress: 2, PutEvents: 2, PutMetricData: 2,
};

/** The number of calls of each action in a run over the two groups with rules to revoke, after a scheduled sweep. */
export const GROUPS_CALLS: Readonly<Record<string, number>> = {
  DescribeVpcs: 1, DescribeStaleSecurityGroups: 1, DescribeSecurityGroups: 3, DescribeSecurityGroupRules: 4,
  DescribeVpcEndpoints: 2,
  Query: 4, GetItem: 5, PutItem: 11, RevokeSecurityGroupIngress: 2, PutEvents: 1, PutMetricData: 1,
};

/**
 * The number of calls of each action when the function that changes trigger receives events about these groups, after a
 * scheduled sweep.
 */
export const CHANGE_CALLS: Readonly<Record<string, number>> = {
  ...GROUPS_CALLS, GetItem: 7, PutItem: 14,
};

/** The number of calls of each action when the four rules of the scene are restored. */
export const RESTORE_CALLS: Readonly<Record<string, number>> = {
  Query: 1, DescribeSecurityGroupRules: 5, AuthorizeSecurityGroupIngress: 4, PutItem: 4,
};

/** The n-th call of an action. */
export interface CallPoint {
  readonly action: string;
  readonly call: number;
}

export function points(calls: Readonly<Record<string, number>>): CallPoint[] {
  return Object.entries(calls).flatMap(([action, count]) =>
    Array.from({ length: count }, (_, index) => ({ action, call: index + 1 })));
}

type KillPoint = CallPoint & { moment: typeof MOMENTS[number] };

export const killed = (calls: Readonly<Record<string, number>>): KillPoint[] =>
  points(calls).flatMap(point => MOMENTS.map(moment => ({ ...point, moment })));

export const KILLED_SWEEPS = killed(SWEEP_CALLS);
export const KILLED_RESTORES = killed(RESTORE_CALLS);
export const KILLED_RUNS_OF_GROUPS = killed(GROUPS_CALLS);
export const KILLED_CHANGES = killed(CHANGE_CALLS);

/** The function whose sweeps may then revoke: the old one, the new one, or neither. */
type Revoking = 'older' | 'newer' | 'none';

/**
 * Cases in which a deployment is killed while it puts a configuration into force. It first tests the ledger with a read
 * and a write that change nothing. Then it reads and writes the control item, and then the configuration.
 */
export const KILLED_DEPLOYMENTS: ReadonlyArray<CallPoint & { moment: typeof MOMENTS[number]; revokes: Revoking }> = [
  { action: 'GetItem', call: 1, moment: 'before the effect', revokes: 'older' },
  { action: 'GetItem', call: 1, moment: 'after the effect', revokes: 'older' },
  { action: 'PutItem', call: 1, moment: 'before the effect', revokes: 'older' },
  { action: 'GetItem', call: 2, moment: 'before the effect', revokes: 'older' },
  { action: 'GetItem', call: 2, moment: 'after the effect', revokes: 'older' },
  { action: 'PutItem', call: 2, moment: 'before the effect', revokes: 'older' },
  // Hooks do not see writes that DynamoDB refuses.
  { action: 'PutItem', call: 1, moment: 'after the effect', revokes: 'none' },
  { action: 'GetItem', call: 3, moment: 'before the effect', revokes: 'none' },
  { action: 'GetItem', call: 3, moment: 'after the effect', revokes: 'none' },
  { action: 'PutItem', call: 3, moment: 'before the effect', revokes: 'none' },
  { action: 'PutItem', call: 2, moment: 'after the effect', revokes: 'newer' },
];

export interface Interference {
  readonly what: string;
  readonly act: (scene: Scene) => void;
  /** Whether a revoked rule can be restored afterwards. If its group is gone, it cannot. */
  readonly canRestore: boolean;
}

/** Changes a rule if it still exists, because it may already be revoked. */
function modified(index: number, change: (rule: SecurityGroupRule) => void): Interference['act'] {
  return ({ world, toldIds }) => {
    const rule = world.network.rules.get(toldIds[index]);
    if (rule) change(rule);
  };
}

/** The changes that someone else makes to the network during a sweep. */
export const INTERFERENCES: readonly Interference[] = [
  { what: 'a rule is deleted', act: ({ world, toldIds }) => world.network.removeRule(toldIds[0]), canRestore: true },
  { what: 'the ports of a rule are modified', act: modified(1, rule => Object.assign(rule, { fromPort: 8022, toPort: 8022 })), canRestore: true },
  { what: 'the source of a rule is modified', act: modified(1, rule => Object.assign(rule, { cidrIpv4: '10.1.0.0/16' })), canRestore: true },
  { what: 'the description of a rule is modified', act: modified(1, rule => Object.assign(rule, { description: 'still in use' })), canRestore: true },
  { what: 'a rule is made exempt', act: modified(3, ({ tags }) => Object.assign(tags, { [EXEMPT_TAG]: '' })), canRestore: true },
  { what: 'a group is made exempt', act: ({ world, ids }) => Object.assign(world.network.groups.get(ids.db)?.tags ?? {}, { [EXEMPT_TAG]: '' }), canRestore: true },
  { what: 'a group is deleted', act: ({ world, ids }) => world.network.deleteSecurityGroup(ids.db), canRestore: false },
  { what: 'a VPC is deleted', act: ({ world, ids }) => world.network.deleteVpc(ids.own), canRestore: false },
  { what: 'an endpoint of the function is given a group', act: ({ world, ids }) => void world.network.addInterfaceEndpoint(ids.own, [ids.db]), canRestore: true },
  { what: 'the peering is made again', act: ({ world, ids }) => void world.network.addPeering(ids.own, ids.partner), canRestore: true },
];

/**
 * Keeps one of the many writes of each kind: a first sighting, the reservation, an entry that becomes pending, an
 * outcome.
 */
const STEPS = points(SWEEP_CALLS).filter(({ action, call }) => action !== 'PutItem' || [1, 8, 9, 13].includes(call));

export const INTERRUPTED_SWEEPS = STEPS.flatMap(point =>
  INTERFERENCES.map(interference => ({ ...point, ...interference })));

export const FAULTS: ReadonlyArray<{ readonly what: string; readonly fault: Omit<Fault, 'action'> }> = [
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

export interface Refusal {
  readonly what: string;
  /** Whether CloudWatch refuses each call that contains this datum. */
  readonly refuses: (datum: Pick<PublishedDatum, 'name' | 'dimensions'>) => boolean;
  /** The number of data per call above which CloudWatch refuses the call. */
  readonly maxData?: number;
  /** Whether the sweep fails, because too few metrics are left. */
  readonly fails: boolean;
}

const isOf = (...names: string[]): Refusal['refuses'] => ({ name }) => names.includes(name);
const isOfVpc: Refusal['refuses'] = ({ dimensions }) => 'VpcId' in dimensions;

/** Metrics of a sweep that CloudWatch refuses. */
export const REFUSALS: readonly Refusal[] = [
  { what: 'the heartbeat', refuses: isOf('Sweeps'), fails: false },
  { what: 'the count of rules revoked', refuses: isOf('IngressRulesRevoked'), fails: false },
  { what: 'one datum of each VPC', refuses: each => each.name === 'StaleIngressRules' && isOfVpc(each), fails: false },
  { what: 'all data of VPCs', refuses: isOfVpc, fails: false },
  { what: 'more than half of the data', refuses: ({ name }) => name.length % 2 === 1, fails: false },
  { what: 'all but two', refuses: each => !isOf('Sweeps', 'DeliveriesFailed')(each), fails: false },
  { what: 'calls of more than three data', refuses: () => false, maxData: 3, fails: false },
  { what: 'the count of what was not delivered', refuses: isOf('DeliveriesFailed'), fails: true },
  { what: 'everything', refuses: () => true, fails: true },
];

/** The errors of EC2 for each call that contains a certain rule, which is the first or second of its group. */
export const BAD_RULES = [
  'InternalError', 'Unavailable', 'ServiceUnavailable', 'OperationNotPermitted', 'UnauthorizedOperation', 'DependencyViolation', 'IncorrectState',
  'InvalidParameterValue', 'SomethingNew',
].map((code, index) => ({ code, rule: index % 2 }));

export interface Hardship {
  readonly what: string;
  readonly harm: (scene: Scene) => void;
  /** The number of rules that the sweep revokes nevertheless. */
  readonly revoked: number;
  readonly scanErrors: number;
  readonly withheld: number;
}

/** Matches calls that read the group `db` again, right before its rules are revoked. */
const readsAgain = ({ ids: { db } }: Scene): NonNullable<Fault['when']> => {
  let reads = 0;
  return ({ Filter }) => JSON.stringify(Filter).includes(db) && (reads += 1) > 1;
};

/** All calls but the first. */
const afterFirst = (): NonNullable<Fault['when']> => {
  let calls = 0;
  return () => (calls += 1) > 1;
};

/**
 * Cases in which one part is unreadable, throttled or deleted. The others continue, and so does the sweep while it has
 * time.
 */
export const HARDSHIPS: readonly Hardship[] = [
  {
    what: 'one group cannot be read again', revoked: 2, scanErrors: 1, withheld: 2,
    harm: scene => scene.world.ec2.fault({ action: 'DescribeSecurityGroups', kind: 'error', code: 'UnauthorizedOperation', when: readsAgain(scene) }),
  },
  {
    what: 'one group cannot be read again for a while', revoked: 4, scanErrors: 0, withheld: 0,
    harm: scene => scene.world.ec2.fault({ action: 'DescribeSecurityGroups', kind: 'error', code: 'Unavailable', status: 503, times: 5, when: readsAgain(scene) }),
  },
  {
    what: "the endpoints of the function's VPC cannot be read", revoked: 0, scanErrors: 1, withheld: 0,
    harm: ({ world }) => world.ec2.fault({ action: 'DescribeVpcEndpoints', kind: 'error', code: 'UnauthorizedOperation' }),
  },
  {
    what: "the endpoints of the function's VPC cannot be read again", revoked: 0, scanErrors: 1, withheld: 4,
    harm: ({ world }) => world.ec2.fault({ action: 'DescribeVpcEndpoints', kind: 'error', code: 'UnauthorizedOperation', when: afterFirst() }),
  },
  {
    what: "the endpoints of the function's VPC cannot be read again for a while", revoked: 4, scanErrors: 0, withheld: 0,
    harm: ({ world }) => world.ec2.fault({ action: 'DescribeVpcEndpoints', kind: 'error', code: 'Unavailable', status: 503, times: 5, when: afterFirst() }),
  },
  {
    what: 'every call that revokes is throttled seven times', revoked: 4, scanErrors: 0, withheld: 0,
    harm: ({ world }) => world.ec2.fault({ action: 'RevokeSecurityGroupIngress', kind: 'throttle', times: 7 }),
  },
  {
    what: 'two of three calls that revoke are throttled', revoked: 4, scanErrors: 0, withheld: 0,
    harm: ({ world }) => {
      world.ec2.fault({ action: 'RevokeSecurityGroupIngress', kind: 'throttle', every: 3 });
      world.ec2.fault({ action: 'RevokeSecurityGroupIngress', kind: 'throttle', every: 2 });
    },
  },
  {
    what: 'a VPC without findings is deleted between the listing and the reading', revoked: 4, scanErrors: 0, withheld: 0,
    harm: ({ world }) => {
      const { vpcId } = world.network.addVpc();
      world.ec2.after('DescribeVpcs', () => {
        if (world.network.vpcs.has(vpcId)) world.network.deleteVpc(vpcId);
      });
    },
  },
  {
    what: 'one rule is answered without its group', revoked: 2, scanErrors: 1, withheld: 2,
    harm: ({ world, toldIds }) => {
      world.ec2.distort('DescribeSecurityGroupRules', (answer, { Filter }) => {
        // The rules are first read by group, and then each by its id.
        if (!JSON.stringify(Filter).includes(toldIds[2])) return answer;
        const rules = answer.securityGroupRuleSet as ReadonlyArray<{ securityGroupRuleId: string }>;
        const isIt = ({ securityGroupRuleId: id }: { securityGroupRuleId: string }): boolean => id === toldIds[2];
        const securityGroupRuleSet = rules.map(rule => isIt(rule) ? { ...rule, groupId: undefined } : rule);
        return { ...answer, securityGroupRuleSet };
      });
    },
  },
];

export interface Corruption {
  /** The defect that makes the item unreadable. */
  readonly what: string;
  readonly change: (item: Item) => Item;
  /** Whether the state of the rule is lost. If so, each sweep finds the defect. */
  readonly isStateLost?: boolean;
}

const changed = (text: unknown, change: Item): string =>
  JSON.stringify({ ...JSON.parse(String(text)) as Item, ...change });

const withRule = (change: Item): Corruption['change'] => ({ rule }) => ({ rule: changed(rule, change) });

/** Changes the result of the check that found the rule. */
const withSight = (change: Item): Corruption['change'] => ({ stale, flagged }) =>
  stale === undefined ? { flagged: changed(flagged, change) } : { stale: changed(stale, change) };

/** Cases in which someone has changed the item of one rule by hand. */
export const CORRUPTIONS: readonly Corruption[] = [
  { what: 'no state', change: () => ({ state: undefined }), isStateLost: true },
  { what: 'a state that no version knows', change: () => ({ state: 'LIMBO' }), isStateLost: true },
  { what: 'no rule', change: () => ({ rule: undefined }) },
  { what: 'a rule that is no JSON', change: ({ rule }) => ({ rule: String(rule).slice(0, -5) }) },
  { what: 'another rule', change: withRule({ securityGroupRuleId: 'sgr-0ffffffffffffffff' }) },
  { what: 'a rule without its group', change: withRule({ groupId: undefined }) },
  { what: 'a rule of another group', change: withRule({ groupId: 'sg-0ffffffffffffffff' }) },
  { what: 'a rule with a list of tags', change: withRule({ tags: [{ Key: 'Owner', Value: 'a' }] }) },
  { what: 'a revision that is no whole number', change: () => ({ revision: 1.5 }) },
  { what: 'a revision that is a text', change: ({ revision }) => ({ revision: String(revision) }) },
  { what: 'neither sightings nor declarations', change: withSight({ sightings: undefined, declarations: undefined }) },
  { what: 'a check that found it at no time', change: withSight({ firstSeen: 'long ago' }) },
  { what: 'a check that is no JSON', change: ({ stale }) => stale === undefined ? { flagged: '{' } : { stale: '{' } },
  { what: 'a first sighting at no time', change: () => ({ firstSeen: 'long ago' }) },
  { what: 'an attempt without a time', change: () => ({ attempt: '{"sweepId":"sweep-1"}' }) },
  {
    what: 'an outcome without a name',
    change: () => ({ outcome: '{"sweepId":"sweep-1","at":"2026-01-01T00:00:00.000Z"}' }),
  },
  { what: 'no reason', change: withSight({ reason: undefined, verdict: undefined }) },
];

/** The owner of the item: an open rule that the sweep finds, one that it does not find, or a revoked rule. */
const ITEMS_OF = ['found', 'not found', 'revoked'] as const;

export const CORRUPTED_ITEMS = ITEMS_OF.flatMap(of =>
  CORRUPTIONS.map((corruption, index) => ({ ...corruption, of, rule: index % 4 })));

/**
 * Cases in which the ledger refuses the entry of one rule: when it is found, when it is about to be revoked, or after
 * it was revoked.
 */
export const REFUSED_RECORDS = [
  { when: 'found', state: 'OPEN' }, { when: 'about to be revoked', state: 'PENDING' }, { when: 'revoked', state: 'REVOKED' },
] as const;

/** Cases in which the ledger fails permanently from its n-th call on. */
export const LEDGER_FAILURES = points({ Query: 2, GetItem: 6, PutItem: 15 }).flatMap(point => (['error', 'error-after-effect'] as const).map(kind => ({ ...point, kind })));

/** The moments at which a sweep reads or writes the control item, and writes entries in between, in order. */
const MOMENTS_OF_CONTROL = {
  configuration: 'it reads its configuration', begin: 'it reads what holds for all, as it begins',
  reserve: 'it reserves revocations', claim: 'it records a rule as about to be revoked',
  call: 'it reads what holds for all, before a call', record: 'it records an outcome',
  readReserved: 'it reads what is reserved, to give some back', giveBack: 'it gives back what it has not used',
} as const;

export type ControlMoment = keyof typeof MOMENTS_OF_CONTROL;

/** Adds the moment in words to each case. */
function named<T extends { readonly moment: ControlMoment }>(
  cases: readonly T[],
): Array<T & { readonly when: string }> {
  return cases.map(each => ({ ...each, when: MOMENTS_OF_CONTROL[each.moment] }));
}

export interface StruckControl {
  readonly moment: ControlMoment;
  readonly what: string;
  readonly fault: Omit<Fault, 'action'>;
  /**
   * The number of revoked rules: of four that are due, or of three if EC2 refuses one, so that there is a reservation
   * to return.
   */
  readonly revoked: number;
  /** The number of reservations that stay used. */
  readonly used: number;
  /** Whether the sweep fails. */
  readonly fails: boolean;
}

const CONTROL_FAULTS: ReadonlyArray<Omit<StruckControl, 'moment' | 'revoked' | 'used' | 'fails'>> = [
  { what: 'fails', fault: { kind: 'error' } },
  { what: 'fails after the effect', fault: { kind: 'error-after-effect' } },
  { what: 'throttles', fault: { kind: 'throttle' } },
  { what: 'denies', fault: { kind: 'error', code: 'AccessDeniedException' } },
  { what: 'drops the connection', fault: { kind: 'drop-socket' } },
];

/** Cases in which every such call, and each retry of it, fails. */
export const STRUCK_CONTROLS = named(CONTROL_FAULTS.flatMap((each): StruckControl[] => {
  // If a write had an effect although it was answered with an error, the retry notices this.
  const isDone = each.fault.kind === 'error-after-effect';
  return [
    { ...each, moment: 'configuration', revoked: 0, used: 0, fails: true },
    { ...each, moment: 'begin', revoked: 0, used: 0, fails: true },
    { ...each, moment: 'reserve', revoked: isDone ? 4 : 0, used: isDone ? 4 : 0, fails: !isDone },
    { ...each, moment: 'call', revoked: 0, used: 0, fails: true },
    { ...each, moment: 'readReserved', revoked: 3, used: 4, fails: false },
    { ...each, moment: 'giveBack', revoked: 3, used: isDone ? 3 : 4, fails: false },
  ];
}));

/** The item cannot be read from this moment on. */
export const CORRUPTED_CONTROLS = named([
  { moment: 'begin', least: 0, most: 0 }, { moment: 'reserve', least: 0, most: 0 },
  // The call for the other group may already have been allowed.
  { moment: 'call', least: 0, most: 2 },
  { moment: 'readReserved', least: 3, most: 3 }, { moment: 'giveBack', least: 3, most: 3 },
] as const);

export interface Hold {
  readonly what: string;
  /** @param other another process of the function */
  readonly come: (scene: Scene, other: LambdaProcess) => Promise<unknown>;
  readonly lift: (scene: Scene) => Promise<unknown>;
  /** Whether rules that are due count as withheld, because no one has postponed their revocation. */
  readonly isWithheld: boolean;
  /** Whether the configuration differs from the function's. Only one scheduled sweep in a row may find that. */
  readonly isMismatch?: boolean;
}

/** Holds on revoking that come from elsewhere. */
const HOLDS: readonly Hold[] = [
  {
    what: 'a person pauses', isWithheld: false,
    come: (_, other) =>
      other.invoke({ pause: { until: new Date(Date.now() + 3_600_000).toISOString(), reason: 'stop' } }),
    lift: ({ world }) => world.lambda.invoke({ resume: {} }),
  },
  {
    what: 'another configuration is deployed', isWithheld: false, isMismatch: true,
    come: ({ world }, other) => world.deployThrough(other, 'Update', { ...PROPS, settleSeconds: 3600 }),
    lift: ({ world }) => world.deploy('Update', PROPS),
  },
  {
    what: 'another configuration is put into force, and the control item alone is written', isWithheld: false,
    isMismatch: true,
    come: scene => scene.changeControl(() =>
      ({ configuration: { fingerprint: 'other', digest: 'other', since: '2025-01-01T00:00:00.000Z' } })),
    lift: ({ world }) => world.deploy('Update', PROPS),
  },
  {
    what: 'the table is replaced by a copy', isWithheld: true,
    come: scene => scene.changeControl(() => ({ table: 'another' })),
    lift: ({ world }) => world.lambda.invoke({ adopt: {} }),
  },
];

/**
 * The call before which the hold comes, and the number of rules that may be revoked nevertheless, because they were
 * allowed before.
 */
export const HELD_BACK = named(HOLDS.flatMap(hold => [
  { ...hold, moment: 'begin', most: 0 }, { ...hold, moment: 'reserve', most: 0 }, { ...hold, moment: 'claim', most: 0 },
  { ...hold, moment: 'call', most: 2 }, { ...hold, moment: 'record', most: 4 },
] as const));

/** The error of the second sweep's clock, and whether the grace of an hour is over because of it. */
export const CLOCKS = [
  { off: 'two hours behind', millis: -2 * 3_600_000, isOver: false },
  { off: 'a minute behind', millis: -60_000, isOver: false },
  { off: 'right', millis: 0, isOver: false },
  { off: 'ten minutes ahead', millis: 600_000, isOver: false },
  { off: 'an hour and a second ahead', millis: 3_601_000, isOver: true },
] as const;

/** The number of milliseconds after which the second of two parallel sweeps starts. */
export const OVERLAPS = [0, 0, 0, 20, 40, 60, 80, 100, 120, 150] as const;

export const CASE_COUNT = [
  KILLED_SWEEPS, KILLED_RESTORES, KILLED_RUNS_OF_GROUPS, KILLED_DEPLOYMENTS, INTERRUPTED_SWEEPS, FAULTY_SWEEPS,
  FAULTY_RESTORES, REFUSALS, BAD_RULES, HARDSHIPS, CORRUPTED_ITEMS, REFUSED_RECORDS, LEDGER_FAILURES, CLOCKS, OVERLAPS,
  STRUCK_CONTROLS, CORRUPTED_CONTROLS, HELD_BACK,
].reduce((sum, cases) => sum + cases.length, 0);
