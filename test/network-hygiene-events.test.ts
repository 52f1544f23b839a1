/** Tests the rules for events, and that their targets receive events from the first sweep on. */
import { App, CfnResource, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import { EventBus, IEventBus, OnEventOptions, Rule } from 'aws-cdk-lib/aws-events';
import { CloudWatchLogGroup, LambdaFunction, SqsQueue } from 'aws-cdk-lib/aws-events-targets';
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Code, Function, Runtime } from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription, LambdaSubscription, SqsSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { HygieneAccounts, NetworkHygiene, NetworkHygieneOrganization, NetworkHygieneProps } from '../src';
import { aStack } from './support/synthesized-stack';
import { EventType } from '../src/contract/names';

type On = (hygiene: NetworkHygiene, id: string, options?: OnEventOptions) => Rule;

const METHODS: ReadonlyArray<[string, On]> = [
  [EventType.FINDING_OPENED, (hygiene, id, options) => hygiene.onFindingOpened(id, options)],
  [EventType.FINDING_RESOLVED, (hygiene, id, options) => hygiene.onFindingResolved(id, options)],
  [EventType.INGRESS_RULE_REVOKED, (hygiene, id, options) => hygiene.onIngressRuleRevoked(id, options)],
  [EventType.REVOCATION_WITHHELD, (hygiene, id, options) => hygiene.onRevocationWithheld(id, options)],
  [EventType.VPN_CONNECTION_STATE_CHANGED, (hygiene, id, options) => hygiene.onVpnConnectionStateChanged(id, options)],
  [EventType.UNUSED_SECURITY_GROUP_FOUND, (hygiene, id, options) => hygiene.onUnusedSecurityGroupFound(id, options)],
  [EventType.UNUSED_SECURITY_GROUP_RESOLVED, (hygiene, id, options) =>
    hygiene.onUnusedSecurityGroupResolved(id, options)],
  [EventType.PAUSE_CHANGED, (hygiene, id, options) => hygiene.onPauseChanged(id, options)],
  [EventType.EXEMPTION_CHANGED, (hygiene, id, options) => hygiene.onExemptionChanged(id, options)],
  [EventType.REVOCATION_ANNOUNCED, (hygiene, id, options) => hygiene.onRevocationAnnounced(id, options)],
  [EventType.REVOCATION_CALLED_OFF, (hygiene, id, options) => hygiene.onRevocationCalledOff(id, options)],
  [EventType.APPROVAL_REQUESTED, (hygiene, id, options) => hygiene.onApprovalRequested(id, options)],
];

const aHygiene = (stack: Stack, props?: NetworkHygieneProps): NetworkHygiene =>
  new NetworkHygiene(stack, 'NetworkHygiene', props);

/** Returns the resources that CloudFormation creates before the sweep at deployment. */
function beforeTheSweep(stack: Stack): string[] {
  const [sweep] = Object.values(Template.fromStack(stack).findResources('Custom::NetworkHygiene')) as Array<{
    DependsOn: string[];
  }>;
  return sweep.DependsOn;
}

const logicalId = (stack: Stack, { node }: { node: Rule['node'] }): string =>
  stack.getLogicalId(node.defaultChild as CfnResource);

