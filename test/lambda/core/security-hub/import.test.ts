/** Tests what sweeps import into Security Hub: each change once, each end once, and nothing that is not known. */
import { EVERYTHING, type Scope } from '../../../../lambda/core/model/scope';
import type { SecurityFinding } from '../../../../lambda/core/model/security-hub';
import type { DecodedConfiguration } from '../../../../src/contract/configuration';
import { awsError } from '../../../support/aws-error';
import { ACCOUNT, aDecodedConfiguration, aGroup, aRuleFromAnywhere } from '../../../support/builders';
import { MemoryGroupHolders } from '../../../support/memory-group-holders';
import { MemoryLedger } from '../../../support/memory-ledger';
import { MemoryNetwork } from '../../../support/memory-network';
import { MemoryClock, MemoryMetrics } from '../../../support/recorders';
import { violationsOfFinding } from '../../../support/security-hub/asff';
import { MemorySecurityHub } from '../../../support/security-hub/memory-security-hub';
import { type Circumstances, run, sshFlagged, START, type Swept, vpcs } from '../../../support/swept';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

const REPORT = aDecodedConfiguration({
  staleRules: 'report', flaggedIngressRules: [{ ...sshFlagged(), action: { kind: 'report' } }], securityHub: true,
});
const REVOKE = aDecodedConfiguration({ flaggedIngressRules: [sshFlagged()], securityHub: true });

/** An account that is swept again and again. */
class Account {
  readonly clock = new MemoryClock(START);
  readonly securityHub = new MemorySecurityHub();
  readonly groupHolders = new MemoryGroupHolders();
  ledger = new MemoryLedger();
  private count = 0;

  constructor(readonly network: MemoryNetwork) {}

  async sweep(
    configuration: DecodedConfiguration = REPORT,
    { later = HOUR, ...circumstances }: Circumstances & { readonly later?: number } = {},
  ): Promise<Swept> {
    this.clock.advance(later);
    this.count += 1;
    const { network, ledger, clock, securityHub, groupHolders } = this;
    return run(configuration, network, {
      ledger, clock, securityHub, groupHolders, accountId: ACCOUNT, sweepId: `sweep-${this.count}`, ...circumstances,
    });
  }

  /** Returns what was imported since the last call, such as `ACTIVE sgr-1`. */
  imported(): string[] {
    return this.securityHub.imports.splice(0).flat().map(inShort).sort();
  }

  /** The ids of rules and groups whose findings are active. */
  get active(): string[] {
    return [...this.securityHub.hub.active.values()].map(nameOf).sort();
  }

  get recorded(): string[] {
    return [...this.ledger.importedParts.values()].flatMap(({ findings }) => Object.keys(findings)).sort();
  }
}

const nameOf = ({ Id: id }: SecurityFinding): string => id.split('/').at(-1) ?? '';
const inShort = (finding: SecurityFinding): string => `${finding.RecordState} ${nameOf(finding)}`;

const FOUND = ['sgr-egress-1', 'sgr-flagged-1', 'sgr-stale-1'];
const active = (...names: string[]): string[] => names.map(name => `ACTIVE ${name}`);
const archived = (...names: string[]): string[] => names.map(name => `ARCHIVED ${name}`);

const anAccount = (count = 1): Account => new Account(new MemoryNetwork(vpcs(count)));
const ofGroups = (...groupIds: string[]): Scope => ({ kind: 'groups', groupIds });

/** The lines about deliveries that failed. */
const failures = ({ log }: Swept): string[] => log.ofEvent('DeliveryFailed').map(({ message }) => message);

