/**
 * Laws of importing over random histories: rules come and go, runs overlap, are killed and cannot look, Security Hub is
 * off or refuses findings, and the ledger fails.
 */
import * as fc from 'fast-check';
import { EXEMPT_UNTIL_TAG } from '../../../../src/contract/exemptions';
import { awsError } from '../../../support/aws-error';
import { ACCOUNT, aDecodedConfiguration, aGroup, aRuleFromAnywhere } from '../../../support/builders';
import { type LedgerMethod, MemoryLedger } from '../../../support/memory-ledger';
import { MemoryNetwork } from '../../../support/memory-network';
import { MemoryClock } from '../../../support/recorders';
import { violationsOfFinding } from '../../../support/security-hub/asff';
import { MemorySecurityHub } from '../../../support/security-hub/memory-security-hub';
import { type Circumstances, run, sshFlagged } from '../../../support/swept';

const DAY = 86_400_000;

const REPORT = aDecodedConfiguration({
  flaggedIngressRules: [{ ...sshFlagged(), action: { kind: 'report' } }], securityHub: true,
});
const REVOKE = aDecodedConfiguration({
  flaggedIngressRules: [sshFlagged()], securityHub: true, maxRevocationsPerSweep: 100,
});

/** With this configuration people are told and asked before anything is revoked. */
const ASK = aDecodedConfiguration({
  ...REVOKE, finalNoticeSeconds: 3600, approval: { validSeconds: 86_400 },
  flaggedIngressRules: [{
    ...sshFlagged(), action: { kind: 'revoke', grace: { seconds: 60, sightings: 2, maxGapSeconds: 10 * 86_400 } },
  }],
});

const CONFIGURATIONS = { report: REPORT, revoke: REVOKE, ask: ASK } as const;

const RULES = ['a', 'b', 'c', 'd', 'e'];
const GROUPS = ['sg-1', 'sg-2'];

const groupOf = (name: string): string => GROUPS[RULES.indexOf(name) % GROUPS.length];

/** A clock on which no two readings are the same. */
class TickingClock extends MemoryClock {
  override now(): Date {
    this.advance(1);
    return super.now();
  }
}

const FAULTS = [
  'off', 'off for each finding', 'refuses some', 'killed before', 'killed after', 'record', 'read', 'entries',
  'cannot look',
] as const;
type Fault = typeof FAULTS[number];

interface Step {
  readonly toggled: readonly string[];
  readonly described: readonly string[];
  readonly runs: ReadonlyArray<'all' | 'sg-1' | 'sg-2'>;
  /** The rules that are exempt for some days from now on. */
  readonly exempted: readonly string[];
  readonly by: keyof typeof CONFIGURATIONS;
  readonly faults: readonly Fault[];
  readonly laterDays: number;
}

const step: fc.Arbitrary<Step> = fc.record({
  toggled: fc.subarray(RULES), described: fc.subarray(RULES, { maxLength: 2 }),
  runs: fc.array(fc.constantFrom('all' as const, 'sg-1' as const, 'sg-2' as const), { minLength: 1, maxLength: 3 }),
  exempted: fc.subarray(RULES, { maxLength: 2 }),
  by: fc.constantFrom('report' as const, 'revoke' as const, 'ask' as const, 'ask' as const),
  faults: fc.oneof({ weight: 2, arbitrary: fc.constant([]) }, {
    weight: 3, arbitrary: fc.subarray<Fault>([...FAULTS], { minLength: 1, maxLength: 2 }),
  }),
  laterDays: fc.constantFrom(0, 0, 0, 1, 5, 20, 70),
});

class Account {
  readonly clock = new TickingClock();
  readonly securityHub = new MemorySecurityHub();
  readonly ledger = new MemoryLedger();
  readonly network = new MemoryNetwork({
    vpcs: [{ vpcId: 'vpc-1', ownerId: ACCOUNT }],
    groups: GROUPS.map(groupId => aGroup({ groupId, vpcId: 'vpc-1', ownerId: ACCOUNT })),
  });
  private count = 0;
  private added = 0;
  private readonly ids = new Map<string, string>();
  private faults: ReadonlySet<Fault> = new Set();
  /** The archived findings whose rule the ledger had as open when they were imported. */
  readonly wrong: string[] = [];

