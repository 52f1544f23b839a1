/**
 * Random histories of a group with a few rules: sweeps, tags, changes, pauses, approvals and deliveries that fail. An
 * oracle of its own watches every call that revokes. It knows what was done and what was told, and nothing of the
 * handler.
 */
import * as fc from 'fast-check';
import { ACCOUNT, aDecodedConfiguration, aFlaggedIngressRule, aGroup, aRuleFromAnywhere } from './builders';
import { MemoryLedger } from './memory-ledger';
import { MemoryNetwork } from './memory-network';
import { MemoryClock, MemoryEvents, MemoryLog, MemoryNotifications } from './recorders';
import { run } from './swept';
import { wallClock } from './wall-clock';
import { approve } from '../../lambda/core/act/approve';
import { digestOfSet } from '../../lambda/core/decide/approval';
import type { HygieneEvent, Publication } from '../../lambda/core/model/delivery';
import type { RevokeAnswer, SecurityGroup, SecurityGroupRule } from '../../lambda/core/model/network';
import { EVERYTHING } from '../../lambda/core/model/scope';
import { pause, resume } from '../../lambda/core/pausing';
import type { DecodedConfiguration, Grace } from '../../src/contract/configuration';
import { type Day, DAYS, type RevocationWindowConfiguration } from '../../src/contract/revocation-window';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const TOPIC = 'arn:aws:sns:eu-central-1:111122223333:topic';
const RULES = ['sgr-1', 'sgr-2', 'sgr-3'];

/** The starts of the histories: ordinary days, both changes of the clocks, a leap day, and the turn of a year. */
const STARTS = [
  '2026-01-05T00:00:00Z', '2026-03-28T12:00:00Z', '2026-10-24T12:00:00Z', '2028-02-28T06:00:00Z', '2026-12-30T22:00:00Z',
  '2026-03-07T12:00:00Z', '2026-10-31T12:00:00Z', '2026-04-04T06:00:00Z',
];

export interface Setting {
  readonly start: string;
  readonly noticeHours?: number;
  readonly approvalHours?: number;
  readonly window?: RevocationWindowConfiguration;
  readonly graceHours?: number;
  readonly anytime: boolean;
  readonly limit: number;
  readonly hasTopic: boolean;
  /** The time that each reading of the network takes. */
  readonly readingMillis: number;
}

export type Step =
  | { readonly kind: 'wait'; readonly minutes: number }
  | { readonly kind: 'sweep'; readonly minutes: number; readonly eventsFail: boolean; readonly messagesFail: boolean }
  | { readonly kind: 'groups'; readonly minutes: number }
  | { readonly kind: 'tag'; readonly on: string; readonly key: 'exempt' | 'exempt-until'; readonly days: number | 'wrong' }
  | { readonly kind: 'untag'; readonly on: string }
  | { readonly kind: 'modify'; readonly on: string; readonly what: 'description' | 'source' }
  | { readonly kind: 'pause'; readonly hours: number }
  | { readonly kind: 'resume' }
  | { readonly kind: 'approve'; readonly on: string; readonly isRight: boolean };

const aDay: fc.Arbitrary<Day> = fc.constantFrom(...DAYS);
const aTime = fc.integer({ min: 0, max: 95 }).map(quarter =>
  `${String(Math.floor(quarter / 4)).padStart(2, '0')}:${String(quarter % 4 * 15).padStart(2, '0')}`);