describe('a rule', () => {
  it.each(METHODS)('for %s is for this construct alone, and has its targets', (detailType, on) => {
    const stack = aStack();
    on(aHygiene(stack), 'Told', {
      target: new SqsQueue(new Queue(stack, 'Queue')),
      description: 'mine',
      ruleName: 'told',
    });
    Template.fromStack(stack).hasResourceProperties('AWS::Events::Rule', {
      Name: 'told',
      Description: 'mine',
      State: 'ENABLED',
      EventBusName: 'default',
      EventPattern: {
        'source': ['cdk-network-hygiene'],
        'detail-type': [detailType],
        'detail': { hygiene: ['Network/NetworkHygiene'] },
      },
      Targets: [Match.objectLike({ Arn: Match.anyValue() })],
    });
  });

  it('can ask for more of the event', () => {
    const stack = aStack();
    aHygiene(stack).onVpnConnectionStateChanged('Down', { eventPattern: { detail: { status: ['DOWN'] } } });
    Template.fromStack(stack).hasResourceProperties('AWS::Events::Rule', {
      EventPattern: {
        'detail-type': ['VPN Connection State Changed'],
        'detail': { status: ['DOWN'], hygiene: ['Network/NetworkHygiene'] },
      },
    });
  });

  it('is on the bus that events go to', () => {
    const stack = aStack();
    const eventBus = new EventBus(stack, 'Bus');
    const hygiene = aHygiene(stack, { eventBus });
    hygiene.onFindingOpened('Opened');
    Template.fromStack(stack).hasResourceProperties('AWS::Events::Rule', {
      EventBusName: stack.resolve(eventBus.eventBusName) as object,
    });
    expect(hygiene.eventBus).toBe(eventBus);
  });

  const env = { account: '111122223333', region: 'eu-central-1' };
  const busOf = (stack: Stack, region: string, account: string): IEventBus =>
    EventBus.fromEventBusArn(stack, 'Bus', `arn:aws:events:${region}:${account}:event-bus/network`);

  it.each([
    ['eu-west-1', env.account],
    [env.region, '444455556666'],
  ])('is refused where the bus is known to be elsewhere, in %s of %s', (region, account) => {
    const stack = new Stack(new App(), 'Network', { env });
    const hygiene = aHygiene(stack, { eventBus: busOf(stack, region, account) });
    expect(() => hygiene.onFindingOpened('Opened')).toThrow(
      `Network/NetworkHygiene: Opened, a rule for "Finding Opened": eventBus is in ${region} of the account ${account}, and a rule must be in the account and Region of its bus; give a crossStackScope`,
    );
    Template.fromStack(stack).resourceCountIs('AWS::Events::Rule', 0);
  });

  it('may be made where the bus is', () => {
    const app = new App();
    const stack = new Stack(app, 'Network', { env });
    const other = new Stack(app, 'Other', { env: { ...env, account: '444455556666' } });
    aHygiene(stack, { eventBus: busOf(stack, env.region, '444455556666') }).onFindingOpened('Opened', {
      crossStackScope: other,
    });
    Template.fromStack(other).resourceCountIs('AWS::Events::Rule', 1);
  });

  it('is made where it is not known in which account and Region the stack is', () => {
    const stack = aStack();
    aHygiene(stack, { eventBus: busOf(stack, env.region, env.account) }).onFindingOpened('Opened');
    Template.fromStack(stack).resourceCountIs('AWS::Events::Rule', 1);
  });

  it.each<[string, unknown, string]>([
    ['another source', { eventPattern: { source: ['aws.ec2'] } }, 'eventPattern.source: leave it out'],
    ['another type', { eventPattern: { detailType: ['Other'] } }, 'eventPattern.detailType: leave it out'],
    [
      'another construct',
      { eventPattern: { detail: { hygiene: ['Other'], status: ['DOWN'] } } },
      'eventPattern.detail.hygiene: leave it out',
    ],
    ['a pattern that is none', { eventPattern: 'DOWN' }, 'eventPattern: got "DOWN"; give an EventPattern'],
    [
      'a target that is none',
      { target: 'arn:aws:sqs:eu-central-1:111122223333:queue' },
      'target: got "arn:aws:sqs:eu-central-1:111122223333:queue"; give an IRuleTarget',
    ],
    [
      'a misspelt option',
      { targets: [] },
      '"targets" is unknown. Did you mean "target"?',
    ],
    ['null', null, 'got null; give an object with any of target'],
  ])('refuses %s, and is not made', (_, options, message) => {
    const stack = aStack();
    const hygiene = aHygiene(stack);
    for (const [detailType, on] of METHODS) {
      expect(() => on(hygiene, 'Told', options as OnEventOptions)).toThrow(
        `Network/NetworkHygiene: Told, a rule for "${detailType}": ${message}`,
      );
    }
    Template.fromStack(stack).resourceCountIs('AWS::Events::Rule', 0);
  });
});

