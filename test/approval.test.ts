/** Tests the properties for announcing and approving revocations, and who may approve them. */
import { CfnParameter, Duration, Stack, TimeZone } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import { Peer, Port } from 'aws-cdk-lib/aws-ec2';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import {
  ChangeTrigger, DayOfWeek, FlaggedAction, FlaggedIngressRule, NetworkHygiene, NetworkHygieneMember,
  NetworkHygieneProps, RevocationWindow, StaleRules,
} from '../src';
import { aHub, SynthesizedHub } from './support/synthesized-hub';
import { aStack, SynthesizedStack } from './support/synthesized-stack';
import { decodeConfiguration } from '../src/contract/decode';

const ssh = (action?: FlaggedAction): FlaggedIngressRule =>
  FlaggedIngressRule.inAnyGroup(Peer.anyIpv4(), Port.SSH, { action });

const DAYS_14 = 1_209_600;

describe('the configuration', () => {
  it.each<[string, NetworkHygieneProps, object]>([
    ['a notice', { finalNotice: Duration.days(7) }, { finalNoticeSeconds: 604_800 }],
    ['the shortest notice', { finalNotice: Duration.minutes(1) }, { finalNoticeSeconds: 60 }],
    ['the longest notice', { finalNotice: Duration.days(90) }, { finalNoticeSeconds: 7_776_000 }],
    ['an approval with its default time', { approval: true }, { approval: { validSeconds: DAYS_14 } }],
    ['the shortest approval', { approval: true, approvalValidFor: Duration.hours(1) }, { approval: { validSeconds: 3600 } }],
    ['the longest approval', { approval: true, approvalValidFor: Duration.days(90) }, { approval: { validSeconds: 7_776_000 } }],
  ])('has %s, and the handler reads it', (_, props, expected) => {
    const configuration = SynthesizedStack.with(props).configuration();
    expect(configuration).toMatchObject(expected);
    expect(decodeConfiguration(configuration)).toMatchObject(expected);
  });

  it('has neither by default, and approval false changes nothing', () => {
    const [without, withFalse] = [{}, { approval: false }].map(props => SynthesizedStack.with(props));
    expect(without.configuration()).not.toHaveProperty('approval');
    expect(without.configuration()).not.toHaveProperty('finalNoticeSeconds');
    expect(withFalse.configurationText).toEqual(without.configurationText);
    expect(withFalse.fingerprint).toEqual(without.fingerprint);
  });

  it('has both on the hub of an organization', () => {
    const hub = aHub(aStack(), { finalNotice: Duration.days(1), approval: true });
    expect(hub._configuration).toMatchObject({ finalNoticeSeconds: 86_400, approval: { validSeconds: DAYS_14 } });
  });
});

describe('a property is refused:', () => {
  const unknownNow = (): Duration =>
    Duration.seconds(new CfnParameter(aStack(), 'Seconds', { type: 'Number' }).valueAsNumber);

  it.each<[string, unknown, string]>([
    ['finalNotice', 7, 'got 7; give a Duration, such as Duration.days(7)'],
    ['finalNotice', Duration.seconds(59), 'got 59 seconds; give whole seconds from 1 minute to 90 days'],
    ['finalNotice', Duration.seconds(7_776_001), 'give whole seconds from 1 minute to 90 days'],
    ['finalNotice', Duration.millis(60_500), 'give whole seconds from 1 minute to 90 days'],
    ['finalNotice', unknownNow(), 'got a value that is known at deployment only'],
    ['approval', 'yes', 'got "yes"; give'],
    ['approval', null, 'got null; give'],
    ['approvalValidFor', 14, 'got 14; give a Duration, such as Duration.days(14)'],
    ['approvalValidFor', Duration.seconds(3599), 'give whole seconds from 1 hour to 90 days'],
    ['approvalValidFor', Duration.days(91), 'got 91 days; give whole seconds from 1 hour to 90 days'],
    ['approvalValidFor', unknownNow(), 'got a value that is known at deployment only'],
  ])('%s %j', (name, value, problem) => {
    const give = (): unknown => SynthesizedStack.with({ flaggedIngressRules: [ssh()], approval: true, [name]: value });
    expect(give).toThrow(problem);
    expect(give).toThrow(`Network/NetworkHygiene: ${name}: `);
  });

  it.each([undefined, false])('the time of an approval where approval is %s', approval => {
    expect(() => SynthesizedStack.with({ approval, approvalValidFor: Duration.days(1) })).toThrow(
      'Network/NetworkHygiene: approvalValidFor is given without approval, so no revocation would wait for an approval; '
      + 'set approval to true, or leave approvalValidFor out',
    );
  });

  it.each(['finalNotice', 'approval', 'approvalValidFor'])('%s on a member, because it belongs to the hub', name => {
    const member = { hubAccount: '111122223333', organizationId: 'o-a1b2c3d4e5', [name]: true };
    expect(() => new NetworkHygieneMember(aStack(), 'Member', member as never)).toThrow(
      `Network/Member: "${name}" is unknown; it belongs to the hub only; leave it out of what the hub and its members share`,
    );
  });
});

