/** Every kind of line that the handler logs, created by the code that logs them. */
import { awsError } from './aws-error';
import {
  aChange, aConfiguration, aControl, aDecodedConfiguration, aFlaggedRule, anAuthor, anEntry, aRule, aStaleRule,
  aVpnConnection, DEPLOYED,
} from './builders';
import { ChangeScene, ofPeering, revoking, unreadable } from './change-scene';
import { customResourceEvent } from './cloudformation';
import { customResourceProperties, deployedWith } from './deployment';
import { aSweepEntry } from './findings';
import { anUnusedGroup } from './ledger-builders';
import { MemoryLedger } from './memory-ledger';
import { MemoryNetwork } from './memory-network';
import {
  aConfiguration as organizationsConfiguration, flaggedWorld, MemoryOrganization, REGION,
} from './memory-organization';
import { aPause } from './pauses';
import { type LoggedLine, MemoryClock, MemoryEvents, MemoryLog, MemoryMetrics, MemoryNotifications } from './recorders';
import { MemorySecurityHub } from './security-hub/memory-security-hub';
import { anOutcome, aSweepResult, proofsOf } from './sweep-result';
import { REVOKE, run, sshFlagged, vpcs } from './swept';
import { approve } from '../../lambda/core/act/approve';
import { type Outcome, OUTCOMES } from '../../lambda/core/act/outcomes';
import { restore } from '../../lambda/core/act/restore';
import { retry } from '../../lambda/core/act/retry';
import { digestOfSet } from '../../lambda/core/decide/approval';
import { handleCustomResource } from '../../lambda/core/invocation/custom-resource';
import { parseInvocation } from '../../lambda/core/invocation/invocation';
import type { VpnConnectionState } from '../../lambda/core/model/finding';
import type { SecurityGroupRule } from '../../lambda/core/model/network';
import type { SweepResult } from '../../lambda/core/model/result';
import type { KnownAccount } from '../../lambda/core/organization-ports';
import { adopt, pause, resume } from '../../lambda/core/pausing';
import { preflight } from '../../lambda/core/preflight';
import { logLines } from '../../lambda/core/report/log-lines';
import type { DecodedConfiguration } from '../../src/contract/configuration';
import { FINGERPRINT_VARIABLE } from '../../src/contract/names';
import { parseCidr } from '../../src/contract/traffic';

