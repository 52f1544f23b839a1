/**
 * Tests every example with cdk-nag's AwsSolutions pack. The only findings are those that the library acknowledges with
 * a reason.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { App, Aspects, Stage } from 'aws-cdk-lib';
import {
  AwsSolutionsChecks,
  INagLogger,
  NagLoggerComplianceData,
  NagLoggerErrorData,
  NagLoggerNonComplianceData,
  NagLoggerSuppressedData,
  NagLoggerSuppressedErrorData,
} from 'cdk-nag';

const EXAMPLES = join(__dirname, '..', 'examples');

/** Creates the app of an example, without synthesizing it. */
function appOf(example: string): App {
  const synth = jest.spyOn(Stage.prototype, 'synth').mockImplementation(() => undefined as never);
  try {
    jest.requireActual(join(EXAMPLES, example));
    const [app] = synth.mock.contexts;
    if (!App.isApp(app)) throw new Error(`The example ${example} synthesizes no app`);
    return app;
  } finally {
    synth.mockRestore();
  }
}

class Collector implements INagLogger {
  public readonly findings: string[] = [];
  public readonly suppressed: string[] = [];
  /** The rules that checked something and had no finding. */
  public readonly passed = new Set<string>();

  public onNonCompliance({ resource, ruleId, findingId }: NagLoggerNonComplianceData): void {
    this.findings.push(`${resource.node.path} ${ruleId}[${findingId}]`);
  }

  /** An error of a rule counts as a finding. */
  public onError({ resource, ruleId, errorMessage }: NagLoggerErrorData): void {
    this.findings.push(`${resource.node.path} ${ruleId} could not be checked: ${errorMessage}`);
  }

  public onCompliance({ ruleId }: NagLoggerComplianceData): void {
    this.passed.add(ruleId);
  }

  /** The findings that the library acknowledges. */
  public onSuppressed({ resource, ruleId, findingId }: NagLoggerSuppressedData): void {
    this.suppressed.push(`${resource.node.path} ${ruleId}[${findingId}]`);
  }

  public onSuppressedError(data: NagLoggerSuppressedErrorData): void {
    this.onError(data);
  }

  public onNotApplicable(): void {}
}

const NO_RESOURCE_LEVEL = 'DefaultPolicy/Resource AwsSolutions-IAM5[Resource::*]';
const ANY_GROUP =
  'DefaultPolicy/Resource AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:ec2:<AWS::Region>:<AWS::AccountId>:security-group/*]';
const ANY_RULE =
  'DefaultPolicy/Resource AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:ec2:<AWS::Region>:<AWS::AccountId>:security-group-rule/*]';

/**
 * The findings that the library acknowledges in each example. The reasons are in the template
 * (src/function/acknowledgements.ts).
 */
const ACKNOWLEDGED: Readonly<Record<string, readonly string[]>> = {
  'monitored': [NO_RESOURCE_LEVEL, ANY_RULE, ANY_GROUP].map(each => `Monitored/NetworkHygiene/Role/${each}`),
  'named-groups': [NO_RESOURCE_LEVEL, ANY_RULE].map(each => `NamedGroups/NetworkHygiene/Role/${each}`),
  'quickstart': [NO_RESOURCE_LEVEL, ANY_RULE, ANY_GROUP].map(each => `Quickstart/NetworkHygiene/Role/${each}`),
  'report-only': [NO_RESOURCE_LEVEL, ANY_RULE, ANY_GROUP].map(each => `ReportOnly/NetworkHygiene/Role/${each}`),
  'vpn-only': [`VpnOnly/BranchOffices/Role/${NO_RESOURCE_LEVEL}`],
};

it('looks at every example', () => {
  expect(
    readdirSync(EXAMPLES)
      .filter(file => file.endsWith('.ts'))
      .map(file => file.replace(/\.ts$/, ''))
      .sort(),
  ).toEqual(Object.keys(ACKNOWLEDGED));
});

describe.each(Object.entries(ACKNOWLEDGED))('%s', (example, acknowledged) => {
  const app = appOf(example);
  const collector = new Collector();
  Aspects.of(app).add(new AwsSolutionsChecks({ reports: false, additionalLoggers: [collector] }));
  app.synth();

  it('has no findings but those that the library acknowledges', () => {
    expect(collector.findings).toEqual([]);
    expect(collector.suppressed.sort()).toEqual(acknowledged);
  });

  // Tests that the rules really checked something: managed policies, wildcards, function runtimes, point-in-time
  // recovery, and in one example a topic and queues.
  it('was looked at', () => {
    const monitored = example === 'monitored' ? ['AwsSolutions-SNS3', 'AwsSolutions-SQS3', 'AwsSolutions-SQS4'] : [];
    expect([...collector.passed]).toEqual(
      expect.arrayContaining([
        'AwsSolutions-IAM4',
        'AwsSolutions-IAM5',
        'AwsSolutions-L1',
        'AwsSolutions-DDB3',
        ...monitored,
      ]),
    );
  });
});
