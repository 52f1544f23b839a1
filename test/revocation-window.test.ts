/** Tests what the handler gets from a revocation window, when a sweep starts, and which windows are refused. */
import { CfnParameter, Duration, Fn, Lazy, TimeZone } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import { Peer, Port } from 'aws-cdk-lib/aws-ec2';
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import * as fc from 'fast-check';
import {
  DayOfWeek, FlaggedAction, FlaggedIngressRule, NetworkHygiene, NetworkHygieneMember,
  NetworkHygieneOrganization, NetworkHygieneProps, RevocationWindow, StaleRules,
} from '../src';
import { aHub, SynthesizedHub } from './support/synthesized-hub';
import { aStack, SynthesizedResource, SynthesizedStack } from './support/synthesized-stack';
import { decodeConfiguration } from '../src/contract/decode';
import { closesAt, DAYS, nextOpening } from '../src/contract/revocation-window';
import { cronFirings } from '../src/validation/cron';

const aWindow = (overrides: Partial<RevocationWindow> = {}): RevocationWindow =>
  ({ from: '08:00', to: '18:00', timeZone: TimeZone.EUROPE_BERLIN, ...overrides });

const ssh = (action?: FlaggedAction): FlaggedIngressRule =>
  FlaggedIngressRule.inAnyGroup(Peer.anyIpv4(), Port.SSH, { action });

function told(window: RevocationWindow): unknown {
  return SynthesizedStack.with({ revocationWindow: window }).configuration().revocationWindow;
}

/** Returns the message after the construct's path; undefined if there is no error. */
function refusal(window: unknown): string | undefined {
  try {
    new NetworkHygiene(aStack(), 'NetworkHygiene', { revocationWindow: window as RevocationWindow });
    return undefined;
  } catch (error) {
    const [, message] = /^Network\/NetworkHygiene: revocationWindow: ([^]*)$/.exec((error as Error).message) ?? [];
    if (message === undefined) throw error;
    return message;
  }
}

describe('a window', () => {
  it('is told to the handler, with the name of its time zone', () => {
    expect(told(aWindow({ days: [DayOfWeek.MONDAY, DayOfWeek.FRIDAY] }))).toEqual({
      days: ['MON', 'FRI'], from: '08:00', to: '18:00', timeZone: 'Europe/Berlin',
    });
  });

  it.each<[string, Partial<RevocationWindow>, object]>([
    ['opens at midnight', { from: undefined }, { from: '00:00', to: '18:00' }],
    ['closes at midnight', { to: undefined }, { from: '08:00', to: '24:00' }],
    ['is whole days', { days: [DayOfWeek.SATURDAY], from: undefined, to: undefined }, { days: ['SAT'], from: '00:00', to: '24:00' }],
    ['goes over midnight', { from: '22:00', to: '06:00' }, { from: '22:00', to: '06:00' }],
    ['is in another time zone', { timeZone: TimeZone.of('Australia/Lord_Howe') }, { timeZone: 'Australia/Lord_Howe' }],
  ])('may be one that %s', (_, overrides, expected) => {
    const window = told(aWindow(overrides));
    expect(window).toEqual({ from: '08:00', to: '18:00', timeZone: 'Europe/Berlin', ...expected });
  });

  it('is the same in whichever order its days are given, so that nothing settles again', () => {
    const days = [DayOfWeek.SUNDAY, DayOfWeek.MONDAY, DayOfWeek.WEDNESDAY];
    const [one, other] = [days, [...days].reverse()].map(each =>
      SynthesizedStack.with({ revocationWindow: aWindow({ days: each }) }));
    expect(one.fingerprint).toBe(other.fingerprint);
    expect(one.configuration().revocationWindow).toMatchObject({ days: ['MON', 'WED', 'SUN'] });
  });

  it('on every day is told without days', () => {
    expect(told(aWindow({ days: Object.values(DayOfWeek) }))).toEqual(told(aWindow()));
    expect(told(aWindow())).not.toHaveProperty('days');
  });

  it('is read by the handler as it is written', () => {
    const revocationWindow = aWindow({ days: [DayOfWeek.MONDAY] });
    const configuration = SynthesizedStack.with({ revocationWindow }).configuration();
    expect(decodeConfiguration(configuration).revocationWindow).toEqual(configuration.revocationWindow);
  });

  it('is not written where there is none', () => {
    const configuration = SynthesizedStack.with({}).configuration();
    expect(configuration).not.toHaveProperty('revocationWindow');
    expect(configuration).not.toHaveProperty('staleRulesAnytime');
  });

  it('of an organization is told to the hub', () => {
    const hub = aHub(aStack(), { revocationWindow: aWindow() });
    expect(hub._configuration.revocationWindow).toEqual({ from: '08:00', to: '18:00', timeZone: 'Europe/Berlin' });
  });

  it('belongs to the hub of an organization, and not to its members', () => {
    const member = { hubAccount: '111122223333', organizationId: 'o-a1b2c3d4e5', revocationWindow: aWindow() };
    expect(() => new NetworkHygieneMember(aStack(), 'Member', member)).toThrow(
      'Network/Member: "revocationWindow" is unknown; it belongs to the hub only; leave it out of what the hub and its members share',
    );
  });
});