/** Lines of every event, with every field that any of them can have. */
export async function everyLogLine(): Promise<LoggedLine[]> {
  const log = new MemoryLog();
  // Rules with each kind of source in turn.
  const sources: Array<Partial<SecurityGroupRule>> = [
    { cidrIpv4: '0.0.0.0/0' },
    { cidrIpv6: '::/0' },
    { prefixListId: 'pl-1' },
    { referencedGroup: { groupId: 'sg-far' } },
  ];
  const rules = sources.map((source, index) =>
    aRule({ securityGroupRuleId: `sgr-${index}`, description: 'reporting', ...source }),
  );
  const declarations = [{ name: 'flaggedIngressRules[0]', reason: 'use Session Manager' }];
  const because = { stale: 'DELETED_GROUP', verdict: 'flagged' as const, declarations };
  const error = { code: 'UnauthorizedOperation', message: 'You are not authorized' };
  const returned = {
    revocations: 2, since: '2026-01-01T00:00:00.000Z', latest: '2026-01-01T01:00:00.000Z', groupTags: { team: 'network' },
  };
  const changedBy = anAuthor();
  const known = { groupName: 'db', vpcId: 'vpc-1', stackName: 'Network', because, returned, changedBy };
  const stack = {
    stackId: 'arn:aws:cloudformation:eu-central-1:111122223333:stack/Network/0123', status: 'UPDATE_IN_PROGRESS',
    since: '2026-01-01T00:00:00.000Z', isStuck: true,
  };
  const tunnels = aVpnConnection().tunnels.map(({ outsideIpAddress }) => ({
    outsideIpAddress,
    status: 'DOWN' as const,
    statusMessage: 'IPSEC IS DOWN',
  }));
  const connection: VpnConnectionState = {
    vpnConnectionId: 'vpn-1',
    name: 'office',
    status: 'DOWN',
    stale: false,
    state: 'available',
    gateway: 'vgw-1',
    customerGatewayId: 'cgw-1',
    tunnels,
  };
  const change = {
    revision: 2,
    writtenBy: 'sweep-1',
    writtenAt: '2026-01-01T00:00:00.000Z',
    since: '2026-01-01T00:00:00.000Z',
    stale: false,
    tunnels,
  };
  const result = aSweepResult({
    entries: new Map(rules.map(rule => [rule.securityGroupRuleId, anEntry({ rule, ...known })])),
    observation: {
      proofs: proofsOf({ failures: [{ doing: 'reading all security groups', error }] }),
      errors: [{ doing: 'reading', vpcId: 'vpc-1', resourceId: 'sg-1', error }],
      vpnConnections: [connection, { ...connection, status: 'UP' }, { ...connection, status: 'PENDING' }],
    },
    tunnelFlaps: new Map([['vpn-1', [tunnels[0].outsideIpAddress]]]),
    newlyLongPending: [
      {
        ...change, vpnConnectionId: 'vpn-1', name: 'office', status: 'PENDING', longPending: true,
        gateway: 'vgw-1', customerGatewayId: 'cgw-1',
      },
    ],
    plan: {
      revoke: [],
      keep: rules.map((rule, index) => ({
        groupId: 'sg-1',
        rule,
        stale: aStaleRule(),
        flagged: aFlaggedRule(),
        entry: anEntry({ rule, ...known }),
        reason: index === 0 ? 'STACK_IN_PROGRESS' : 'OVER_LIMIT',
        stack: index === 0 ? stack : undefined,
      })),
    },
    outcomes: (Object.keys(OUTCOMES) as Outcome[]).flatMap(outcome =>
      rules.map(rule => anOutcome(outcome, { rule, because, detail: 'seen', error, ledgerError: error })),
    ),
    changes: (['OPENED', 'HEALED', 'LET_GO'] as const).flatMap(each =>
      rules.map(rule => ({ change: each, entry: anEntry({ rule, ...known }) })),
    ),
    unusedGroups: {
      isWhole: true,
      entries: [anUnusedGroup({ groupName: 'web', vpcId: 'vpc-1', stackName: 'shop', notLookedAt: ['EKS clusters'] })],
      changes: [{ change: 'HEALED', entry: anUnusedGroup({ state: 'HEALED', usedBy: 'Lambda functions' }) }],
    },
    newlyNotCovered: ['vpc-2'],
    vpnConnectionChanges: [
      {
        entry: { ...change, vpnConnectionId: 'vpn-1', name: 'office', status: 'DOWN' },
        previous: { ...change, vpnConnectionId: 'vpn-1', status: 'UP' },
      },
    ],
  });
  logResult(result, log);
  const scope = { kind: 'groups', groupIds: ['sg-1'] } as const;
  logResult(aSweepResult({ run: { id: 'sweep-1', trigger: 'change', scope, changes: [aChange()] } }), log);
  heldBack(log);

  // Lines that do not come from logLines(): undelivered events and notifications, refused data, and restored rules.
  const network = vpcs(1);
  const ledger = new MemoryLedger();
  ledger.connections.set('vpn-1', { ...change, vpnConnectionId: 'vpn-1', status: 'DOWN' });
  const notificationsTopicArn = 'arn:aws:sns:eu-central-1:111122223333:topic';
  const told = { ...REVOKE, notificationsTopicArn, vpnConnections: { kind: 'all' } } as const;
  const swept = await run(told, new MemoryNetwork({ ...network, vpnConnections: [aVpnConnection()] }), {
    ledger, sweepId: 'sweep-2', metrics: new MemoryMetrics(undefined, ({ name }) => name === 'Sweeps'),
    events: new MemoryEvents(() => true), notifications: new MemoryNotifications(new Error('no such topic')),
  });
  log.lines.push(...swept.log.lines);
  // This many rules make a restore log its progress.
  const many = Array.from({ length: 60 }, (_, index) =>
    aRule({ securityGroupRuleId: `sgr-many-${index}`, fromPort: index, toPort: index }),
  );
  const revoked = [...rules, ...many].map(rule =>
    anEntry({
      rule,
      state: 'REVOKED',
      outcome: { name: 'REVOKED', sweepId: 'sweep-1', at: '2026-01-01T00:00:00.000Z' },
    }),
  );
  const securityGroupRuleIds = [...revoked.map(({ securityGroupRuleId }) => securityGroupRuleId), 'sgr-unknown'];
  await restore(
    { securityGroupRuleIds },
    {
      network: new MemoryNetwork({ groups: network.groups }),
      ledger: new MemoryLedger(revoked),
      clock: new MemoryClock(),
      log: log.log,
      restoreId: 'restore-1', hygiene: 'Network/NetworkHygiene', table: 'ledger',
    },
  );
  await replacedRule(log);
  await paused(log);
  await adopted(log);
  await retriedRules(log);
  await approvedRules(log);
  await waiting(log);
  await imported(log);
  // The handler logs this line when it fails.
  log.log('ERROR', error.message, { event: 'Failed', error });
  await deployed(log);
  await triggered(log);
  await ofOrganization(log);
  return log.lines;
}

