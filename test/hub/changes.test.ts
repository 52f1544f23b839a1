/** Tests what lets changes in members trigger sweeps there: who may send events, where they go, and what takes them. */
import { App, Duration } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { Key } from 'aws-cdk-lib/aws-kms';
import { ChangeTrigger, HygieneAccounts, NetworkHygieneOrganization } from '../../src';
import { said } from '../support/nag';
import { aHub, HubProps, SynthesizedHub } from '../support/synthesized-hub';
import { allowed, aStack } from '../support/synthesized-stack';

const withChanges = (props: HubProps = {}): HubProps => stack => ({
  changeTrigger: ChangeTrigger.cloudTrail(), ...typeof props === 'function' ? props(stack) : props,
});
const deployed = SynthesizedHub.of(withChanges());

describe('without a change trigger', () => {
  const { template, construct } = SynthesizedHub.of();

  it('there is no bus, no queue and no function for changes', () => {
    for (const type of ['AWS::Events::EventBus', 'AWS::Events::Rule', 'AWS::SQS::Queue', 'AWS::Lambda::EventSourceMapping']) {
      template.resourceCountIs(type, 0);
    }
    const { changeBus, changeFunction, changeQueue, changeDeadLetterQueue } = construct;
    expect([changeBus, changeFunction, changeQueue, changeDeadLetterQueue]).toEqual(Array(4).fill(undefined));
  });
});

describe('the bus', () => {
  it('has a name that members can know, and admits accounts of the organization only', () => {
    deployed.template.hasResourceProperties('AWS::Events::EventBus', { Name: 'network-hygiene-hub-changes' });
    deployed.template.hasResourceProperties('AWS::Events::EventBusPolicy', {
      Statement: Match.objectLike({
        Effect: 'Allow', Action: 'events:PutEvents', Principal: '*',
        Condition: { StringEquals: { 'aws:PrincipalOrgID': 'o-a1b2c3d4e5' } },
      }),
    });
    deployed.template.resourceCountIs('AWS::Events::EventBusPolicy', 1);
  });

  it('stays when the construct is moved, because its name is taken', () => {
    const idOf = (make: (stack: ReturnType<typeof aStack>) => NetworkHygieneOrganization): string[] => {
      const stack = aStack();
      make(stack);
      return Object.keys(Template.fromStack(stack).findResources('AWS::Events::EventBus'));
    };
    expect(idOf(stack => aHub(stack, withChanges({ hygieneName: 'Network/Hub' }), 'Moved')))
      .toEqual(idOf(stack => aHub(stack, withChanges())));
  });

  it('sends calls of EC2 to the queue, which takes them from this rule only', () => {
    const [rule] = Object.keys(deployed.template.findResources('AWS::Events::Rule'));
    deployed.template.hasResourceProperties('AWS::Events::Rule', {
      EventPattern: { 'source': ['aws.ec2'], 'detail-type': ['AWS API Call via CloudTrail'] },
      EventBusName: { Ref: Match.stringLikeRegexp('ChangeBus') },
      Targets: [Match.objectLike({ Arn: { 'Fn::GetAtt': [Match.stringLikeRegexp('^HubChangeQueue'), 'Arn'] } })],
    });
    deployed.template.hasResourceProperties('AWS::SQS::QueuePolicy', {
      PolicyDocument: {
        Statement: Match.arrayWith([Match.objectLike({
          Effect: 'Allow', Action: 'sqs:SendMessage', Principal: { Service: 'events.amazonaws.com' },
          Condition: { ArnEquals: { 'aws:SourceArn': { 'Fn::GetAtt': [rule, 'Arn'] } } },
        })]),
      },
    });
  });
});

describe('the function', () => {
  it('is one of the same asset, with the role that members trust, and the settings of the trigger', () => {
    const changeTrigger = ChangeTrigger.cloudTrail({ timeout: Duration.minutes(5) });
    const { template } = SynthesizedHub.of({ changeTrigger });
    template.hasResourceProperties('AWS::Lambda::Function', {
      Handler: 'index.organizationChange', Timeout: 300,
      Role: { 'Fn::GetAtt': [Match.stringLikeRegexp('^networkhygienehubRole'), 'Arn'] },
    });
  });

  it('gets changes only after the deployment has written the configuration', () => {
    const { DependsOn } = deployed.only('AWS::Lambda::EventSourceMapping');
    expect(DependsOn).toContainEqual(expect.stringMatching(/^HubSweep/));
    const [rule] = Object.keys(deployed.template.findResources('AWS::Events::Rule'));
    expect(deployed.customResource.DependsOn).toContain(rule);
  });

  it('adds to the role what it needs of the queue, and nothing else', () => {
    const before = allowed(SynthesizedHub.of().hubStatements);
    expect(allowed(deployed.hubStatements).filter(action => !before.includes(action)))
      .toEqual(['sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ReceiveMessage']);
  });

  it('is in the configuration', () => {
    expect(deployed.configuration()).toMatchObject({ changeTrigger: 'cloudTrail' });
  });
});

it('has alarms about changes', () => {
  const { changesFailed, changesNotDelivered, changesDelayed } = aHub(aStack(), withChanges()).addAlarms();
  for (const alarm of [changesFailed, changesNotDelivered, changesDelayed]) expect(alarm).toBeDefined();
});

it("has no findings of cdk-nag's AwsSolutions pack, with a key, too", () => {
  const everything = withChanges(stack => ({
    accounts: HygieneAccounts.all(), encryptionKey: new Key(stack, 'Key', { enableKeyRotation: true }),
  }));
  for (const props of [withChanges(), everything]) {
    const stack = aStack();
    aHub(stack, props);
    expect(said(stack.node.root as App, ['AwsSolutions']).findings).toEqual([]);
  }
});