describe('a warning is printed', () => {
  function warnings(props: NetworkHygieneProps): string[] {
    const stack = aStack();
    new NetworkHygiene(stack, 'NetworkHygiene', props);
    return Annotations.fromStack(stack).findWarning('*', Match.anyValue()).map(({ entry }) => String(entry.data));
  }

  it.each<[string, NetworkHygieneProps, string]>([
    [
      'of a notice', { finalNotice: Duration.days(7), flaggedIngressRules: [ssh(FlaggedAction.report())] },
      'finalNotice has no effect, because staleRules and flaggedIngressRules revoke nothing; leave finalNotice out, or say what to revoke after the notice [ack: cdk-network-hygiene:noticeWithoutEffect]',
    ],
    [
      'of approvals', { approval: true },
      'approval has no effect, because staleRules and flaggedIngressRules revoke nothing; leave approval out, or say what to revoke once it is approved [ack: cdk-network-hygiene:approvalWithoutEffect]',
    ],
  ])('%s if nothing is revoked', (_, props, message) => {
    expect(warnings(props)).toEqual([message]);
  });

  it.each<[string, NetworkHygieneProps]>([
    ['flagged rules are revoked', { flaggedIngressRules: [ssh()] }],
    ['stale rules are revoked', { staleRules: StaleRules.revoke() }],
    ['a dry run shows what they would do', { flaggedIngressRules: [ssh()], dryRun: true }],
  ])('not where %s', (_, props) => {
    expect(warnings({ ...props, finalNotice: Duration.days(7), approval: true })).toEqual([]);
  });

  const SUNDAYS: RevocationWindow = {
    days: [DayOfWeek.SUNDAY], from: '22:00', to: '24:00', timeZone: TimeZone.EUROPE_BERLIN,
  };

  it.each<[string, NetworkHygieneProps, string]>([
    [
      'a notice', { approvalValidFor: Duration.days(7), finalNotice: Duration.days(7) },
      'an approval ends after 7 days, and a rule may wait 7 days for finalNotice and 1 hour for the next sweep, so the approval may end before the rule is revoked; give a longer approvalValidFor than 7 days 1 hour, or shorter waits',
    ],
    [
      'a window', { approvalValidFor: Duration.days(6), revocationWindow: SUNDAYS },
      'an approval ends after 6 days, and a rule may wait 6 days 22 hours for revocationWindow, so the approval may end before the rule is revoked; give a longer approvalValidFor than 6 days 22 hours, or shorter waits',
    ],
    [
      'both, with the default time', { finalNotice: Duration.days(10), revocationWindow: SUNDAYS },
      'an approval ends after 14 days, and a rule may wait 10 days for finalNotice and 6 days 22 hours for revocationWindow, so the approval may end before the rule is revoked; give a longer approvalValidFor than 16 days 22 hours, or shorter waits',
    ],
    [
      'the time between two sweeps', { approvalValidFor: Duration.hours(24), schedule: ScheduleExpression.rate(Duration.days(1)) },
      'an approval ends after 1 day, and a rule may wait 1 day for the next sweep, so the approval may end before the rule is revoked; give a longer approvalValidFor than 1 day, or shorter waits',
    ],
    [
      'the longest notice, where no approval can be longer', { approvalValidFor: Duration.days(90), finalNotice: Duration.days(90) },
      'an approval ends after 90 days, and a rule may wait 90 days for finalNotice and 1 hour for the next sweep, so the approval may end before the rule is revoked; give shorter waits',
    ],
  ])('of approvals that may end during %s', (_, props, message) => {
    expect(warnings({ flaggedIngressRules: [ssh()], approval: true, ...props })).toEqual([
      `${message} [ack: cdk-network-hygiene:approvalEndsTooEarly]`,
    ]);
  });

  it.each<[string, NetworkHygieneProps]>([
    ['outlast the notice', { approvalValidFor: Duration.days(8), finalNotice: Duration.days(7) }],
    ['outlast notice and window', { approvalValidFor: Duration.days(14), finalNotice: Duration.days(7), revocationWindow: SUNDAYS }],
    ['outlast the time between two sweeps', { approvalValidFor: Duration.hours(2) }],
    ['are not used outside the window only', {
      approvalValidFor: Duration.hours(2), revocationWindow: SUNDAYS, staleRules: StaleRules.revoke({ anytime: true }),
      flaggedIngressRules: [ssh(FlaggedAction.revoke({ anytime: true }))],
    }],
  ])('not of approvals that %s', (_, props) => {
    expect(warnings({ flaggedIngressRules: [ssh()], approval: true, ...props }).join()).not.toContain('approvalEndsTooEarly');
  });

  it('of the same on the hub of an organization', () => {
    const stack = aStack();
    aHub(stack, { approval: true, finalNotice: Duration.days(1) });
    Annotations.fromStack(stack).hasWarning('*', Match.stringLikeRegexp('approvalWithoutEffect'));
    Annotations.fromStack(stack).hasWarning('*', Match.stringLikeRegexp('noticeWithoutEffect'));
  });
});