describe('a finding', () => {
  it('is imported once, as active, and not again while nothing changes', async () => {
    const account = anAccount();
    const first = await account.sweep();
    expect(account.imported()).toEqual(active(...FOUND));
    expect(first.deliveriesFailed).toBe(0);
    for (let sweep = 0; sweep < 24; sweep++) await account.sweep();
    expect(account.imported()).toEqual([]);
    expect(account.active).toEqual(FOUND);
  });

  it('is valid, and says what no person decides: no workflow, no note, no severity beside that of the provider', async () => {
    const account = anAccount();
    await account.sweep();
    for (const finding of account.securityHub.imports.flat()) {
      expect(violationsOfFinding(finding)).toEqual([]);
      expect(finding).not.toHaveProperty('Workflow');
      expect(finding).not.toHaveProperty('Note');
      expect(finding).not.toHaveProperty('Severity');
      expect(finding).not.toHaveProperty('Types');
    }
  });

  it('is not imported, and nothing is read or written for it, if that is not asked for', async () => {
    const account = anAccount();
    await account.sweep({ ...REPORT, securityHub: undefined });
    expect(account.imported()).toEqual([]);
    expect(account.ledger.calls.filter(({ method }) => /mported/.test(method))).toEqual([]);
  });

  it('is archived once when its rule is gone, and leaves the record', async () => {
    const account = anAccount();
    await account.sweep();
    account.imported();
    account.network.rules.delete('sgr-flagged-1');
    await account.sweep();
    expect(account.imported()).toEqual(archived('sgr-flagged-1'));
    expect(account.recorded).toEqual(['sg-1#sgr-egress-1', 'sg-1#sgr-stale-1']);
    await account.sweep();
    expect(account.imported()).toEqual([]);
    expect(account.active).toEqual(['sgr-egress-1', 'sgr-stale-1']);
  });

  it('is archived by the sweep that revokes its rule, and says so', async () => {
    const account = anAccount();
    await account.sweep({ ...REVOKE, dryRun: true });
    expect(account.imported()).toEqual(active('sgr-flagged-1'));
    await account.sweep(REVOKE);
    const [finding] = account.securityHub.imports.flat();
    expect(account.imported()).toEqual(archived('sgr-flagged-1'));
    expect(finding.Description).toContain('Resolved, because it was revoked');
    expect(finding.ProductFields['cdk-network-hygiene/resolution']).toBe('REVOKED');
    expect(finding.Compliance.Status).toBe('PASSED');
  });

  it('is imported as archived if the sweep that finds the rule revokes it', async () => {
    const account = anAccount();
    await account.sweep(REVOKE);
    expect(account.imported()).toEqual(archived('sgr-flagged-1'));
    expect(account.recorded).toEqual([]);
    await account.sweep(REVOKE);
    expect(account.imported()).toEqual([]);
  });

  it('is archived without having passed when the configuration no longer looks for it', async () => {
    const account = anAccount();
    await account.sweep();
    await account.sweep({ ...REPORT, staleRules: 'ignore' });
    const last = account.securityHub.imports.at(-1) ?? [];
    expect(last.map(inShort).sort()).toEqual(archived('sgr-egress-1', 'sgr-stale-1'));
    expect(last.map(({ Compliance }) => Compliance.Status)).toEqual(['NOT_AVAILABLE', 'NOT_AVAILABLE']);
  });

  it('is active again, and new to people, when its rule comes back under the same id', async () => {
    const account = anAccount();
    const rule = account.network.rules.get('sgr-flagged-1');
    await account.sweep();
    const [id] = [...account.securityHub.hub.findings.keys()].filter(each => each.endsWith('sgr-flagged-1'));
    account.securityHub.hub.decide(id, { Workflow: { Status: 'RESOLVED' } });
    account.network.rules.delete('sgr-flagged-1');
    await account.sweep();
    if (rule) account.network.rules.set('sgr-flagged-1', rule);
    await account.sweep();
    expect(account.active).toEqual(FOUND);
    expect(account.securityHub.hub.findings.get(id)?.Workflow.Status).toBe('NEW');
  });

  it('is imported again when it changes', async () => {
    const account = anAccount();
    await account.sweep();
    account.imported();
    account.network.rules.set('sgr-flagged-1', aRuleFromAnywhere({
      securityGroupRuleId: 'sgr-flagged-1', groupId: 'sg-1', description: 'for the weekend',
    }));
    await account.sweep();
    expect(account.imported()).toEqual(active('sgr-flagged-1'));
  });

  it('keeps what a person has decided, whatever is imported later', async () => {
    const account = anAccount();
    await account.sweep();
    const { hub } = account.securityHub;
    const [id] = hub.findings.keys();
    hub.decide(id, { Workflow: { Status: 'SUPPRESSED' }, Severity: { Label: 'LOW' } });
    await account.sweep(REPORT, { later: 60 * DAY });
    expect(hub.findings.get(id)).toMatchObject({
      Workflow: { Status: 'SUPPRESSED' }, Severity: { Label: 'LOW' }, UpdatedAt: account.clock.now().toISOString(),
    });
  });

  it('is imported again before Security Hub deletes it, for as long as it is open', async () => {
    const account = anAccount();
    const last = new Map<string, number>();
    for (let day = 0; day < 400; day++) {
      await account.sweep(REPORT, { later: DAY });
      for (const finding of account.securityHub.imports.splice(0).flat()) last.set(nameOf(finding), day);
      for (const name of FOUND) expect(day - (last.get(name) ?? -1)).toBeLessThanOrEqual(50);
    }
    expect(last.get('sgr-flagged-1')).toBeGreaterThan(300);
  });
});