function logResult(result: SweepResult, log: MemoryLog): void {
  for (const { level, message, fields } of logLines(result, { maxRevocationsPerSweep: 20 })) {
    log.log(level, message, { sweepId: 'sweep-1', ...fields });
  }
}

/** Logs the lines of a sweep during a hold that is not a pause. */
function heldBack(log: MemoryLog): void {
  const until = '2026-01-01T01:00:00.000Z';
  const forecast = { from: until, due: 2, graceEnds: [{ day: '2026-01-08', count: 1 }], limit: 20, onlyAfter: 'its final notice' };
  logResult(aSweepResult({ hold: { reason: 'SETTLING', detail: 'the configuration changed', until }, forecast }), log);
  logResult(aSweepResult({ hold: { reason: 'LEDGER_UNTRUSTED', detail: 'the ledger names another table' } }), log);
}

/** Logs the lines of a sweep that replaces a rule by a narrower one. */
async function replacedRule(log: MemoryLog): Promise<void> {
  const office = { kind: 'cidr', cidr: parseCidr('192.0.2.0/24') } as const;
  const configuration = { ...REVOKE, flaggedIngressRules: [{ ...sshFlagged(), replaceWith: [office] }] };
  const swept = await run(configuration, new MemoryNetwork(vpcs(1)), { sweepId: 'sweep-3' });
  log.lines.push(...swept.log.lines);
}

/** Logs the line of adopting a ledger that was made for another table. */
async function adopted(log: MemoryLog): Promise<void> {
  const ledger = new MemoryLedger();
  ledger.controlEntry = aControl({ table: 'another' });
  await adopt(dependenciesOf(ledger, log));
}

/** Logs the lines of a retry: of a rule that is kept because it comes back, and of an unknown one. */
async function retriedRules(log: MemoryLog): Promise<void> {
  const returned = { revocations: 3, latest: '2026-01-01T00:00:00.000Z', isKept: true };
  const ledger = new MemoryLedger([anEntry({ returned })]);
  await retry({ securityGroupRuleIds: ['sgr-1', 'sgr-unknown'] }, dependenciesOf(ledger, log));
}

