/** Rules for events, and who is told from the first sweep on. */
import { App, CfnResource, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import { EventBus, OnEventOptions, Rule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction, SqsQueue } from 'aws-cdk-lib/aws-events-targets';
import { Code, Function, Runtime } from 'aws-cdk-lib/aws-lambda';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { NetworkHygiene, NetworkHygieneProps } from '../src';
import { aStack } from './support/synthesized-stack';
import { EventType } from '../src/private/contract';

type On = (hygiene: NetworkHygiene, id: string, options?: OnEventOptions) => Rule;

const METHODS: ReadonlyArray<[string, On]> = [
  [EventType.FINDING_OPENED, (hygiene, id, options) => hygiene.onFindingOpened(id, options)],
  [EventType.FINDING_RESOLVED, (hygiene, id, options) => hygiene.onFindingResolved(id, options)],
  [EventType.INGRESS_RULE_REVOKED, (hygiene, id, options) => hygiene.onIngressRuleRevoked(id, options)],
  [EventType.REVOCATION_WITHHELD, (hygiene, id, options) => hygiene.onRevocationWithheld(id, options)],
  [EventType.VPN_CONNECTION_STATE_CHANGED, (hygiene, id, options) => hygiene.onVpnConnectionStateChanged(id, options)],
];

const aHygiene = (stack: Stack, props?: NetworkHygieneProps): NetworkHygiene => new NetworkHygiene(stack, 'NetworkHygiene', props);

/** What CloudFormation makes before the sweep at deployment. */
function beforeTheSweep(stack: Stack): string[] {
  const [sweep] = Object.values(Template.fromStack(stack).findResources('Custom::NetworkHygiene')) as Array<{ DependsOn: string[] }>;
  return sweep.DependsOn;
}

const logicalId = (stack: Stack, { node }: { node: Rule['node'] }): string => stack.getLogicalId(node.defaultChild as CfnResource);

describe('a rule', () => {
  it.each(METHODS)('for %s is for this construct alone, and has its targets', (detailType, on) => {
    const stack = aStack();
    on(aHygiene(stack), 'Told', { target: new SqsQueue(new Queue(stack, 'Queue')), description: 'mine', ruleName: 'told' });
    Template.fromStack(stack).hasResourceProperties('AWS::Events::Rule', {
      Name: 'told', Description: 'mine', State: 'ENABLED', EventBusName: 'default',
      EventPattern: { 'source': ['cdk-network-hygiene'], 'detail-type': [detailType], 'detail': { hygiene: ['Network/NetworkHygiene'] } },
      Targets: [Match.objectLike({ Arn: Match.anyValue() })],
    });
  });

  it('can ask for more of the event', () => {
    const stack = aStack();
    aHygiene(stack).onVpnConnectionStateChanged('Down', { eventPattern: { detail: { status: ['DOWN'] } } });
    Template.fromStack(stack).hasResourceProperties('AWS::Events::Rule', {
      EventPattern: { 'detail-type': ['VPN Connection State Changed'], 'detail': { status: ['DOWN'], hygiene: ['Network/NetworkHygiene'] } },
    });
  });

  it('is on the bus that events go to', () => {
    const stack = aStack();
    const eventBus = new EventBus(stack, 'Bus');
    const hygiene = aHygiene(stack, { eventBus });
    hygiene.onFindingOpened('Opened');
    Template.fromStack(stack).hasResourceProperties('AWS::Events::Rule', { EventBusName: stack.resolve(eventBus.eventBusName) as object });
    expect(hygiene.eventBus).toBe(eventBus);
  });
});

describe('the sweep at deployment, which finds the most and tells of it once, comes after', () => {
  it('a rule, its queue, and what lets EventBridge in', () => {
    const stack = aStack();
    const queue = new Queue(stack, 'Queue');
    const rule = aHygiene(stack).onFindingOpened('Opened', { target: new SqsQueue(queue) });
    const policy = Object.keys(Template.fromStack(stack).findResources('AWS::SQS::QueuePolicy'));
    expect(beforeTheSweep(stack)).toEqual(expect.arrayContaining([logicalId(stack, rule), logicalId(stack, queue), ...policy]));
    expect(policy).toHaveLength(1);
  });

  it('a function and its permission', () => {
    const stack = aStack();
    const target = new LambdaFunction(new Function(stack, 'Target', { code: Code.fromInline('x'), handler: 'index.handler', runtime: Runtime.NODEJS_22_X }));
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

it('alarms that are added after the widgets are warned of, for the widgets do not show them', () => {
  const stack = aStack();
  const hygiene = aHygiene(stack);
  hygiene.widgets();
  hygiene.addAlarms();
  Annotations.fromStack(stack).hasWarning('/Network/NetworkHygiene', Match.stringLikeRegexp('addAlarms was called after widgets'));
});

it('alarms that are added before the widgets are not', () => {
  const stack = aStack();
  const hygiene = aHygiene(stack);
  hygiene.addAlarms();
  hygiene.widgets();
  Annotations.fromStack(stack).hasNoWarning('*', Match.anyValue());
});