const aWindow: fc.Arbitrary<RevocationWindowConfiguration> = fc.record({
  days: fc.option(fc.uniqueArray(aDay, { minLength: 1, maxLength: 6 }), { nil: undefined }),
  from: aTime, to: aTime,
  timeZone: fc.constantFrom('UTC', 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kathmandu'),
}).filter(({ from, to }) => from !== to);

export const aSetting: fc.Arbitrary<Setting> = fc.record({
  start: fc.constantFrom(...STARTS),
  noticeHours: fc.constantFrom(undefined, 1, 6, 30),
  approvalHours: fc.constantFrom(undefined, 4, 48),
  window: fc.option(aWindow, { nil: undefined }),
  graceHours: fc.constantFrom(undefined, undefined, 5),
  anytime: fc.boolean(),
  limit: fc.constantFrom(1, 2, 20),
  hasTopic: fc.boolean(),
  readingMillis: fc.constantFrom(0, 0, 700, 90_000),
});

const aRule = fc.constantFrom(...RULES);
const minutes = fc.constantFrom(0, 1, 15, 60, 61, 240, 420, 1440, 2000);

export const steps: fc.Arbitrary<Step[]> = fc.array(fc.oneof(
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('wait' as const), minutes }) },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('sweep' as const), minutes,
      eventsFail: fc.constantFrom(false, false, false, true), messagesFail: fc.constantFrom(false, false, false, true),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('groups' as const), minutes }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('tag' as const), on: fc.oneof(aRule, fc.constant('group')),
      key: fc.constantFrom('exempt' as const, 'exempt-until' as const, 'exempt-until' as const),
      days: fc.constantFrom(-1, 0, 0, 1, 'wrong' as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('untag' as const), on: fc.oneof(aRule, fc.constant('group')) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('modify' as const), on: aRule, what: fc.constantFrom('description' as const, 'source' as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('pause' as const), hours: fc.constantFrom(1, 8, 40) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('resume' as const) }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('approve' as const), on: aRule, isRight: fc.constantFrom(true, true, false) }),
  },
), { minLength: 5, maxLength: 16 });

const contentOf = ({ cidrIpv4, description = '' }: SecurityGroupRule): string => `${cidrIpv4} ${description}`;

/** Whether tags exempt at a time, by the words of the documentation. */
function isExempt(tags: Readonly<Record<string, string>>, now: number): boolean {
  return Object.entries(tags).some(([key, value]) => {
    if (key === 'network-hygiene:exempt') return true;
    if (key !== 'network-hygiene:exempt-until') return false;
    const [year, month, day] = value.split('-').map(Number);
    const end = Date.UTC(year, month - 1, day + 1);
    const isDay = new Date(Date.UTC(year, month - 1, day)).toISOString().slice(0, 10) === value;
    return !isDay || now < end;
  });
}

/** Whether the clocks of the zone show a time in the window. */
function isInWindow({ days, from, to, timeZone }: RevocationWindowConfiguration, now: number): boolean {
  const shown = wallClock(timeZone, now);
  const of = (text: string): number => Number(text.slice(0, 2)) * 60 + Number(text.slice(3));
  const at = shown.getUTCHours() * 60 + shown.getUTCMinutes();
  const dayBefore = (shown.getUTCDay() + 5) % 7;
  const today = (shown.getUTCDay() + 6) % 7;
  const isOn = (day: number): boolean => days === undefined || days.includes(DAYS[day]);
  if (of(from) < of(to)) return isOn(today) && at >= of(from) && at < of(to);
  return (isOn(today) && at >= of(from)) || (isOn(dayBefore) && at < of(to));
}

interface Told {
  readonly id: string;
  readonly at: number;
  /** Its place among everything that happened. */
  readonly order: number;
}

/** One history, with everything that its oracle knows. */
export class History {
  readonly violations: string[] = [];
  readonly revoked: string[] = [];
  readonly ledger = new MemoryLedger();
  readonly clock: MemoryClock;
  readonly network: MemoryNetwork;
  readonly configuration: DecodedConfiguration;

  private readonly announcedByEvent: Told[] = [];
  private readonly announcedByMessage: Told[] = [];
  /** The place of the first run after the latest change of what each rule admits, or of what called it off. */
  private readonly voidUntil = new Map<string, number>();
  /** The source of each rule at the latest run. Nobody can see a change that is taken back before the next one. */
  private readonly sources = new Map<string, string | undefined>();
  /** What a person would be shown of each rule at the latest run, and the place of the run that saw it change. */
  private readonly contents = new Map<string, { readonly content: string; readonly since: number }>();
  private order = 0;
  private readonly approvals: Array<Told & { readonly content: string }> = [];
  private pausedUntil = 0;
  private latestSchedule = -Infinity;
  private isOfGroups = false;
  private count = 0;

