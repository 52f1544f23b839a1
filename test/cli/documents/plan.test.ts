/** Tests what a plan says, for each kind of deployment and of first sweep. */
import { type ConstructPlan, planDocument, tallyOf } from '../../../cli/documents/plan';
import type { PlannedSweep } from '../../../cli/planning/sweeps';
import { render } from '../../../cli/render/render';
import type { KeepReason } from '../../../lambda/core/decide/reasons';
import { aDecodedConfiguration, aGrace, aGroup, anEntry, aRuleFromAnywhere } from '../../support/builders';

const AT = new Date('2026-11-29T12:34:56.789Z');
const GROUP = aGroup({ groupId: 'sg-1', groupName: 'web' });
const CONFIGURATION = aDecodedConfiguration({
  staleRules: 'revoke', grace: aGrace({ seconds: 604_800, sightings: 1 }), scheduleSeconds: 3600, maxRevocationsPerSweep: 20,
});

function kept(id: string, reason: KeepReason): PlannedSweep['plan']['keep'][number] {
  const rule = aRuleFromAnywhere({ securityGroupRuleId: id, groupId: 'sg-1' });
  return { groupId: 'sg-1', rule, reason, entry: anEntry({ rule }) };
}

function revoked(id: string): PlannedSweep['plan']['revoke'][number] {
  const rule = aRuleFromAnywhere({ securityGroupRuleId: id, groupId: 'sg-1' });
  return { rule, group: GROUP, because: { declarations: [] }, finding: { groupId: 'sg-1', rule }, entry: anEntry({ rule }) };
}

function aSweep(overrides: Partial<PlannedSweep> = {}): PlannedSweep {
  return {
    trigger: 'schedule', at: AT, plan: { revoke: [], keep: [] }, due: 0, entries: new Map(), takenAway: [], errors: [],
    ...overrides,
  };
}

function aPlan(overrides: Partial<ConstructPlan> = {}): ConstructPlan {
  return {
    construct: 'Network/NetworkHygiene', stack: 'Network', hygiene: 'Network/NetworkHygiene', readAt: AT,
    place: { account: '111122223333', region: 'eu-west-1', arn: 'arn:aws:iam::111122223333:user/me' },
    notes: [], gaps: [], ledger: 'read', configuration: CONFIGURATION, schedule: 'rate(1 hour)',
    groups: new Map([['sg-1', GROUP]]), sawNothing: false,
    sweeps: {
      deployment: { kind: 'sweeps', sweep: aSweep({ trigger: 'deployment' }) },
      first: { kind: 'schedule', before: 0, sweep: aSweep() },
    },
    ...overrides,
  };
}

const textOf = (...plans: ConstructPlan[]): string => render(planDocument(plans), 'table', { isColored: false });

test('the first line names account, Region and role', () => {
  expect(textOf(aPlan()).split('\n')[0]).toBe('Account 111122223333, Region eu-west-1, as arn:aws:iam::111122223333:user/me');
});

describe('the sweep at deployment', () => {
  test('says until when nothing is revoked, and how much would be due', () => {
    const hold = { reason: 'SETTLING' as const, detail: 'it changed', until: '2026-11-29T13:34:56.789Z' };
    const sweep = aSweep({ trigger: 'deployment', hold, plan: { revoke: [], keep: [kept('sgr-1', 'SETTLING'), kept('sgr-2', 'EGRESS')] } });
    const text = textOf(aPlan({ sweeps: { ...aPlan().sweeps, deployment: { kind: 'sweeps', sweep } } }));
    expect(text).toContain('The sweep finds 2 rules, and revokes none.\n'
      + 'Nothing is revoked before 2026-11-29 13:34 UTC, because the configuration has to settle.\n'
      + 'Without that, 1 rule would be due.');
  });

  test('that is not there, because the configuration is in force, is said', () => {
    const deployment = { kind: 'unchanged', since: '2026-11-01T08:00:00.000Z' } as const;
    expect(textOf(aPlan({ sweeps: { ...aPlan().sweeps, deployment } })))
      .toContain('This configuration is in force since 2026-11-01 08:00 UTC, so a deployment starts no sweep');
  });

  test('that fails counts as something that could not be looked at, and nothing is claimed about later sweeps', () => {
    const plan = aPlan({ sweeps: { deployment: { kind: 'fails', detail: 'the ledger is broken' } } });
    expect(textOf(plan)).toMatch(/The deployment fails: the ledger is broken[^]*\nPlan: The deployment fails\.\n$/);
    expect(textOf(plan)).not.toContain('The first sweep');
    expect(tallyOf([plan])).toEqual({ findings: 0, gaps: 1 });
  });
});

