import {
  restore,
  type RestoredRule,
  type RestoreReport,
  type RestoreRequest,
} from '../../../../lambda/core/act/restore';
import type { LedgerEntry } from '../../../../lambda/core/model/ledger';
import type { SecurityGroupRule, Tags } from '../../../../lambda/core/model/network';
import { EXEMPT_TAG } from '../../../../src/contract/exemptions';
import { awsError } from '../../../support/aws-error';
import { aGroup, anEntry, aRule } from '../../../support/builders';
import { anAttempt, inNinetyDays, iso } from '../../../support/ledger-builders';
import { MemoryLedger } from '../../../support/memory-ledger';
import { MemoryNetwork } from '../../../support/memory-network';
import { type LoggedLine, MemoryClock, MemoryLog } from '../../../support/recorders';

const MARKED = { [EXEMPT_TAG]: 'restored' };

function aRevokedEntry(overrides: Partial<LedgerEntry> = {}): LedgerEntry {
  return anEntry({ state: 'REVOKED', outcome: { name: 'REVOKED', sweepId: 'sweep-1', at: iso(0) }, ...overrides });
}

/** A rule with its own id and port. */
function rule(number: number, overrides: Partial<SecurityGroupRule> = {}): SecurityGroupRule {
  return aRule({ securityGroupRuleId: `sgr-${number}`, fromPort: number, toPort: number, ...overrides });
}

/** An EC2 that lets a test decide whether a response has the new id, and when a rule is shown. */
class Ec2 extends MemoryNetwork {
  /** Some endpoints return only that the call succeeded. */
  tellsNewIds = true;
  /** The number of reads that do not show a new rule. */
  showsAfter = 0;
  private readonly made = new Map<string, number>();
  private readings = 0;

  override async authorizeIngress(wanted: SecurityGroupRule, tags: Tags): Promise<string | undefined> {
    const id = await super.authorizeIngress(wanted, tags);
    if (id !== undefined) this.made.set(id, this.readings);
    return this.tellsNewIds ? id : undefined;
  }

  override async *securityGroupRules(
    by: Parameters<MemoryNetwork['securityGroupRules']>[0],
  ): AsyncGenerator<SecurityGroupRule[]> {
    const reading = this.readings++;
    for await (const page of super.securityGroupRules(by)) {
      yield page.filter(({ securityGroupRuleId: id }) => reading >= (this.made.get(id) ?? -Infinity) + this.showsAfter);
    }
  }
}

class World {
  readonly clock = new MemoryClock();
  readonly log = new MemoryLog();
  readonly ledger: MemoryLedger;
  readonly network: Ec2;
  private requests = 0;

  constructor(entries: readonly LedgerEntry[] = [aRevokedEntry()], rules: readonly SecurityGroupRule[] = []) {
    this.ledger = new MemoryLedger(entries);
    this.network = new Ec2({ rules, groups: [aGroup()] });
  }

  async restore(request: RestoreRequest, until?: Date): Promise<RestoreReport> {
    const { ledger, network, clock, log: { log } } = this;
    return restore(request, {
      ledger, network, clock, log, until, restoreId: `restore-${++this.requests}`,
      hygiene: 'Network/NetworkHygiene', table: 'ledger',
    });
  }

  /** Returns the result for one rule. */
  async restoreOne(securityGroupRuleId = 'sgr-1'): Promise<RestoredRule> {
    const { rules } = await this.restore({ securityGroupRuleIds: [securityGroupRuleId] });
    expect(rules).toHaveLength(1);
    return rules[0];
  }

  get rules(): SecurityGroupRule[] {
    return [...this.network.rules.values()];
  }

  countOf(method: 'authorizeIngress' | 'tagRule'): number {
    return this.network.methods.filter(each => each === method).length;
  }
}