  constructor(readonly setting: Setting) {
    const { start, noticeHours, approvalHours, window, graceHours, anytime, limit, hasTopic } = setting;
    this.clock = new MemoryClock(new Date(start));
    const grace: Grace | undefined = graceHours === undefined ? undefined
      : { seconds: graceHours * 3600, sightings: 2, maxGapSeconds: 10 * 86_400 };
    this.configuration = aDecodedConfiguration({
      flaggedIngressRules: [aFlaggedIngressRule({
        match: 'OVERLAPS', action: { kind: 'revoke', ...grace && { grace }, ...anytime && { anytime } },
      })],
      maxRevocationsPerSweep: limit, revocationWindow: window,
      finalNoticeSeconds: noticeHours === undefined ? undefined : noticeHours * 3600,
      approval: approvalHours === undefined ? undefined : { validSeconds: approvalHours * 3600 },
      notificationsTopicArn: hasTopic ? TOPIC : undefined,
    });
    this.network = new WatchedNetwork(this);
  }

  async take(step: Step): Promise<void> {
    switch (step.kind) {
      case 'wait': return this.clock.advance(step.minutes * MINUTE);
      case 'sweep': return this.sweep(step);
      case 'groups': return this.sweepGroups(step.minutes);
      case 'tag': return this.tag(step.on, step.key, step.days);
      case 'untag': return this.retag(step.on, {});
      case 'modify': return this.modify(step.on, step.what);
      case 'pause': return this.pause(step.hours);
      case 'resume': return this.resume();
      case 'approve': return this.approve(step.on, step.isRight);
    }
  }

  private async sweep(
    { minutes: wait, eventsFail, messagesFail }: Extract<Step, { kind: 'sweep' }>,
  ): Promise<void> {
    this.clock.advance(wait * MINUTE);
    this.count += 1;
    this.isOfGroups = false;
    const begun = this.clock.now().getTime();
    await this.run({ eventsFail, messagesFail, isGroups: false });
    this.latestSchedule = begun;
  }

  private async sweepGroups(wait: number): Promise<void> {
    this.clock.advance(wait * MINUTE);
    this.count += 1;
    this.isOfGroups = true;
    await this.run({ eventsFail: false, messagesFail: false, isGroups: true });
  }

  private async run(
    { eventsFail, messagesFail, isGroups }: {
      readonly eventsFail: boolean; readonly messagesFail: boolean; readonly isGroups: boolean;
    },
  ): Promise<void> {
    const { ledger, clock, count } = this;
    this.see();
    const { error } = await run(this.configuration, this.network, {
      ledger, clock, sweepId: `sweep-${count}`, accountId: ACCOUNT,
      trigger: isGroups ? 'change' : 'schedule',
      scope: isGroups ? { kind: 'groups', groupIds: ['sg-1'] } : EVERYTHING,
      events: new WatchedEvents(this, eventsFail), notifications: new WatchedNotifications(this, messagesFail),
      revokeUntil: new Date(clock.now().getTime() + HOUR),
    });
    if (error !== undefined) this.violations.push(`the run failed: ${String(error)}`);
  }

  /** Notes that a run can see which rules admit or say something else now. */
  private see(): void {
    for (const rule of this.network.rules.values()) {
      const { securityGroupRuleId, cidrIpv4 } = rule;
      const content = contentOf(rule);
      if (this.contents.get(securityGroupRuleId)?.content !== content) {
        this.contents.set(securityGroupRuleId, { content, since: this.order++ });
      }
      const hasChanged = this.sources.has(securityGroupRuleId) && this.sources.get(securityGroupRuleId) !== cidrIpv4;
      if (hasChanged) this.voidUntil.set(securityGroupRuleId, this.order++);
      this.sources.set(securityGroupRuleId, cidrIpv4);
    }
  }

