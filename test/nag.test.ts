/** cdk-nag's AwsSolutions checks on every example: what they find is listed here, each with the reason why it stays. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { App, Aspects, Stage } from 'aws-cdk-lib';
import {
  AwsSolutionsChecks, INagLogger, NagLoggerComplianceData, NagLoggerErrorData, NagLoggerNonComplianceData, NagLoggerSuppressedData,
  NagLoggerSuppressedErrorData,
} from 'cdk-nag';

const EXAMPLES = join(__dirname, '..', 'examples');

/** The app of an example, before it is synthesized. */
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
  /** Rules that looked at something and had nothing against it. */
  public readonly passed = new Set<string>();

  public onNonCompliance({ resource, ruleId, findingId }: NagLoggerNonComplianceData): void {
    this.findings.push(`${resource.node.path} ${ruleId}[${findingId}]`);
  }

  /** A rule that could not look is a finding, too. */
  public onError({ resource, ruleId, errorMessage }: NagLoggerErrorData): void {
    this.findings.push(`${resource.node.path} ${ruleId} could not be checked: ${errorMessage}`);
  }

  public onCompliance({ ruleId }: NagLoggerComplianceData): void {
    this.passed.add(ruleId);
  }

  /** Nothing is suppressed in the examples; it would be a finding. */
  public onSuppressed(data: NagLoggerSuppressedData): void {
    this.onNonCompliance(data);
  }

  public onSuppressedError(data: NagLoggerSuppressedErrorData): void {
    this.onError(data);
  }

  public onNotApplicable(): void {}
}

const NO_RESOURCE_LEVEL = 'ec2:Describe* and cloudwatch:PutMetricData have no resource level in IAM; the latter is confined by cloudwatch:namespace.';
const ANY_GROUP = 'A stale rule, or one flagged in any group, may be in any group of the account and Region, known at sweep time only. '
  + 'Revoking is denied for exempt groups, and confined to VPCs where the props name them.';

/** Each finding with the reason why it stays. */
const ACCEPTED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'named-groups': {
    'NamedGroups/NetworkHygiene/Role/DefaultPolicy/Resource AwsSolutions-IAM5[Resource::*]': NO_RESOURCE_LEVEL,
  },
  'quickstart': {
    'Quickstart/NetworkHygiene/Role/DefaultPolicy/Resource AwsSolutions-IAM5[Resource::*]': NO_RESOURCE_LEVEL,
    'Quickstart/NetworkHygiene/Role/DefaultPolicy/Resource AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:ec2:<AWS::Region>:<AWS::AccountId>:security-group/*]': ANY_GROUP,
  },
  'report-only': {
    'ReportOnly/NetworkHygiene/Role/DefaultPolicy/Resource AwsSolutions-IAM5[Resource::*]': NO_RESOURCE_LEVEL,
  },
  'vpn-only': {
    'VpnOnly/BranchOffices/Role/DefaultPolicy/Resource AwsSolutions-IAM5[Resource::*]': NO_RESOURCE_LEVEL,
  },
};

it('looks at every example', () => {
  expect(readdirSync(EXAMPLES).filter(file => file.endsWith('.ts')).map(file => file.replace(/\.ts$/, '')).sort()).toEqual(Object.keys(ACCEPTED));
});

describe.each(Object.entries(ACCEPTED))('%s', (example, accepted) => {
  const app = appOf(example);
  const collector = new Collector();
  Aspects.of(app).add(new AwsSolutionsChecks({ reports: false, additionalLoggers: [collector] }));
  app.synth();

  it('has no findings but those accepted here', () => {
    expect(collector.findings.sort()).toEqual(Object.keys(accepted));
  });

  // So that no finding is not for want of looking: managed policies, wildcards, and the runtime of the function.
  it('was looked at', () => {
    expect([...collector.passed]).toEqual(expect.arrayContaining(['AwsSolutions-IAM4', 'AwsSolutions-IAM5', 'AwsSolutions-L1']));
  });
});
