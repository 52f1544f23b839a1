/**
 * A stack with NetworkHygiene in it, as CloudFormation gets it. Made in this process: tests of the constructs need no
 * app of their own.
 */
import { tmpdir } from 'node:os';
import { resolve } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { DISABLE_ASSET_STAGING_CONTEXT } from 'aws-cdk-lib/cx-api';
import { CDK_FOLDER } from './temporary-folder/left-behind';
import { NetworkHygiene, NetworkHygieneProps } from '../../src';
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

/** What stands for an intrinsic function when JSON text is read: `{"Ref":"Web"}` as `<Ref Web>`. */
type Rendering = (intrinsic: Record<string, unknown>) => string;

const ANGLE_BRACKETS: Rendering = intrinsic =>
  `<${Object.entries(intrinsic)
    .map(([name, argument]) => `${name} ${[argument].flat().join('.')}`)
    .join()}>`;

/** The props, or what makes them of resources in the stack. */
export type Props = NetworkHygieneProps | ((stack: Stack) => NetworkHygieneProps);

/** A template is read as soon as it is written, so that one folder does for all apps of a test file. */
const OUTDIR = resolve(tmpdir(), CDK_FOLDER);

/** An app that writes little besides the templates: neither copies of assets nor the tree of constructs. */
export class LeanApp extends App {
  public constructor() {
    super({ outdir: OUTDIR, treeMetadata: false, context: { [DISABLE_ASSET_STAGING_CONTEXT]: true } });
  }
}

export const aStack = (id = 'Network'): Stack => new Stack(new LeanApp(), id);

export class SynthesizedStack {
  /** Synthesizes a stack with one construct, each time in an app of its own. */
  public static with(props: Props = {}): SynthesizedStack {
    const stack = aStack();
    const hygiene = new NetworkHygiene(stack, 'NetworkHygiene', typeof props === 'function' ? props(stack) : props);
    return new SynthesizedStack(stack, hygiene);
  }

  public readonly template: Template;

  constructor(stack: Stack, private readonly hygiene: NetworkHygiene) {
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

  /** The custom resource's text as CloudFormation gets it: a string, or an Fn::Join. */
  public get configurationText(): unknown {
    return this.only('Custom::NetworkHygiene').Properties.Configuration;
  }

  /** The fingerprint that the custom resource has. */
  public get fingerprint(): unknown {
    return this.only('Custom::NetworkHygiene').Properties.Fingerprint;
  }

  /** The paths that CloudFormation fills in, as the custom resource has them. */
  public get deployTimePaths(): Path[] {
    return JSON.parse(String(this.only('Custom::NetworkHygiene').Properties.DeployTimePaths)) as Path[];
  }

  /** The text that the schedule sends. */
  public get scheduleInput(): unknown {
    return (this.only('AWS::Scheduler::Schedule').Properties.Target as { Input: unknown }).Input;
  }

  /** What the handler will be told, with intrinsic functions rendered. */
  public configuration(render: Rendering = ANGLE_BRACKETS): Record<string, unknown> {
    return JSON.parse(joined(this.configurationText, render)) as Record<string, unknown>;
  }

  /** The statements of the function's role. */
  public get statements(): Statement[] {
    return this.statementsOf(role => !role.includes('ScheduleRole'));
  }

  /** The statements of the roles whose reference, as JSON text, is meant. */
  public statementsOf(isMeant: (role: string) => boolean): Statement[] {
    // What is too long for the policy of a role, CDK moves into managed ones.
    const policies = Object.values(this.resources).filter(
      ({ Type, Properties }) =>
        ['AWS::IAM::Policy', 'AWS::IAM::ManagedPolicy'].includes(Type) && isMeant(JSON.stringify(Properties.Roles)),
    );
    return policies.flatMap(({ Properties }) => (Properties.PolicyDocument as { Statement: Statement[] }).Statement);
  }

  /** The statements that allow or deny an action. */
  public about(action: string): Statement[] {
    return this.statements.filter(({ Action }) => [Action].flat().includes(action));
  }

  /** Every action that the function may do, each once, sorted. */
  public get allowedActions(): string[] {
    return [
      ...new Set(this.statements.filter(({ Effect }) => Effect === 'Allow').flatMap(({ Action }) => Action)),
    ].sort();
  }

  public get construct(): NetworkHygiene {
    return this.hygiene;
  }
}

/** An ARN or a text that may be an Fn::Join, as one string. */
export function joined(value: unknown, render: Rendering = ANGLE_BRACKETS): string {
  if (typeof value === 'string') return value;
  const intrinsic = value as Record<string, unknown>;
  const join = intrinsic['Fn::Join'] as [string, unknown[]] | undefined;
  return join ? join[1].map(part => joined(part, render)).join(join[0]) : render(intrinsic);
}
