/**
 * An app with every policy that the library creates. It runs cdk-nag's AwsSolutions pack as users of the installed
 * version do, and writes the findings into findings.json.
 */
import { writeFileSync } from 'node:fs';
import * as cdk from 'aws-cdk-lib';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { Port, Vpc } from 'aws-cdk-lib/aws-ec2';
import { CfnManagedPolicy, CfnPolicy, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Tracing } from 'aws-cdk-lib/aws-lambda';
import { Topic } from 'aws-cdk-lib/aws-sns';
import featureFlags from 'aws-cdk-lib/recommended-feature-flags.json';
import { AwsSolutionsChecks, IApplyRule } from 'cdk-nag';
import { ChangeTrigger, FlaggedIngressRule, NetworkHygiene, NetworkHygieneDashboard, StaleRules } from 'cdk-network-hygiene';
import type { Findings } from './findings';

/** The part of cdk-nag 3 that the types of cdk-nag 2 lack. */
interface Version3 {
  validate(context: unknown): Report;
}

interface Report {
  readonly violations: ReadonlyArray<{
    readonly ruleName: string;
    readonly violatingResources: ReadonlyArray<{ readonly constructPath?: string }>;
  }>;
}

const isVersion3 = 'validateScope' in AwsSolutionsChecks.prototype;

/** The pack, with the rules that passed something. */
class Watched extends AwsSolutionsChecks {
  public readonly passed = new Set<string>();

  protected override applyRule(params: IApplyRule): void {
    if (passes(params)) this.passed.add(params.ruleSuffixOverride ?? params.rule.name);
    super.applyRule(params);
  }
}

function passes({ rule, node }: IApplyRule): boolean {
  try {
    // In the first version a rule answers yes or no.
    return ['Compliant', 'true'].includes(String(rule(node)));
  } catch {
    // The pack itself reports it.
    return false;
  }
}

/** Synthesizes with the pack. Version 2 reports to the user, version 3 to CDK. */
function synthesize(app: cdk.App): Pick<Findings, 'findings' | 'passed'> {
  const pack = new Watched({ reports: false });
  const reported: string[] = [];
  if (isVersion3) {
    const version3 = pack as unknown as Version3;
    const validate = version3.validate.bind(pack);
    version3.validate = context => {
      const report = validate(context);
      reported.push(...listed(report));
      return report;
    };
    const { Validations } = cdk as unknown as {
      Validations: { of(scope: cdk.App): { addPlugins(plugin: unknown): void } };
    };
    Validations.of(app).addPlugins(pack);
  } else {
    cdk.Aspects.of(app).add(pack);
  }
  let failure: unknown;
  try {
    app.synth();
  } catch (error) {
    failure = error;
  }
  const findings = [...reported, ...annotations(app)];
  // If there are findings, some versions of CDK throw, and some only set the exit code.
  if (findings.length > 0) process.exitCode = 0;
  else if (failure !== undefined) throw failure;
  return { findings, passed: [...pack.passed] };
}

/** Returns the errors and warnings in the tree, which is where cdk-nag 2 reports. */
function annotations(app: cdk.App): string[] {
  return app.node.findAll().flatMap(({ node }) =>
    node.metadata
      .filter(({ type }) => type === 'aws:cdk:error' || type === 'aws:cdk:warning')
      .map(({ data }) => `${node.path} ${String(data).split('\n')[0]}`),
  );
}

const listed = ({ violations }: Report): string[] =>
  violations.flatMap(({ ruleName, violatingResources }) =>
    violatingResources.map(({ constructPath }) => `${constructPath} ${ruleName}`),
  );

/** Returns the ids of the findings in copies of the policies, in which nothing is acknowledged. */
function unacknowledged(app: cdk.App): string[] {
  const copies = new cdk.App({ outdir: 'copies.out', autoSynth: false });
  const stack = new cdk.Stack(copies, 'Copies');
  for (const policy of app.node.findAll()) {
    if (!(policy instanceof CfnPolicy || policy instanceof CfnManagedPolicy)) continue;
    const policyDocument: unknown = cdk.Stack.of(policy).resolve(policy.policyDocument);
    new CfnPolicy(stack, policy.node.addr, { policyName: policy.node.addr, policyDocument, roles: ['role'] });
  }
  const { findings } = synthesize(copies);
  return [...new Set(findings.map(finding => finding.split(' ')[1].replace(/:$/, '')))].sort();
}

const app = new cdk.App({ context: featureFlags, outdir: 'cdk.out', autoSynth: false });
const props = {
  staleRules: StaleRules.revokeAfter(cdk.Duration.days(7)),
  flaggedIngressRules: [FlaggedIngressRule.fromInternet(Port.SSH)],
  revocationWindow: { from: '08:00', timeZone: cdk.TimeZone.ETC_UTC },
};

const network = new cdk.Stack(app, 'Network');
const hygiene = new NetworkHygiene(network, 'NetworkHygiene', {
  ...props,
  changeTrigger: ChangeTrigger.cloudTrail(),
  encryptionKey: new Key(network, 'Key', { enableKeyRotation: true }),
  functionOptions: {
    vpc: Vpc.fromVpcAttributes(network, 'Vpc', {
      vpcId: 'vpc-0123456789abcdef0',
      availabilityZones: ['a'],
      privateSubnetIds: ['subnet-0123456789abcdef0'],
      privateSubnetRouteTableIds: ['rtb-0123456789abcdef0'],
    }),
    tracing: Tracing.ACTIVE,
  },
});
hygiene.addAlarms({ action: new SnsAction(Topic.fromTopicArn(network, 'OnCall', 'arn:aws:sns:eu-central-1:111122223333:on-call')) });
hygiene.addQueryDefinitions();
new NetworkHygieneDashboard(network, 'Dashboard', { hygienes: [hygiene] });

const given = new cdk.Stack(app, 'GivenRole');
const role = new Role(given, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
new NetworkHygiene(given, 'NetworkHygiene', { ...props, role, changeTrigger: ChangeTrigger.cloudTrail() });

// These need more than one policy. CDK divides the statements of the construct's own role, and the library those that
// it adds to a given role.
const many = new cdk.Stack(app, 'ManyVpcs');
const vpcs = Array.from({ length: 150 }, (_, index) =>
  Vpc.fromVpcAttributes(many, `Vpc${index}`, { vpcId: `vpc-${String(index).padStart(17, '0')}`, availabilityZones: ['a'] }),
);
new NetworkHygiene(many, 'NetworkHygiene', { ...props, vpcs });
const other = new Role(many, 'OtherRole', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
new NetworkHygiene(many, 'OtherNetworkHygiene', { ...props, vpcs, role: other, metricNamespace: 'Other' });

const said: Findings = { ...synthesize(app), unacknowledged: unacknowledged(app) };
writeFileSync('findings.json', JSON.stringify(said));