it('has the days of the contract, in their order', () => {
  expect(Object.values(DayOfWeek)).toEqual(DAYS);
});

it('tells the handler of stale rules that may be revoked at any time', () => {
  const { staleRulesAnytime, staleRules, grace } = SynthesizedStack.with({
    staleRules: StaleRules.revokeAfter(Duration.days(7), { anytime: true }),
  }).configuration();
  expect({ staleRulesAnytime, staleRules, grace }).toEqual({
    staleRulesAnytime: true, staleRules: 'revoke', grace: { seconds: 604_800, sightings: 2, maxGapSeconds: 302_400 },
  });
});

/** The schedules of a template: that of the window, and all others. */
interface Schedules {
  readonly ofWindow?: SynthesizedResource;
  readonly others: SynthesizedResource[];
}

function schedulesIn({ resources }: SynthesizedStack<NetworkHygiene | NetworkHygieneOrganization>): Schedules {
  const all = Object.entries(resources).filter(([, { Type }]) => Type === 'AWS::Scheduler::Schedule');
  const isOfWindow = ([id]: (typeof all)[number]): boolean => id.includes('WindowSchedule');
  const others = all.filter(each => !isOfWindow(each)).map(([, resource]) => resource);
  return { ofWindow: all.find(isOfWindow)?.[1], others };
}

function cronOf(window: RevocationWindow): unknown[] {
  const { ofWindow } = schedulesIn(SynthesizedStack.with({ revocationWindow: window, flaggedIngressRules: [ssh()] }));
  return [ofWindow?.Properties.ScheduleExpression, ofWindow?.Properties.ScheduleExpressionTimezone];
}

const [SATURDAY, SUNDAY, MONDAY] = [DayOfWeek.SATURDAY, DayOfWeek.SUNDAY, DayOfWeek.MONDAY];

