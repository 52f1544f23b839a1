/** Tests that every NetworkHygiene of an app is found, and that arguments select those they name. */
import { App, CfnResource, Duration, NestedStack, Stack, Stage, TimeZone } from 'aws-cdk-lib';
import { Schedule, ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { LambdaInvoke } from 'aws-cdk-lib/aws-scheduler-targets';
import * as sns from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import * as fc from 'fast-check';
import { ENV, OF_COMMAND_LINE, refusal, stacksOf } from './apps';
import { type HygieneOfApp, hygienesOf, select } from '../../../cli/app/hygienes';
import { NetworkHygiene, StaleRules } from '../../../src';

function make(app: App): void {
  const network = new Stack(app, 'Network');
  new NetworkHygiene(network, 'NetworkHygiene', { schedule: ScheduleExpression.rate(Duration.minutes(15)) });
  new NetworkHygiene(new Construct(network, 'Second'), 'Hygiene', {
    hygieneName: 'second',
    schedule: ScheduleExpression.cron({ hour: '3', minute: '0', timeZone: TimeZone.EUROPE_BERLIN }),
  });
  new sns.Topic(new Stack(app, 'Without'), 'Topic');
  const prod = new Stage(app, 'Prod', { env: ENV });
  const nested = new NestedStack(new Stack(prod, 'Network', { stackName: 'prod-network' }), 'Part');
  new NetworkHygiene(nested, 'NetworkHygiene');
}

const hygienes = hygienesOf(stacksOf(make));
const paths = (found: readonly HygieneOfApp[]): string[] => found.map(({ constructPath }) => constructPath);

const ALL = ['Network/NetworkHygiene', 'Network/Second/Hygiene', 'Prod/Network/Part/NetworkHygiene'];

describe('every NetworkHygiene of an app', () => {
  it('is found, in stages and nested stacks, too', () => {
    const told = hygienes.map(each => ({
      path: each.constructPath, name: each.name, stackName: each.stack.stackName, nested: each.nestedStacks.length,
      every: each.scheduleExpression, timezone: each.scheduleTimezone,
    }));
    expect(told).toHaveLength(3);
    expect(told).toEqual(expect.arrayContaining([
      {
        path: 'Network/NetworkHygiene', name: 'Network/NetworkHygiene', stackName: 'Network', nested: 0,
        every: 'rate(15 minutes)', timezone: 'Etc/UTC',
      },
      {
        path: 'Network/Second/Hygiene', name: 'second', stackName: 'Network', nested: 0,
        every: 'cron(0 3 * * ? *)', timezone: 'Europe/Berlin',
      },
      {
        path: 'Prod/Network/Part/NetworkHygiene', name: 'prod-network/Part/NetworkHygiene', stackName: 'prod-network',
        nested: 1, every: 'rate(1 hour)', timezone: 'Etc/UTC',
      },
    ]));
  });

  it('comes with the template that it is in', () => {
    for (const { template, logicalId, properties, stack, nestedStacks } of hygienes) {
      expect(template.resources.get(logicalId)).toMatchObject({ type: 'Custom::NetworkHygiene', properties });
      expect((nestedStacks.at(-1) ?? stack).template).toBe(template);
    }
  });

  it('has the same path if the templates have no metadata', () => {
    expect(paths(hygienesOf(stacksOf(make, {}))).sort()).toEqual(paths(hygienes).sort());
  });

  it('is named by its logical id if nothing tells its path', () => {
    const bare = stacksOf(make, {}).map(stack => ({ ...stack, constructPaths: new Map() }));
    const ofNetwork = paths(hygienesOf(bare)).filter(path => path.startsWith('Network/'));
    expect(ofNetwork.map(path => path.replace(/[0-9A-F]{8}$/, '')))
      .toEqual(['Network/NetworkHygieneSweep', 'Network/SecondHygieneSweep']);
  });
});

/** Returns the logical id of the function that sweeps. */
function functionIn(stack: Stack): string {
  const { lambdaFunction } = stack.node.findChild('NetworkHygiene') as NetworkHygiene;
  return stack.getLogicalId(lambdaFunction.node.defaultChild as CfnResource);
}

describe('the schedule', () => {
  it('is not that of a schedule of somebody else for the same function', () => {
    const [hygiene] = hygienesOf(stacksOf(app => {
      const stack = new Stack(app, 'Network');
      const { lambdaFunction } = new NetworkHygiene(stack, 'NetworkHygiene');
      new Schedule(stack, 'Mine', {
        schedule: ScheduleExpression.rate(Duration.minutes(1)), target: new LambdaInvoke(lambdaFunction, {}),
      });
    }));
    expect(hygiene.scheduleExpression).toBe('rate(1 hour)');
  });

  it('is not that of the revocation window, which comes besides', () => {
    const [hygiene] = hygienesOf(stacksOf(app => {
      new NetworkHygiene(new Stack(app, 'Network'), 'NetworkHygiene', {
        staleRules: StaleRules.revoke(), revocationWindow: { from: '08:00', timeZone: TimeZone.EUROPE_BERLIN },
      });
    }));
    expect(hygiene).toMatchObject({ scheduleExpression: 'rate(1 hour)', scheduleTimezone: 'Etc/UTC' });
  });

  it('is undefined if there is none, if it is of another function, or if several may be it', () => {
    const changed = (change: (schedule: CfnResource) => void): HygieneOfApp => hygienesOf(stacksOf(app => {
      const stack = new Stack(app, 'Network');
      const hygiene = new NetworkHygiene(stack, 'NetworkHygiene');
      change(hygiene.schedule.node.defaultChild as CfnResource);
    }))[0];
    const removed = changed(({ node }) => node.scope?.node.tryRemoveChild(node.id));
    expect(removed).not.toHaveProperty('scheduleExpression');
    const elsewhere = changed(schedule => schedule.addPropertyOverride('Target.Arn', 'arn:aws:lambda:other'));
    expect(elsewhere).not.toHaveProperty('scheduleExpression');
    const doubled = changed(schedule => {
      const second = new CfnResource(schedule.stack, 'Copy', {
        type: schedule.cfnResourceType, properties: { ScheduleExpression: 'rate(1 day)' },
      });
      const arn = { 'Fn::GetAtt': [functionIn(schedule.stack), 'Arn'] };
      for (const each of [schedule, second]) {
        each.addPropertyOverride('Target.Arn', arn);
        each.addOverride('DependsOn', undefined);
      }
    });
    expect(doubled).not.toHaveProperty('scheduleExpression');
  });
});

describe('an app without any', () => {
  it('says so, and names its stacks', () => {
    const stacks = stacksOf(app => {
      new Stack(app, 'Web');
      new Stack(new Stage(app, 'Prod'), 'Data');
    });
    const inOrder = [...stacks].sort((a, b) => b.stackName.localeCompare(a.stackName));
    expect(refusal(() => hygienesOf(inOrder))).toBe(
      'UsageError: The app has no NetworkHygiene. Its stacks are Web, Prod/Data (deployed as Prod-Data). If one was '
      + 'added lately, run `npx cdk synth` again',
    );
    expect(refusal(() => hygienesOf([]))).toContain('The app has no NetworkHygiene. It has no stacks.');
  });
});

describe('an argument', () => {
  it.each<[string, Parameters<typeof select>[1], string[]]>([
    ['none', {}, ALL],
    ['empty lists', { stack: [], construct: [] }, ALL],
    ['the name of a stack', { stack: ['Network'] }, ['Network/NetworkHygiene', 'Network/Second/Hygiene']],
    ['the name that `cdk ls` shows', { stack: ['Prod/Network'] }, ['Prod/Network/Part/NetworkHygiene']],
    ['the name of a deployed stack', { stack: ['prod-network'] }, ['Prod/Network/Part/NetworkHygiene']],
    ['a wildcard at the end', { stack: ['Prod/*'] }, ['Prod/Network/Part/NetworkHygiene']],
    ['a wildcard at the beginning', { stack: ['*etwork'] }, ALL],
    ['the wildcard alone', { stack: ['*'] }, ALL],
    ['several stacks', { stack: ['Network', 'Prod/Network'] }, ALL],
    ['a path', { construct: ['Network/NetworkHygiene'] }, ['Network/NetworkHygiene']],
    [
      'the end of paths', { construct: ['NetworkHygiene'] },
      ['Network/NetworkHygiene', 'Prod/Network/Part/NetworkHygiene'],
    ],
    ['a name in metrics', { construct: ['second'] }, ['Network/Second/Hygiene']],
    [
      'a default name in metrics', { construct: ['prod-network/Part/NetworkHygiene'] },
      ['Prod/Network/Part/NetworkHygiene'],
    ],
    ['both', { stack: ['Network'], construct: ['NetworkHygiene'] }, ['Network/NetworkHygiene']],
  ])('selects by %s', (_, selection, expected) => {
    expect(paths(select(hygienes, selection)).sort()).toEqual(expected);
  });

  it.each<[Parameters<typeof select>[1], string]>([
    [{ stack: ['Without'] }, '--stack "Without" matches no NetworkHygiene. The app has '],
    [{ stack: ['network'] }, '--stack "network" matches no NetworkHygiene. Did you mean Network? The app has '],
    [{ stack: [''] }, '--stack "" matches no NetworkHygiene. The app has '],
    [{ stack: ['.*'] }, '--stack ".*" matches no NetworkHygiene. The app has '],
    [{ construct: ['Hygien'] }, '--construct "Hygien" matches no NetworkHygiene. Did you mean Hygiene? The app has '],
    [{ construct: ['orkHygiene'] }, '--construct "orkHygiene" matches no NetworkHygiene. The app has '],
    [{ construct: [''] }, '--construct "" matches no NetworkHygiene. The app has '],
    [{ construct: ['second', 'third'] }, '--construct "third" matches no NetworkHygiene. The app has '],
    [
      { stack: ['Network'], construct: ['prod-network/Part/NetworkHygiene'] },
      '--construct "prod-network/Part/NetworkHygiene" matches no NetworkHygiene. In "Network", the app has '
      + 'Network/NetworkHygiene (stack Network), Network/Second/Hygiene (stack Network)',
    ],
  ])('that matches nothing is refused, with what there is: %j', (selection, message) => {
    const told = refusal(() => select(hygienes, selection));
    expect(told).toContain(`UsageError: ${message}`);
    if (selection.stack?.[0] !== 'Network') {
      expect(told).toContain('Prod/Network/Part/NetworkHygiene (stack Prod/Network, deployed as prod-network)');
    }
  });

  it('never selects anything that is not there, and never less than it names', () => {
    const text = fc.oneof(fc.string(), fc.constantFrom('*', 'Network', 'Prod/*', 'NetworkHygiene', 'second', ...ALL));
    fc.assert(fc.property(fc.array(text), fc.array(text), (stack, construct) => {
      let selected: HygieneOfApp[];
      try {
        selected = select(hygienes, { stack, construct });
      } catch (error) {
        expect((error as Error).name).toBe('UsageError');
        return;
      }
      expect(selected.length).toBeGreaterThan(0);
      expect(hygienes).toEqual(expect.arrayContaining(selected));
      expect(new Set(selected).size).toBe(selected.length);
    }));
  });
});

it('a NetworkHygiene of another version has no name, and is found all the same', () => {
  const stacks = stacksOf(app => {
    const stack = new Stack(app, 'Network');
    new CfnResource(stack, 'Old', { type: 'Custom::NetworkHygiene', properties: { ServiceToken: 'arn', Settings: 1 } });
    new CfnResource(stack, 'Broken', { type: 'Custom::NetworkHygiene', properties: { Configuration: '{"hygiene"' } });
  }, OF_COMMAND_LINE);
  expect(hygienesOf(stacks).map(({ name, constructPath }) => [name, constructPath]))
    .toEqual([[undefined, 'Network/Old'], [undefined, 'Network/Broken']]);
});