describe('a rule that was revoked', () => {
  test('is put back with its traffic, description and tags, marked as exempt, by one call', async () => {
    const recorded = aRule({
      description: 'from the peer',
      tags: { 'Name': 'ssh', 'empty': '', 'aws:cloudformation:stack-name': 'Shop' },
    });
    const world = new World([aRevokedEntry({ rule: recorded })]);
    await world.restoreOne();
    expect(world.rules).toEqual([
      { ...recorded, securityGroupRuleId: 'sgr-added-1', tags: { Name: 'ssh', empty: '', ...MARKED } },
    ]);
    expect(world.countOf('authorizeIngress')).toBe(1);
    expect(world.countOf('tagRule')).toBe(0);
    expect(world.clock.slept).toEqual([]);
  });

  test('is reported as the rule that it is now', async () => {
    const world = new World();
    await expect(world.restore({ securityGroupRuleIds: ['sgr-1'] })).resolves.toEqual({
      restoreId: 'restore-1',
      counts: { RESTORED: 1 },
      rules: [
        {
          securityGroupRuleId: 'sgr-1',
          groupId: 'sg-1',
          outcome: 'RESTORED',
          restoredAs: 'sgr-added-1',
          detail: undefined,
        },
      ],
    });
  });

  test('is recorded as restored, by whom and as which rule, and may be forgotten then', async () => {
    const world = new World();
    await world.restoreOne();
    expect([...world.ledger.entries.values()]).toEqual([{
      ...aRevokedEntry(), state: 'RESTORED', revision: 3, writtenBy: 'restore-1', expiresAt: inNinetyDays(0),
      restored: { securityGroupRuleId: 'sgr-added-1', restoreId: 'restore-1', at: iso(0) },
    }]);
  });

  test('is reported with its differences from the revoked rule, such as tags that only AWS may set', async () => {
    const tags = { 'Name': 'ssh', 'aws:cloudformation:stack-name': 'Shop' };
    const world = new World([aRevokedEntry({ rule: aRule({ tags }) })]);
    const { rules } = world.network;
    world.network.on('authorizeIngress', {
      after: () => rules.forEach((each, id) => rules.set(id, { ...each, tags: MARKED })),
    });
    // No one could do anything about missing AWS tags.
    await expect(world.restoreOne()).resolves.toMatchObject({
      outcome: 'RESTORED',
      detail: 'it differs from what was revoked in the tag Name',
    });
  });

  test('has room for the exempt tag: of fifty tags, which is EC2\'s limit, one is left out and reported', async () => {
    const tags = Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`tag-${index}`, `${index}`]));
    const world = new World([aRevokedEntry({ rule: aRule({ tags }) })]);
    const { rules } = world.network;
    world.network.on('authorizeIngress', {
      after: () => {
        if ([...rules.values()].some(each => Object.keys(each.tags).length > 50)) {
          throw awsError('TagLimitExceeded', 'The maximum number of Tags for a resource has been reached');
        }
      },
    });
    await expect(world.restoreOne()).resolves.toMatchObject({
      outcome: 'RESTORED',
      detail: 'it differs from what was revoked in the tag tag-49',
    });
    const { 'tag-49': _, ...others } = tags;
    expect(world.rules[0].tags).toEqual({ ...others, ...MARKED });
  });

  test('keeps all of forty-nine tags beside the mark, those of AWS not counted', async () => {
    const tags = Object.fromEntries(Array.from({ length: 49 }, (_, index) => [`tag-${index}`, `${index}`]));
    const world = new World([
      aRevokedEntry({ rule: aRule({ tags: { 'aws:cloudformation:stack-name': 'Shop', ...tags } }) }),
    ]);
    await expect(world.restoreOne()).resolves.toMatchObject({ outcome: 'RESTORED', detail: undefined });
    expect(world.rules[0].tags).toEqual({ ...tags, ...MARKED });
  });

  test('is put back while the others of its group stay as they are', async () => {
    const neighbours = [rule(80), rule(443, { tags: { team: 'network' } })];
    const world = new World([aRevokedEntry()], neighbours);
    await world.restoreOne();
    expect(world.rules.slice(0, 2)).toEqual(neighbours);
    expect(world.rules).toHaveLength(3);
  });

  test('is waited for, when EC2 is late to show it', async () => {
    const world = new World();
    world.network.showsAfter = 3;
    await expect(world.restoreOne()).resolves.toMatchObject({
      outcome: 'RESTORED',
      restoredAs: 'sgr-added-1',
      detail: undefined,
    });
    expect(world.clock.slept).toEqual([300, 1000, 2700]);
  });

  test('is restored and recorded, even when EC2 does not show it in time', async () => {
    const world = new World();
    world.network.showsAfter = 100;
    await expect(world.restoreOne()).resolves.toMatchObject({
      outcome: 'RESTORED',
      restoredAs: 'sgr-added-1',
      detail: 'EC2 does not show it yet',
    });
    expect(world.ledger.entries.get('sgr-1')).toMatchObject({ state: 'RESTORED' });
    expect(world.countOf('authorizeIngress')).toBe(1);
  });

  test('is found by its traffic, when the endpoint does not tell its new id', async () => {
    const world = new World(
      [aRevokedEntry()],
      [rule(80), rule(22, { securityGroupRuleId: 'sgr-egress', isEgress: true })],
    );
    world.network.tellsNewIds = false;
    world.network.showsAfter = 2;
    await expect(world.restoreOne()).resolves.toMatchObject({ outcome: 'RESTORED', restoredAs: 'sgr-added-1' });
    expect(world.ledger.entries.get('sgr-1')).toMatchObject({
      state: 'RESTORED',
      restored: { securityGroupRuleId: 'sgr-added-1' },
    });
  });

  test('is restored and recorded, even when it cannot be read back: that says no more than that', async () => {
    const world = new World();
    world.network.on('securityGroupRules', { call: 2, throws: awsError('RequestLimitExceeded', 'slow down') });
    await expect(world.restoreOne()).resolves.toMatchObject({
      outcome: 'RESTORED',
      restoredAs: 'sgr-added-1',
      detail: 'it is there, but could not be read back: RequestLimitExceeded: slow down',
    });
    expect(world.ledger.entries.get('sgr-1')).toMatchObject({ state: 'RESTORED', restored: { securityGroupRuleId: 'sgr-added-1' } });
    expect(world.rules.map(({ tags }) => tags)).toEqual([MARKED]);
  });

  test('whose id is not returned, and that cannot be read back, does not count as restored', async () => {
    const world = new World();
    world.network.tellsNewIds = false;
    world.network.on('securityGroupRules', { call: 2, throws: awsError('RequestLimitExceeded', 'slow down') });
    await expect(world.restoreOne()).resolves.toEqual({
      securityGroupRuleId: 'sgr-1',
      groupId: 'sg-1',
      outcome: 'FAILED',
      detail: 'RequestLimitExceeded: slow down',
    });
    expect(world.ledger.entries.get('sgr-1')).toMatchObject({ state: 'REVOKED' });
  });

  test('whose id is not returned, and that EC2 does not show, does not count as restored', async () => {
    const world = new World();
    world.network.tellsNewIds = false;
    world.network.showsAfter = 100;
    const { outcome, restoredAs, detail } = await world.restoreOne();
    expect([outcome, restoredAs]).toEqual(['FAILED', undefined]);
    expect(detail).toContain('EC2 says that the rule is there, but does not show it');
    expect(world.ledger.entries.get('sgr-1')).toMatchObject({ state: 'REVOKED' });
  });

  test('is marked by a call of its own, where the endpoint ignores the tags of what is made', async () => {
    const world = new World();
    const { rules } = world.network;
    world.network.on('authorizeIngress', {
      after: () => rules.forEach((each, id) => rules.set(id, { ...each, tags: {} })),
    });
    await expect(world.restoreOne()).resolves.toMatchObject({ outcome: 'RESTORED' });
    expect(world.rules).toMatchObject([{ securityGroupRuleId: 'sgr-added-1', tags: MARKED }]);
  });

  test('counts as restored when the second attempt of one call finds the rule that the first has added', async () => {
    const world = new World([aRevokedEntry()], [rule(22, { securityGroupRuleId: 'sgr-2', tags: MARKED })]);
    world.network.on('authorizeIngress', {
      throws: awsError('InvalidPermission.Duplicate', 'the specified rule already exists', { attempts: 2 }),
    });
    await expect(world.restoreOne()).resolves.toMatchObject({ outcome: 'RESTORED', restoredAs: 'sgr-2' });
  });
});

