/**
 * Tests that no combination of alarms, events, notifications and dashboards creates a circular dependency, which
 * CloudFormation refuses. CDK finds cycles between stacks at synthesis, and cycles in a template when a test reads it.
 */
import { App, Duration, NestedStack, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { LambdaAction, SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { CloudWatchLogGroup, LambdaFunction, SnsTopic, SqsQueue } from 'aws-cdk-lib/aws-events-targets';
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Code, Function, Runtime } from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription, LambdaSubscription, SqsSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { NetworkHygiene, NetworkHygieneAlarms, NetworkHygieneDashboard, NetworkHygieneProps, StaleRules } from '../src';
import { SynthesizedApp } from './support/synthesized-app';

/** An app as `cdk init` creates it. Without this flag, one LambdaAction cannot serve two alarms. */
const anApp = (): App =>
  new App({ context: { '@aws-cdk/aws-cloudwatch-actions:changeLambdaPermissionLogicalIdForLambdaAction': true } });

const aFunction = (stack: Stack): Function =>
  new Function(stack, 'Told', { code: Code.fromInline('x'), handler: 'index.handler', runtime: Runtime.NODEJS_22_X });

const aHygiene = (stack: Stack, props?: NetworkHygieneProps): NetworkHygiene =>
  new NetworkHygiene(stack, 'NetworkHygiene', { staleRules: StaleRules.revokeAfter(Duration.days(7)), ...props });

/**
 * Reads the template of every stack of an app, including nested ones.
 *
 * @throws when there is a cycle in a template or between stacks
 */
function readTemplates(app: App): Template[] {
  return app.node.findAll().filter(each => Stack.isStack(each)).map(stack => Template.fromStack(stack));
}

describe('there is no cycle in an app with', () => {
  it.each<[string, (stack: Stack, app: App) => void]>([
    ['one function as what alarms do and as the target of events', stack => {
      const told = aFunction(stack);
      const hygiene = aHygiene(stack);
      hygiene.addAlarms({ action: new LambdaAction(told) });
      hygiene.onFindingOpened('Opened', { target: new LambdaFunction(told) });
      hygiene.onFindingResolved('Resolved').addTarget(new LambdaFunction(told));
    }],
    ['one function as what alarms do and as a subscriber', stack => {
      const told = aFunction(stack);
      const notifications = new Topic(stack, 'People');
      notifications.addSubscription(new LambdaSubscription(told));
      aHygiene(stack, { notifications }).addAlarms({ action: new LambdaAction(told) });
    }],
    ['one topic for notifications and alarms, whose policy names the alarms', stack => {
      const notifications = new Topic(stack, 'People', { enforceSSL: true });
      notifications.addSubscription(new EmailSubscription('network@example.com'));
      const { all } = aHygiene(stack, { notifications }).addAlarms({ action: new SnsAction(notifications) });
      const conditions = { ArnEquals: { 'aws:SourceArn': all.map(({ alarmArn }) => alarmArn) } };
      notifications.grantPublish(new ServicePrincipal('cloudwatch.amazonaws.com', { conditions }));
    }],
    ['one topic for notifications, alarms and events', stack => {
      const notifications = new Topic(stack, 'People', { enforceSSL: true });
      notifications.grantPublish(
        new ServicePrincipal('cloudwatch.amazonaws.com', {
          conditions: { StringEquals: { 'aws:SourceAccount': stack.account } },
        }),
      );
      const hygiene = aHygiene(stack, { notifications });
      hygiene.addAlarms({ action: new SnsAction(notifications) });
      hygiene.onRevocationWithheld('Withheld', { target: new SnsTopic(notifications) });
      new NetworkHygieneDashboard(stack, 'Dashboard', { hygienes: [hygiene] });
    }],
    ['one queue as a subscriber and as the target of events', stack => {
      const notifications = new Topic(stack, 'People');
      const queue = new Queue(stack, 'Queue', { enforceSSL: true });
      notifications.addSubscription(new SqsSubscription(queue));
      const hygiene = aHygiene(stack, { notifications });
      hygiene.addAlarms({ action: new SnsAction(notifications) });
      hygiene.onFindingOpened('Opened', { target: new SqsQueue(queue) });
    }],
    ['a log group as the target of events', stack => {
      const hygiene = aHygiene(stack);
      hygiene.addAlarms();
      hygiene.onFindingOpened('Opened', { target: new CloudWatchLogGroup(new LogGroup(stack, 'Logs')) });
    }],
    ['a target that names the stack as what it is about', stack => {
      const hygiene = aHygiene(stack);
      hygiene.addAlarms();
      hygiene.onFindingOpened('Opened', {
        target: { bind: () => ({ arn: 'arn:aws:batch:eu-central-1:111122223333:job-queue/q', targetResource: stack }) },
      });
    }],
    ['two constructs that share a topic, a queue and a dashboard', stack => {
      const notifications = new Topic(stack, 'People');
      const target = new SqsQueue(new Queue(stack, 'Queue'));
      const hygienes = ['One', 'Other'].map(id => new NetworkHygiene(stack, id, { notifications }));
      for (const hygiene of hygienes) {
        hygiene.addAlarms({ action: new SnsAction(notifications) });
        hygiene.onFindingOpened('Opened', { target });
        hygiene.addQueryDefinitions();
      }
      new NetworkHygieneDashboard(stack, 'Dashboard', { hygienes });
    }],
    ['the topic, the construct, and alarms and a dashboard in a stack each', (stack, app) => {
      const notifications = new Topic(new Stack(app, 'Topics'), 'People');
      const hygiene = aHygiene(stack, { notifications });
      hygiene.addAlarms({ action: new SnsAction(notifications) });
      const watch = new Stack(app, 'Watch');
      new NetworkHygieneAlarms(watch, 'Alarms', { hygiene, action: new SnsAction(notifications) });
      new NetworkHygieneDashboard(watch, 'Dashboard', { hygienes: [hygiene] });
    }],
    ['alarms in the stack of the topic, on which the construct depends', (stack, app) => {
      const topics = new Stack(app, 'Topics');
      const notifications = new Topic(topics, 'People');
      const hygiene = aHygiene(stack, { notifications });
      new NetworkHygieneAlarms(topics, 'Alarms', { hygiene, action: new SnsAction(notifications) });
    }],
    ['the construct in a nested stack', stack => {
      const notifications = new Topic(stack, 'People');
      const hygiene = aHygiene(new NestedStack(stack, 'Nested'), { notifications });
      hygiene.addAlarms({ action: new SnsAction(notifications) });
      hygiene.onFindingOpened('Opened', { target: new SnsTopic(notifications) });
    }],
  ])('%s', (_, make) => {
    const app = anApp();
    const stack = new Stack(app, 'Network');
    make(stack, app);
    expect(readTemplates(app).length).toBeGreaterThan(0);
  });
});

it.each(['monitored', 'organization', 'quickstart', 'named-groups', 'report-only', 'vpn-only'])(
  'there is none in the example %s',
  name => {
    const app = SynthesizedApp.fromExample(name);
    try {
      for (const template of app.templates.values()) {
        expect(Object.keys(template.Resources).length).toBeGreaterThan(0);
        expect(() => Template.fromJSON(template)).not.toThrow();
      }
      expect(app.templates.size).toBeGreaterThan(0);
    } finally {
      app.dispose();
    }
  },
);

describe('a cycle', () => {
  it.each<[string, object]>([
    ['Ref', { Ref: 'B' }],
    ['Fn::GetAtt', { 'Fn::GetAtt': ['B', 'Arn'] }],
    ['Fn::Sub', { 'Fn::Sub': 'x-${B.Arn}-${!C}' }],
    ['Fn::Sub with values', { 'Fn::Sub': ['x-${V}', { V: { Ref: 'B' } }] }],
  ])('by %s and DependsOn would be found', (_, reference) => {
    const template = {
      Resources: { A: { Properties: { Deep: [reference] } }, B: { DependsOn: ['C'] }, C: { DependsOn: 'A' } },
    };
    expect(() => Template.fromJSON(template)).toThrow('cycle: A -> B -> C -> A');
  });

  it('is not what two resources are that need the same third, or a parameter', () => {
    const needs = [{ Ref: 'C' }, { Ref: 'A' }, { Ref: 'Parameter' }];
    const template = { Resources: { A: { Properties: { Ref: 'C' } }, B: { Properties: needs }, C: {} } };
    expect(() => Template.fromJSON(template)).not.toThrow();
  });

  it('would be found in a real template: a function that needs the sweep that waits for it', () => {
    const app = anApp();
    const stack = new Stack(app, 'Network');
    const told = aFunction(stack);
    const hygiene = aHygiene(stack);
    hygiene.onFindingOpened('Opened', { target: new LambdaFunction(told) });
    told.addEnvironment('COUNT', hygiene.customResource.getAttString('StaleIngressRules'));
    expect(() => readTemplates(app)).toThrow(/cycle: (?=.*\bTold\w* -> )(?=.*\bNetworkHygieneSweep)/);
  });
});
