/** Tests when a rule that comes back is kept, and who may have it revoked again. */
import { CfnParameter, Duration, Stack, Token } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import { Peer, Port } from 'aws-cdk-lib/aws-ec2';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import {
  ComesBack, FlaggedAction, FlaggedIngressRule, NetworkHygiene, NetworkHygieneProps, StaleRules,
} from '../src';
import { aStack, SynthesizedStack } from './support/synthesized-stack';
import { decodeConfiguration } from '../src/contract/decode';

const told = (comesBack?: ComesBack): SynthesizedStack => SynthesizedStack.with({ comesBack });

describe('the choice', () => {
  it.each<[string, ComesBack, unknown]>([
    ['after so many revocations', ComesBack.keepAfter(5), { revocations: 5, withinSeconds: 86_400 }],
    ['within another time', ComesBack.keepAfter(3, { within: Duration.days(7) }), { revocations: 3, withinSeconds: 604_800 }],
    ['never', ComesBack.keepRevoking(), 'keepRevoking'],
    ['at the limits', ComesBack.keepAfter(1000, { within: Duration.days(90) }), { revocations: 1000, withinSeconds: 7_776_000 }],
  ])('to keep a rule %s is told to the handler', (_, comesBack, expected) => {
    expect(told(comesBack).configuration().comesBack).toEqual(expected);
  });

  it.each<[string, ComesBack]>([
    ['with its number', ComesBack.keepAfter(3)],
    ['with its number and its time', ComesBack.keepAfter(3, { within: Duration.hours(24) })],
  ])('that is the default is not written, so that nothing changes where it is given explicitly, %s', (_, comesBack) => {
    expect(told(comesBack).configurationText).toEqual(told().configurationText);
    expect(told(comesBack).fingerprint).toEqual(told().fingerprint);
    expect(told().configuration()).not.toHaveProperty('comesBack');
  });

  it('is three times within a day for the handler, where it is left out', () => {
    expect(decodeConfiguration(told().configuration()).comesBack).toEqual({ revocations: 3, withinSeconds: 86_400 });
    expect(decodeConfiguration(told(ComesBack.keepRevoking()).configuration()).comesBack).toBeUndefined();
  });

  it('may be known at deployment only', () => {
    const number = new CfnParameter(aStack(), 'Number', { type: 'Number' }).valueAsNumber;
    expect(() => ComesBack.keepAfter(number, { within: Duration.seconds(number) })).not.toThrow();
  });

  it.each<[string, () => unknown, string]>([
    ['none', () => ComesBack.keepAfter(0), 'revocations: got 0; give an integer from 1 to 1000'],
    ['too many', () => ComesBack.keepAfter(1001), 'revocations: got 1001; give an integer from 1 to 1000'],
    ['a part', () => ComesBack.keepAfter(1.5), 'revocations: got 1.5; give an integer from 1 to 1000'],
    ['a text', () => ComesBack.keepAfter('3' as never), 'revocations: got "3"; give an integer from 1 to 1000'],
    [
      'the options alone', () => ComesBack.keepAfter({ within: Duration.days(1) } as never),
      'revocations: got {"within":an object of the class Duration}; give an integer from 1 to 1000',
    ],
    [
      'a number as the time', () => ComesBack.keepAfter(3, { within: 24 as never }),
      'within: got 24; give a Duration, such as Duration.hours(24)',
    ],
    [
      'no time', () => ComesBack.keepAfter(3, { within: Duration.seconds(0) }),
      'within: got 0 seconds; give a Duration of whole seconds, 1 or more, such as Duration.hours(24)',
    ],
    [
      'more than the ledger keeps', () => ComesBack.keepAfter(3, { within: Duration.days(91) }),
      'within: got 91 days; give at most 90 days, such as Duration.hours(24)',
    ],
    ['a misspelt option', () => ComesBack.keepAfter(3, { witin: Duration.days(1) } as never), '"witin" is unknown. Did you mean "within"?'],
  ])('is refused with %s', (_, make, problem) => {
    expect(make).toThrow(`ComesBack.keepAfter: ${problem}`);
  });

  it('is refused as a prop of another kind', () => {
    expect(() => SynthesizedStack.with({ comesBack: 3 as never })).toThrow(
      'Network/NetworkHygiene: comesBack: got 3; give a ComesBack, such as ComesBack.keepAfter(3)',
    );
  });
});

