/** Tests what the handler gets from each choice for unused security groups, and what is refused. */
import { App, Duration, Lazy, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { NetworkHygiene, NetworkHygieneDashboard, NetworkHygieneProps, StaleRules, UnusedSecurityGroups, VpnConnections } from '../src';
import type { Configuration } from '../src/contract/configuration';
import { decodeConfiguration } from '../src/contract/decode';

function configurationOf(props: NetworkHygieneProps): Configuration {
  return new NetworkHygiene(new Stack(new App(), 'Stack'), 'Hygiene', props)._configuration;
}

it('is left out of the configuration unless it is asked for', () => {
  expect(configurationOf({})).not.toHaveProperty('unusedSecurityGroups', expect.anything());
  expect(configurationOf({ unusedSecurityGroups: UnusedSecurityGroups.ignore() }).unusedSecurityGroups).toBeUndefined();
});

it('reports after 30 days and 3 sightings, unless told otherwise', () => {
  expect(UnusedSecurityGroups.report()._configuration).toEqual({ afterSeconds: 2_592_000, sightings: 3 });
  expect(UnusedSecurityGroups.report({ after: Duration.days(0), sightings: 1 })._configuration)
    .toEqual({ afterSeconds: 0, sightings: 1 });
});

it('reaches the handler as it is declared', () => {
  const configuration = configurationOf({
    unusedSecurityGroups: UnusedSecurityGroups.report({ after: Duration.days(7), sightings: 2 }),
  });
  expect(decodeConfiguration(JSON.stringify(configuration)).unusedSecurityGroups)
    .toEqual({ afterSeconds: 604_800, sightings: 2 });
});

it('means ignore in a configuration of a version without it', () => {
  expect(decodeConfiguration(JSON.stringify(configurationOf({}))).unusedSecurityGroups).toBeUndefined();
});

it('is enough to look at', () => {
  const { unusedSecurityGroups } = configurationOf({
    staleRules: StaleRules.ignore(), vpnConnections: VpnConnections.none(),
    unusedSecurityGroups: UnusedSecurityGroups.report(),
  });
  expect(unusedSecurityGroups).toBeDefined();
});

it('takes a time that is known at deployment only', () => {
  const seconds = Lazy.number({ produce: () => 60 });
  expect(() => configurationOf({
    unusedSecurityGroups: UnusedSecurityGroups.report({ after: Duration.seconds(seconds), sightings: seconds }),
  })).not.toThrow();
});

it.each([
  [{ sightings: 0 }, /^UnusedSecurityGroups\.report: sightings: got 0; give an integer from 1 to 1000$/],
  [{ sightings: 1001 }, /sightings: got 1001; give an integer from 1 to 1000/],
  [{ sightings: 1.5 }, /sightings: got 1\.5; give an integer/],
  [{ after: 30 as unknown as Duration }, /^UnusedSecurityGroups\.report: after: got 30; give a Duration, such as Duration\.days\(30\)$/],
  [{ after: Duration.millis(1500) }, /after: got 1\.5 seconds; give a Duration of whole seconds, 0 or more/],
  [{ after: Duration.days(Lazy.number({ produce: () => 1 })) }, /after: got a number of days that is known at deployment only/],
  [{ age: Duration.days(1) } as object, /"age" is unknown/],
])('refuses %j', (options, message) => {
  expect(() => UnusedSecurityGroups.report(options)).toThrow(message);
});

it('refuses what is not one', () => {
  expect(() => configurationOf({ unusedSecurityGroups: 'report' as unknown as UnusedSecurityGroups }))
    .toThrow('Stack/Hygiene: unusedSecurityGroups: got "report"; give an UnusedSecurityGroups, such as UnusedSecurityGroups.report()');
});

it('refuses sightings that its schedule can never reach', () => {
  const schedule = ScheduleExpression.at(new Date('2126-01-01T00:00:00Z'));
  expect(() => configurationOf({ schedule, unusedSecurityGroups: UnusedSecurityGroups.report() }))
    .toThrow(/schedule: got at\(.*\), which sweeps at most once, so it never finds a security group unused 3 times; give a rate, .* or sightings: 1/);
  expect(() => configurationOf({ schedule, unusedSecurityGroups: UnusedSecurityGroups.report({ sightings: 1 }) }))
    .not.toThrow();
});

it.each([
  [{ afterSeconds: -1, sightings: 3 }, /unusedSecurityGroups\.afterSeconds: got -1/],
  [{ afterSeconds: 1.5, sightings: 3 }, /unusedSecurityGroups\.afterSeconds: got 1\.5/],
  [{ afterSeconds: 0, sightings: 0 }, /unusedSecurityGroups\.sightings: got 0/],
  [{ afterSeconds: 0 }, /unusedSecurityGroups\.sightings: got undefined/],
  [{ afterSeconds: 0, sightings: 1, delete: true }, /unusedSecurityGroups: "delete" is unknown/],
  ['report', /unusedSecurityGroups: got "report"; give an object/],
])('is refused by the handler as %j', (unusedSecurityGroups, message) => {
  expect(() => decodeConfiguration({ ...configurationOf({}), unusedSecurityGroups })).toThrow(message);
});

describe('what watches it', () => {
  const ASKING = { unusedSecurityGroups: UnusedSecurityGroups.report() };

  interface Watched {
    readonly alarm?: Record<string, unknown>;
    readonly dashboard: string;
  }

  function watched(props: NetworkHygieneProps): Watched {
    const stack = new Stack(new App(), 'Stack');
    const hygiene = new NetworkHygiene(stack, 'Hygiene', props);
    const { unusedSecurityGroupsPresent } = hygiene.addAlarms();
    new NetworkHygieneDashboard(stack, 'Dashboard', { hygienes: [hygiene] });
    const template = Template.fromStack(stack);
    const [alarm] = Object.values(template.findResources('AWS::CloudWatch::Alarm', {
      Properties: { MetricName: 'UnusedSecurityGroups' },
    })).map(({ Properties }) => Properties as Record<string, unknown>);
    expect(unusedSecurityGroupsPresent === undefined).toBe(alarm === undefined);
    return { alarm, dashboard: JSON.stringify(template.findResources('AWS::CloudWatch::Dashboard')) };
  }

  it('is an alarm at the first group, and a number on the dashboard', () => {
    const { alarm, dashboard } = watched(ASKING);
    expect(alarm).toMatchObject({
      Statistic: 'Maximum', Threshold: 1, EvaluationPeriods: 1, TreatMissingData: 'ignore',
      ComparisonOperator: 'GreaterThanOrEqualToThreshold', AlarmName: 'Stack/Hygiene/UnusedSecurityGroupsPresent',
    });
    expect(dashboard).toContain('Unused security groups');
  });

  it('is nothing where unused groups are ignored, and to ask for the alarm is an error', () => {
    const { alarm, dashboard } = watched({});
    expect(alarm).toBeUndefined();
    expect(dashboard).not.toContain('Unused security groups');
    const hygiene = new NetworkHygiene(new Stack(new App(), 'Stack'), 'Hygiene');
    expect(() => hygiene.addAlarms({ unusedSecurityGroupsPresent: {} }))
      .toThrow(/unusedSecurityGroupsPresent: this alarm could never go off: unused security groups are not looked for; leave it out/);
  });
});