describe('a rule whose equal is there already', () => {
  const equal = (overrides: Partial<SecurityGroupRule> = {}): SecurityGroupRule =>
    aRule({ securityGroupRuleId: 'sgr-theirs', ...overrides });

  test('is not added; what is there is made exempt, and keeps its tags', async () => {
    const world = new World([aRevokedEntry()], [rule(80), equal({ tags: { team: 'network' } })]);
    await expect(world.restoreOne()).resolves.toMatchObject({ outcome: 'ALREADY_THERE', restoredAs: 'sgr-theirs' });
    expect(world.rules).toEqual([rule(80), equal({ tags: { team: 'network', ...MARKED } })]);
    expect(world.ledger.entries.get('sgr-1')).toMatchObject({
      state: 'RESTORED',
      restored: { securityGroupRuleId: 'sgr-theirs' },
    });
  });

  test.each(['', 'no', 'restored'])('is left alone when it is exempt, whatever the tag says: %j', async value => {
    const theirs = equal({ tags: { [EXEMPT_TAG]: value } });
    const world = new World([aRevokedEntry()], [theirs]);
    await expect(world.restoreOne()).resolves.toMatchObject({ outcome: 'ALREADY_THERE', restoredAs: 'sgr-theirs' });
    expect(world.rules).toEqual([theirs]);
    expect(world.countOf('tagRule')).toBe(0);
  });

  test('keeps its own description, and is told to differ', async () => {
    const world = new World(
      [aRevokedEntry({ rule: aRule({ description: 'ours', tags: { Name: 'ssh' } }) })],
      [equal({ description: 'theirs' })],
    );
    const { detail } = await world.restoreOne();
    expect(detail).toBe('it differs from what was revoked in its description, the tag Name');
    expect(world.rules).toMatchObject([{ description: 'theirs' }]);
  });

  test('is not taken for another of the group', async () => {
    const others = [
      equal({ securityGroupRuleId: 'sgr-a', cidrIpv4: '198.51.100.0/24' }),
      equal({ securityGroupRuleId: 'sgr-b', toPort: 23 }),
      equal({ securityGroupRuleId: 'sgr-c', ipProtocol: 'udp' }),
      equal({ securityGroupRuleId: 'sgr-d', isEgress: true }),
    ];
    const world = new World([aRevokedEntry()], [...others, equal()]);
    await expect(world.restoreOne()).resolves.toMatchObject({ restoredAs: 'sgr-theirs' });
    for (const other of others) expect(world.network.rules.get(other.securityGroupRuleId)).toEqual(other);
  });
});

describe('a request that is repeated', () => {
  test('finds what the first has restored, and adds nothing', async () => {
    const world = new World();
    await world.restoreOne();
    const written = world.ledger.written.length;
    await expect(world.restoreOne()).resolves.toEqual({
      securityGroupRuleId: 'sgr-1',
      groupId: 'sg-1',
      outcome: 'ALREADY_THERE',
      restoredAs: 'sgr-added-1',
      detail: `restored at ${iso(0)}`,
    });
    expect(world.countOf('authorizeIngress')).toBe(1);
    expect(world.ledger.written).toHaveLength(written);
  });

  test('tags the restored rule as exempt again if someone removed the tag, because the next sweep would revoke it', async () => {
    for (const request of [{ securityGroupRuleIds: ['sgr-1'] }, { sweepId: 'sweep-1' }]) {
      const world = new World();
      await world.restoreOne();
      world.network.rules.set('sgr-added-1', { ...world.rules[0], tags: { team: 'network' } });
      await expect(world.restore(request)).resolves.toMatchObject({
        counts: { ALREADY_THERE: 1 },
        rules: [{ restoredAs: 'sgr-added-1' }],
      });
      expect(world.rules).toMatchObject([{ securityGroupRuleId: 'sgr-added-1', tags: { team: 'network', ...MARKED } }]);
      expect(world.countOf('authorizeIngress')).toBe(1);
    }
  });

  test('has failed, when what the first has restored cannot be marked as exempt again', async () => {
    const world = new World();
    await world.restoreOne();
    world.network.rules.set('sgr-added-1', { ...world.rules[0], tags: {} });
    world.network.on('tagRule', { throws: awsError('UnauthorizedOperation', 'You are not authorized') });
    await expect(world.restoreOne()).resolves.toMatchObject({
      outcome: 'FAILED',
      detail: expect.stringContaining('ec2:CreateTags') as string,
    });
  });

  test('finds what the first has restored, however the endpoint writes its protocol and ports', async () => {
    const world = new World([
      aRevokedEntry({ rule: aRule({ ipProtocol: '-1', fromPort: undefined, toPort: undefined }) }),
    ]);
    await world.restoreOne();
    world.network.rules.set('sgr-added-1', { ...world.rules[0], ipProtocol: 'all', fromPort: -1, toPort: -1 });
    await expect(world.restoreOne()).resolves.toMatchObject({ outcome: 'ALREADY_THERE', restoredAs: 'sgr-added-1' });
  });

  test('adds the rule once more, when what was restored is gone again', async () => {
    const world = new World();
    await world.restoreOne();
    world.network.rules.clear();
    await expect(world.restoreOne()).resolves.toMatchObject({ outcome: 'RESTORED', restoredAs: 'sgr-added-2' });
    expect(world.ledger.entries.get('sgr-1')?.restored).toMatchObject({
      securityGroupRuleId: 'sgr-added-2',
      restoreId: 'restore-2',
    });
  });

  test('adds the rule once more, when what was restored was modified under its id', async () => {
    const world = new World();
    await world.restoreOne();
    world.network.rules.set('sgr-added-1', { ...world.rules[0], toPort: 443 });
    await expect(world.restoreOne()).resolves.toMatchObject({ outcome: 'RESTORED', restoredAs: 'sgr-added-2' });
  });

  test('adds no second rule, when the first request was ended after it had added it', async () => {
    const world = new World();
    world.network.on('authorizeIngress', {
      call: 1,
      after: () => {
        throw awsError('TimeoutError', 'the function was ended');
      },
    });
    await world.restoreOne();
    expect(world.ledger.entries.get('sgr-1')).toEqual(aRevokedEntry());
    expect(world.rules).toHaveLength(1);
    await expect(world.restoreOne()).resolves.toMatchObject({ outcome: 'ALREADY_THERE', restoredAs: 'sgr-added-1' });
    expect(world.rules).toEqual([aRule({ securityGroupRuleId: 'sgr-added-1', tags: MARKED })]);
    expect(world.ledger.entries.get('sgr-1')).toMatchObject({ state: 'RESTORED', restored: { securityGroupRuleId: 'sgr-added-1' } });
  });

  test('by two at once adds one rule', async () => {
    const world = new World();
    const both = await Promise.all([world.restoreOne(), world.restoreOne()]);
    expect(both.map(({ outcome, restoredAs }) => `${outcome} ${restoredAs}`).sort()).toEqual([
      'ALREADY_THERE sgr-added-1',
      'RESTORED sgr-added-1',
    ]);
    expect(world.rules).toHaveLength(1);
    expect(world.ledger.entries.get('sgr-1')).toMatchObject({ state: 'RESTORED', restored: { securityGroupRuleId: 'sgr-added-1' } });
  });

  test('of one rule in one request adds one rule', async () => {
    const world = new World();
    const report = await world.restore({ securityGroupRuleIds: ['sgr-1', 'sgr-1'] });
    expect(report).toMatchObject({ counts: { RESTORED: 1 }, rules: [{ securityGroupRuleId: 'sgr-1' }] });
    expect(world.countOf('authorizeIngress')).toBe(1);
  });
});