describe('a finding is never archived because a run could not look', () => {
  it.each<[string, (account: Account) => void, DecodedConfiguration?]>([
    ['its VPC cannot be read', ({ network }) => void network.on('staleSecurityGroups', { throws: awsError('InternalError') })],
    ['no group can be read', ({ network }) => {
      network.on('securityGroups', { throws: awsError('InternalError') });
      network.on('allSecurityGroups', { throws: awsError('InternalError') });
      network.on('securityGroupRules', { throws: awsError('InternalError') });
      network.on('allSecurityGroupRules', { throws: awsError('InternalError') });
    }],
    ['the VPCs cannot be listed', ({ network }) => void network.on('vpcs', { throws: awsError('RequestLimitExceeded') })],
    ['the ledger cannot be read', ({ ledger }) => void ledger.on('unsettled', { throws: awsError('InternalServerError') })],
    ['the ledger times out', ({ ledger }) => void ledger.on('unsettled', { throws: awsError('TimeoutError') })],
    ['entries cannot be written', ({ ledger }) => void ledger.on('put', { throws: awsError('InternalServerError') })],
    ['the control item cannot be read', ({ ledger }) => void ledger.on('control', { throws: awsError('InternalServerError') })],
    ['an entry cannot be read', ({ ledger, network }) => {
      ledger.unreadable.push({ id: 'sgr-flagged-1', message: 'it cannot be read' });
      network.rules.delete('sgr-flagged-1');
    }],
  ])('because %s', async (_, spoil) => {
    const account = anAccount();
    await account.sweep();
    account.imported();
    spoil(account);
    await account.sweep();
    await account.sweep();
    expect(account.imported().filter(each => each.startsWith('ARCHIVED'))).toEqual([]);
    expect(account.active).toEqual(FOUND);
  });

  it('is imported again in time even while it is hidden', async () => {
    const account = anAccount();
    await account.sweep();
    account.imported();
    account.network.on('staleSecurityGroups', { throws: awsError('InternalError') });
    await account.sweep(REPORT, { later: 60 * DAY });
    expect(account.imported()).toEqual(active(...FOUND));
  });

  it('is not looked up in the ledger again while it is hidden', async () => {
    const account = anAccount();
    await account.sweep();
    account.network.on('staleSecurityGroups', { throws: awsError('InternalError') });
    account.ledger.calls.length = 0;
    await account.sweep();
    expect(account.ledger.calls.filter(({ method }) => method === 'get')).toEqual([]);
  });

  it('because the ledger was made for another table', async () => {
    const account = anAccount();
    await account.sweep();
    account.imported();
    const entry = account.ledger.entries.get('sgr-flagged-1');
    if (entry) account.ledger.entries.set('sgr-flagged-1', { ...entry, state: 'HEALED', revision: entry.revision + 1 });
    account.network.rules.delete('sgr-flagged-1');
    if (account.ledger.controlEntry) account.ledger.controlEntry = { ...account.ledger.controlEntry, table: 'another' };
    await account.sweep();
    expect(account.imported()).toEqual([]);
  });
});