  private tag(on: string, key: 'exempt' | 'exempt-until', days: number | 'wrong'): void {
    const day = days === 'wrong' ? '2027-02-30'
      : new Date(this.clock.now().getTime() + days * DAY).toISOString().slice(0, 10);
    this.retag(on, { [`network-hygiene:${key}`]: day });
  }

  private retag(on: string, tags: Readonly<Record<string, string>>): void {
    const { groups, rules } = this.network;
    const [group, rule] = [groups.get('sg-1'), rules.get(on)];
    if (on === 'group' && group) groups.set('sg-1', { ...group, tags });
    else if (rule) rules.set(on, { ...rule, tags });
  }

  private modify(on: string, what: 'description' | 'source'): void {
    const rule = this.network.rules.get(on);
    if (rule === undefined) return;
    const source = rule.cidrIpv4 === '0.0.0.0/0' ? '0.0.0.0/1' : '0.0.0.0/0';
    this.network.rules.set(on, what === 'source'
      ? { ...rule, cidrIpv4: source } : { ...rule, description: `at ${this.clock.now().getTime()}` });
  }

  private async pause(hours: number): Promise<void> {
    const until = new Date(this.clock.now().getTime() + hours * HOUR);
    await pause({ until: until.toISOString(), reason: 'freeze' }, this.asking());
    this.pausedUntil = Math.max(this.pausedUntil, until.getTime());
  }

  private async resume(): Promise<void> {
    await resume(this.asking());
    this.pausedUntil = 0;
  }

  /** Approves what the ledger shows, or something that nobody was shown. */
  private async approve(on: string, isRight: boolean): Promise<void> {
    const entry = this.ledger.entries.get(on);
    const digest = isRight && entry?.approval
      ? digestOfSet([{ securityGroupRuleId: on, digest: entry.approval.digest }])
      : '0123456789abcdef';
    const { counts } = await approve({ securityGroupRuleIds: [on], digest, approvedBy: 'ann' }, this.asking());
    if (!isRight && counts.APPROVED) this.violations.push(`${on} was approved with a digest that is not its own`);
    if (counts.APPROVED && entry) {
      this.approvals.push({ id: on, at: this.now, order: this.order++, content: contentOf(entry.rule) });
    }
  }

  private asking(): Parameters<typeof approve>[1] & Parameters<typeof resume>[0] {
    const { ledger, clock } = this;
    return {
      ledger, clock, log: new MemoryLog().log, id: `request-${this.count}-${this.now}`, hygiene: 'Stack/Hygiene',
      events: new MemoryEvents(), notifications: new MemoryNotifications(), table: 'ledger',
      tellUntil: new Date(this.now + MINUTE),
    };
  }

  private get now(): number {
    return this.clock.now().getTime();
  }

  told(event: HygieneEvent, isAccepted: boolean): void {
    const told = { id: String(event.detail.securityGroupRuleId), at: this.now, order: this.order++ };
    if (event.type === 'Revocation Called Off') this.voidUntil.set(told.id, told.order);
    if (event.type !== 'Revocation Announced' || !isAccepted) return;
    const isAgain = this.announcedByEvent.some(({ id, order }) => id === told.id && order > this.voidOf(told.id));
    if (isAgain) this.violations.push(`${told.id} was announced twice`);
    this.announcedByEvent.push(told);
  }

  private voidOf(id: string): number {
    return this.voidUntil.get(id) ?? -1;
  }

  published(message: string): void {
    for (const [, id] of message.matchAll(/- Announced: (sgr-\d+) of/g)) {
      this.announcedByMessage.push({ id, at: this.now, order: this.order++ });
    }
  }

