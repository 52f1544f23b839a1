/** Tests the name of a construct: it differs for each deployment, and a given name survives a move of the construct. */
import { App, NestedStack, Stack, Stage } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { Construct } from 'constructs';
import { NetworkHygiene, NetworkHygieneAlarms, NetworkHygieneDashboard, NetworkHygieneProps } from '../src';

/** Synthesizes one app under a stack name. */
function deployment(
  stackName: string, props: NetworkHygieneProps = {},
): { hygiene: NetworkHygiene; template: Template } {
  const stack = new Stack(new App(), 'Network', { stackName });
  return { hygiene: watched(stack, 'NetworkHygiene', props), template: Template.fromStack(stack) };
}

/** Creates a construct with everything that has its name. */
function watched(scope: Construct, id: string, props: NetworkHygieneProps = {}): NetworkHygiene {
  const hygiene = new NetworkHygiene(scope, id, props);
  hygiene.addAlarms();
  hygiene.addQueryDefinitions();
  hygiene.onFindingOpened('Opened');
  new NetworkHygieneDashboard(scope, 'Dashboard', { hygienes: [hygiene] });
  return hygiene;
}

const namesOf = (template: Template, type: string, property: string): string[] =>
  Object.values(template.findResources(type)).map(({ Properties }) => String(Properties[property]));

/** Returns all texts of a template that contain a name. */
const textsWith = (template: Template, name: string): string[] =>
  [...JSON.stringify(template.toJSON()).matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, each]) => each)
    .filter(each => each.includes(name));

describe('by default the name', () => {
  it('is the name of the stack and the path below it', () => {
    expect(deployment('Blue').hygiene.hygieneName).toBe('Blue/NetworkHygiene');
  });

  it('has the outermost stack where stacks are nested', () => {
    const outer = new Stack(new App(), 'Network', { stackName: 'Blue' });
    const hygiene = new NetworkHygiene(new NestedStack(new Construct(outer, 'Part'), 'Inner'), 'NetworkHygiene');
    expect(hygiene.hygieneName).toBe('Blue/Part/Inner/NetworkHygiene');
  });

  it('has the stage, which is part of the name of the stack', () => {
    const stack = new Stack(new Stage(new App(), 'Production'), 'Network');
    expect(new NetworkHygiene(stack, 'NetworkHygiene').hygieneName).toBe('Production-Network/NetworkHygiene');
  });

  it('may be the same in two Regions, whose stacks may have one name', () => {
    const app = new App();
    const names = ['eu-central-1', 'us-east-1'].map(region => {
      const stack = new Stack(app, region, { stackName: 'Network', env: { account: '111122223333', region } });
      return new NetworkHygiene(stack, 'NetworkHygiene').hygieneName;
    });
    expect(names).toEqual(['Network/NetworkHygiene', 'Network/NetworkHygiene']);
  });
});

describe('two deployments of one app', () => {
  const [blue, green] = [deployment('Blue'), deployment('Green')];

  it.each([
    ['AWS::CloudWatch::Alarm', 'AlarmName'],
    ['AWS::Logs::QueryDefinition', 'Name'],
  ])('share no name of an %s', (type, property) => {
    const [ones, others] = [blue, green].map(({ template }) => namesOf(template, type, property));
    expect(ones.length).toBeGreaterThan(5);
    expect(ones.filter(each => others.includes(each))).toEqual([]);
  });

  it.each([
    ['the dimension of the metrics', 'AWS::CloudWatch::Alarm', { Dimensions: [{ Name: 'Hygiene', Value: 'Blue/NetworkHygiene' }] }],
    ['the pattern of the event rules', 'AWS::Events::Rule', { EventPattern: Match.objectLike({ detail: { hygiene: ['Blue/NetworkHygiene'] } }) }],
    ['the partition of the ledger', 'AWS::Lambda::Function', { Environment: { Variables: Match.objectLike({ HYGIENE: 'Blue/NetworkHygiene' }) } }],
  ])('differ in %s', (_, type, properties) => {
    expect(Object.keys(blue.template.findResources(type, { Properties: properties })).length).toBeGreaterThan(0);
    expect(green.template.findResources(type, { Properties: properties })).toEqual({});
  });

  it('do not name the other one anywhere', () => {
    expect(textsWith(blue.template, 'Green/')).toEqual([]);
    expect(textsWith(green.template, 'Blue/')).toEqual([]);
    expect(textsWith(green.template, 'Green/').length).toBeGreaterThan(20);
  });
});

