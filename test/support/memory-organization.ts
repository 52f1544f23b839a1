/**
 * An organization in memory: its accounts, the networks of its places, its ledger, and a run as the state machine makes
 * it. Invocations can be killed between any two calls.
 */
import { awsError } from './aws-error';
import { aControl, aDecodedConfiguration, aGroup, aRuleFromAnywhere, DEPLOYED } from './builders';
import { MemoryGroupHolders } from './memory-group-holders';
import { MemoryLedger } from './memory-ledger';
import { MemoryNetwork, type World } from './memory-network';
import { MemoryClock, MemoryEvents, MemoryLog, MemoryMetrics, MemoryNotifications, MemoryStacks } from './recorders';
import { MemorySecurityHub } from './security-hub/memory-security-hub';
import type { ConfigurationRecord, ControlEntry, Items, PutResult } from '../../lambda/core/model/ledger';
import type { AccountsEntry, LeaseEntry, OrganizationRun, PlaceEntry } from '../../lambda/core/model/organization';
import { type AccountAnswer, sweepAccount } from '../../lambda/core/organization/account';
import { begin, type BeginAnswer } from '../../lambda/core/organization/begin';
import type { Configured, OrganizationsConfiguration } from '../../lambda/core/organization/configured';
import { count, type CountAnswer } from '../../lambda/core/organization/count';
import { finish, type FinishAnswer } from '../../lambda/core/organization/finish';
import { lost } from '../../lambda/core/organization/lost';
import type {
  AccountLists, Directory, Executions, KnownAccount, ListedAccount, MemberRegion, OrganizationLedger, PlaceId,
  PlaceLedger, Sessions,
} from '../../lambda/core/organization-ports';
import type { DecodedConfiguration } from '../../src/contract/configuration';
import type { OrganizationConfiguration, Pass, Place } from '../../src/contract/organization';

export const REGION = 'eu-central-1';

export function anOrganization(overrides: Partial<OrganizationConfiguration> = {}): OrganizationConfiguration {
  return {
    organizationId: 'o-a1b2c3d4e5', accounts: { kind: 'all' }, sweepRoleName: 'network-hygiene-sweep',
    restoreRoleName: 'network-hygiene-restore', externalId: 'cdk-network-hygiene', toleratedFailures: 0,
    regions: [REGION], ...overrides,
  };
}

export function aConfiguration(
  overrides: Partial<DecodedConfiguration> = {}, organization: Partial<OrganizationConfiguration> = {},
): OrganizationsConfiguration {
  return { ...aDecodedConfiguration(overrides), organization: anOrganization(organization) };
}

/** A VPC with as many flagged rules, each in a group of its own. */
export function flaggedWorld(account: string, rules: number, prefix = 'a'): World {
  const numbers = Array.from({ length: rules }, (_, index) => index + 1);
  return {
    vpcs: [{ vpcId: 'vpc-1', ownerId: account }],
    groups: numbers.map(n => aGroup({ groupId: `sg-${prefix}${n}`, vpcId: 'vpc-1', ownerId: account })),
    rules: numbers.map(n => aRuleFromAnywhere({
      securityGroupRuleId: `sgr-${prefix}${n}`, groupId: `sg-${prefix}${n}`, groupOwnerId: account,
    })),
  };
}

const copyOf = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

class MemoryPlaceLedger extends MemoryLedger implements PlaceLedger {
  leaseEntry: LeaseEntry | undefined;

  constructor(private readonly shared: MemoryOrganizationLedger) {
    super();
  }

  control = (): Promise<ControlEntry | undefined> => this.shared.control();
  putControl = (entry: ControlEntry): Promise<PutResult<ControlEntry>> => this.shared.putControl(entry);
  configuration = (): Promise<ConfigurationRecord | undefined> => this.shared.configuration();

  async lease(): Promise<LeaseEntry | undefined> {
    return this.leaseEntry;
  }

  async putLease(entry: LeaseEntry): Promise<PutResult<LeaseEntry>> {
    if ((this.leaseEntry?.revision ?? 0) !== entry.revision - 1) return { isWritten: false, instead: this.leaseEntry };
    this.leaseEntry = entry;
    return { isWritten: true };
  }
}