describe('what was not revoked', () => {
  test.each(['OPEN', 'PENDING', 'HEALED', 'REVOKED'] as const)(
    'is left as it is, when the rule itself is there (%s)',
    async state => {
      const entry = anEntry({ state, attempt: state === 'PENDING' ? anAttempt(1) : undefined });
      const world = new World([entry], [aRule()]);
      await expect(world.restoreOne()).resolves.toMatchObject({
        outcome: 'NOT_REVOKED',
        restoredAs: 'sgr-1',
        detail: 'the rule is still there',
      });
      expect(world.rules).toEqual([aRule()]);
      expect(world.ledger.written).toEqual([]);
      expect(world.network.methods).toEqual(['securityGroupRules']);
    },
  );

  test.each<[name: string, entry: LedgerEntry]>([
    [
      'it was removed by someone else',
      anEntry({ state: 'HEALED', outcome: { name: 'HEALED', sweepId: 'sweep-1', at: iso(0) } }),
    ],
    ['it was found, and nobody was to revoke it', anEntry({ state: 'OPEN' })],
    [
      'an attempt on it failed for certain',
      anEntry({ state: 'OPEN', outcome: { name: 'FAILED', sweepId: 'sweep-1', at: iso(0) } }),
    ],
    [
      'it was there when an attempt on it could have no more effect',
      anEntry({ state: 'OPEN', attempt: anAttempt(-32) }),
    ],
  ])('by this construct is not added, though it is gone: %s', async (_, entry) => {
    const world = new World([entry]);
    await expect(world.restoreOne()).resolves.toEqual({
      securityGroupRuleId: 'sgr-1',
      groupId: 'sg-1',
      outcome: 'NOT_REVOKED',
      detail: `this construct did not revoke it; the ledger has it as ${entry.state}`,
    });
    expect(world.rules).toEqual([]);
    expect(world.network.methods).toEqual(['securityGroupRules']);
    expect(world.ledger.written).toEqual([]);
  });

  test.each(['OPEN', 'PENDING'] as const)(
    'for all that is recorded, but may have been by an attempt that was not recorded, is put back (%s)',
    async state => {
      const world = new World([anEntry({ state, attempt: anAttempt(1, 'sweep-killed') })]);
      await expect(world.restoreOne()).resolves.toMatchObject({ outcome: 'RESTORED', restoredAs: 'sgr-added-1' });
      expect(world.ledger.entries.get('sgr-1')).toMatchObject({
        state: 'RESTORED',
        attempt: undefined,
        outcome: { name: 'REVOKED', sweepId: 'sweep-killed', recordedBy: 'restore-1' },
      });
    },
  );

  test('and is not in the ledger is unknown, tells how to find the name that has it, and changes nothing', async () => {
    const world = new World([aRevokedEntry()]);
    await expect(world.restoreOne('sgr-unknown')).resolves.toEqual({
      securityGroupRuleId: 'sgr-unknown',
      groupId: undefined,
      outcome: 'UNKNOWN',
      detail: 'the ledger has no record of it under the name Network/NetworkHygiene. Another NetworkHygiene may have it, '
        + 'or this one under an earlier name. Find the name with: aws dynamodb scan --table-name ledger '
        + '--projection-expression "hygiene, id" --filter-expression "contains(id, :value)" '
        + '--expression-attribute-values \'{":value":{"S":"sgr-unknown"}}\'',
    });
    expect(world.network.calls).toEqual([]);
    expect(world.ledger.written).toEqual([]);
  });
});