describe('leave to retry', () => {
  const ssh = (action?: FlaggedAction): FlaggedIngressRule[] =>
    [FlaggedIngressRule.inAnyGroup(Peer.anyIpv4(), Port.SSH, { action })];
  const retryAliases = ({ template }: SynthesizedStack): string[] =>
    Object.keys(template.findResources('AWS::Lambda::Alias', { Properties: { Name: 'retry' } }));
  const aRole = (scope: Stack): Role => new Role(scope, 'Operator', { assumedBy: new ServicePrincipal('ssm.amazonaws.com') });

  it.each<[string, NetworkHygieneProps]>([
    ['stale rules are revoked', { staleRules: StaleRules.revoke() }],
    ['flagged rules are revoked', { flaggedIngressRules: ssh() }],
    ['one of two declarations revokes', { flaggedIngressRules: [...ssh(FlaggedAction.report()), ...ssh()] }],
    ['revoking is switched off, so that a stack with the grant deploys in an emergency, too', {
      flaggedIngressRules: ssh(), enabled: false,
    }],
    ['it is a dry run', { flaggedIngressRules: ssh(), dryRun: true }],
  ])('is for the alias where %s', (_, props) => {
    const stack = aStack();
    const hygiene = new NetworkHygiene(stack, 'NetworkHygiene', props);
    expect(hygiene.retryAlias?.aliasName).toBe('retry');
    expect(hygiene.grantRetry(aRole(stack)).success).toBe(true);
    const deployed = new SynthesizedStack(stack, hygiene);
    const [alias] = retryAliases(deployed);
    expect(deployed.statementsOf(role => role.includes('Operator'))).toEqual([
      { Effect: 'Allow', Action: 'lambda:InvokeFunction', Resource: { Ref: alias } },
    ]);
    deployed.template.resourceCountIs('AWS::Lambda::Permission', 0);
  });

  it.each<[string, NetworkHygieneProps]>([
    ['everything is only reported', { flaggedIngressRules: ssh(FlaggedAction.report()) }],
    ['no rules are looked at', { staleRules: StaleRules.ignore() }],
  ])('is refused where %s, with what to do, and there is no alias', (_, props) => {
    const deployed = SynthesizedStack.with(props);
    expect(deployed.construct.retryAlias).toBeUndefined();
    expect(retryAliases(deployed)).toEqual([]);
    expect(() => deployed.construct.grantRetry(aRole(Stack.of(deployed.construct)))).toThrow(new Error(
      'Network/NetworkHygiene: grantRetry: staleRules and flaggedIngressRules revoke nothing, so no rule is kept because it '
      + 'comes back; leave the grant out',
    ));
  });
});

describe('a choice that never keeps a rule is warned of', () => {
  const EVERY_DAY = ScheduleExpression.rate(Duration.days(1));
  const rule = (action?: FlaggedAction): FlaggedIngressRule =>
    FlaggedIngressRule.inAnyGroup(Peer.anyIpv4(), Port.SSH, { action });
  const warnings = (props: NetworkHygieneProps): string[] => {
    const stack = aStack();
    new NetworkHygiene(stack, 'NetworkHygiene', { flaggedIngressRules: [rule()], ...props });
    return Annotations.fromStack(stack).findWarning('*', Match.anyValue()).map(({ entry }) => String(entry.data));
  };
  const after = (days: number, sightings?: number): FlaggedAction =>
    FlaggedAction.revokeAfter(Duration.days(days), { sightings });

  it('with what was got and what to do', () => {
    expect(warnings({ schedule: EVERY_DAY, comesBack: ComesBack.keepAfter(3) })).toEqual([
      'comesBack: 3 revocations of a rule take 2 days or more, because sweeps revoke it at most once in 1 day, so they '
      + 'never fit within 1 day, and no rule is kept; give a longer within, or fewer revocations '
      + '[ack: cdk-network-hygiene:comesBackTooSlowly]',
    ]);
  });

  it.each<[string, NetworkHygieneProps]>([
    ['a wait', { flaggedIngressRules: [rule(after(1))] }],
    ['a wait for stale rules', { flaggedIngressRules: [], staleRules: StaleRules.revokeAfter(Duration.days(1)) }],
    ['many sightings', { flaggedIngressRules: [rule(after(0, 12))] }],
    ['a declaration that only reports beside it', { flaggedIngressRules: [rule(FlaggedAction.report()), rule(after(1))] }],
  ])('because of %s', (_, props) => {
    const schedule = ScheduleExpression.rate(Duration.hours(1));
    const comesBack = ComesBack.keepAfter(3, { within: Duration.hours(20) });
    expect(warnings({ schedule, comesBack, ...props })).toHaveLength(1);
  });

  it.each<[string, NetworkHygieneProps]>([
    ['is left out', { schedule: EVERY_DAY }],
    ['never keeps a rule anyway', { schedule: EVERY_DAY, comesBack: ComesBack.keepRevoking() }],
    ['fits a declaration', {
      comesBack: ComesBack.keepAfter(3), flaggedIngressRules: [rule(after(7)), rule()],
    }],
    ['just fits the schedule', { schedule: EVERY_DAY, comesBack: ComesBack.keepAfter(2, { within: Duration.hours(25) }) }],
    ['keeps a rule after the first revocation', { schedule: EVERY_DAY, comesBack: ComesBack.keepAfter(1) }],
    ['has nothing to revoke', {
      schedule: EVERY_DAY, comesBack: ComesBack.keepAfter(3), flaggedIngressRules: [rule(FlaggedAction.report())],
    }],
    ['is beside a schedule without an interval', {
      schedule: ScheduleExpression.cron({ minute: '0' }), comesBack: ComesBack.keepAfter(1000),
    }],
    ['is known at deployment only', {
      schedule: EVERY_DAY, comesBack: ComesBack.keepAfter(3, { within: Duration.seconds(Token.asNumber({ Ref: 'Within' })) }),
    }],
  ])('but not one that %s', (_, props) => {
    expect(warnings(props)).toEqual([]);
  });
});
