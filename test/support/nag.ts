/** Runs packs of cdk-nag on an app. */
import { join } from 'node:path';
import { App, Aspects, Stage } from 'aws-cdk-lib';
import {
  AwsSolutionsChecks,
  HIPAASecurityChecks,
  INagLogger,
  NagLoggerComplianceData,
  NagLoggerErrorData,
  NagLoggerNonComplianceData,
  NagLoggerSuppressedData,
  NagLoggerSuppressedErrorData,
  NIST80053R5Checks,
  PCIDSS321Checks,
} from 'cdk-nag';
import { contextOf } from './example-context';

/** The packs, by the names with which the ids of their rules begin. */
export const PACKS = {
  'AwsSolutions': AwsSolutionsChecks,
  'HIPAA.Security': HIPAASecurityChecks,
  'NIST.800.53.R5': NIST80053R5Checks,
  'PCI.DSS.321': PCIDSS321Checks,
} as const;

export type Pack = keyof typeof PACKS;

const EXAMPLES = join(__dirname, '..', '..', 'examples');

/** The app of an example, before it is synthesized. */
export function appOf(example: string): App {
  const environment = process.env;
  process.env = { ...environment, ...contextOf(example) };
  const synth = jest.spyOn(Stage.prototype, 'synth').mockImplementation(() => undefined as never);
  try {
    jest.requireActual(join(EXAMPLES, example));
    const [app] = synth.mock.contexts;
    if (!App.isApp(app)) throw new Error(`The example ${example} synthesizes no app`);
    return app;
  } finally {
    synth.mockRestore();
    process.env = environment;
  }
}

export interface Finding {
  readonly pack: Pack;
  /** Without the name of the pack, such as `LambdaDLQ`. */
  readonly rule: string;
  /** The part in brackets, such as `Resource::*`; empty for a rule that reports no details. */
  readonly detail: string;
  readonly path: string;
}

export interface Said {
  readonly findings: readonly Finding[];
  /** The findings that are acknowledged. */
  readonly acknowledged: readonly Finding[];
  /** The ids of the rules that looked at something and had nothing against it. */
  readonly passed: ReadonlySet<string>;
}

/** Synthesizes an app with packs, and returns what they report. */
export function said(app: App, packs: readonly Pack[] = Object.keys(PACKS) as Pack[]): Said {
  const listeners = packs.map(pack => new Listener(pack));
  for (const listener of listeners) {
    Aspects.of(app).add(new PACKS[listener.pack]({ reports: false, additionalLoggers: [listener] }));
  }
  app.synth();
  return {
    findings: listeners.flatMap(({ findings }) => findings),
    acknowledged: listeners.flatMap(({ acknowledged }) => acknowledged),
    passed: new Set(listeners.flatMap(({ passed }) => passed)),
  };
}

class Listener implements INagLogger {
  public readonly findings: Finding[] = [];
  public readonly acknowledged: Finding[] = [];
  public readonly passed: string[] = [];

  public constructor(public readonly pack: Pack) {}

  public onNonCompliance(data: NagLoggerNonComplianceData): void {
    this.findings.push(this.finding(data, data.findingId));
  }

  /** A rule that could not look is a finding, too. */
  public onError(data: NagLoggerErrorData): void {
    this.findings.push(this.finding(data, `could not be checked: ${data.errorMessage}`));
  }

  public onCompliance({ ruleId }: NagLoggerComplianceData): void {
    this.passed.push(ruleId);
  }

  public onSuppressed(data: NagLoggerSuppressedData): void {
    this.acknowledged.push(this.finding(data, data.findingId));
  }

  public onSuppressedError(data: NagLoggerSuppressedErrorData): void {
    this.onError(data);
  }

  public onNotApplicable(): void {}

  private finding({ ruleId, resource }: Pick<NagLoggerErrorData, 'ruleId' | 'resource'>, detail: string): Finding {
    return { pack: this.pack, rule: ruleId.slice(this.pack.length + 1), detail, path: resource.node.path };
  }
}