const STARTED = 'arn:aws:states:eu-central-1:111122223333:execution:hygiene:started';

export class MemoryOrganizationLedger extends MemoryLedger implements OrganizationLedger {
  readonly items = new Map<string, { readonly revision: number }>();
  readonly ledgers = new Map<string, MemoryPlaceLedger>();

  at = (place: Place): MemoryPlaceLedger => {
    const key = keyOf(place);
    const ledger = this.ledgers.get(key) ?? new MemoryPlaceLedger(this);
    this.ledgers.set(key, ledger);
    return ledger;
  };

  run = (): Promise<OrganizationRun | undefined> => this.read('run');
  putRun = (entry: OrganizationRun): Promise<PutResult<OrganizationRun>> => this.write('run', entry);
  accounts = (part: number): Promise<AccountsEntry | undefined> => this.read(`accounts-${part}`);
  putAccounts = (part: number, entry: AccountsEntry): Promise<PutResult<AccountsEntry>> =>
    this.write(`accounts-${part}`, entry);

  place = (place: PlaceId): Promise<PlaceEntry | undefined> => this.read(`place-${keyOf(place)}`);
  putPlace = (entry: PlaceEntry): Promise<PutResult<PlaceEntry>> => this.write(`place-${keyOf(entry)}`, entry);

  async places(account = ''): Promise<Items<PlaceEntry>> {
    const entries = [...this.items].flatMap(([id, item]) =>
      id.startsWith(`place-${account}`) ? [item as PlaceEntry] : []);
    return { entries, unreadable: [] };
  }

  private async read<T>(id: string): Promise<T | undefined> {
    return this.items.get(id) as T | undefined;
  }

  private async write<T extends { readonly revision: number }>(id: string, entry: T): Promise<PutResult<T>> {
    const there = this.items.get(id) as T | undefined;
    if ((there?.revision ?? 0) !== entry.revision - 1) return { isWritten: false, instead: there };
    this.items.set(id, copyOf(entry));
    return { isWritten: true };
  }
}

const keyOf = ({ account, region }: PlaceId): string => region === undefined ? account : `${account}-${region}`;

/** The invocation has died. Nothing that it did after that has an effect. */
class Killed extends Error {
  readonly name = 'Killed';
}

/** Counts calls of ports, and kills the invocation at one of them. */
class Life {
  private calls = 0;

  /** @param diesAt the number of the call that has no effect any more; absent: it lives to its end */
  constructor(private readonly diesAt?: number) {}

  get isOver(): boolean {
    return this.diesAt !== undefined && this.calls >= this.diesAt;
  }

  guard<T extends object>(port: T): T {
    return new Proxy(port, {
      get: (target, name, receiver) => {
        const value = Reflect.get(target, name, receiver === target ? receiver : target) as unknown;
        if (typeof value !== 'function') return value;
        return (...args: unknown[]): unknown => {
          // Ledgers of places are ports of their own. Nothing is called when one is taken.
          const call = (): unknown => (value as (...all: unknown[]) => unknown).apply(target, args);
          if (name === 'at' || name === 'in') return this.guard(call() as object);
          if (name === 'hasExpired' || name === 'close') return call();
          this.calls += 1;
          if (this.isOver) throw new Killed('the invocation has died');
          return call();
        };
      },
    });
  }
}

export interface RunOptions {
  readonly scheduledTime?: string;
  /** Returns at which of its calls an invocation of a child dies. Absent: none does. */
  readonly killAt?: (step: string, account: string, invocation: number) => number | undefined;
  /** Called before each child of a pass. */
  readonly before?: (pass: Pass, account: string) => void;
  readonly execution?: string;
}

export interface RunOutcome {
  readonly begun: BeginAnswer;
  readonly counted?: CountAnswer;
  readonly finished?: FinishAnswer;
}

/** The number of times that the state machine calls a child again after it has died. */
const RETRIES = 3;