describe('when the window opens, a schedule starts a sweep', () => {
  it.each<[string, RevocationWindow, string, string]>([
    ['every day', aWindow(), 'cron(0 8 * * ? *)', 'Europe/Berlin'],
    ['on its days', aWindow({ days: [MONDAY, DayOfWeek.FRIDAY] }), 'cron(0 8 ? * MON,FRI *)', 'Europe/Berlin'],
    ['to the minute', aWindow({ from: '22:05', to: '02:00' }), 'cron(5 22 * * ? *)', 'Europe/Berlin'],
    ['in its time zone', aWindow({ timeZone: TimeZone.ETC_UTC }), 'cron(0 8 * * ? *)', 'Etc/UTC'],
    [
      'once in a weekend, which is one window', { days: [SATURDAY, SUNDAY], timeZone: TimeZone.ETC_UTC },
      'cron(0 0 ? * SAT *)', 'Etc/UTC',
    ],
    [
      'once in days over the end of the week',
      { days: [MONDAY, SUNDAY, DayOfWeek.WEDNESDAY], timeZone: TimeZone.ETC_UTC },
      'cron(0 0 ? * WED,SUN *)', 'Etc/UTC',
    ],
    [
      'on each of two days with a break', { days: [SATURDAY, SUNDAY], to: '23:59', timeZone: TimeZone.ETC_UTC },
      'cron(0 0 ? * SAT,SUN *)', 'Etc/UTC',
    ],
  ])('%s', (_, window, expression, timezone) => {
    expect(cronOf(window)).toEqual([expression, timezone]);
  });

  it('whenever the handler says that it opens', () => {
    const time = fc.integer({ min: 0, max: 1439 })
      .map(minutes => [Math.floor(minutes / 60), minutes % 60].map(each => String(each).padStart(2, '0')).join(':'));
    const days = fc.uniqueArray(fc.constantFrom(...Object.values(DayOfWeek)), { minLength: 1 });
    const windows = fc.record({
      days: fc.option(days, { nil: undefined }),
      from: fc.oneof(time, fc.constant('00:00')),
      to: fc.oneof(time, fc.constant('24:00')),
      timeZone: fc.constant(TimeZone.ETC_UTC),
    }).filter(each =>
      each.from !== each.to && !(each.from === '00:00' && each.to === '24:00' && (each.days?.length ?? 7) === 7));
    const [from, to] = [Date.UTC(2028, 1, 20), Date.UTC(2028, 2, 20)];
    fc.assert(fc.property(windows, revocationWindow => {
      const deployed = SynthesizedStack.with({ revocationWindow, flaggedIngressRules: [ssh()] });
      const { ofWindow } = schedulesIn(deployed);
      const firings = [...cronFirings(String(ofWindow?.Properties.ScheduleExpression))?.firings ?? []];
      const window = decodeConfiguration(deployed.configuration()).revocationWindow!;
      const openings: number[] = [];
      // A window that is open at the beginning is left out.
      let at = closesAt(window, new Date(from)) ?? new Date(from);
      const begin = at.getTime();
      for (;;) {
        const opens = nextOpening(window, at)!;
        if (opens.getTime() >= to) break;
        openings.push(opens.getTime());
        at = closesAt(window, opens)!;
      }
      expect(firings.map(each => each * 1000).filter(each => each >= begin && each < to)).toEqual(openings);
    }), { numRuns: 60 });
  });

  it('in the same way as the main schedule does, with the same role', () => {
    const deployed = SynthesizedStack.with({ revocationWindow: aWindow(), flaggedIngressRules: [ssh()] });
    const { ofWindow, others: [main, ...rest] } = schedulesIn(deployed);
    expect(rest).toEqual([]);
    expect(ofWindow?.Properties.Target).toEqual(main.Properties.Target);
    expect(ofWindow?.Properties).toMatchObject({
      State: 'ENABLED', FlexibleTimeWindow: { Mode: 'OFF' },
      Description: 'Sweeps of Network/NetworkHygiene when the revocation window opens',
    });
    expect(deployed.construct.windowSchedule?.node.path).toBe('Network/NetworkHygiene/WindowSchedule');
  });

  it('after the main schedule, which waits for the sweep at deployment', () => {
    const deployed = SynthesizedStack.with({ revocationWindow: aWindow(), flaggedIngressRules: [ssh()] });
    const { ofWindow, others: [main] } = schedulesIn(deployed);
    expect(ofWindow?.DependsOn).toEqual([expect.stringMatching(/^NetworkHygieneSchedule[0-9A-F]{8}$/)]);
    expect(main.DependsOn).toEqual([expect.stringMatching(/^NetworkHygieneSweep/)]);
  });

  it('and nothing else is deployed or granted for it', () => {
    const [without, within] = [undefined, aWindow()].map(revocationWindow =>
      SynthesizedStack.with({ revocationWindow, flaggedIngressRules: [ssh()] }));
    const typesOf = ({ resources }: SynthesizedStack): string[] => Object.values(resources).map(({ Type }) => Type);
    expect(typesOf(within).sort()).toEqual([...typesOf(without), 'AWS::Scheduler::Schedule'].sort());
    expect(within.statementsOf(() => true)).toEqual(without.statementsOf(() => true));
    expect(schedulesIn(without)).toEqual({ ofWindow: undefined, others: schedulesIn(within).others });
    expect(without.construct.windowSchedule).toBeUndefined();
  });

  it('beside a main schedule of any kind, which stays as it is', () => {
    const schedule = ScheduleExpression.cron({ minute: '0', hour: '8', timeZone: TimeZone.EUROPE_BERLIN });
    const { ofWindow, others: [main] } = schedulesIn(SynthesizedStack.with({
      revocationWindow: aWindow(), flaggedIngressRules: [ssh()], schedule,
    }));
    // Both are due at the same minute. The second sweep then opens no allowance, because its time is no later.
    expect(main.Properties.ScheduleExpression).toBe(ofWindow?.Properties.ScheduleExpression);
  });

  it('in an organization, too', () => {
    const deployed = SynthesizedHub.of({ revocationWindow: aWindow(), flaggedIngressRules: [ssh()] });
    const { ofWindow, others: [main, ...rest] } = schedulesIn(deployed);
    expect(rest).toEqual([]);
    expect(ofWindow?.Properties).toMatchObject({
      ScheduleExpression: 'cron(0 8 * * ? *)', ScheduleExpressionTimezone: 'Europe/Berlin', State: 'ENABLED',
      Target: main.Properties.Target, Description: 'Runs of Network/Hub when the revocation window opens',
    });
    expect(ofWindow?.DependsOn).toEqual([expect.stringMatching(/^HubSchedule[0-9A-F]{8}$/)]);
    const without = SynthesizedHub.of({ flaggedIngressRules: [ssh()] });
    expect(deployed.scheduleStatements).toEqual(without.scheduleStatements);
    expect(deployed.construct.windowSchedule?.node.path).toBe('Network/Hub/WindowSchedule');
    expect(without.construct.windowSchedule).toBeUndefined();
    expect(schedulesIn(without).ofWindow).toBeUndefined();
  });
});