describe('the sweep at deployment, which finds the most and tells of it once, comes after', () => {
  it('a rule, its queue, and what lets EventBridge in', () => {
    const stack = aStack();
    const queue = new Queue(stack, 'Queue');
    const rule = aHygiene(stack).onFindingOpened('Opened', { target: new SqsQueue(queue) });
    const policy = Object.keys(Template.fromStack(stack).findResources('AWS::SQS::QueuePolicy'));
    expect(beforeTheSweep(stack)).toEqual(
      expect.arrayContaining([logicalId(stack, rule), logicalId(stack, queue), ...policy]),
    );
    expect(policy).toHaveLength(1);
  });

  it('a function and its permission', () => {
    const stack = aStack();
    const target = new LambdaFunction(
      new Function(stack, 'Target', {
        code: Code.fromInline('x'),
        handler: 'index.handler',
        runtime: Runtime.NODEJS_22_X,
      }),
    );
    aHygiene(stack).onIngressRuleRevoked('Revoked', { target });
    const permissions = Object.keys(Template.fromStack(stack).findResources('AWS::Lambda::Permission'));
    expect(permissions).toHaveLength(1);
    expect(beforeTheSweep(stack)).toEqual(expect.arrayContaining(permissions));
  });

  it('the topic for people, with its subscriptions', () => {
    const stack = aStack();
    const topic = new Topic(stack, 'People');
    topic.addSubscription(new EmailSubscription('network@example.com'));
    aHygiene(stack, { notifications: topic });
    const subscriptions = Object.keys(Template.fromStack(stack).findResources('AWS::SNS::Subscription'));
    expect(beforeTheSweep(stack)).toEqual(expect.arrayContaining([logicalId(stack, topic), ...subscriptions]));
  });

  it('a queue that is added to the rule, and what lets EventBridge in', () => {
    const stack = aStack();
    const rule = aHygiene(stack).onFindingOpened('Opened');
    const queue = new Queue(stack, 'Queue');
    rule.addTarget(new SqsQueue(queue));
    const [policy] = Object.keys(Template.fromStack(stack).findResources('AWS::SQS::QueuePolicy'));
    expect(beforeTheSweep(stack)).toEqual(
      expect.arrayContaining([logicalId(stack, rule), logicalId(stack, queue), policy]),
    );
    Template.fromStack(stack).hasResourceProperties('AWS::Events::Rule', {
      Targets: [Match.objectLike({ Arn: stack.resolve(queue.queueArn) as object })],
    });
  });

  it('a log group, and what lets EventBridge in, which is beside it', () => {
    const stack = aStack();
    const logGroup = new LogGroup(stack, 'Logs');
    aHygiene(stack).onFindingOpened('Opened', { target: new CloudWatchLogGroup(logGroup) });
    const [policy, ...others] = Object.keys(
      Template.fromStack(stack).findResources('Custom::CloudwatchLogResourcePolicy'),
    );
    expect(others).toEqual([]);
    expect(beforeTheSweep(stack)).toEqual(expect.arrayContaining([logicalId(stack, logGroup), policy]));
  });

  it('the subscriptions of queues and functions, whose topic may be of another stack, with what lets the topic in; and those of no other topic', () => {
    const app = new App();
    const stack = new Stack(app, 'Network');
    const [notifications, another] = ['People', 'Others'].map(id => new Topic(new Stack(app, id), 'Topic'));
    const queue = new Queue(stack, 'Queue');
    const told = new Function(stack, 'Told', {
      code: Code.fromInline('x'),
      handler: 'index.handler',
      runtime: Runtime.NODEJS_22_X,
    });
    aHygiene(stack, { notifications });
    notifications.addSubscription(new SqsSubscription(queue));
    notifications.addSubscription(new LambdaSubscription(told));
    another.addSubscription(new SqsSubscription(new Queue(stack, 'Other')));
    const waited = beforeTheSweep(stack);
    const subscriptions = Object.keys(Template.fromStack(stack).findResources('AWS::SNS::Subscription'));
    expect(subscriptions).toHaveLength(3);
    expect(subscriptions.filter(id => waited.includes(id))).toEqual(
      subscriptions.filter(id => !id.startsWith('Other')),
    );
    const permissions = Object.keys(
      Template.fromStack(stack).findResources('AWS::Lambda::Permission', {
        Properties: { Principal: 'sns.amazonaws.com' },
      }),
    );
    expect(permissions).toHaveLength(1);
    expect(waited).toEqual(expect.arrayContaining(permissions));
  });

  it('no other permissions to invoke a target function, and no topic policy, because they may name an alarm that waits for the sweep', () => {
    const stack = aStack();
    const told = new Function(stack, 'Told', {
      code: Code.fromInline('x'),
      handler: 'index.handler',
      runtime: Runtime.NODEJS_22_X,
    });
    told.addPermission('Else', { principal: new ServicePrincipal('lambda.alarms.cloudwatch.amazonaws.com') });
    aHygiene(stack, { notifications: new Topic(stack, 'People', { enforceSSL: true }) }).onFindingOpened('Opened', {
      target: new LambdaFunction(told),
    });
    const template = Template.fromStack(stack);
    const elses = [
      ...Object.keys(
        template.findResources('AWS::Lambda::Permission', {
          Properties: { Principal: 'lambda.alarms.cloudwatch.amazonaws.com' },
        }),
      ),
      ...Object.keys(template.findResources('AWS::SNS::TopicPolicy')),
    ];
    expect(elses).toHaveLength(2);
    expect(beforeTheSweep(stack).filter(id => elses.includes(id))).toEqual([]);
  });

  it('nothing of another stack, for which it cannot wait', () => {
    const app = new App();
    const [stack, other] = [new Stack(app, 'Network'), new Stack(app, 'Other')];
    const queue = new Queue(other, 'Queue');
    const hygiene = aHygiene(stack);
    hygiene.onFindingOpened('Opened', { target: new SqsQueue(queue), crossStackScope: other });
    Template.fromStack(stack).resourceCountIs('AWS::Events::Rule', 0);
    Template.fromStack(other).resourceCountIs('AWS::Events::Rule', 1);
    expect(stack.dependencies).toEqual([]);
  });
});

