/** A group with rules that are due, and sweeps of it in which they wait for their notice, a person or the window. */
import { aDecodedConfiguration, aFlaggedIngressRule, aGroup, aRuleFromAnywhere } from './builders';
import { violations } from './event-schemas';
import { MemoryLedger } from './memory-ledger';
import { MemoryNetwork } from './memory-network';
import { MemoryClock, MemoryEvents, MemoryLog, MemoryNotifications } from './recorders';
import { ACCOUNT, type Circumstances, run, START, type Swept } from './swept';
import { approve, type ApproveReport, type ApproveRequest } from '../../lambda/core/act/approve';
import type { HygieneEvent } from '../../lambda/core/model/delivery';
import { pause } from '../../lambda/core/pausing';
import type { DecodedConfiguration } from '../../src/contract/configuration';

export const HOUR_MILLIS = 3_600_000;
const TOPIC = { notificationsTopicArn: 'arn:aws:sns:eu-central-1:111122223333:topic' };

export const configured = (overrides: Partial<DecodedConfiguration>): DecodedConfiguration =>
  aDecodedConfiguration({ ...TOPIC, flaggedIngressRules: [aFlaggedIngressRule()], ...overrides });

export const NOTICE = configured({ finalNoticeSeconds: 24 * 3600 });
export const APPROVAL = configured({ approval: { validSeconds: 48 * 3600 } });
/** From 08:00 to 10:00 in UTC. */
export const WINDOW = configured({ revocationWindow: { from: '08:00', to: '10:00', timeZone: 'UTC' } });

/** SSH from anywhere in a group, at the first midnight of 2026. */
export class Scene {
  readonly network: MemoryNetwork;
  readonly ledger = new MemoryLedger();
  readonly clock = new MemoryClock(START);
  private count = 0;

  constructor(rules = 1) {
    this.network = new MemoryNetwork({
      vpcs: [{ vpcId: 'vpc-1' }], groups: [aGroup({ ownerId: ACCOUNT })],
      rules: Array.from({ length: rules }, (_, index) =>
        aRuleFromAnywhere({ securityGroupRuleId: `sgr-${index + 1}`, description: `rule ${index + 1}` })),
    });
  }

  get left(): number {
    return this.network.rules.size;
  }

  async sweep(hours: number, configuration: DecodedConfiguration, circumstances: Circumstances = {}): Promise<Swept> {
    this.clock.advance(hours * HOUR_MILLIS);
    this.count += 1;
    const { network, ledger, clock, count } = this;
    return run(configuration, network, { ledger, clock, sweepId: `sweep-${count}`, ...circumstances });
  }

  async approve(request: ApproveRequest): Promise<ApproveReport> {
    const { ledger, clock } = this;
    return approve(request, { ledger, clock, log: new MemoryLog().log, id: 'approve-1', hygiene: 'Stack/Hygiene' });
  }

  async pause(hours: number): Promise<void> {
    const { ledger, clock } = this;
    const inHours = (count: number): Date => new Date(clock.now().getTime() + count * HOUR_MILLIS);
    await pause({ until: inHours(hours).toISOString(), reason: 'change freeze' }, {
      ledger, clock, log: new MemoryLog().log, id: 'pause-1', hygiene: 'Stack/Hygiene', table: 'ledger',
      events: new MemoryEvents(), notifications: new MemoryNotifications(), tellUntil: inHours(1),
    });
  }

  tag(tags: Record<string, string>): void {
    const rule = this.network.rules.get('sgr-1');
    if (rule) this.network.rules.set('sgr-1', { ...rule, tags });
  }

  change(overrides: Parameters<typeof aRuleFromAnywhere>[0]): void {
    const rule = this.network.rules.get('sgr-1');
    if (rule) this.network.rules.set('sgr-1', { ...rule, ...overrides });
  }
}

export const reasons = ({ result }: Swept): Array<string | undefined> =>
  (result?.plan.keep ?? []).map(({ reason }) => reason);
export const types = ({ events }: Swept): string[] => events.sent.map(({ type }) => type);

export function theOnly(swept: Swept, type: string): HygieneEvent {
  const events = swept.events.sent.filter(event => event.type === type);
  expect(events).toHaveLength(1);
  const detail = JSON.parse(JSON.stringify(events[0].detail)) as HygieneEvent['detail'];
  expect(violations({ 'source': 'cdk-network-hygiene', 'detail-type': type, detail })).toEqual([]);
  return { ...events[0], detail };
}