  constructor() {
    const failing = (method: LedgerMethod, fault: Fault): void => {
      this.ledger.on(method, {
        before: () => {
          if (this.faults.has(fault)) throw awsError('InternalServerError');
        },
      });
    };
    failing('putImportedFindings', 'record');
    failing('importedFindings', 'read');
    failing('get', 'entries');
    for (const method of ['securityGroups', 'securityGroupRules'] as const) {
      this.network.on(method, {
        before: () => {
          if (this.faults.has('cannot look')) throw awsError('InternalError');
        },
      });
    }
    const { hub } = this.securityHub;
    hub.refuses = ({ Id }) => this.faults.has('refuses some') && /[ab]$/.test(Id) ? { code: 'InvalidInput', message: 'no' } : undefined;
    this.securityHub.before = () => {
      hub.state = this.faults.has('off') ? 'off' : this.faults.has('off for each finding') ? 'off for each finding' : 'on';
      for (const { Id, RecordState } of this.securityHub.imports.at(-1) ?? []) {
        const state = this.ledger.entries.get(Id.split('/').at(-1) ?? '')?.state;
        if (RecordState === 'ARCHIVED' && (state === 'OPEN' || state === undefined)) this.wrong.push(Id);
      }
      if (this.faults.has('killed before')) throw new Error('killed');
    };
    this.securityHub.after = () => {
      if (this.faults.has('killed after')) throw new Error('killed');
    };
  }

  async take({ toggled, described, exempted, runs, by, faults, laterDays }: Step): Promise<void> {
    this.clock.advance(laterDays * DAY + 60_000);
    for (const name of toggled) this.toggle(name);
    for (const name of described) {
      const id = this.ids.get(name) ?? '';
      const known = this.network.rules.get(id);
      if (known) this.network.rules.set(id, { ...known, description: `${known.description ?? ''}x` });
    }
    for (const name of exempted) {
      const id = this.ids.get(name) ?? '';
      const known = this.network.rules.get(id);
      const until = new Date(this.clock.now().getTime() + 9 * DAY).toISOString().slice(0, 10);
      if (known) this.network.rules.set(id, { ...known, tags: { [EXEMPT_UNTIL_TAG]: until } });
    }
    this.faults = new Set(faults);
    await Promise.all(runs.map(async scope => this.sweep(CONFIGURATIONS[by], scope)));
    this.faults = new Set();
  }

  /** Removes a rule, or adds it. EC2 gives a rule that is added again another id. */
  private toggle(name: string): void {
    if (this.network.rules.delete(this.ids.get(name) ?? '')) return;
    this.added += 1;
    const id = `sgr-${this.added}-${name}`;
    this.ids.set(name, id);
    this.network.rules.set(id, aRuleFromAnywhere({ securityGroupRuleId: id, groupId: groupOf(name) }));
  }

  async sweep(configuration = REPORT, scope: Step['runs'][number] = 'all'): Promise<void> {
    const { network, ledger, clock, securityHub } = this;
    this.count += 1;
    securityHub.hub.deleteOld(clock.now());
    const circumstances: Circumstances = {
      network, ledger, clock, securityHub, accountId: ACCOUNT, sweepId: `sweep-${this.count}`,
      ...scope !== 'all' && { scope: { kind: 'groups', groupIds: [scope] }, trigger: 'change' },
    } as Circumstances;
    await run(configuration, network, circumstances);
  }

  get active(): string[] {
    return [...this.securityHub.hub.active.keys()].map(id => id.split('/').at(-1) ?? '').sort();
  }
}

test('after any history, what is active is what is open, nothing was archived that was open, and nothing is left to do', async () => {
  let archived = 0;
  await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 8 }), async steps => {
    const account = new Account();
    for (const each of steps) await account.take(each);
    account.clock.advance(60_000);
    await account.sweep();
    account.clock.advance(60_000);
    await account.sweep();
    expect(account.wrong).toEqual([]);
    expect(account.active).toEqual([...account.network.rules.keys()].sort());
    const { imports } = account.securityHub;
    archived += imports.flat().filter(({ RecordState }) => RecordState === 'ARCHIVED').length;
    expect(imports.flat().flatMap(violationsOfFinding)).toEqual([]);
    const recorded = [...account.ledger.importedParts.values()].flatMap(({ findings }) => Object.keys(findings));
    expect(recorded.map(key => key.split('#')[1]).sort()).toEqual(account.active);
    imports.length = 0;
    account.clock.advance(60_000);
    await account.sweep();
    expect(imports).toEqual([]);
  }), { numRuns: 150 });
  expect(archived).toBeGreaterThan(40);
});