export class MemoryOrganization {
  readonly clock = new MemoryClock();
  readonly log = new MemoryLog();
  readonly metrics = new MemoryMetrics();
  readonly events = new MemoryEvents();
  readonly notifications = new MemoryNotifications();
  readonly ledger = new MemoryOrganizationLedger();
  readonly networks = new Map<string, MemoryNetwork>();
  private readonly securityHubs = new Map<string, MemorySecurityHub>();
  /** The errors with which accounts are not entered. */
  readonly denied = new Map<string, Error>();
  /** The accounts whose sessions have expired, as AWS says. */
  readonly expired = new Set<string>();
  /** Every policy with which an account was entered. */
  readonly policies: Array<{ readonly account: string; readonly policy: string }> = [];
  readonly lists = new Map<string, readonly ListedAccount[]>();
  readonly running = new Set<string>();
  /** The scheduled time of each execution that a run has started after its end. */
  readonly started: Array<string | undefined> = [];
  readonly units = new Map<string, readonly string[] | Error>();
  known: readonly KnownAccount[] | Error = [];
  /** The number of times that a Region was entered, and that its connections were ended. */
  opened = 0;
  closed = 0;
  /** The Regions that are enabled in accounts, by account. Absent: only the one of the tests. */
  readonly regions = new Map<string, readonly string[] | Error>();
  private digest: string = DEPLOYED.digest;
  private executionCount = 0;
  private invocationCount = 0;

  private readonly directory: Directory = {
    accounts: async () => thrown(this.known),
    accountsBelow: async unit => {
      const below = this.units.get(unit);
      if (below === undefined) throw awsError('ParentNotFoundException', `there is no ${unit}`);
      return [...thrown(below)];
    },
    enabledRegions: async account => [...thrown(this.regions.get(account) ?? [REGION])],
  };

  private readonly sessions: Sessions = {
    enter: async (account, policy) => {
      const refusal = this.denied.get(account);
      if (refusal) throw refusal;
      this.policies.push({ account, policy });
      return {
        hasExpired: () => this.expired.delete(account),
        in: region => this.entered(account, region),
      };
    },
    enabledRegions: async account => {
      const refusal = this.denied.get(account);
      if (refusal) throw refusal;
      return [...this.networks.keys()].filter(key => key.startsWith(account)).map(key => key.slice(account.length + 1));
    },
  };

  private readonly accountLists: AccountLists = {
    bucket: 'lists',
    put: async (key, accounts) => void this.lists.set(key, accounts),
  };

  private readonly executions: Executions = {
    isRunning: async arn => this.running.has(arn),
    start: async () => STARTED,
    startAnother: async (_, scheduledTime) => {
      this.started.push(scheduledTime);
      return STARTED;
    },
  };

  constructor(public configuration: OrganizationsConfiguration) {
    this.ledger.controlEntry = aControl();
  }

  addAccount(id: string, worlds: Readonly<Record<string, World>> = { [REGION]: {} }): this {
    this.known = [...this.known instanceof Error ? [] : this.known, { id, name: `name-${id}`, state: 'ACTIVE' }];
    for (const [region, world] of Object.entries(worlds)) {
      this.networks.set(keyOf({ account: id, region }), new MemoryNetwork(world));
    }
    return this;
  }

  network(account: string, region = REGION): MemoryNetwork {
    return this.networks.get(keyOf({ account, region })) as MemoryNetwork;
  }

  /** Runs as the state machine does: begin, the first pass, count, the second pass, finish. */
  async run(options: RunOptions = {}): Promise<RunOutcome> {
    const name = ++this.executionCount;
    const execution = options.execution ?? `arn:aws:states:${REGION}:111122223333:execution:hygiene:${name}`;
    this.running.add(execution);
    try {
      const { scheduledTime } = options;
      const begun = await begin({ execution, scheduledTime }, this.configured, this.dependencies());
      if (begun.accounts === 0) return { begun };
      await this.map('observe', begun.key, begun.runId, options);
      const counted = await count(begun, this.configured, this.dependencies());
      if (counted.revoke > 0) await this.map('revoke', counted.key, begun.runId, options);
      const finished = await finish(begun, this.configured, this.dependencies());
      return { begun, counted, finished };
    } finally {
      this.running.delete(execution);
    }
  }