describe('a run over some groups', () => {
  it('imports and archives only what it has seen', async () => {
    const account = anAccount(2);
    await account.sweep();
    account.imported();
    account.network.rules.delete('sgr-flagged-1');
    account.network.rules.delete('sgr-flagged-2');
    account.network.rules.set('sgr-new', aRuleFromAnywhere({ securityGroupRuleId: 'sgr-new', groupId: 'sg-1', toPort: 22 }));
    await account.sweep(REPORT, { scope: ofGroups('sg-1'), trigger: 'change' });
    expect(account.imported()).toEqual([...active('sgr-new'), ...archived('sgr-flagged-1')]);
    await account.sweep();
    expect(account.imported()).toEqual(archived('sgr-flagged-2'));
  });

  it('refreshes nothing, and reads only the parts that it needs', async () => {
    const account = anAccount();
    await account.sweep();
    account.imported();
    account.ledger.calls.length = 0;
    await account.sweep(REPORT, { scope: ofGroups('sg-1'), trigger: 'change', later: 80 * DAY });
    expect(account.imported()).toEqual([]);
    const reads = account.ledger.calls.filter(({ method }) => method === 'importedFindings');
    expect(reads).toHaveLength(1);
    expect(reads[0].id?.split(',').length).toBeLessThanOrEqual(FOUND.length);
  });
});

describe('an unused security group', () => {
  const UNUSED = aDecodedConfiguration({ unusedSecurityGroups: { afterSeconds: 0, sightings: 1 }, securityHub: true });

  function withGroup(): Account {
    const account = new Account(new MemoryNetwork({ vpcs: [{ vpcId: 'vpc-1', ownerId: ACCOUNT }] }));
    account.groupHolders.groups = [aGroup({ groupId: 'sg-1', groupName: 'idle' })];
    return account;
  }

  it('is imported when it counts as a finding, and archived when it is used', async () => {
    const account = withGroup();
    await account.sweep({ ...UNUSED, unusedSecurityGroups: { afterSeconds: 7200, sightings: 1 } });
    expect(account.imported()).toEqual([]);
    await account.sweep(UNUSED);
    const [finding] = account.securityHub.imports.flat();
    expect(account.imported()).toEqual(active('sg-1'));
    expect(finding.FindingProviderFields.Severity.Label).toBe('INFORMATIONAL');
    account.groupHolders.heldIds.set('lambdaFunctions', ['sg-1']);
    await account.sweep(UNUSED);
    expect(account.imported()).toEqual(archived('sg-1'));
    expect(account.active).toEqual([]);
  });

  it('is archived as waiting, without having passed, when the configuration asks for a longer wait', async () => {
    const account = withGroup();
    await account.sweep(UNUSED);
    await account.sweep({ ...UNUSED, unusedSecurityGroups: { afterSeconds: 90 * 86_400, sightings: 1 } });
    const [finding] = account.securityHub.imports.at(-1) ?? [];
    expect([inShort(finding), finding.Compliance.Status]).toEqual(['ARCHIVED sg-1', 'NOT_AVAILABLE']);
  });

  it('is archived when unused groups are no longer looked for', async () => {
    const account = withGroup();
    await account.sweep(UNUSED);
    account.imported();
    await account.sweep({ ...UNUSED, unusedSecurityGroups: undefined }, { trigger: 'deployment' });
    expect(account.imported()).toEqual(archived('sg-1'));
  });

  it('is not archived, and not imported again, while a check cannot look', async () => {
    const account = withGroup();
    await account.sweep(UNUSED);
    account.imported();
    account.groupHolders.failing.set('lambdaFunctions', awsError('AccessDeniedException'));
    await account.sweep(UNUSED);
    account.groupHolders.failing.set('groups', awsError('InternalError'));
    await account.sweep(UNUSED);
    expect(account.imported()).toEqual([]);
    expect(account.active).toEqual(['sg-1']);
  });

  it('is settled later if the sweep that saw its end could not import it', async () => {
    const account = withGroup();
    await account.sweep(UNUSED);
    account.securityHub.hub.state = 'off';
    account.groupHolders.groups = [];
    await account.sweep(UNUSED);
    account.securityHub.hub.state = 'on';
    account.imported();
    await account.sweep(UNUSED);
    expect(account.imported()).toEqual(archived('sg-1'));
    expect(account.recorded).toEqual([]);
  });
});

describe('a VPN connection', () => {
  it('is no finding', async () => {
    const network = new MemoryNetwork({
      vpnConnections: [{ vpnConnectionId: 'vpn-1', state: 'available', tags: {}, tunnels: [{ outsideIpAddress: '192.0.2.1', status: 'DOWN' }] }],
    });
    const account = new Account(network);
    await account.sweep(aDecodedConfiguration({ vpnConnections: { kind: 'all' }, securityHub: true }));
    expect(account.imported()).toEqual([]);
  });
});