  /** Checks a call that revokes, at the time of the call. */
  watch(rule: SecurityGroupRule, group: SecurityGroup | undefined): void {
    const { noticeHours, approvalHours, window, graceHours, anytime, hasTopic } = this.setting;
    const { now } = this;
    const id = rule.securityGroupRuleId;
    const wrong = (text: string): void => void this.violations.push(`${id} was revoked ${text}, at ${this.clock.now().toISOString()}`);
    this.revoked.push(id);
    if (now < this.pausedUntil) wrong('while revoking was paused');
    if (isExempt(rule.tags, now) || isExempt(group?.tags ?? {}, now)) wrong('although it was exempt');
    // Nothing from before the end of an exemption counts, even if no run saw the exemption.
    const ends = [rule.tags, group?.tags ?? {}].flatMap(tags => Object.entries(tags))
      .filter(([key]) => key === 'network-hygiene:exempt-until').map(([, day]) => Date.parse(`${day}T00:00:00Z`) + DAY);
    const isFresh = (at: number): boolean => ends.every(end => at >= end);
    if (graceHours !== undefined) {
      if (ends.some(end => now < end + graceHours * HOUR)) wrong('before its wait was over, which began after its exemption');
    }
    if (noticeHours !== undefined) {
      const latest = (told: readonly Told[]): number => Math.max(-Infinity, ...told.filter(({ id: of, at, order }) =>
        of === id && order > this.voidOf(id) && at + noticeHours * HOUR <= now).map(({ at }) => at));
      const [byEvent, byMessage] = [latest(this.announcedByEvent), latest(this.announcedByMessage)];
      if (byEvent === -Infinity) wrong('without an event that announced it in time');
      if (hasTopic && byMessage === -Infinity) wrong('without a message that announced it in time');
      // The notice begins when everyone was told.
      if (!isFresh(hasTopic ? Math.max(byEvent, byMessage) : byEvent)) wrong('after a notice that an exemption had ended');
    }
    if (approvalHours !== undefined) {
      const since = this.contents.get(id)?.since ?? 0;
      const isApproved = this.approvals.some(({ id: of, at, order, content }) =>
        of === id && content === contentOf(rule) && order > since && isFresh(at) && now < at + approvalHours * HOUR);
      if (!isApproved) wrong('without the approval of what it is');
    }
    if (window !== undefined && !anytime) {
      if (!isInWindow(window, now)) wrong('outside the window');
      else if (this.isOfGroups && !this.hasSweptSinceOpening(window)) wrong('before a sweep of everything since the window opened');
    }
  }

  private hasSweptSinceOpening(window: RevocationWindowConfiguration): boolean {
    let opening = Math.floor(this.now / MINUTE) * MINUTE;
    while (opening > this.now - 8 * DAY && isInWindow(window, opening - MINUTE)) opening -= MINUTE;
    return this.latestSchedule >= opening;
  }
}

/** A network whose readings take time, and whose revocations are watched. */
class WatchedNetwork extends MemoryNetwork {
  constructor(private readonly history: History) {
    super({
      vpcs: [{ vpcId: 'vpc-1' }], groups: [aGroup({ ownerId: ACCOUNT })],
      rules: RULES.map((securityGroupRuleId, index) =>
        aRuleFromAnywhere({ securityGroupRuleId, description: `rule ${index}` })),
    });
  }

  override async securityGroups(...of: Parameters<MemoryNetwork['securityGroups']>): Promise<SecurityGroup[]> {
    const groups = await super.securityGroups(...of);
    this.history.clock.advance(this.history.setting.readingMillis);
    return groups;
  }

  override async revokeIngress(groupId: string, ruleIds: readonly string[]): Promise<RevokeAnswer> {
    const group = this.groups.get(groupId);
    for (const rule of ruleIds.flatMap(id => this.rules.get(id) ?? [])) this.history.watch(rule, group);
    return super.revokeIngress(groupId, ruleIds);
  }
}

class WatchedEvents extends MemoryEvents {
  constructor(private readonly history: History, private readonly fails: boolean) {
    super(() => fails);
  }

  override async send(...of: Parameters<MemoryEvents['send']>): ReturnType<MemoryEvents['send']> {
    for (const event of of[1]) this.history.told(event, !this.fails);
    return super.send(...of);
  }
}

class WatchedNotifications extends MemoryNotifications {
  constructor(private readonly history: History, fails: boolean) {
    super(fails ? new Error('no such topic') : undefined);
  }

  override async publish(topicArn: string, publication: Publication): Promise<void> {
    await super.publish(topicArn, publication);
    this.history.published(publication.message);
  }
}
