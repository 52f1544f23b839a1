/** Tests what the handler gets from a revocation window, and which windows are refused or warned of. */
import { CfnParameter, Duration, Fn, Lazy, TimeZone } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import { Peer, Port } from 'aws-cdk-lib/aws-ec2';
import {
  DayOfWeek, FlaggedAction, FlaggedIngressRule, HygieneAccounts, NetworkHygiene, NetworkHygieneMember,
  NetworkHygieneOrganization, NetworkHygieneProps, RevocationWindow, StaleRules,
} from '../src';
import { aStack, SynthesizedStack } from './support/synthesized-stack';
import { decodeConfiguration } from '../src/contract/decode';
import { DAYS } from '../src/contract/revocation-window';

const aWindow = (overrides: Partial<RevocationWindow> = {}): RevocationWindow =>
  ({ from: '08:00', to: '18:00', timeZone: TimeZone.EUROPE_BERLIN, ...overrides });

const ssh = (action?: FlaggedAction): FlaggedIngressRule =>
  FlaggedIngressRule.inAnyGroup(Peer.anyIpv4(), Port.SSH, { action });

const HUB = { organizationId: 'o-a1b2c3d4e5', accounts: HygieneAccounts.all() };

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
    const hub = new NetworkHygieneOrganization(aStack(), 'Hub', { ...HUB, revocationWindow: aWindow() });
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
    new NetworkHygieneOrganization(stack, 'Hub', { ...HUB, revocationWindow: aWindow() });
    Annotations.fromStack(stack).hasWarning('*', Match.stringLikeRegexp('windowWithoutEffect'));
  });
});