describe('an import that fails', () => {
  it('fails no sweep, is told and counted once, and is tried again by the next sweep', async () => {
    const account = anAccount();
    account.securityHub.hub.refuses = finding => nameOf(finding) === 'sgr-flagged-1'
      ? { code: 'InvalidInput', message: 'no such finding' } : undefined;
    const first = await account.sweep();
    expect(first.error).toBeUndefined();
    expect(failures(first)).toEqual([
      'The finding cdk-network-hygiene/Stack/NetworkHygiene/sg-1/sgr-flagged-1 was not imported into Security Hub: InvalidInput: no such finding',
    ]);
    expect(first.deliveriesFailed).toBe(1);
    expect(account.active).toEqual(['sgr-egress-1', 'sgr-stale-1']);
    account.imported();
    const second = await account.sweep();
    expect(account.imported()).toEqual(active('sgr-flagged-1'));
    expect(failures(second)).toEqual([]);
    expect(second.deliveriesFailed).toBe(0);
    expect(second.log.ofEvent('SecurityHub').map(({ level }) => level)).toContain('WARN');
    account.securityHub.hub.refuses = () => undefined;
    await account.sweep();
    expect(account.active).toEqual(FOUND);
    account.imported();
    await account.sweep();
    expect(account.imported()).toEqual([]);
  });

  it.each(['off', 'off for each finding'] as const)('because Security Hub is %s says where to enable it, once', async state => {
    const account = anAccount();
    account.securityHub.hub.state = state;
    const first = await account.sweep();
    expect(failures(first)).toEqual([expect.stringMatching(
      /^Security Hub: 3 findings were not imported\. Security Hub is off in 111122223333 in eu-central-1 \(InvalidAccess.*\)\. Enable AWS Security Hub CSPM there, and the next sweep imports the findings, or set securityHub to false\.$/,
    )]);
    expect(first.deliveriesFailed).toBe(3);
    for (let sweep = 0; sweep < 3; sweep++) {
      const next = await account.sweep();
      expect([failures(next), next.deliveriesFailed, next.metrics.aggregates.DeliveriesFailed]).toEqual([[], 0, 0]);
      expect(next.log.ofEvent('SecurityHub').map(({ level }) => level)).toContain('WARN');
    }
    account.securityHub.hub.state = 'on';
    await account.sweep();
    expect(account.active).toEqual(FOUND);
  });

  it('does not keep the metrics and the events from being sent', async () => {
    const account = anAccount();
    account.securityHub.before = () => {
      throw new Error('broken');
    };
    const swept = await account.sweep();
    expect(swept.error).toBeUndefined();
    expect(swept.metrics.aggregates).toMatchObject({ FlaggedIngressRules: 1, DeliveriesFailed: 1 });
    expect(swept.events.sent).toHaveLength(FOUND.length);
    expect(failures(swept)).toEqual(['The findings were not imported into Security Hub: Error: broken']);
  });

  it('is made up for, and no finding is imported for nothing, if metrics could not be published', async () => {
    const account = anAccount();
    await account.sweep(REPORT, { metrics: new MemoryMetrics(awsError('InternalFailure')) });
    expect(account.active).toEqual(FOUND);
    account.imported();
    await account.sweep();
    expect(account.imported()).toEqual([]);
  });

  it('of an end is made up for by the next full sweep', async () => {
    const account = anAccount();
    await account.sweep();
    account.network.rules.delete('sgr-flagged-1');
    account.securityHub.hub.state = 'off';
    await account.sweep(REPORT, { scope: ofGroups('sg-1'), trigger: 'change' });
    account.securityHub.hub.state = 'on';
    account.imported();
    await account.sweep();
    expect(account.imported()).toEqual(archived('sgr-flagged-1'));
    expect(account.active).toEqual(['sgr-egress-1', 'sgr-stale-1']);
  });

  it('is not tried when the ledger cannot record it, because it would be tried again each time', async () => {
    const account = anAccount();
    account.ledger.on('putImportedFindings', { throws: awsError('ProvisionedThroughputExceededException') });
    const swept = await account.sweep();
    expect(account.imported()).toEqual([]);
    expect(swept.error).toBeUndefined();
    expect(failures(swept)[0]).toContain('could not be recorded in the ledger, so they are not imported');
  });

  it('is reported if the record cannot be read', async () => {
    const account = anAccount();
    account.ledger.on('importedFindings', { throws: awsError('InternalServerError') });
    const swept = await account.sweep();
    expect(failures(swept)).toEqual([expect.stringContaining('InternalServerError')]);
    expect(swept.deliveriesFailed).toBe(1);
    expect(account.imported()).toEqual([]);
  });
});