describe('all that a sweep revoked', () => {
  test('is put back, with what it was about to revoke when it died, and nothing of another sweep', async () => {
    const world = new World([
      aRevokedEntry({ rule: rule(1) }),
      anEntry({ rule: rule(2), state: 'PENDING', attempt: anAttempt(1, 'sweep-1') }),
      anEntry({ rule: rule(3), state: 'OPEN', attempt: anAttempt(1, 'sweep-1') }),
      aRevokedEntry({ rule: rule(4), outcome: { name: 'REVOKED', sweepId: 'sweep-2', at: iso(0) } }),
      anEntry({ rule: rule(5), state: 'PENDING', attempt: anAttempt(1, 'sweep-2') }),
      anEntry({ rule: rule(6), state: 'HEALED', outcome: { name: 'HEALED', sweepId: 'sweep-1', at: iso(0) } }),
    ], [rule(3)]);
    const { counts, rules } = await world.restore({ sweepId: 'sweep-1' });
    const became = rules.map(({ securityGroupRuleId, outcome }) => `${securityGroupRuleId} ${outcome}`);
    expect(became).toEqual(['sgr-1 RESTORED', 'sgr-2 RESTORED', 'sgr-3 NOT_REVOKED']);
    expect(counts).toEqual({ RESTORED: 2, NOT_REVOKED: 1 });
    expect(world.rules.map(({ toPort }) => toPort)).toEqual([3, 1, 2]);
    expect([...world.ledger.entries.values()].map(({ state }) => state)).toEqual([
      'RESTORED',
      'RESTORED',
      'OPEN',
      'REVOKED',
      'PENDING',
      'HEALED',
    ]);
  });

  test('was put back already, when it is asked for again', async () => {
    const world = new World([1, 2].map(number => aRevokedEntry({ rule: rule(number) })));
    await world.restore({ sweepId: 'sweep-1' });
    await expect(world.restore({ sweepId: 'sweep-1' })).resolves.toMatchObject({ counts: { ALREADY_THERE: 2 } });
    expect(world.rules).toHaveLength(2);
  });

  test('is known by its id after it was put back, too, when it died with rules pending', async () => {
    const world = new World([anEntry({ state: 'PENDING', attempt: anAttempt(1, 'sweep-1') })]);
    await expect(world.restore({ sweepId: 'sweep-1' })).resolves.toMatchObject({ counts: { RESTORED: 1 } });
    await expect(world.restore({ sweepId: 'sweep-1' })).resolves.toMatchObject({ counts: { ALREADY_THERE: 1 } });
    expect(world.rules).toHaveLength(1);
  });

  test('is put back by the id of the sweep that recorded the revocation, or of the one that made it', async () => {
    for (const sweepId of ['sweep-1', 'sweep-2']) {
      const world = new World([
        aRevokedEntry({ outcome: { name: 'REVOKED', sweepId: 'sweep-1', recordedBy: 'sweep-2', at: iso(0) } }),
      ]);
      await expect(world.restore({ sweepId })).resolves.toMatchObject({ counts: { RESTORED: 1 } });
    }
  });

  test.each<[name: string, change: (world: World) => void]>([
    [
      'removed',
      ({ network }) => {
        network.rules.clear();
      },
    ],
    [
      'modified',
      ({ network }) => {
        network.rules.forEach((each, id) => network.rules.set(id, { ...each, toPort: 443 }));
      },
    ],
  ])('is not put back once more where someone has %s it since: that takes its own id', async (_, change) => {
    const world = new World();
    await world.restore({ sweepId: 'sweep-1' });
    change(world);
    const before = world.rules;
    await expect(world.restore({ sweepId: 'sweep-1' })).resolves.toMatchObject({
      counts: { NOT_REVOKED: 1 },
      rules: [
        { detail: `it was restored at ${iso(0)}, and removed since; to put it back once more, name it by its id` },
      ],
    });
    expect(world.rules).toEqual(before);
    expect(world.countOf('authorizeIngress')).toBe(1);
    await expect(world.restoreOne()).resolves.toMatchObject({ outcome: 'RESTORED', restoredAs: 'sgr-added-2' });
  });

  test('is not nothing: a sweep that the ledger does not know is an error', async () => {
    const world = new World();
    await expect(world.restore({ sweepId: 'sweep-9' })).rejects.toThrow(
      /^The ledger has no rule that the sweep sweep-9 revoked under the name Network\/NetworkHygiene\. Nothing was done\. Another .* aws dynamodb scan .* "revokedBy = :value" .*"sweep-9"/,
    );
    expect(world.network.calls).toEqual([]);
    expect(world.log.lines).toEqual([]);
  });

  test('may be many rules: five are put back at a time, and each is read by its id together with others', async () => {
    const world = new World(Array.from({ length: 450 }, (_, index) => aRevokedEntry({ rule: rule(index + 1) })));
    let underWay = 0;
    let most = 0;
    world.network.on('authorizeIngress', {
      before: async () => {
        most = Math.max(most, ++underWay);
        await new Promise(setImmediate);
        underWay--;
      },
    });
    await expect(world.restore({ sweepId: 'sweep-1' })).resolves.toMatchObject({ counts: { RESTORED: 450 } });
    expect(most).toBe(5);
    expect(world.network.idsOf('securityGroupRules').slice(0, 3).map(ids => ids.length)).toEqual([200, 200, 50]);
    expect(new Set(world.rules.map(({ toPort }) => toPort)).size).toBe(450);
  });
});