describe('the first sweep that may revoke', () => {
  test('lists revocations first, and names the earliest time of what waits', () => {
    const waiting = kept('sgr-2', 'WITHIN_GRACE');
    const entry = anEntry({
      rule: waiting.rule,
      stale: { reason: 'DELETED_GROUP', firstSeen: AT.toISOString(), lastSeen: AT.toISOString(), sightings: 1, countedSince: AT.toISOString(), countedAt: AT.toISOString() },
    });
    const sweep = aSweep({ plan: { revoke: [revoked('sgr-1')], keep: [waiting] }, entries: new Map([['sgr-2', entry]]) });
    const text = textOf(aPlan({ sweeps: { ...aPlan().sweeps, first: { kind: 'schedule', before: 2, sweep } } }));
    expect(text).toContain('The sweep runs at about 2026-11-29 12:34 UTC if the stack is deployed now, after 2 others.');
    expect(text.indexOf('sgr-1')).toBeLessThan(text.indexOf('sgr-2'));
    expect(text).toContain('revoked at 2026-12-06 12:34 UTC at the earliest');
    expect(text).toMatch(/\nPlan: 1 rule to revoke, 0 to replace, 1 to keep\.\n$/);
  });

  test.each([['dryRun', { dryRun: true }], ['enabled', { enabled: false }], ['limit', { maxRevocationsPerSweep: 0 }]])(
    'does not exist with %s, so that nothing is said to be revoked at a time', (_name, overrides) => {
      const sweep = aSweep({ plan: { revoke: [], keep: [kept('sgr-2', 'WITHIN_GRACE')] }, entries: new Map([['sgr-2', anEntry()]]) });
      const text = textOf(aPlan({
        configuration: { ...CONFIGURATION, ...overrides },
        sweeps: { ...aPlan().sweeps, first: { kind: 'never', detail: 'dryRun is true', sweep } },
      }));
      expect(text).toContain('The next scheduled sweep, if nothing changes\nNo sweep may revoke, because dryRun is true.\n'
        + 'The sweep runs at about 2026-11-29 12:34 UTC');
      expect(text).not.toContain('revoked at');
      expect(text).not.toContain('settle');
    },
  );

  test('over the limit says how many rules count, and that they are held back', () => {
    const sweep = aSweep({ due: 4, plan: { revoke: [], keep: [kept('sgr-1', 'OVER_LIMIT')] } });
    const text = textOf(aPlan({
      configuration: { ...CONFIGURATION, maxRevocationsPerSweep: 3 },
      sweeps: { ...aPlan().sweeps, first: { kind: 'schedule', before: 0, sweep } },
    }));
    expect(text).toContain('The limit holds them back: 4 rules are due or may be due, and maxRevocationsPerSweep is 3.');
  });

  test('with a cron expression names the expression, and no exact time', () => {
    const { scheduleSeconds: _none, ...configuration } = CONFIGURATION;
    expect(textOf(aPlan({ configuration, schedule: 'cron(0 3 * * ? *)' })))
      .toContain('The sweep is the first of the schedule cron(0 3 * * ? *) at or after 2026-11-29 12:34 UTC.');
  });
});

test('a network that could not be looked at is not said to have no rules', () => {
  const plan = aPlan({ sawNothing: true, gaps: [{ message: 'listing VPCs failed with UnauthorizedOperation: no' }] });
  const text = textOf(plan);
  expect(text).toContain('Nothing could be looked at, so nothing is known.');
  expect(text).not.toMatch(/finds 0 rules|0 rules to revoke/);
  expect(text.indexOf('Could not look')).toBeLessThan(text.indexOf('The sweep at deployment'));
  expect(tallyOf([plan]).gaps).toBe(1);
});

test('many gaps that differ only in their place are shown a few times, and counted', () => {
  const gaps = Array.from({ length: 300 }, (_, index) => ({ vpcId: `vpc-${index}`, message: `reading (vpc-${index}) failed` }));
  const text = textOf(aPlan({ gaps }));
  expect(text).toContain('300 things could not be looked at');
  expect(text.split('\n').filter(line => line.startsWith('reading'))).toHaveLength(5);
  expect(text).toContain('and 295 more like these');
});

test('several constructs are told apart, with their Regions', () => {
  const other = aPlan({ place: { ...aPlan().place, region: 'us-east-1' } });
  const text = textOf(aPlan(), other);
  expect(text).toContain('Plan of Network/NetworkHygiene in 2 Regions\n');
  expect(textOf(aPlan(), { ...other, construct: 'Other/NetworkHygiene' })).toContain('Plan of 2 constructs\n');
  expect(text).toMatch(/Network\/NetworkHygiene in eu-west-1: .*\nNetwork\/NetworkHygiene in us-east-1: .*\n$/);
});

test('in CSV each row says of which kind it is, and a rule has a row per sweep', () => {
  const sweep = aSweep({ plan: { revoke: [revoked('sgr-1')], keep: [] } });
  const plan = aPlan({
    sweeps: { deployment: { kind: 'sweeps', sweep: { ...sweep, trigger: 'deployment' } }, first: { kind: 'schedule', before: 0, sweep } },
    vpnConnections: [{ vpnConnectionId: 'vpn-1', status: 'DOWN', stale: false, tunnels: [] }], gaps: [{ message: 'a gap' }],
  });
  const { columns, rows } = planDocument([plan]).records;
  const kinds = rows.map(row => row[columns.indexOf('kind')]);
  expect(kinds).toEqual(['rule', 'rule', 'vpnConnection', 'couldNotLook']);
  expect(rows.every(row => row.length === columns.length)).toBe(true);
  expect(tallyOf([plan])).toEqual({ findings: 2, gaps: 1 });
});