describe('a run that dies', () => {
  it.each<[string, (account: Account) => void]>([
    ['before the findings are imported', ({ securityHub }) => { securityHub.before = () => { throw new Error('killed'); }; }],
    ['after the findings are imported', ({ securityHub }) => { securityHub.after = () => { throw new Error('killed'); }; }],
  ])('%s loses nothing: the next one imports what is open and archives what is not', async (_, kill) => {
    const account = anAccount();
    kill(account);
    await account.sweep();
    account.securityHub.before = account.securityHub.after = () => undefined;
    account.network.rules.delete('sgr-flagged-1');
    await account.sweep();
    expect(account.active).toEqual(['sgr-egress-1', 'sgr-stale-1']);
    account.imported();
    await account.sweep();
    expect(account.imported()).toEqual([]);
  });

  it('after its entry was settled and before the finding was archived is made up for', async () => {
    const account = anAccount();
    await account.sweep();
    account.network.rules.delete('sgr-flagged-1');
    account.securityHub.before = () => { throw new Error('killed'); };
    await account.sweep();
    expect(account.ledger.entries.get('sgr-flagged-1')?.state).toBe('HEALED');
    account.securityHub.before = () => undefined;
    account.imported();
    await account.sweep();
    expect(account.imported()).toEqual(archived('sgr-flagged-1'));
  });
});

describe('the record of imports', () => {
  it('that cannot be read in part costs that part only: nothing of it is archived, and all is imported when it is deleted', async () => {
    const account = anAccount(20);
    await account.sweep();
    const before = account.active;
    account.imported();
    const [part] = account.ledger.importedParts.keys();
    const message = `the ledger's item securityHub#${part} cannot be read`;
    account.ledger.unreadable.push({ id: String(part).padStart(2, '0'), message });
    const swept = await account.sweep();
    expect(account.imported()).toEqual([]);
    expect(failures(swept)).toEqual([`Security Hub: ${message}`]);
    expect(account.active).toEqual(before);
    const inPart = Object.keys(account.ledger.importedParts.get(part)?.findings ?? {}).map(key => key.split('#')[1]);
    account.ledger.unreadable.length = 0;
    account.ledger.importedParts.delete(part);
    await account.sweep();
    expect(account.imported()).toEqual(active(...inPart.sort()));
  });

  it('of a run that opens a finding while another one works is not mistaken for one of an end', async () => {
    const account = anAccount();
    await account.sweep();
    account.imported();
    let isFirst = true;
    account.ledger.on('importedFindings', {
      before: async () => {
        if (!isFirst) return;
        isFirst = false;
        account.network.rules.set('sgr-new', aRuleFromAnywhere({ securityGroupRuleId: 'sgr-new', groupId: 'sg-1' }));
        await account.sweep(REPORT, { scope: ofGroups('sg-1') });
      },
    });
    await account.sweep();
    expect(account.imported()).toEqual(active('sgr-new'));
    expect(account.recorded).toContain('sg-1#sgr-new');
  });

  it('forgets a finding of which nothing is known when Security Hub has deleted it', async () => {
    const account = anAccount();
    await account.sweep();
    account.ledger.entries.delete('sgr-flagged-1');
    account.network.rules.delete('sgr-flagged-1');
    await account.sweep(REPORT, { later: 89 * DAY });
    expect(account.recorded).toContain('sg-1#sgr-flagged-1');
    await account.sweep(REPORT, { later: 2 * DAY });
    expect(account.recorded).not.toContain('sg-1#sgr-flagged-1');
  });
});

it('250 findings are imported in 3 calls', async () => {
  const account = anAccount(83);
  account.network.rules.set('sgr-more', aRuleFromAnywhere({ securityGroupRuleId: 'sgr-more', groupId: 'sg-1' }));
  await account.sweep({ ...REPORT, maxRevocationsPerSweep: 0 }, { scope: EVERYTHING });
  expect(account.securityHub.hub.calls.map(({ length }) => length)).toEqual([100, 100, 50]);
});