describe('a rule of an organization', () => {
  const anOrganization = (stack: Stack): NetworkHygieneOrganization =>
    new NetworkHygieneOrganization(stack, 'Hub', { organizationId: 'o-a1b2c3d4e5', accounts: HygieneAccounts.all() });

  type OnCoverage = (hygiene: NetworkHygieneOrganization, id: string, options?: OnEventOptions) => Rule;
  const COVERAGE: ReadonlyArray<[string, OnCoverage]> = [
    [EventType.COVERAGE_LOST, (hygiene, id, options) => hygiene.onCoverageLost(id, options)],
    [EventType.COVERAGE_RESTORED, (hygiene, id, options) => hygiene.onCoverageRestored(id, options)],
  ];

  it.each(COVERAGE)('for %s is for this construct alone, and is there before the first run', (detailType, on) => {
    const stack = aStack();
    const queue = new Queue(stack, 'Queue');
    const rule = on(anOrganization(stack), 'Coverage', {
      target: new SqsQueue(queue), eventPattern: { detail: { account: ['111122223333'] } },
    });
    const template = Template.fromStack(stack);
    template.hasResourceProperties('AWS::Events::Rule', {
      EventPattern: {
        'source': ['cdk-network-hygiene'],
        'detail-type': [detailType],
        'detail': { account: ['111122223333'], hygiene: ['Network/Hub'] },
      },
      Targets: [Match.objectLike({ Arn: Match.anyValue() })],
    });
    const [{ DependsOn }] = Object.values(template.findResources('Custom::NetworkHygieneOrganization'));
    expect(DependsOn).toEqual(expect.arrayContaining([logicalId(stack, rule), logicalId(stack, queue)]));
  });

  it.each(COVERAGE)('for %s refuses another construct, and is not made', (detailType, on) => {
    const stack = aStack();
    const options = { eventPattern: { detail: { hygiene: ['Other'] } } };
    expect(() => on(anOrganization(stack), 'Coverage', options)).toThrow(
      `Network/Hub: Coverage, a rule for "${detailType}": eventPattern.detail.hygiene: leave it out`,
    );
    Template.fromStack(stack).resourceCountIs('AWS::Events::Rule', 0);
  });
});

it('alarms that are added after the widgets are warned of, for the widgets do not show them', () => {
  const stack = aStack();
  const hygiene = aHygiene(stack);
  hygiene.widgets();
  hygiene.addAlarms();
  Annotations.fromStack(stack).hasWarning(
    '/Network/NetworkHygiene',
    Match.stringLikeRegexp('addAlarms was called after widgets'),
  );
});

it('alarms that are added before the widgets are not', () => {
  const stack = aStack();
  const hygiene = aHygiene(stack);
  hygiene.addAlarms({ action: { bind: () => ({ alarmActionArn: 'arn:aws:sns:eu-central-1:111122223333:people' }) } });
  hygiene.widgets();
  Annotations.fromStack(stack).hasNoWarning('*', Match.anyValue());
});