describe('leave to approve', () => {
  const aRole = (scope: Stack): Role => new Role(scope, 'Operator', { assumedBy: new ServicePrincipal('ssm.amazonaws.com') });
  const aliasesNamed = ({ template }: SynthesizedStack): string[] =>
    Object.keys(template.findResources('AWS::Lambda::Alias', { Properties: { Name: 'approve' } }));

  it.each<[string, NetworkHygieneProps]>([
    ['rules are revoked', { flaggedIngressRules: [ssh()] }],
    ['revoking is switched off, so that a stack with the grant deploys in an emergency, too', {
      flaggedIngressRules: [ssh()], enabled: false,
    }],
    ['nothing is revoked yet', {}],
  ])('is for its alias, and for nothing else, where %s', (_, props) => {
    const stack = aStack();
    const hygiene = new NetworkHygiene(stack, 'NetworkHygiene', { ...props, approval: true });
    expect(hygiene.approveAlias?.aliasName).toBe('approve');
    expect(hygiene.grantApprove(aRole(stack)).success).toBe(true);
    const deployed = new SynthesizedStack(stack, hygiene);
    expect(deployed.statementsOf(role => role.includes('Operator'))).toEqual([
      { Effect: 'Allow', Action: 'lambda:InvokeFunction', Resource: { Ref: aliasesNamed(deployed)[0] } },
    ]);
    deployed.template.resourceCountIs('AWS::Lambda::Permission', 0);
  });

  it('is refused without approval, with what to do, and there is no alias', () => {
    const deployed = SynthesizedStack.with({ flaggedIngressRules: [ssh()] });
    expect(deployed.construct.approveAlias).toBeUndefined();
    expect(aliasesNamed(deployed)).toEqual([]);
    expect(() => deployed.construct.grantApprove(aRole(Stack.of(deployed.construct)))).toThrow(new Error(
      'Network/NetworkHygiene: grantApprove: approval is not true, so no revocation waits for one; set approval to true, or '
      + 'leave the grant out',
    ));
  });

  it('gives the function no further permission', () => {
    const [without, within] = [undefined, true].map(approval =>
      SynthesizedStack.with({ approval, flaggedIngressRules: [ssh()] }).statementsOf(role => role.includes('NetworkHygiene')));
    expect(within).toEqual(without);
    expect(without.length).toBeGreaterThan(0);
  });
});

it('the function of the hub that changes trigger names the function that takes approvals', () => {
  const { template } = SynthesizedHub.of({
    changeTrigger: ChangeTrigger.cloudTrail(), flaggedIngressRules: [ssh()], approval: true,
  });
  const functions = Object.values(template.findResources('AWS::Lambda::Function'));
  const changes = functions.find(({ Properties: { Handler } }) => Handler === 'index.organizationChange');
  const { SWEEPING_FUNCTION: name } = changes?.Properties.Environment.Variables ?? {};
  expect(template.findResources('AWS::Lambda::Function')[name.Ref].Properties.Handler).toBe('index.organization');
});