describe('a rule that cannot be put back', () => {
  /** Restores two rules, of which one fails. */
  async function besideAnother(error: Error): Promise<{ world: World; failed: RestoredRule }> {
    const world = new World([aRevokedEntry({ rule: rule(1) }), aRevokedEntry({ rule: rule(2) })]);
    world.network.on('authorizeIngress', { naming: 'sgr-1', throws: error });
    const { rules: [failed, other], counts } = await world.restore({ securityGroupRuleIds: ['sgr-1', 'sgr-2'] });
    expect(counts).toEqual({ FAILED: 1, RESTORED: 1 });
    expect(other).toMatchObject({ securityGroupRuleId: 'sgr-2', outcome: 'RESTORED' });
    expect(world.ledger.entries.get('sgr-1')).toEqual(aRevokedEntry({ rule: rule(1) }));
    expect(world.rules.map(({ toPort }) => toPort)).toEqual([2]);
    return { world, failed };
  }

  test('because its group is gone is told how to go on, and the others are put back', async () => {
    const world = new World([
      aRevokedEntry({ rule: rule(1, { groupId: 'sg-gone' }) }),
      aRevokedEntry({ rule: rule(2) }),
    ]);
    const { rules: [failed, other] } = await world.restore({ sweepId: 'sweep-1' });
    expect(failed).toMatchObject({ securityGroupRuleId: 'sgr-1', groupId: 'sg-gone', outcome: 'FAILED' });
    expect(failed.restoredAs).toBeUndefined();
    expect(failed.detail).toBe("InvalidGroup.NotFound: The security group 'sg-gone' does not exist. "
      + 'Its group is gone, or the group that it refers to is, or no active peering connection leads there. '
      + 'Create it again, and then restore the rule');
    expect(other).toMatchObject({ outcome: 'RESTORED' });
    expect(world.ledger.entries.get('sgr-1')?.state).toBe('REVOKED');
  });

  test('because its peering connection is gone is told how to go on', async () => {
    const { failed } = await besideAnother(
      awsError('InvalidGroup.NotFound', 'You have specified two resources that belong to different networks.'),
    );
    expect(failed.detail).toMatch(
      /different networks.*no active peering connection leads there.*restore the rule$/,
    );
  });

  test.each(['UnauthorizedOperation', 'AccessDenied'])(
    'because it is denied (%s) is told of allowRestore, and of what the properties declare by now',
    async code => {
      const { failed } = await besideAnother(awsError(code, 'You are not authorized'));
      expect(failed.detail).toBe(
        `${code}: You are not authorized. With allowRestore, the function may add rules in the groups in which it may `
          + 'revoke them. Check that the properties still include its group, and that nothing denies ec2:AuthorizeSecurityGroupIngress or ec2:CreateTags to its role',
      );
    },
  );

  test('because of anything else says what EC2 said, and no more', async () => {
    const { failed } = await besideAnother(
      awsError('RulesPerSecurityGroupLimitExceeded', 'The maximum number of rules has been reached'),
    );
    expect(failed.detail).toBe('RulesPerSecurityGroupLimitExceeded: The maximum number of rules has been reached');
  });

  test('because it cannot be made exempt has failed: a sweep would revoke it again', async () => {
    const world = new World([aRevokedEntry()], [aRule({ securityGroupRuleId: 'sgr-theirs' })]);
    world.network.on('tagRule', { throws: awsError('UnauthorizedOperation', 'You are not authorized') });
    await expect(world.restoreOne()).resolves.toMatchObject({ outcome: 'FAILED', detail: expect.stringContaining('ec2:CreateTags') as string });
    expect(world.ledger.entries.get('sgr-1')).toMatchObject({ state: 'REVOKED' });
  });
});

describe('when the ledger fails', () => {
  test.each<['find' | 'revokedBy', RestoreRequest]>([
    ['find', { securityGroupRuleIds: ['sgr-1'] }], ['revokedBy', { sweepId: 'sweep-1' }],
  ])('and cannot be read (%s), nothing is done', async (method, request) => {
    const world = new World();
    world.ledger.on(method, { throws: awsError('AccessDeniedException') });
    await expect(world.restore(request)).rejects.toMatchObject({ name: 'AccessDeniedException' });
    expect(world.network.calls).toEqual([]);
    expect(world.ledger.written).toEqual([]);
  });

  test('and cannot be written, the rule is restored all the same, with a hint, and the next request records it', async () => {
    const world = new World();
    world.ledger.on('put', { call: 1, throws: awsError('ProvisionedThroughputExceededException', 'too much') });
    await expect(world.restoreOne()).resolves.toMatchObject({
      outcome: 'RESTORED',
      restoredAs: 'sgr-added-1',
      detail:
        'it is there, but the ledger could not be written (ProvisionedThroughputExceededException: too much); '
        + 'restore it once more to record it',
    });
    expect(world.ledger.entries.get('sgr-1')).toEqual(aRevokedEntry());
    await expect(world.restoreOne()).resolves.toMatchObject({ outcome: 'ALREADY_THERE', restoredAs: 'sgr-added-1' });
    expect(world.rules).toHaveLength(1);
    expect(world.ledger.entries.get('sgr-1')).toMatchObject({
      state: 'RESTORED',
      restored: { securityGroupRuleId: 'sgr-added-1' },
    });
  });

  test('because someone else writes at the same time, the restore is recorded on top of that', async () => {
    const world = new World([anEntry({ state: 'PENDING', attempt: anAttempt(1, 'sweep-1') })]);
    world.ledger.on('put', {
      call: 1,
      before: () => {
        world.ledger.entries.set('sgr-1', aRevokedEntry({ revision: 3, writtenBy: 'sweep-2' }));
      },
    });
    await world.restoreOne();
    const entry = world.ledger.entries.get('sgr-1');
    expect(entry).toMatchObject({ state: 'RESTORED', revision: 4, outcome: aRevokedEntry().outcome });
    expect(entry?.attempt).toBeUndefined();
  });

  test('because the entry expires at the same time, the restore is recorded anew', async () => {
    const world = new World();
    world.ledger.on('put', { call: 1, before: () => { world.ledger.entries.clear(); } });
    await world.restoreOne();
    expect(world.ledger.entries.get('sgr-1')).toMatchObject({ state: 'RESTORED', revision: 1, rule: aRule() });
  });
});