/** Logs the lines of a sweep that imports findings, and of one whose imports fail again. */
async function imported(log: MemoryLog): Promise<void> {
  const configuration: DecodedConfiguration = { ...REVOKE, flaggedIngressRules: [], dryRun: true, securityHub: true };
  const [network, ledger] = [new MemoryNetwork(vpcs(1)), new MemoryLedger()];
  const failing = new MemorySecurityHub();
  failing.import = async findings => findings.map(({ Id: id }) => ({ id, code: 'InternalError', message: 'try again' }));
  for (const [sweepId, securityHub] of [['a', failing], ['b', failing], ['c', new MemorySecurityHub()]] as const) {
    const swept = await run(configuration, network, { ledger, sweepId, securityHub });
    log.lines.push(...swept.log.lines.filter(({ fields: { event } }) => event === 'SecurityHub' || event === 'DeliveryFailed'));
  }
}

/** Logs the lines of a request to approve. */
async function approvedRules(log: MemoryLog): Promise<void> {
  const approval = { digest: '0123456789abcdef', by: 'sweep-1', at: '2026-01-01T00:00:00.000Z' };
  const ledger = new MemoryLedger([anEntry({ approval })]);
  const digest = digestOfSet([{ securityGroupRuleId: 'sgr-1', digest: approval.digest }]);
  await approve({ securityGroupRuleIds: ['sgr-1', 'sgr-unknown'], digest, approvedBy: 'Jo' }, dependenciesOf(ledger, log));
}

/** Logs the lines about announcements, approvals and exemptions of a sweep. */
async function waiting(log: MemoryLog): Promise<void> {
  const at = '2026-01-01T00:00:00.000Z';
  const announced = { by: 'sweep-1', at, told: [] };
  const approval = { digest: '0123456789abcdef', replacing: [], by: 'sweep-1', at };
  const exemption = {
    kind: 'until', tag: 'network-hygiene:exempt-until', value: '2026-01-07', until: '2026-01-08T00:00:00.000Z', on: 'rule',
  } as const;
  const about = { groupName: 'web', vpcId: 'vpc-1', stackName: 'Shop' };
  const result = aSweepResult({
    entries: new Map([['sgr-1', anEntry({ ...about, announced })]]),
    changes: [
      { change: 'CALLED_OFF', entry: anEntry({ ...about, keepReason: 'EXEMPT_BY_RULE_TAG' }) },
      { change: 'APPROVAL_REQUESTED', entry: anEntry({ ...about, approval }) },
      { change: 'EXEMPTION_ENDING', entry: anEntry({ ...about, exemption }) },
    ],
  });
  for (const { level, message, fields } of logLines(result, { maxRevocationsPerSweep: 20 })) {
    if (['Announcement', 'Approval', 'Exemption'].includes(String(fields.event))) {
      log.log(level, message, { sweepId: 'sweep-1', ...fields });
    }
  }
}

type PausingDependencies = Parameters<typeof adopt>[0];

function dependenciesOf(ledger: MemoryLedger, log: MemoryLog): PausingDependencies {
  return {
    ledger, log: log.log, clock: new MemoryClock(), events: new MemoryEvents(),
    notifications: new MemoryNotifications(), tellUntil: new Date('2026-01-01T01:00:00Z'), table: DEPLOYED.table,
    id: 'pause-1', hygiene: 'Stack/NetworkHygiene',
  };
}

/** Logs the lines of pausing, extending and resuming, and of a sweep that reports the end of a pause. */
async function paused(log: MemoryLog): Promise<void> {
  const ledger = new MemoryLedger();
  const dependencies = dependenciesOf(ledger, log);
  ledger.sweep = aSweepEntry();
  for (const until of ['2026-01-10T00:00:00.000Z', '2026-01-11T00:00:00.000Z']) {
    await pause({ until, reason: 'change freeze' }, dependencies);
  }
  await resume(dependencies);
  const ending = { change: 'ENDING' as const, holds: true, pause: aPause() };
  const lines = logLines(aSweepResult({ pauseChanges: [ending] }), { maxRevocationsPerSweep: 20 });
  for (const { level, message, fields } of lines) {
    if (fields.event === 'Pause') log.log(level, message, { sweepId: 'sweep-1', ...fields });
  }
}

