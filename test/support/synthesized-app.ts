/**
 * An example app as CDK synthesizes it. It runs in its own process, and its cloud assembly is read as CloudFormation
 * would read it.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { contextOf } from './example-context';

const ROOT = resolve(__dirname, '..', '..');

export interface Resource {
  readonly Type: string;
  readonly Properties: Record<string, unknown>;
  readonly DependsOn?: string[];
}

export interface AppTemplate {
  readonly Resources: Record<string, Resource>;
  readonly Outputs?: Record<string, { Value: unknown }>;
}

/**
 * The values of intrinsic functions at deployment, such as `{ 'Web': 'sg-…', 'Function.Arn': 'arn:…' }`. Pseudo
 * parameters have defaults.
 */
export type DeployedValues = Readonly<Record<string, string>>;

const PSEUDO_PARAMETERS: DeployedValues = {
  'AWS::AccountId': '111122223333',
  'AWS::Region': 'eu-central-1',
  'AWS::Partition': 'aws',
  'AWS::URLSuffix': 'amazonaws.com',
};

/** The handler of the function that sweeps. */
const SWEEPING = 'index.handler';

export class SynthesizedApp {
  /**
   * Runs `examples/<name>.ts`.
   *
   * @param context the context of the app; by default what the example needs
   * @throws with the output of the app when it fails
   */
  public static fromExample(name: string, context?: Readonly<Record<string, string>>): SynthesizedApp {
    const outdir = mkdtempSync(join(tmpdir(), 'network-hygiene-'));
    try {
      // tsx's own command and its cache would leave folders in the temporary folder.
      const tsx = pathToFileURL(require.resolve('tsx')).href;
      const run = spawnSync(process.execPath, ['--import', tsx, join(ROOT, 'examples', `${name}.ts`)], {
        env: {
          ...process.env,
          TSX_DISABLE_CACHE: '1',
          TSX_TSCONFIG_PATH: join(ROOT, 'examples', 'tsconfig.json'),
          CDK_OUTDIR: outdir,
          ...contextOf(name, context),
          NODE_OPTIONS: '',
        },
        encoding: 'utf8',
      });
      if (run.status !== 0) throw new Error(`Synthesizing the example ${name} failed:\n${run.stderr}`);
      return new SynthesizedApp(outdir);
    } catch (error) {
      rmSync(outdir, { recursive: true, force: true });
      throw error;
    }
  }

  /** The templates of all stacks, by the name of the stack. */
  public readonly templates: ReadonlyMap<string, AppTemplate>;

  /** @param folder the cloud assembly */
  private constructor(public readonly folder: string) {
    this.templates = new Map(readdirSync(folder).sort().flatMap(file => {
      const [, name] = /^(.+)\.template\.json$/.exec(file) ?? [];
      return name === undefined ? [] : [[name, JSON.parse(readFileSync(join(folder, file), 'utf8')) as AppTemplate]];
    }));
  }

  /** The template of the only stack. @throws if there is none, or more than one */
  public get template(): AppTemplate {
    const [template, ...others] = this.templates.values();
    if (template === undefined || others.length > 0) {
      throw new Error(`${this.folder} has the templates of ${this.templates.size} stacks, not of one`);
    }
    return template;
  }

  /** The folder from which the function's zip file would be created. */
  public get handlerFolder(): string {
    const code = this.functionWith(SWEEPING).Properties.Code as { S3Key: string };
    const folder = join(this.folder, `asset.${code.S3Key.replace(/\.zip$/, '')}`);
    if (!existsSync(folder)) throw new Error(`The asset ${code.S3Key} is not in ${this.folder}`);
    return folder;
  }

  /**
   * Returns the environment variables of a function with the name of its table.
   *
   * @param known the values of variables that are known at deployment only
   */
  public environment(
    tableName: string, handler = SWEEPING, known: Readonly<Record<string, string>> = {},
  ): Record<string, string> {
    const { Variables = {} } = (this.functionWith(handler).Properties.Environment ?? {}) as {
      Variables?: Record<string, unknown>;
    };
    return deployed({ ...Variables, ...known }, this.tableNamed(tableName)) as Record<string, string>;
  }

  /** Returns the event of the schedule with its time, which EventBridge Scheduler fills in. */
  public scheduleInput(at: Date, values: DeployedValues = {}): unknown {
    const target = this.only('AWS::Scheduler::Schedule').Properties.Target as { Input: unknown };
    const time = at.toISOString().replace(/\.\d+/, '');
    return JSON.parse(String(deployed(target.Input, values)).replaceAll('<aws.scheduler.scheduled-time>', time));
  }

  /** Returns the properties of the custom resource with the name of the table. */
  public customResourceProperties(tableName: string, values: DeployedValues = {}): Record<string, unknown> {
    const ServiceToken = 'arn:aws:lambda:eu-central-1:111122223333:function:handler';
    const properties = { ...this.only('Custom::NetworkHygiene').Properties, ServiceToken };
    return deployed(properties, { ...this.tableNamed(tableName), ...values }) as Record<string, unknown>;
  }

  public only(type: string): Resource {
    const found = Object.values(this.template.Resources).filter(({ Type }) => Type === type);
    if (found.length !== 1) throw new Error(`The template has ${found.length} resources of the type ${type}, not one`);
    return found[0];
  }

  public dispose(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  private functionWith(handler: string): Resource {
    const found = Object.values(this.template.Resources)
      .find(({ Type, Properties }) => Type === 'AWS::Lambda::Function' && Properties.Handler === handler);
    if (found === undefined) throw new Error(`The template has no function with the handler ${handler}`);
    return found;
  }

  private tableNamed(tableName: string): DeployedValues {
    const isTable = ([, { Type }]: [string, Resource]): boolean => Type === 'AWS::DynamoDB::Table';
    return Object.fromEntries(
      Object.entries(this.template.Resources)
        .filter(isTable)
        .map(([id]) => [id, tableName]),
    );
  }
}

/** Replaces Ref, Fn::GetAtt and Fn::Join by deployed values. @throws for an unknown value */
function deployed(value: unknown, values: DeployedValues): unknown {
  if (Array.isArray(value)) return value.map(item => deployed(item, values));
  if (typeof value !== 'object' || value === null) return value;
  const [[key, argument], ...others] = Object.entries(value).concat([['', undefined]]);
  if (others.length === 1 && key === 'Ref') return look(String(argument), values);
  if (others.length === 1 && key === 'Fn::GetAtt') return look((argument as string[]).join('.'), values);
  if (others.length === 1 && key === 'Fn::Join') {
    const [separator, parts] = argument as [string, unknown[]];
    return parts.map(part => deployed(part, values)).join(separator);
  }
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, deployed(member, values)]));
}

function look(name: string, values: DeployedValues): string {
  const value = { ...PSEUDO_PARAMETERS, ...values }[name];
  if (value === undefined) throw new Error(`The template refers to ${name}; give its deployed value`);
  return value;
}