describe('a record that cannot be read', () => {
  const message = "the ledger's item sgr-2 cannot be read: its attribute rule is missing. Correct the attribute";
  const IDS = ['sgr-1', 'sgr-2', 'sgr-3', 'sgr-unknown'];

  function aWorld(): World {
    const world = new World([1, 2, 3].map(number => aRevokedEntry({ rule: rule(number) })));
    world.ledger.unreadable.push({ id: 'sgr-2', message });
    return world;
  }

  test.each<[by: string, request: RestoreRequest, unknown: number | undefined]>([
    ['its sweep', { sweepId: 'sweep-1' }, undefined], ['ids', { securityGroupRuleIds: IDS }, 1],
  ])('has failed with how to repair it, and the others are put back: by %s', async (_, request, UNKNOWN) => {
    const world = aWorld();
    const { counts, rules } = await world.restore(request);
    expect(counts).toEqual({ RESTORED: 2, FAILED: 1, UNKNOWN });
    const failed = { securityGroupRuleId: 'sgr-2', groupId: undefined, outcome: 'FAILED', detail: message };
    expect(rules).toContainEqual(failed);
    expect(world.rules.map(({ toPort }) => toPort).sort()).toEqual([1, 3]);
    const errors = world.log.lines.filter(({ level }) => level === 'ERROR');
    expect(errors.map(line => line.message)).toEqual([`Restoring sgr-2: FAILED: ${message}`]);
  });

  test('has failed by itself, too, where it is all that was asked for', async () => {
    const world = aWorld();
    world.ledger.entries.clear();
    await expect(world.restore({ sweepId: 'sweep-1' })).resolves.toMatchObject({ counts: { FAILED: 1 } });
    await expect(world.restoreOne('sgr-2')).resolves.toMatchObject({ outcome: 'FAILED', detail: message });
    expect(world.network.calls).toEqual([]);
  });

  test('is looked for together with all others: a ledger that does not answer is asked once', async () => {
    const world = aWorld();
    world.ledger.on('find', { throws: awsError('TimeoutError', 'no answer') });
    const securityGroupRuleIds = Array.from({ length: 1000 }, (_, index) => `sgr-${index}`);
    await expect(world.restore({ securityGroupRuleIds })).rejects.toMatchObject({ name: 'TimeoutError' });
    expect(world.ledger.calls.map(({ method }) => method)).toEqual(['find']);
    expect(world.network.calls).toEqual([]);
  });
});

test('rules that are named by their ids are read from the ledger together', async () => {
  const world = new World([1, 2, 3].map(number => aRevokedEntry({ rule: rule(number) })));
  await world.restore({ securityGroupRuleIds: ['sgr-3', 'sgr-1', 'sgr-unknown', 'sgr-3'] });
  expect(world.ledger.calls.map(({ method }) => method)).toEqual(['find', 'put', 'put']);
  expect(world.ledger.entries.get('sgr-2')?.state).toBe('REVOKED');
});

describe('many rules', () => {
  const manyRules = (count: number): World =>
    new World(Array.from({ length: count }, (_, index) => aRevokedEntry({ rule: rule(index + 1) })));
  const told = ({ log }: World): string[] =>
    log.lines.filter(({ fields }) => fields.total !== undefined).map(({ message }) => message);

  test('say how long they take, and every fifty how far it is, as they are put back', async () => {
    const world = manyRules(160);
    const { note, counts } = await world.restore({ sweepId: 'sweep-1' });
    const pace = 'EC2 adds 50 rules at once and then about 5 a second, so 160 take about 22 seconds';
    expect(told(world)).toEqual([
      `Restoring 160 rules. ${pace}`,
      'Restored 50 of 160 rules so far', 'Restored 100 of 160 rules so far', 'Restored 150 of 160 rules so far',
    ]);
    expect(note).toBe(`${pace}. The log of the function shows the progress`);
    expect(counts).toEqual({ RESTORED: 160 });
    const { lines } = world.log;
    expect(lines[0])
      .toMatchObject({ level: 'INFO', fields: { event: 'Restore', restoreId: 'restore-1', done: 0, total: 160 } });
    expect(lines.findIndex(({ message }) => message === 'Restored 50 of 160 rules so far')).toBe(51);
  });

  test('say that not all of them are back', async () => {
    const world = manyRules(60);
    let calls = 0;
    world.network.on('authorizeIngress', {
      before: () => {
        calls += 1;
        if (calls <= 10) throw awsError('InternalError');
      },
    });
    await world.restore({ sweepId: 'sweep-1' });
    expect(told(world)[1]).toBe('Restored 40 of 60 rules so far; 10 others are not back');
  });

  test('are no more than fifty, when they are put back at once: nothing is said', async () => {
    const world = manyRules(50);
    await expect(world.restore({ sweepId: 'sweep-1' })).resolves.not.toHaveProperty('note');
    expect(told(world)).toEqual([]);
  });

  test('are left where time runs out, and are to be restored once more, which does', async () => {
    const world = manyRules(60);
    const until = new Date(world.clock.now().getTime() + 1000);
    world.network.on('authorizeIngress', { call: 20, after: () => world.clock.advance(1000) });
    const first = await world.restore({ sweepId: 'sweep-1' }, until);
    const { RESTORED = 0, SKIPPED = 0 } = first.counts;
    expect([RESTORED + SKIPPED, RESTORED >= 20, RESTORED < 30]).toEqual([60, true, true]);
    expect(first.rules.at(-1)).toMatchObject({
      outcome: 'SKIPPED', detail: 'not tried, because the function ran out of time; restore once more',
    });
    expect(first.note).toContain(`${SKIPPED} rules are SKIPPED, so restore once more`);
    expect(world.log.lines.filter(({ level }) => level === 'WARN')).toHaveLength(SKIPPED);
    await expect(world.restore({ sweepId: 'sweep-1' }))
      .resolves.toMatchObject({ counts: { RESTORED: SKIPPED, ALREADY_THERE: RESTORED } });
    expect(world.rules).toHaveLength(60);
  });

  test('are left where reading what the ledger has of them takes all the time there is', async () => {
    const world = manyRules(3);
    world.ledger.on('find', { call: 1, after: () => world.clock.advance(1000) });
    const until = new Date(world.clock.now().getTime() + 1000);
    const { counts } = await world.restore({ securityGroupRuleIds: ['sgr-1', 'sgr-2', 'sgr-3'] }, until);
    expect(counts).toEqual({ SKIPPED: 3 });
    expect(world.countOf('authorizeIngress')).toBe(0);
  });

  test.each([
    'RequestLimitExceeded', 'ThrottlingException',
  ])('are left where EC2 throttles to the end (%s), which is no failure', async code => {
    const world = manyRules(2);
    world.network.on('authorizeIngress', { call: 1, throws: awsError(code, 'slow down') });
    const { counts, rules, note } = await world.restore({ sweepId: 'sweep-1' });
    expect(counts).toEqual({ SKIPPED: 1, RESTORED: 1 });
    expect(rules[0])
      .toMatchObject({ outcome: 'SKIPPED', detail: 'not tried, because EC2 throttled every call; restore once more' });
    expect(note).toBe('1 rule is SKIPPED, so restore once more');
    expect(world.ledger.entries.get('sgr-1')?.state).toBe('REVOKED');
  });

  test.each(['OutOfTime', 'AbortError'])("are left where a call is ended with the function's time (%s)", async name => {
    const world = manyRules(1);
    world.network.on('authorizeIngress', { throws: Object.assign(new Error('the end'), { name }) });
    await expect(world.restoreOne()).resolves.toMatchObject({
      outcome: 'SKIPPED',
      detail: 'not finished, because the function ran out of time; restore once more',
    });
  });

  test('have failed, where EC2 throttles what makes them exempt: a sweep would revoke them', async () => {
    const world = new World([aRevokedEntry()], [aRule({ securityGroupRuleId: 'sgr-theirs' })]);
    world.network.on('tagRule', { throws: awsError('RequestLimitExceeded', 'slow down') });
    await expect(world.restoreOne())
      .resolves.toMatchObject({ outcome: 'FAILED', detail: 'RequestLimitExceeded: slow down' });
  });

  test('fit into an answer of Lambda: a thousand are listed, first those that are not back, and all are counted', async () => {
    const world = manyRules(1500);
    let calls = 0;
    world.network.on('authorizeIngress', {
      before: () => {
        calls += 1;
        if (calls % 2 === 0) throw awsError('UnauthorizedOperation', `not authorized: ${'x'.repeat(10_000)}`);
      },
    });
    const answer = await world.restore({ sweepId: 'sweep-1' });
    expect(answer.counts).toEqual({ RESTORED: 750, FAILED: 750 });
    expect(answer.rules).toHaveLength(1000);
    expect(answer.rules.slice(0, 750).every(({ outcome }) => outcome === 'FAILED')).toBe(true);
    expect(answer.rules.slice(750).every(({ outcome }) => outcome === 'RESTORED')).toBe(true);
    expect(answer.note).toContain(
      '1000 of 1500 rules are listed here, and those that are not back come first; the log has them all',
    );
    expect(Buffer.byteLength(JSON.stringify(answer))).toBeLessThan(2_000_000);
    expect(world.log.lines.filter(({ level }) => level === 'ERROR')).toHaveLength(750);
    expect(world.log.lines.find(({ level }) => level === 'ERROR')?.message.length).toBeGreaterThan(10_000);
  });

  test('are listed as they were asked for, when they are a thousand', async () => {
    const world = manyRules(1000);
    const securityGroupRuleIds = Array.from({ length: 1000 }, (_, index) => `sgr-${1000 - index}`);
    const { rules, note } = await world.restore({ securityGroupRuleIds });
    expect(rules.map(({ securityGroupRuleId }) => securityGroupRuleId)).toEqual(securityGroupRuleIds);
    expect(note).not.toContain('listed');
  });
});

