/** Tests the resources that let changes trigger sweeps, and which calls the rule lets in. */
import { App, CfnParameter, Duration, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import { Port, Vpc } from 'aws-cdk-lib/aws-ec2';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import { Architecture, Tracing } from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import {
  ChangeTrigger, ChangeTriggerOptions, ComesBack, FlaggedIngressRule, NetworkHygiene, NetworkHygieneProps, StaleRules,
  VpnConnections,
} from '../src';
import { ACCOUNT, Deployed, REGION, type Template as DeployedTemplate } from './policies/deployed';
import { matches, type Pattern } from './support/event-pattern';
import { aStack, joined, LeanApp, type Props, type SynthesizedResource, SynthesizedStack } from './support/synthesized-stack';
import { GROUP_EVENTS, TOPOLOGY_EVENTS } from '../src/contract/change-events';

const KEY_ARN = 'arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
const SSH = [FlaggedIngressRule.fromInternet(Port.SSH)];
const ON_CHANGES: NetworkHygieneProps = { changeTrigger: ChangeTrigger.cloudTrail() };

const withTrigger = (options?: ChangeTriggerOptions, props: Props = {}): SynthesizedStack =>
  SynthesizedStack.with(stack => ({
    changeTrigger: ChangeTrigger.cloudTrail(options), ...typeof props === 'function' ? props(stack) : props,
  }));

/** Returns the logical id and the resource that a construct below NetworkHygiene consists of. */
function found({ template }: { template: Template }, type: string, id: string): [string, SynthesizedResource] {
  const own = Object.entries(template.findResources(type)).filter(([name]) => new RegExp(`${id}[0-9A-F]{8}$`).test(name));
  expect(own).toHaveLength(1);
  return own[0] as [string, SynthesizedResource];
}

const QUEUE = 'AWS::SQS::Queue';
const FUNCTION = 'AWS::Lambda::Function';
const MAPPING = 'AWS::Lambda::EventSourceMapping';
const CHANGE_QUEUE = 'HygieneChangeQueue';
const DEAD_LETTERS = 'ChangeDeadLetterQueue';
const properties = (deployed: { template: Template }, type: string, id: string): Record<string, unknown> =>
  found(deployed, type, id)[1].Properties;
const only = ({ template }: { template: Template }, type: string): [string, SynthesizedResource] => {
  const all = Object.entries(template.findResources(type));
  expect(all).toHaveLength(1);
  return all[0] as [string, SynthesizedResource];
};

/** Returns what depends on what, by Ref, Fn::GetAtt and DependsOn. */
function needs(resources: Record<string, SynthesizedResource>): Map<string, Set<string>> {
  return new Map(Object.entries(resources).map(([id, resource]) => {
    const text = JSON.stringify(resource.Properties ?? {});
    const referred = [...text.matchAll(/"(?:Ref":|Fn::GetAtt":\[)"([^"]+)"/g)].map(([, name]) => name);
    return [id, new Set([...referred, ...resource.DependsOn ?? []].filter(name => name in resources))];
  }));
}

/** Returns everything that a resource needs, directly or not. */
function allNeeds(id: string, direct: ReadonlyMap<string, ReadonlySet<string>>, seen = new Set<string>()): Set<string> {
  for (const each of direct.get(id) ?? []) {
    if (!seen.has(each)) allNeeds(each, direct, seen.add(each));
  }
  return seen;
}

function isWithoutCycles({ template }: { template: Template }): boolean {
  const direct = needs(template.toJSON().Resources as Record<string, SynthesizedResource>);
  return [...direct.keys()].every(id => !allNeeds(id, direct).has(id));
}

function refusal(make: () => unknown): string {
  try {
    make();
  } catch (error) {
    return String((error as Error).message);
  }
  return 'nothing was refused';
}

describe('without a change trigger', () => {
  const deployed = SynthesizedStack.with({ flaggedIngressRules: SSH });

  it('nothing is deployed for it', () => {
    for (const type of ['AWS::Events::Rule', QUEUE, 'AWS::SQS::QueuePolicy', MAPPING]) deployed.template.resourceCountIs(type, 0);
    deployed.template.resourceCountIs(FUNCTION, 1);
    expect(deployed.configuration()).not.toHaveProperty('changeTrigger');
    const { changeFunction, changeRule, changeQueue, changeDeadLetterQueue, _changeTrigger } = deployed.construct;
    expect([changeFunction, changeRule, changeQueue, changeDeadLetterQueue, _changeTrigger])
      .toEqual(Array(5).fill(undefined));
  });

  it('nothing is granted for it', () => {
    const ofTrigger = /^(sqs|lambda|cloudtrail|cloudformation):|Describe(VpcPeering|TransitGateway)/;
    expect(deployed.allowedActions.filter(action => ofTrigger.test(action))).toEqual([]);
  });

  it('the fingerprint is the same whether the property is left out or undefined', () => {
    const other = SynthesizedStack.with({ flaggedIngressRules: SSH, changeTrigger: undefined });
    expect(other.fingerprint).toBe(deployed.fingerprint);
    expect(other.template.toJSON()).toEqual(deployed.template.toJSON());
  });
});

describe('with a change trigger', () => {
  const deployed = withTrigger();
  const [sweeping] = found(deployed, FUNCTION, 'HygieneFunction');
  const [changing, { Properties: change }] = found(deployed, FUNCTION, 'ChangeFunction');
  const [queueId, { Properties: queue }] = found(deployed, QUEUE, CHANGE_QUEUE);
  const [deadLettersId, { Properties: deadLetters }] = found(deployed, QUEUE, DEAD_LETTERS);
  const [ruleId, { Properties: rule }] = only(deployed, 'AWS::Events::Rule');
  const [mappingId, { Properties: mapping }] = only(deployed, MAPPING);
  const queueArn = { 'Fn::GetAtt': [queueId, 'Arn'] };

  it('the rest of the stack stays as it is, except for the configuration and what the role may do', () => {
    const before = SynthesizedStack.with();
    const changed = ['Custom::NetworkHygiene', 'AWS::IAM::Policy', FUNCTION];
    for (const [id, resource] of Object.entries(before.resources)) {
      if (changed.includes(resource.Type)) expect(deployed.resources[id].Type).toBe(resource.Type);
      else expect(deployed.resources[id]).toEqual(resource);
    }
  });

  it('the handler is told so, in the configuration', () => {
    expect(deployed.configuration().changeTrigger).toBe('cloudTrail');
  });

  it('a rule on the default bus sends events to the queue and to nothing else', () => {
    expect(rule).toMatchObject({ State: 'ENABLED', Targets: [{ Arn: queueArn, Id: expect.any(String) }] });
    expect(rule).not.toHaveProperty('EventBusName');
    expect(rule.Targets).toHaveLength(1);
  });

  it('the queue is encrypted by SQS, keeps changes for 4 days, and gives them up after 5 deliveries', () => {
    expect(queue).toEqual({
      SqsManagedSseEnabled: true, MessageRetentionPeriod: 345_600, VisibilityTimeout: 720,
      RedrivePolicy: { deadLetterTargetArn: { 'Fn::GetAtt': [deadLettersId, 'Arn'] }, maxReceiveCount: 5 },
    });
    expect(deadLetters).toEqual({ SqsManagedSseEnabled: true, MessageRetentionPeriod: 1_209_600 });
  });

  it('only the rule may send to the queue, both queues refuse connections without TLS, and nobody else gets anything', () => {
    const policies = Object.values(deployed.template.findResources('AWS::SQS::QueuePolicy')) as SynthesizedResource[];
    const statements = policies.flatMap(({ Properties: { PolicyDocument } }) =>
      (PolicyDocument as { Statement: Array<Record<string, unknown>> }).Statement);
    const deny = (id: string): object => ({
      Effect: 'Deny', Action: 'sqs:*', Principal: { AWS: '*' }, Resource: { 'Fn::GetAtt': [id, 'Arn'] },
      Condition: { Bool: { 'aws:SecureTransport': 'false' } },
    });
    const allow = {
      Effect: 'Allow', Action: 'sqs:SendMessage', Principal: { Service: 'events.amazonaws.com' }, Resource: queueArn,
      Condition: { ArnEquals: { 'aws:SourceArn': { 'Fn::GetAtt': [ruleId, 'Arn'] } } },
    };
    expect(statements).toHaveLength(3);
    expect(statements).toEqual(expect.arrayContaining([deny(queueId), deny(deadLettersId), allow]));
  });

  it('the mapping delivers batches, two at once, and takes partial answers', () => {
    expect(mapping).toEqual({
      BatchSize: 100, MaximumBatchingWindowInSeconds: 5, ScalingConfig: { MaximumConcurrency: 2 },
      FunctionResponseTypes: ['ReportBatchItemFailures'], EventSourceArn: queueArn, FunctionName: { Ref: changing },
    });
  });

  it('the function is of the same asset, with the same role, log group and settings as the sweeping one', () => {
    const other = deployed.resources[sweeping].Properties;
    for (const name of ['Code', 'Role', 'LoggingConfig', 'MemorySize', 'Architectures', 'Runtime']) {
      expect(change[name]).toEqual(other[name]);
    }
    expect([other.Handler, change.Handler]).toEqual(['index.handler', 'index.change']);
    expect([other.Timeout, change.Timeout]).toEqual([900, 120]);
    deployed.template.resourceCountIs('AWS::Logs::LogGroup', 1);
  });

  it('the function knows its queue, the sweeping function and the name of the role, besides what the other knows', () => {
    const environment = (id: string): object =>
      (deployed.resources[id].Properties.Environment as { Variables: object }).Variables;
    const role = (change.Role as { 'Fn::GetAtt': [string] })['Fn::GetAtt'][0];
    expect(environment(changing)).toEqual({
      ...environment(sweeping),
      CHANGE_QUEUE_URL: { Ref: queueId }, SWEEPING_FUNCTION: { Ref: sweeping }, ROLE_NAME: { Ref: role },
    });
    expect(Object.keys(environment(sweeping))).toHaveLength(3);
  });

  it('Lambda does not take reminders that follow each other for an endless loop', () => {
    expect(change.RecursiveLoop).toBe('Allow');
    expect(deployed.resources[sweeping].Properties).not.toHaveProperty('RecursiveLoop');
  });

  it('rule, queue and policies are there before the sweep at deployment, and changes are delivered after it', () => {
    const direct = needs(deployed.resources);
    const [sweep] = only(deployed, 'Custom::NetworkHygiene');
    const before = allNeeds(sweep, direct);
    const policies = Object.keys(deployed.template.findResources('AWS::SQS::QueuePolicy')).filter(id => id.includes(CHANGE_QUEUE));
    expect(policies).toHaveLength(1);
    expect([...before]).toEqual(expect.arrayContaining([ruleId, queueId, changing, ...policies]));
    expect(before.has(mappingId)).toBe(false);
    const [permitted] = found(deployed, 'AWS::IAM::ManagedPolicy', 'ChangePolicy');
    expect([...allNeeds(mappingId, direct)]).toEqual(expect.arrayContaining([sweep, permitted, changing]));
  });

  it('nothing depends on itself', () => {
    expect(isWithoutCycles(deployed)).toBe(true);
  });

  it('the construct has the resources as properties', () => {
    const { changeFunction, changeRule, changeQueue, changeDeadLetterQueue, _changeTrigger, node } = deployed.construct;
    expect([changeFunction, changeRule, changeQueue, changeDeadLetterQueue])
      .toEqual(['ChangeFunction', 'ChangeRule', 'ChangeQueue', 'ChangeDeadLetterQueue'].map(id => node.findChild(id)));
    expect(_changeTrigger)
      .toMatchObject({ rule: changeRule, queue: changeQueue, deadLetterQueue: changeDeadLetterQueue });
  });
});

describe('permissions', () => {
  const without = (props: NetworkHygieneProps): string[] => SynthesizedStack.with(props).allowedActions;
  const CHANGES = [
    'cloudformation:DescribeStacks', 'cloudtrail:DescribeTrails', 'cloudtrail:GetEventSelectors',
    'cloudtrail:GetTrailStatus', 'lambda:InvokeFunction', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes',
    'sqs:ReceiveMessage', 'sqs:SendMessage',
  ];
  const TOPOLOGY = [
    'ec2:DescribeTransitGatewayVpcAttachments', 'ec2:DescribeTransitGateways', 'ec2:DescribeVpcPeeringConnections',
  ];

  it.each<[string, NetworkHygieneProps, string[]]>([
    ['stale rules are looked for', { flaggedIngressRules: SSH }, TOPOLOGY],
    ['only flagged rules are', { flaggedIngressRules: SSH, staleRules: StaleRules.ignore() }, []],
  ])('are exactly these more when %s', (_, props, topology) => {
    const before = without(props);
    const more = withTrigger({}, props).allowedActions.filter(action => !before.includes(action));
    expect(more.sort()).toEqual([...CHANGES, ...topology].sort());
  });

  it('are for this queue, the sweeping function, stacks of this account and Region, and trails of any', () => {
    const deployed = withTrigger();
    const [queue] = found(deployed, QUEUE, CHANGE_QUEUE);
    const [sweeping] = found(deployed, FUNCTION, 'HygieneFunction');
    const resources = (action: string): string[] => deployed.about(action).map(({ Effect, Resource, Condition }) => {
      expect([Effect, Condition]).toEqual(['Allow', undefined]);
      return joined(Resource);
    });
    const statements = Object.fromEntries(CHANGES.map(action => [action, resources(action)]));
    expect(statements).toEqual({
      'cloudformation:DescribeStacks': ['arn:<Ref AWS::Partition>:cloudformation:<Ref AWS::Region>:<Ref AWS::AccountId>:stack/*'],
      'cloudtrail:DescribeTrails': ['*'],
      'cloudtrail:GetEventSelectors': ['arn:<Ref AWS::Partition>:cloudtrail:*:*:trail/*'],
      'cloudtrail:GetTrailStatus': ['arn:<Ref AWS::Partition>:cloudtrail:*:*:trail/*'],
      'lambda:InvokeFunction': [`<Fn::GetAtt ${sweeping}.Arn>`],
      ...Object.fromEntries(CHANGES.filter(action => action.startsWith('sqs:')).map(action => [action, [`<Fn::GetAtt ${queue}.Arn>`]])),
    });
  });

  it('are the same while nothing may be revoked', () => {
    const props: NetworkHygieneProps = { flaggedIngressRules: SSH, dryRun: true };
    const before = without(props);
    expect(withTrigger({}, props).allowedActions.filter(action => !before.includes(action)).sort())
      .toEqual([...CHANGES, ...TOPOLOGY].sort());
  });
});

describe('the rule', () => {
  const deployedOf = (synthesized: { template: Template }): Deployed =>
    new Deployed(synthesized.template.toJSON() as DeployedTemplate);
  const patternOf = (synthesized: { template: Template }): Pattern =>
    deployedOf(synthesized).all('AWS::Events::Rule')[0].EventPattern as Pattern;
  const session = (role: string, name: string): string => `arn:aws:sts::${ACCOUNT}:assumed-role/${role}/${name}`;
  const event = (detail: Record<string, unknown>, more: object = {}): unknown => ({
    'version': '0', 'id': '11111111-2222-3333-4444-555555555555', 'source': 'aws.ec2', 'account': ACCOUNT, 'region': REGION,
    'detail-type': 'AWS API Call via CloudTrail',
    'detail': {
      eventVersion: '1.11', eventSource: 'ec2.amazonaws.com', eventName: 'AuthorizeSecurityGroupIngress',
      userIdentity: { type: 'AssumedRole', arn: session('Admin', 'alice'), accountId: ACCOUNT },
      requestParameters: { groupId: 'sg-1' }, responseElements: { _return: true }, ...detail,
    },
    ...more,
  });

  const deployed = withTrigger();
  const pattern = patternOf(deployed);
  const lets = (detail: Record<string, unknown>, more?: object): boolean => matches(pattern, event(detail, more));
  const [, role] = /role\/(.+)$/.exec(String(deployedOf(deployed).functionOf('index.change').Role)) ?? [];
  const functions = [found(deployed, FUNCTION, 'HygieneFunction'), found(deployed, FUNCTION, 'ChangeFunction')].map(([id]) => id);

  it.each([...GROUP_EVENTS, ...TOPOLOGY_EVENTS])('lets %s in', eventName => {
    expect(lets({ eventName })).toBe(true);
  });

  it.each([
    'DescribeSecurityGroups', 'UpdateSecurityGroupRuleDescriptionsIngress', 'ModifyVpcPeeringConnectionOptions', 'CreateTags',
    'CreateVpcPeeringConnection', 'AssociateSecurityGroupVpc',
  ])('leaves %s out', eventName => {
    expect(lets({ eventName })).toBe(false);
  });

  it.each(TOPOLOGY_EVENTS)('leaves %s out where no stale rules are looked for', eventName => {
    const other = patternOf(withTrigger({}, { staleRules: StaleRules.ignore(), flaggedIngressRules: SSH }));
    expect(matches(other, event({ eventName }))).toBe(false);
    expect(matches(other, event({}))).toBe(true);
  });

  it.each(['Client.UnauthorizedOperation', 'Client.InvalidPermission.Duplicate', 'Client.DryRunOperation'])(
    'leaves a call out that failed with %s', errorCode => {
      expect(lets({ errorCode, responseElements: null })).toBe(false);
    },
  );

  it('leaves events of other services and of other kinds out', () => {
    expect(lets({ eventSource: 'rds.amazonaws.com' })).toBe(false);
    expect(lets({}, { source: 'my.app' })).toBe(false);
    expect(lets({}, { 'detail-type': 'AWS Service Event via CloudTrail' })).toBe(false);
  });

  it('leaves the calls of both functions out, those of restores included', () => {
    expect(functions.map(name => lets({ userIdentity: { type: 'AssumedRole', arn: session(role, name) } }))).toEqual([false, false]);
    expect(lets({ eventName: 'RevokeSecurityGroupIngress', userIdentity: { arn: session(role, functions[1]) } })).toBe(false);
  });

  it.each<[string, unknown]>([
    ['a user', { type: 'IAMUser', arn: `arn:aws:iam::${ACCOUNT}:user/alice` }],
    ['the root user', { type: 'Root', arn: `arn:aws:iam::${ACCOUNT}:root` }],
    ['a caller without an ARN', { type: 'AWSService', invokedBy: 'autoscaling.amazonaws.com' }],
    ['a caller of whom nothing is known', undefined],
    ['another function with the same role', { type: 'AssumedRole', arn: session(role, 'another-function') }],
    ['a function whose name begins like one of them', { type: 'AssumedRole', arn: session(role, `${functions[0]}-2`) }],
    ['a session of that name with another role', { type: 'AssumedRole', arn: session('Admin', functions[0]) }],
    ['that session in another account', { type: 'AssumedRole', arn: session(role, functions[0]).replace(ACCOUNT, '444455556666') }],
  ])('lets the call of %s in', (_, userIdentity) => {
    expect(lets({ userIdentity })).toBe(true);
  });

  it('names the sessions of a role with a path without the path, as STS does', () => {
    const given = withTrigger({}, stack => ({
      role: Role.fromRoleArn(stack, 'Given', `arn:aws:iam::${ACCOUNT}:role/platform/network/hygiene`),
    }));
    const [name] = found(given, FUNCTION, 'ChangeFunction');
    const other = patternOf(given);
    expect(matches(other, event({ userIdentity: { arn: session('hygiene', name) } }))).toBe(false);
    expect(matches(other, event({ userIdentity: { arn: session('platform/network/hygiene', name) } }))).toBe(true);
    expect(deployedOf(given).environmentOf('index.change').ROLE_NAME).toBe('hygiene');
  });

  it('is shorter than the 2,048 characters that EventBridge allows', () => {
    expect(JSON.stringify(pattern).length).toBeLessThan(2048 - 2 * 64 - 64);
  });
});

describe('options', () => {
  const trigger = withTrigger({
    batchingWindow: Duration.seconds(30), delay: Duration.minutes(1), maxConcurrency: 10, timeout: Duration.minutes(5),
  });

  it('set the mapping, the queue and the function', () => {
    expect(only(trigger, MAPPING)[1].Properties).toMatchObject({
      MaximumBatchingWindowInSeconds: 30, ScalingConfig: { MaximumConcurrency: 10 },
    });
    expect(properties(trigger, QUEUE, CHANGE_QUEUE)).toMatchObject({ DelaySeconds: 60, VisibilityTimeout: 1800 });
    expect(properties(trigger, FUNCTION, 'ChangeFunction').Timeout).toBe(300);
  });

  it('do not change the configuration, so that nothing has to settle again', () => {
    expect(trigger.fingerprint).toBe(withTrigger().fingerprint);
    expect(trigger.only('Custom::NetworkHygiene').Properties).toEqual(withTrigger().only('Custom::NetworkHygiene').Properties);
  });

  it.each<[string, ChangeTriggerOptions]>([
    ['the least', {
      batchingWindow: Duration.seconds(1), delay: Duration.seconds(0), maxConcurrency: 2, timeout: Duration.seconds(30),
      visibilityTimeout: Duration.seconds(30),
    }],
    ['the most', {
      batchingWindow: Duration.minutes(5), delay: Duration.minutes(15), maxConcurrency: 1000,
      timeout: Duration.minutes(15), visibilityTimeout: Duration.hours(12),
    }],
  ])('may have %s', (_, options) => {
    expect(properties(withTrigger(options), QUEUE, CHANGE_QUEUE).VisibilityTimeout)
      .toBe(options.visibilityTimeout?.toSeconds());
  });

  it('keep a change from being delivered again while Lambda collects a batch', () => {
    const visibility = (options: ChangeTriggerOptions): unknown =>
      properties(withTrigger(options), QUEUE, CHANGE_QUEUE).VisibilityTimeout;
    expect(visibility({ timeout: Duration.seconds(30), batchingWindow: Duration.minutes(5) })).toBe(330);
    expect(visibility({ timeout: Duration.seconds(60), batchingWindow: Duration.minutes(5) })).toBe(360);
  });

  it('may have a maxConcurrency that is known at deployment only', () => {
    const deployed = withTrigger({}, stack => ({
      changeTrigger: ChangeTrigger.cloudTrail({
        maxConcurrency: new CfnParameter(stack, 'Concurrency', { type: 'Number' }).valueAsNumber,
      }),
      functionOptions: { reservedConcurrentExecutions: 3 },
    }));
    expect(only(deployed, MAPPING)[1].Properties.ScalingConfig).toEqual({ MaximumConcurrency: { Ref: 'Concurrency' } });
  });

  const later = new CfnParameter(aStack(), 'Later', { type: 'Number' }).valueAsNumber;
  const KNOWN_LATER = 'got a value that is known at deployment only; give a Duration of a number';

  it.each<[string, unknown, string]>([
    ['no object', 7, 'got 7; give an object with any of batchingWindow'],
    ['an unknown option', { batchSize: 10 }, '"batchSize" is unknown. Known here: batchingWindow, delay, maxConcurrency, timeout, visibilityTimeout'],
    ['a window that is no Duration', { batchingWindow: 5 }, 'batchingWindow: got 5; give a Duration, such as Duration.seconds(5)'],
    ['no window, which Lambda refuses for such batches', { batchingWindow: Duration.seconds(0) }, 'batchingWindow: got 0 seconds; give whole seconds from 1 second to 5 minutes'],
    ['a window longer than Lambda has', { batchingWindow: Duration.seconds(301) }, 'batchingWindow: got 5 minutes 1 second; give whole seconds from 1 second to 5 minutes'],
    ['a window of half a second', { batchingWindow: Duration.millis(1500) }, 'batchingWindow: got '],
    ['a window that is known later', { batchingWindow: Duration.seconds(later) }, `batchingWindow: ${KNOWN_LATER}`],
    ['a delay longer than SQS has', { delay: Duration.minutes(16) }, 'delay: got 16 minutes; give whole seconds from 0 seconds to 15 minutes'],
    ['a delay that is known later', { delay: Duration.seconds(later) }, `delay: ${KNOWN_LATER}`],
    ['null as delay', { delay: null }, 'delay: got null; give a Duration'],
    ['a concurrency of 1, which Lambda does not have', { maxConcurrency: 1 }, 'maxConcurrency: got 1; give an integer from 2 to 1000'],
    ['a concurrency of 0', { maxConcurrency: 0 }, 'maxConcurrency: got 0; give an integer from 2 to 1000'],
    ['a concurrency of 1001', { maxConcurrency: 1001 }, 'maxConcurrency: got 1001; give an integer from 2 to 1000'],
    ['half a concurrency', { maxConcurrency: 2.5 }, 'maxConcurrency: got 2.5; give an integer'],
    ['a timeout in which nothing can be read', { timeout: Duration.seconds(29) }, 'timeout: got 29 seconds; give whole seconds from 30 seconds to 15 minutes'],
    ['a timeout longer than Lambda has', { timeout: Duration.minutes(16) }, 'timeout: got 16 minutes; give whole seconds from 30 seconds to 15 minutes'],
    ['a timeout that is known later', { timeout: Duration.seconds(later) }, `timeout: ${KNOWN_LATER}`],
    ['a visibility below the timeout', { visibilityTimeout: Duration.minutes(1) }, 'visibilityTimeout: got 1 minute; give at least 2 minutes, which is timeout,'],
    ['a visibility below a timeout that is given', { timeout: Duration.minutes(5), visibilityTimeout: Duration.minutes(4) }, 'visibilityTimeout: got 4 minutes; give at least 5 minutes, which is timeout,'],
    ['a visibility longer than SQS has', { visibilityTimeout: Duration.hours(13) }, 'visibilityTimeout: got 13 hours; give whole seconds'],
    ['a visibility that is known later', { visibilityTimeout: Duration.seconds(later) }, `visibilityTimeout: ${KNOWN_LATER}`],
  ])('fail for %s', (_, options, message) => {
    const said = refusal(() => ChangeTrigger.cloudTrail(options as ChangeTriggerOptions));
    expect(said.startsWith('ChangeTrigger.cloudTrail: ')).toBe(true);
    expect(said).toContain(`ChangeTrigger.cloudTrail: ${message}`);
  });
});

describe('together with other properties', () => {
  it('fails where no rules are looked at, before anything is made', () => {
    const stack = aStack();
    const said = refusal(() => new NetworkHygiene(stack, 'Hygiene', { ...ON_CHANGES, staleRules: StaleRules.ignore() }));
    expect(said).toContain('Network/Hygiene: changeTrigger: no change matters, because staleRules and flaggedIngressRules leave no rules to look at; give one of them');
    Template.fromStack(stack).resourceCountIs(FUNCTION, 0);
  });

  it.each([
    ['changeTrigger', ChangeTrigger], ['staleRules', StaleRules], ['comesBack', ComesBack],
    ['vpnConnections', VpnConnections],
  ])('fails for %s that JavaScript made by new, without a value', (name, type) => {
    const made: unknown = new (type as unknown as new () => object)();
    expect(refusal(() => new NetworkHygiene(aStack(), 'Hygiene', { [name]: made })))
      .toContain(`Network/Hygiene: ${name}: got an object of the class ${type.name}; give a ${type.name}, such as ${type.name}.`);
  });

  it.each([['cloudTrail'], [{}], [null], [true]])('fails for %j, which is no ChangeTrigger', changeTrigger => {
    expect(refusal(() => new NetworkHygiene(aStack(), 'Hygiene', { changeTrigger } as never)))
      .toContain('Network/Hygiene: changeTrigger: got');
  });

  it.each<[number, number | undefined, string]>([
    [1, undefined, 'reservedConcurrentExecutions: got 1, and changeTrigger has a maxConcurrency of 2, so Lambda would refuse batches of changes until they are in the dead-letter queue; give at least 2, or leave it out'],
    [4, 5, 'reservedConcurrentExecutions: got 4, and changeTrigger has a maxConcurrency of 5, so Lambda would refuse batches of changes until they are in the dead-letter queue; give at least 5, or leave it out, or give a lower maxConcurrency'],
  ])('fails for %i reserved executions, which cannot hold %p', (reservedConcurrentExecutions, maxConcurrency, message) => {
    expect(refusal(() => withTrigger({ maxConcurrency }, { functionOptions: { reservedConcurrentExecutions } })))
      .toBe(`Network/NetworkHygiene: functionOptions: ${message}`);
  });

  it.each([[2, 2], [5, 5], [100, 5]])('reserves %i executions for both functions, with a maxConcurrency of %i', (reserved, maxConcurrency) => {
    const deployed = withTrigger({ maxConcurrency }, { functionOptions: { reservedConcurrentExecutions: reserved } });
    const all = Object.values(deployed.template.findResources(FUNCTION)) as SynthesizedResource[];
    expect(all.map(({ Properties }) => Properties.ReservedConcurrentExecutions)).toEqual([reserved, reserved]);
  });

  it('shares the settings of the function, but not its timeout, and sends failed sweeps elsewhere than failed changes', () => {
    const deployed = withTrigger({}, stack => ({
      functionOptions: {
        vpc: Vpc.fromVpcAttributes(stack, 'Vpc', { vpcId: 'vpc-1', availabilityZones: ['a'], privateSubnetIds: ['subnet-1'] }),
        memorySize: 1024, timeout: Duration.minutes(10), architecture: Architecture.X86_64, tracing: Tracing.ACTIVE,
        environmentEncryption: new kms.Key(stack, 'Environment'), deadLetterQueue: new sqs.Queue(stack, 'FailedSweeps'),
      },
    }));
    const one = properties(deployed, FUNCTION, 'HygieneFunction');
    const other = properties(deployed, FUNCTION, 'ChangeFunction');
    for (const name of ['VpcConfig', 'MemorySize', 'Architectures', 'TracingConfig', 'KmsKeyArn']) {
      expect(other[name]).toBeDefined();
      expect(other[name]).toEqual(one[name]);
    }
    expect([one.Timeout, other.Timeout]).toEqual([600, 120]);
    expect([one, other].map(each => 'DeadLetterConfig' in each)).toEqual([true, false]);
    expect(isWithoutCycles(deployed)).toBe(true);
  });

  it('waits for the permission to make network interfaces, as the other function does', () => {
    const deployed = withTrigger({}, stack => ({
      functionOptions: { vpc: Vpc.fromVpcAttributes(stack, 'Vpc', { vpcId: 'vpc-1', availabilityZones: ['a'], privateSubnetIds: ['subnet-1'] }) },
    }));
    const [policy] = found(deployed, 'AWS::IAM::Policy', 'HygieneRoleDefaultPolicy');
    expect(found(deployed, FUNCTION, 'ChangeFunction')[1].DependsOn).toContain(policy);
  });
});

describe('with a key', () => {
  const keyStatements = (deployed: SynthesizedStack): Array<Record<string, unknown>> =>
    (deployed.only('AWS::KMS::Key').Properties.KeyPolicy as { Statement: Array<Record<string, unknown>> }).Statement
      .filter(({ Principal }) => JSON.stringify(Principal).includes('events.amazonaws.com'));

  it('both queues are encrypted with it, and EventBridge may use it for rules of this account', () => {
    const deployed = withTrigger({}, stack => ({ encryptionKey: new kms.Key(stack, 'Key') }));
    const key = { 'Fn::GetAtt': [expect.stringMatching(/^Key/), 'Arn'] };
    for (const id of [CHANGE_QUEUE, DEAD_LETTERS]) {
      expect(properties(deployed, QUEUE, id).KmsMasterKeyId).toEqual(key);
      expect(properties(deployed, QUEUE, id)).not.toHaveProperty('SqsManagedSseEnabled');
    }
    expect(keyStatements(deployed)).toEqual([{
      Sid: 'NetworkHygieneChanges', Effect: 'Allow', Principal: { Service: 'events.amazonaws.com' },
      Action: ['kms:Decrypt', 'kms:GenerateDataKey'], Resource: '*',
      Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
    }]);
    expect(isWithoutCycles(deployed)).toBe(true);
    Annotations.fromStack(Stack.of(deployed.construct)).hasNoWarning('*', Match.anyValue());
  });

  it('only the rule may send to the queue, as without a key', () => {
    const deployed = withTrigger({}, stack => ({ encryptionKey: new kms.Key(stack, 'Key') }));
    const [rule] = only(deployed, 'AWS::Events::Rule');
    deployed.template.hasResourceProperties('AWS::SQS::QueuePolicy', {
      PolicyDocument: {
        Statement: Match.arrayWith([Match.objectLike({
          Action: 'sqs:SendMessage', Condition: { ArnEquals: { 'aws:SourceArn': { 'Fn::GetAtt': [rule, 'Arn'] } } },
        })]),
      },
    });
  });

  it('EventBridge may not use it without a change trigger', () => {
    expect(keyStatements(SynthesizedStack.with(stack => ({ encryptionKey: new kms.Key(stack, 'Key') })))).toEqual([]);
  });

  it('the role may use the key for the queue even if the ledger is given, and does not have it', () => {
    const deployed = withTrigger({}, stack => {
      const { ledger } = new NetworkHygiene(new Stack(stack.node.root as App, 'Other'), 'Hygiene');
      return { ledger, encryptionKey: new kms.Key(stack, 'Key') };
    });
    const [policy] = deployed.about('kms:GenerateDataKey');
    expect(policy).toMatchObject({ Effect: 'Allow', Action: ['kms:Decrypt', 'kms:GenerateDataKey'] });
    expect(joined(policy.Resource)).toMatch(/^<Fn::GetAtt Key/);
  });

  const warningOf = (props: (stack: Stack) => NetworkHygieneProps): Array<Record<string, unknown>> => {
    const stack = aStack();
    new NetworkHygiene(stack, 'NetworkHygiene', { encryptionKey: kms.Key.fromKeyArn(stack, 'Key', KEY_ARN), ...props(stack) });
    const [warning, ...others] = Annotations.fromStack(stack).findWarning('*', Match.stringLikeRegexp('encryptionKey is imported'));
    expect(others).toEqual([]);
    const [, json] = /allows this: (\[.*\]) /.exec(String(warning.entry.data)) ?? [];
    return JSON.parse(json) as Array<Record<string, unknown>>;
  };

  it('that is imported, the warning prints what EventBridge and SQS need, too', () => {
    const statements = warningOf(() => ON_CHANGES);
    expect(statements.map(({ Sid }) => Sid)).toEqual(['NetworkHygieneLogs', 'NetworkHygieneChanges', 'NetworkHygieneTableAndEnvironment']);
    expect(statements[1]).toMatchObject({
      Principal: { Service: 'events.amazonaws.com' }, Condition: { StringEquals: { 'aws:SourceAccount': '${AWS::AccountId}' } },
    });
    expect(JSON.stringify(statements[2].Condition)).toContain('sqs.*');
  });

  it('that is imported, the warning comes with a given log group, too', () => {
    const statements = warningOf(stack => ({ ...ON_CHANGES, logGroup: LogGroup.fromLogGroupName(stack, 'Logs', 'logs') }));
    expect(statements.map(({ Sid }) => Sid)).toEqual(['NetworkHygieneChanges', 'NetworkHygieneTableAndEnvironment']);
  });

  it('that is imported, the warning says nothing of it without a change trigger', () => {
    expect(JSON.stringify(warningOf(() => ({})))).not.toMatch(/events\.amazonaws|sqs\./);
  });
});

describe('with a given role', () => {
  const assumedBy = new ServicePrincipal('lambda.amazonaws.com');

  it('of another stack, the policies are in the stack of the construct, so that no stacks depend on each other', () => {
    const app = new LeanApp();
    const [others, own] = [new Stack(app, 'Others'), new Stack(app, 'Network')];
    const role = new Role(others, 'Role', { assumedBy });
    const hygiene = new NetworkHygiene(own, 'Hygiene', { ...ON_CHANGES, role, flaggedIngressRules: SSH });
    const deployed = new SynthesizedStack(own, hygiene);
    expect(isWithoutCycles(deployed)).toBe(true);
    expect(found(deployed, 'AWS::IAM::Policy', 'ChangePolicy')[1].Properties.Roles)
      .toEqual([{ 'Fn::ImportValue': expect.stringContaining('Role') }]);
    expect(own.dependencies).toEqual([others]);
  });

  it('that is imported, what names queue and function is in a policy of its own', () => {
    const deployed = withTrigger({}, stack => ({
      role: Role.fromRoleArn(stack, 'Given', `arn:aws:iam::${ACCOUNT}:role/platform/network/hygiene`),
    }));
    const { Roles, PolicyDocument } = properties(deployed, 'AWS::IAM::Policy', 'ChangePolicy');
    expect(Roles).toEqual(['hygiene']);
    expect((PolicyDocument as { Statement: unknown[] }).Statement).toHaveLength(2);
    expect(isWithoutCycles(deployed)).toBe(true);
  });

  it('that is immutable, no policy is made', () => {
    const deployed = withTrigger({}, stack => ({
      role: Role.fromRoleArn(stack, 'Given', `arn:aws:iam::${ACCOUNT}:role/hygiene`, { mutable: false }),
    }));
    expect(deployed.statements).toEqual([]);
    deployed.template.resourceCountIs(MAPPING, 1);
  });
});

describe('in one stack', () => {
  it('two constructs have their own rule, queues and function, and let in the calls of each other', () => {
    const stack = aStack();
    for (const id of ['One', 'Two']) new NetworkHygiene(stack, id, { ...ON_CHANGES, flaggedIngressRules: SSH });
    const template = Template.fromStack(stack);
    template.resourceCountIs('AWS::Events::Rule', 2);
    template.resourceCountIs(QUEUE, 4);
    template.resourceCountIs(MAPPING, 2);
    template.resourceCountIs(FUNCTION, 4);
    const [one] = Object.values(template.findResources('AWS::Events::Rule')) as SynthesizedResource[];
    const named = [...JSON.stringify(one.Properties.EventPattern).matchAll(/"(One|Two)\w*Function/g)].map(([, name]) => name);
    expect(new Set(named).size).toBe(1);
    expect(named).toHaveLength(2);
  });

  it('an update of the trigger alone updates no function, and its removal leaves what was there before', () => {
    const [first, second] = [withTrigger(), withTrigger({ delay: Duration.minutes(2) })];
    const removed = SynthesizedStack.with();
    const differing = Object.keys(first.resources)
      .filter(id => JSON.stringify(first.resources[id]) !== JSON.stringify(second.resources[id]));
    expect(Object.keys(second.resources)).toEqual(Object.keys(first.resources));
    expect(differing.map(id => first.resources[id].Type)).toEqual([QUEUE]);
    // A removal takes away only what the trigger has added; nothing of it is retained.
    const gone = Object.entries(first.resources).filter(([id]) => !(id in removed.resources));
    expect(new Set(gone.map(([, { Type }]) => Type))).toEqual(new Set([
      'AWS::Events::Rule', QUEUE, 'AWS::SQS::QueuePolicy', MAPPING, FUNCTION, 'AWS::IAM::ManagedPolicy',
    ]));
    expect(gone.filter(([, { DeletionPolicy = 'Delete' }]) => DeletionPolicy !== 'Delete')).toEqual([]);
    expect(Object.keys(removed.resources).filter(id => !(id in first.resources))).toEqual([]);
  });
});