describe('hygieneName', () => {
  const pinned = { hygieneName: 'network/hygiene' };

  it('is the name everywhere, and the path is nowhere', () => {
    const { hygiene, template } = deployment('Blue', pinned);
    expect(hygiene.hygieneName).toBe('network/hygiene');
    expect(hygiene.metricSweeps().dimensions).toEqual({ Hygiene: 'network/hygiene' });
    expect(namesOf(template, 'AWS::CloudWatch::Alarm', 'AlarmName')).toContain('network/hygiene/SweepMissing');
    expect(namesOf(template, 'AWS::Logs::QueryDefinition', 'Name'))
      .toContain('NetworkHygiene/network/hygiene/What was revoked');
    expect(textsWith(template, 'Blue/')).toEqual([]);
  });

  it('lets CloudFormation keep named and stateful resources when the construct is moved and renamed', () => {
    const kept = (make: (stack: Stack) => unknown): Array<[id: string, type: string]> => {
      const stack = new Stack(new App(), 'Network');
      make(stack);
      const stateful = ['AWS::DynamoDB::Table', 'AWS::Logs::LogGroup', 'AWS::CloudWatch::Alarm', 'AWS::Logs::QueryDefinition'];
      const { Resources } = Template.fromStack(stack).toJSON() as { Resources: Record<string, { Type: string }> };
      return Object.entries(Resources)
        .filter(([, { Type }]) => stateful.includes(Type)).map(([id, { Type }]): [string, string] => [id, Type]).sort();
    };
    const before = kept(stack => watched(stack, 'NetworkHygiene', pinned));
    expect(before.length).toBeGreaterThan(10);
    expect(kept(stack => watched(new Construct(stack, 'Elsewhere'), 'Renamed', pinned))).toEqual(before);
    // Giving a construct the name that it already has changes nothing, so people can do that before they move it.
    const unpinned = kept(stack => watched(stack, 'NetworkHygiene'));
    expect(kept(stack => watched(stack, 'NetworkHygiene', { hygieneName: 'Network/NetworkHygiene' }))).toEqual(unpinned);
    expect(kept(stack => watched(stack, 'Other'))).not.toEqual(unpinned);
  });

  it('may have up to 128 characters', () => {
    expect(deployment('Blue', { hygieneName: 'a'.repeat(128) }).hygiene.hygieneName).toHaveLength(128);
  });

  it.each<[got: string, shown: string]>([
    ['', '""'],
    ['network/', '"network/"'],
    ['/', '"/"'],
    ['net work', '"net work"'],
    ['netz:eins', '"netz:eins"'],
    ['a'.repeat(129), `"${'a'.repeat(99)}…`],
    [7 as unknown as string, '7'],
  ])('is refused where it is %j', (hygieneName, shown) => {
    expect(() => deployment('Blue', { hygieneName })).toThrow(
      `Network/NetworkHygiene: hygieneName: got ${shown}; give 1 to 128 letters, digits, ".", "_", "-" and "/", without a "/" at the end`,
    );
  });

  it('is refused where it is known at deployment only', () => {
    const stack = new Stack(new App(), 'Network');
    expect(() => new NetworkHygiene(stack, 'NetworkHygiene', { hygieneName: stack.region }))
      .toThrow('Network/NetworkHygiene: hygieneName: got a value that is known at deployment only');
  });

  it.each([
    ['another construct of the app has it', { hygieneName: 'one' }, { hygieneName: 'one' }, 'got "one"'],
    ['it is the default of another', {}, { hygieneName: 'First/NetworkHygiene' }, 'got "First/NetworkHygiene"'],
    ['another has the default for its name', { hygieneName: 'Second/NetworkHygiene' }, {}, 'the default is "Second/NetworkHygiene"'],
  ])('is refused where %s', (_, first, second, got) => {
    const app = new App();
    new NetworkHygiene(new Stack(app, 'First'), 'NetworkHygiene', first);
    expect(() => new NetworkHygiene(new Stack(app, 'Second'), 'NetworkHygiene', second))
      .toThrow(`Second/NetworkHygiene: hygieneName: ${got}, and First/NetworkHygiene has that name, too; give each`);
  });

  it('may be the same in two Regions, so that the stacks of both can pin it', () => {
    const app = new App();
    const names = ['eu-central-1', 'us-east-1'].map(region => {
      const stack = new Stack(app, region, { env: { account: '111122223333', region } });
      return new NetworkHygiene(stack, 'NetworkHygiene', pinned).hygieneName;
    });
    expect(names).toEqual(['network/hygiene', 'network/hygiene']);
  });

  it('is free again once its construct is removed', () => {
    const stack = new Stack(new App(), 'Network');
    new NetworkHygiene(stack, 'NetworkHygiene', pinned);
    stack.node.tryRemoveChild('NetworkHygiene');
    expect(new NetworkHygiene(stack, 'Other', pinned).hygieneName).toBe('network/hygiene');
  });

  it('may be the same in two apps', () => {
    expect([deployment('Blue', pinned), deployment('Green', pinned)]).toHaveLength(2);
  });
});

describe('alarms beside the construct', () => {
  it('have the name of their own stack and path, because a construct may have several sets of alarms', () => {
    const stack = new Stack(new App(), 'Network', { stackName: 'Blue' });
    const hygiene = new NetworkHygiene(stack, 'NetworkHygiene', { hygieneName: 'pinned' });
    new NetworkHygieneAlarms(stack, 'Pager', { hygiene });
    expect(namesOf(Template.fromStack(stack), 'AWS::CloudWatch::Alarm', 'AlarmName')).toContain('Blue/Pager/SweepMissing');
  });
});
