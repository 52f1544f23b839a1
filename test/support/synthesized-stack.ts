/**
 * A stack with NetworkHygiene as CloudFormation receives it. It is synthesized in this process, because tests of the
 * constructs need no app of their own.
 */
import { tmpdir } from 'node:os';
import { resolve } from 'node:path';
import { App, CfnResource, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { DISABLE_ASSET_STAGING_CONTEXT } from 'aws-cdk-lib/cx-api';
import { CDK_FOLDER } from './temporary-folder/left-behind';
import { NetworkHygiene, NetworkHygieneOperations, NetworkHygieneProps } from '../../src';
import type { Path } from '../../src/contract/fingerprint';

export interface Statement {
  readonly Effect: string;
  readonly Action: string | string[];
  readonly Resource: unknown;
  readonly Condition?: Record<string, Record<string, unknown>>;
}

export interface SynthesizedResource {
  readonly Type: string;
  readonly Properties: Record<string, unknown>;
  readonly DependsOn?: string[];
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
}

/** Renders an intrinsic function in JSON text, such as `{"Ref":"Web"}` as `<Ref Web>`. */
type Rendering = (intrinsic: Record<string, unknown>) => string;

const ANGLE_BRACKETS: Rendering = intrinsic =>
  `<${Object.entries(intrinsic)
    .map(([name, argument]) => `${name} ${[argument].flat().join('.')}`)
    .join()}>`;

/** The properties, or a function that creates them from resources in the stack. */
export type Props = NetworkHygieneProps | ((stack: Stack) => NetworkHygieneProps);

/** One folder is enough for all apps of a test file, because each template is read right after it is written. */
const OUTDIR = resolve(tmpdir(), CDK_FOLDER);

/** An app that writes little besides templates: neither copies of assets nor the construct tree. */
export class LeanApp extends App {
  public constructor(outdir = OUTDIR) {
    super({ outdir, treeMetadata: false, context: { [DISABLE_ASSET_STAGING_CONTEXT]: true } });
  }
}

export const aStack = (id = 'Network'): Stack => new Stack(new LeanApp(), id);

export class SynthesizedStack<T extends NetworkHygieneOperations = NetworkHygiene> {
  /** Synthesizes a stack with one construct, each time in a new app. */
  public static with(props: Props = {}): SynthesizedStack {
    const stack = aStack();
    const hygiene = new NetworkHygiene(stack, 'NetworkHygiene', typeof props === 'function' ? props(stack) : props);
    return new SynthesizedStack(stack, hygiene);
  }

  public readonly template: Template;

  constructor(stack: Stack, private readonly hygiene: T) {
    this.template = Template.fromStack(stack);
  }

  public get resources(): Record<string, SynthesizedResource> {
    return this.template.toJSON().Resources as Record<string, SynthesizedResource>;
  }

  public only(type: string): SynthesizedResource {
    const found = Object.values(this.resources).filter(({ Type }) => Type === type);
    if (found.length !== 1) throw new Error(`The template has ${found.length} resources of the type ${type}, not one`);
    return found[0];
  }

  /** The sweep at deployment. */
  public get customResource(): SynthesizedResource {
    return this.only((this.hygiene.customResource.node.defaultChild as CfnResource).cfnResourceType);
  }

  /** The text in the custom resource: a string, or an Fn::Join. */
  public get configurationText(): unknown {
    return this.customResource.Properties.Configuration;
  }

  /** The fingerprint in the custom resource. */
  public get fingerprint(): unknown {
    return this.customResource.Properties.Fingerprint;
  }

  /** The paths that CloudFormation fills in, as the custom resource has them. */
  public get deployTimePaths(): Path[] {
    return JSON.parse(String(this.customResource.Properties.DeployTimePaths)) as Path[];
  }

  /** The input of the schedule. */
  public get scheduleInput(): unknown {
    return (this.only('AWS::Scheduler::Schedule').Properties.Target as { Input: unknown }).Input;
  }

  /** Returns the configuration that the handler reads, with intrinsic functions rendered. */
  public configuration(render: Rendering = ANGLE_BRACKETS): Record<string, unknown> {
    return JSON.parse(joined(this.configurationText, render)) as Record<string, unknown>;
  }

  /** The statements of the function's role. */
  public get statements(): Statement[] {
    return this.statementsOf(role => !role.includes('ScheduleRole'));
  }

  /** Returns the statements of roles that are selected by their reference in JSON text. */
  public statementsOf(isMeant: (role: string) => boolean): Statement[] {
    // CDK moves statements that exceed the size of a role's policy into managed policies.
    const policies = Object.values(this.resources).filter(
      ({ Type, Properties }) =>
        ['AWS::IAM::Policy', 'AWS::IAM::ManagedPolicy'].includes(Type) && isMeant(JSON.stringify(Properties.Roles)),
    );
    return policies.flatMap(({ Properties }) => (Properties.PolicyDocument as { Statement: Statement[] }).Statement);
  }

  /** Returns the statements that allow or deny an action. */
  public about(action: string): Statement[] {
    return this.statements.filter(({ Action }) => [Action].flat().includes(action));
  }

  /** Returns every action that the function may use, sorted and without duplicates. */
  public get allowedActions(): string[] {
    return allowed(this.statements);
  }

  public get construct(): T {
    return this.hygiene;
  }
}

/** Returns every action that statements allow, sorted and without duplicates. */
export function allowed(statements: readonly Statement[]): string[] {
  return [...new Set(statements.filter(({ Effect }) => Effect === 'Allow').flatMap(({ Action }) => Action))].sort();
}

/** Returns the configuration of the only construct in a stack, in which CloudFormation fills in nothing. */
export function configurationIn(stack: Stack): unknown {
  const found = Object.values(Template.fromStack(stack).findResources('Custom::NetworkHygiene'));
  if (found.length !== 1) throw new Error(`The stack has ${found.length} constructs, not one`);
  const { Properties } = found[0] as SynthesizedResource;
  return JSON.parse(String(Properties.Configuration));
}

/** Returns an ARN or a text as one string, even if it is an Fn::Join. */
export function joined(value: unknown, render: Rendering = ANGLE_BRACKETS): string {
  if (typeof value === 'string') return value;
  const intrinsic = value as Record<string, unknown>;
  const join = intrinsic['Fn::Join'] as [string, unknown[]] | undefined;
  return join ? join[1].map(part => joined(part, render)).join(join[0]) : render(intrinsic);
}