  /** Returns Security Hub of a place, which is on. */
  securityHub(account: string, region: string): MemorySecurityHub {
    const key = `${account} ${region}`;
    const hub = this.securityHubs.get(key) ?? new MemorySecurityHub({ partition: 'aws', account, region });
    this.securityHubs.set(key, hub);
    return hub;
  }

  private entered(account: string, region: string): MemberRegion {
    this.opened += 1;
    return {
      network: this.network(account, region) ?? new MemoryNetwork(), stacks: new MemoryStacks(),
      topology: { stateOf: async () => undefined },
      groupHolders: async () => new MemoryGroupHolders(), scaleRequests: () => undefined,
      securityHub: () => this.securityHub(account, region),
      close: () => {
        this.closed += 1;
      },
    };
  }

  /** Calls one child until nothing is left, as the state machine does. */
  async child(pass: Pass, { account, part }: ListedAccount, runId: string, options: RunOptions = {}): Promise<void> {
    options.before?.(pass, account);
    let attempt = 0;
    let died = 0;
    for (let invocation = 0; ; invocation++) {
      const life = new Life(options.killAt?.(pass, account, invocation));
      const answer = await this.invoke(life, { pass, runId, account, part, attempt });
      if (answer === undefined) {
        died += 1;
        if (died > RETRIES) {
          const error = { code: 'Killed', message: 'it died' };
          return void await lost({ pass, runId, account, error }, this.dependencies());
        }
        this.clock.advance(60_000);
        continue;
      }
      if (answer.left.length === 0) return;
      attempt = answer.attempt;
      this.clock.advance(answer.waitSeconds * 1000);
    }
  }

  private async map(pass: Pass, key: string, runId: string, options: RunOptions): Promise<void> {
    for (const item of this.lists.get(key) ?? []) await this.child(pass, item, runId, options);
  }

  /** @returns undefined if the invocation has died */
  private async invoke(
    life: Life, request: Parameters<typeof sweepAccount>[0],
  ): Promise<AccountAnswer | undefined> {
    try {
      const answer = await sweepAccount(request, this.configured, this.dependencies(life));
      return life.isOver ? undefined : answer;
    } catch (error) {
      if (life.isOver) return undefined;
      throw error;
    }
  }

  get configured(): Configured {
    return { configuration: this.configuration, deployed: { ...DEPLOYED, digest: this.digest } };
  }

  /** Puts another configuration into force, which has settled at once. */
  deploy(configuration: OrganizationsConfiguration): void {
    this.configuration = configuration;
    this.digest = `${this.digest}-next`;
    const { fingerprint } = DEPLOYED;
    const mark = { fingerprint, digest: this.digest, since: '2025-01-01T00:00:00.000Z' };
    const { controlEntry } = this.ledger;
    this.ledger.controlEntry = { ...controlEntry ?? aControl(), configuration: mark };
  }

  dependencies(life = new Life()) {
    const now = this.clock.now().getTime();
    const invocationId = `invocation-${++this.invocationCount}`;
    return {
      ledger: life.guard(this.ledger), directory: life.guard(this.directory), sessions: life.guard(this.sessions),
      lists: life.guard(this.accountLists), executions: life.guard(this.executions),
      metrics: life.guard(this.metrics), events: life.guard(this.events), notifications: life.guard(this.notifications),
      clock: this.clock, log: this.log.log, invocationId,
      runId: `20260101T000000Z-${String(this.invocationCount).padStart(8, '0')}`,
      endsAt: new Date(now + 900_000), beginUntil: new Date(now + 540_000), revokeUntil: new Date(now + 855_000),
      tellUntil: new Date(now + 880_000), isOutOfTime: () => false, restoreFunctionName: 'restore',
      fingerprint: DEPLOYED.fingerprint, table: DEPLOYED.table,
    };
  }
}

function thrown<T>(value: readonly T[] | Error): T[] {
  if (value instanceof Error) throw value;
  return [...value];
}