test('when EC2 cannot tell which rules are there, nothing is added', async () => {
  const world = new World();
  world.network.on('securityGroupRules', { throws: awsError('RequestLimitExceeded') });
  await expect(world.restoreOne()).rejects.toMatchObject({ name: 'RequestLimitExceeded' });
  expect(world.rules).toEqual([]);
});

describe('the report', () => {
  /** A world with a rule for every outcome. */
  function aWorld(): World {
    const world = new World(
      [1, 2, 3, 5, 6].map(number =>
        aRevokedEntry({ rule: rule(number, { description: `rule ${number}`, tags: { Name: `${number}` } }) }),
      ),
      [rule(2, { securityGroupRuleId: 'sgr-theirs' }), rule(3)],
    );
    world.network.on('authorizeIngress', { naming: 'sgr-5', throws: awsError('InternalError') });
    return world;
  }
  const REQUEST = { securityGroupRuleIds: ['sgr-1', 'sgr-2', 'sgr-3', 'sgr-4', 'sgr-5', 'sgr-6'] };
  const OUTCOMES = ['RESTORED', 'ALREADY_THERE', 'NOT_REVOKED', 'UNKNOWN', 'FAILED', 'RESTORED'];

  test('counts the outcomes, and names no outcome that there is none of', async () => {
    const { counts, rules, restoreId } = await aWorld().restore(REQUEST);
    expect(restoreId).toBe('restore-1');
    expect(counts).toEqual({ RESTORED: 2, ALREADY_THERE: 1, NOT_REVOKED: 1, UNKNOWN: 1, FAILED: 1 });
    expect(rules.map(({ outcome }) => outcome)).toEqual(OUTCOMES);
    expect(rules.map(({ securityGroupRuleId }) => securityGroupRuleId)).toEqual(REQUEST.securityGroupRuleIds);
  });

  test('is in the log, too: a line for each rule, with the whole rule, as loud as its outcome', async () => {
    const world = aWorld();
    const { rules } = await world.restore(REQUEST);
    // Each rule is logged when it is done.
    const position = ({ fields }: LoggedLine): number =>
      REQUEST.securityGroupRuleIds.indexOf(String(fields.securityGroupRuleId));
    const lines = world.log.ofEvent('Restore').sort((a, b) => position(a) - position(b));
    expect(lines).toHaveLength(world.log.lines.length);
    expect(lines.map(({ level }) => level)).toEqual(['INFO', 'INFO', 'WARN', 'WARN', 'ERROR', 'INFO']);
    lines.forEach(({ fields, message }, index) => {
      const id = REQUEST.securityGroupRuleIds[index];
      expect(fields).toEqual({
        event: 'Restore',
        restoreId: 'restore-1',
        ...rules[index],
        rule: world.ledger.entries.get(id)?.rule,
      });
      expect(message).toContain(`Restoring ${id}: ${OUTCOMES[index]}`);
    });
    expect(lines[4].fields.rule).toEqual(rule(5, { description: 'rule 5', tags: { Name: '5' } }));
    expect(lines[0].message).toBe('Restoring sgr-1: RESTORED as sgr-added-1');
    expect(lines[4].message).toBe('Restoring sgr-5: FAILED: InternalError: AWS says InternalError');
  });
});