/** Logs the lines of a deployment that do not come from its sweep. */
async function deployed(log: MemoryLog): Promise<void> {
  const network = new MemoryNetwork().on('preflight', { throws: awsError('RequestLimitExceeded') });
  await preflight(aDecodedConfiguration({ vpnConnections: { kind: 'all' } }), {
    network, ledger: new MemoryLedger(), metrics: new MemoryMetrics(), events: new MemoryEvents(),
    clock: new MemoryClock(), log: log.log, preflightUntil: new Date(0),
  });
  const configuration = aConfiguration();
  const event = customResourceEvent('Create', 'https://example.com', customResourceProperties(configuration));
  const invocation = parseInvocation(event);
  if (invocation.kind !== 'custom-resource') throw new Error('This is no request of CloudFormation');
  await handleCustomResource(invocation, {
    log: log.log, respond: async () => {}, run: async () => ({}), answerWithinMillis: 1000,
    fingerprint: deployedWith(configuration)[FINGERPRINT_VARIABLE],
  });
}

/** Logs the lines of batches that ask for a full sweep: at once, and one that waits for a resource of EC2. */
async function triggered(log: MemoryLog): Promise<void> {
  const scene = await ChangeScene.of(revoking({ staleRules: 'report' }));
  scene.topology.states.set('pcx-1', awsError('RequestLimitExceeded'));
  for (const message of [ofPeering('pcx-1', { eventTime: scene.now }), unreadable({ eventName: 'AuthorizeSecurityGroupIngress' })]) {
    const { log: own } = await scene.receive(message);
    for (const { level, message: text, fields } of own.lines) {
      if (fields.event === 'ChangeUnread' || fields.event === 'FullSweep') log.log(level, text, { sweepId: 'sweep-1', ...fields });
    }
  }
}

/** The lines that only an organization has. The lines about its accounts and Regions are those of other sweeps. */
const OF_ORGANIZATIONS: ReadonlySet<unknown> = new Set([
  'AccountFailed', 'AccountsLeftOut', 'OrganizationRun', 'RegionFailed', 'RegionsLeftOut', 'RegionsUnread',
]);

/** Logs the lines of a run with an account that cannot be entered, and Regions that fail or are not enabled. */
async function ofOrganization(log: MemoryLog): Promise<void> {
  const [swept, denied, closed] = ['222222222222', '333333333333', '444444444444'];
  const revokes = { flaggedIngressRules: [sshFlagged()], allowRestore: true };
  const organization = new MemoryOrganization(
    organizationsConfiguration(revokes, { revokeIn: { kind: 'all' }, regions: [REGION, 'eu-west-1', 'ap-east-1'] }),
  ).addAccount(swept, { [REGION]: flaggedWorld(swept, 1), 'eu-west-1': {} }).addAccount(denied).addAccount(closed);
  organization.known = (organization.known as KnownAccount[])
    .map(each => each.id === closed ? { ...each, state: 'CLOSED' } : each);
  organization.regions.set(swept, [REGION, 'eu-west-1']);
  organization.regions.set(denied, awsError('AccessDeniedException', 'no'));
  organization.denied.set(denied, awsError('AccessDenied', 'not authorized to perform: sts:AssumeRole'));
  for (const method of ['vpcs', 'allSecurityGroups', 'allSecurityGroupRules', 'securityGroups', 'securityGroupRules'] as const) {
    organization.network(swept, 'eu-west-1').on(method, { throws: awsError('AuthFailure', 'no') });
  }
  const { begun } = await organization.run({ scheduledTime: '2026-01-01T00:00:00.000Z' });
  // The run is over.
  await organization.child('observe', { account: swept, part: 0 }, begun.runId);
  for (const line of organization.log.lines) if (OF_ORGANIZATIONS.has(line.fields.event)) log.lines.push(line);
}