it('leaves the alarms as they are, because they follow the main schedule', () => {
  const alarmsOf = (revocationWindow?: RevocationWindow): unknown => {
    const stack = aStack();
    const hygiene = new NetworkHygiene(stack, 'NetworkHygiene', { revocationWindow, flaggedIngressRules: [ssh()] });
    hygiene.addAlarms();
    return new SynthesizedStack(stack, hygiene).template.findResources('AWS::CloudWatch::Alarm');
  };
  expect(Object.keys(alarmsOf() as object).length).toBeGreaterThan(5);
  expect(alarmsOf(aWindow())).toEqual(alarmsOf());
});

describe('a window is refused', () => {
  const later = new CfnParameter(aStack(), 'Later').valueAsString;

  it.each<[string, unknown, string]>([
    ['an hour that a day does not have', aWindow({ from: '25:00' }), 'from: got "25:00"; give a time from 00:00 to 23:59, such as 08:00'],
    ['an end after midnight', aWindow({ to: '24:01' }), 'to: got "24:01"; give a time from 00:00 to 24:00, such as 18:00'],
    ['a begin at the end of the day', aWindow({ from: '24:00' }), 'from: got "24:00"; give a time'],
    ['one digit', aWindow({ from: '9:00' }), 'from: got "9:00"; give a time'],
    ['a time in words', aWindow({ to: '6 pm' }), 'to: got "6 pm"; give a time'],
    ['seconds', aWindow({ from: '08:00:00' }), 'from: got "08:00:00"; give a time'],
    ['a number', aWindow({ from: 8 as never }), 'from: got 8; give a time'],
    ['null', aWindow({ to: null as never }), 'to: got null; give a time'],
    [
      'a begin that is the end', aWindow({ to: '08:00' }),
      'to: got "08:00"; give another time than from; a whole day is from 00:00 to 24:00',
    ],
    ['no days', aWindow({ days: [] }), 'days: got []; leave it out to mean every day'],
    [
      'a day twice', aWindow({ days: [DayOfWeek.MONDAY, DayOfWeek.FRIDAY, DayOfWeek.MONDAY] }),
      'days[2]: got "MON"; give each day once',
    ],
    ['a day in words', aWindow({ days: ['Monday' as never] }), 'days[0]: got "Monday"; give one of MON, TUE, WED, THU, FRI, SAT, SUN'],
    ['a day alone', aWindow({ days: DayOfWeek.MONDAY as never }), 'days: got "MON"; give a list of days, such as [DayOfWeek.SATURDAY]'],
    ['every hour', { timeZone: TimeZone.ETC_UTC }, 'got every hour of every day, so it is always open; leave it out, or give days or times'],
    [
      'every hour of each day', { days: Object.values(DayOfWeek).reverse(), timeZone: TimeZone.ETC_UTC },
      'got every hour of every day, so it is always open; leave it out, or give days or times',
    ],
    ['no time zone', { from: '08:00' }, "timeZone: got undefined; give a TimeZone, such as TimeZone.of('Europe/Berlin')"],
    ['a time zone as text', { from: '08:00', timeZone: 'Europe/Berlin' }, 'timeZone: got "Europe/Berlin"; give a TimeZone, such as'],
    [
      'a time zone that does not exist', aWindow({ timeZone: TimeZone.of('Europe/Berlino') }),
      'timeZone: got "Europe/Berlino"; give the name of a time zone as IANA writes it, such as Europe/Berlin or UTC, and no offset',
    ],
    ['an offset', aWindow({ timeZone: TimeZone.of('+01:00') }), 'timeZone: got "+01:00"; give the name of a time zone'],
    ['another case', aWindow({ timeZone: TimeZone.of('europe/berlin') }), 'timeZone: got "europe/berlin"; give the name'],
    [
      'a time zone that is known at deployment only', aWindow({ timeZone: TimeZone.of(later) }),
      'timeZone: got a text that is known at deployment only; give the name of a time zone',
    ],
    ['a time that is known at deployment only', aWindow({ from: later }), 'from: got a text that is known at deployment only; give a time'],
    [
      'a day that is known at deployment only', aWindow({ days: [later as DayOfWeek] }),
      'days[0]: got a text that is known at deployment only; give one of MON',
    ],
    [
      'days that are known at deployment only', aWindow({ days: Fn.split(',', later) as DayOfWeek[] }),
      'days: got a list that is known at deployment only; give a list of days',
    ],
    [
      'what is known at deployment only', Lazy.any({ produce: () => aWindow() }),
      'got a value that is known at deployment only; give an object with any of days, from, to, timeZone',
    ],
    ['null in its place', null, 'got null; give an object with any of days, from, to, timeZone'],
    ['a misspelt name', { ...aWindow(), timezone: TimeZone.ETC_UTC }, '"timezone" is unknown. Did you mean "timeZone"?'],
  ])('with %s', (_, window, message) => {
    expect(refusal(window)).toContain(message);
  });
});

describe('a warning is printed', () => {
  function warnings(props: NetworkHygieneProps): string[] {
    const stack = aStack();
    new NetworkHygiene(stack, 'NetworkHygiene', props);
    return Annotations.fromStack(stack).findWarning('*', Match.anyValue()).map(({ entry }) => String(entry.data));
  }

  const through = FlaggedAction.revoke({ anytime: true });

  it.each<[string, NetworkHygieneProps, string]>([
    [
      'of a window if nothing is revoked', { revocationWindow: aWindow(), flaggedIngressRules: [ssh(FlaggedAction.report())] },
      'revocationWindow has no effect, because staleRules and flaggedIngressRules revoke nothing; leave revocationWindow out, or say what to revoke only within it [ack: cdk-network-hygiene:windowWithoutEffect]',
    ],
    [
      'of a window through which everything is let',
      {
        revocationWindow: aWindow(), staleRules: StaleRules.revoke({ anytime: true }),
        flaggedIngressRules: [ssh(FlaggedAction.report()), ssh(through)],
      },
      'revocationWindow has no effect, because anytime lets everything through that is revoked: staleRules, flaggedIngressRules[1].action; leave revocationWindow out, or say what to revoke only within it [ack: cdk-network-hygiene:windowWithoutEffect]',
    ],
    [
      'of rules that are let through where there is no window',
      { staleRules: StaleRules.revoke({ anytime: true }), flaggedIngressRules: [ssh(), ssh(through)] },
      'anytime has no effect in staleRules, flaggedIngressRules[1].action, because there is no revocationWindow, so rules may be revoked at any time anyway; leave anytime out, or give a revocationWindow [ack: cdk-network-hygiene:anytimeWithoutWindow]',
    ],
  ])('%s', (_, props, message) => {
    expect(warnings(props)).toEqual([message]);
  });

  it.each<[string, NetworkHygieneProps]>([
    ['a window in which something is revoked', { revocationWindow: aWindow(), flaggedIngressRules: [ssh()] }],
    ['a window in which stale rules are revoked', { revocationWindow: aWindow(), staleRules: StaleRules.revoke() }],
    ['a window through which some rules are let', { revocationWindow: aWindow(), flaggedIngressRules: [ssh(), ssh(through)] }],
    ['a dry run, which shows what the window would do', { revocationWindow: aWindow(), dryRun: true, flaggedIngressRules: [ssh()] }],
    ['neither', { flaggedIngressRules: [ssh()], staleRules: StaleRules.revoke({ anytime: false }) }],
  ])('not of %s', (_, props) => {
    expect(warnings(props)).toEqual([]);
  });

  it('of the same on the hub of an organization', () => {
    const stack = aStack();
    aHub(stack, { revocationWindow: aWindow() });
    Annotations.fromStack(stack).hasWarning('*', Match.stringLikeRegexp('windowWithoutEffect'));
  });
});
