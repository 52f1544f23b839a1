/** A stack with the hub of an organization as CloudFormation receives it. */
import { Stack } from 'aws-cdk-lib';
import { aStack, joined, Statement, SynthesizedStack } from './synthesized-stack';
import { HygieneAccounts, NetworkHygieneOrganization, NetworkHygieneOrganizationProps } from '../../src';

/** The properties besides the required ones, or a function that creates them from resources in the stack. */
export type HubProps =
  | Partial<NetworkHygieneOrganizationProps>
  | ((stack: Stack) => Partial<NetworkHygieneOrganizationProps>);

export const ORGANIZATION_ID = 'o-a1b2c3d4e5';

/** The required properties of a hub. */
export const REQUIRED = { organizationId: ORGANIZATION_ID, accounts: HygieneAccounts.all() };

export function aHub(stack: Stack, props: HubProps = {}, id = 'Hub'): NetworkHygieneOrganization {
  return new NetworkHygieneOrganization(
    stack, id, { ...REQUIRED, ...typeof props === 'function' ? props(stack) : props },
  );
}

/** A state of a state machine, in the Amazon States Language. */
export interface State {
  readonly Type: string;
  readonly Next?: string;
  readonly Default?: string;
  readonly Catch?: ReadonlyArray<{
    readonly ErrorEquals: string[]; readonly Next: string; readonly ResultPath?: string;
  }>;
  readonly Retry?: ReadonlyArray<Record<string, unknown> & { readonly ErrorEquals: string[] }>;
  readonly Choices?: ReadonlyArray<Record<string, unknown> & { readonly Next: string }>;
  readonly ItemProcessor?: Definition & { readonly ProcessorConfig: unknown };
  readonly [field: string]: unknown;
}

/** A state machine, or what a map does with each item. */
export interface Definition {
  readonly StartAt: string;
  readonly States: Readonly<Record<string, State>>;
  readonly TimeoutSeconds?: number;
}

export class SynthesizedHub extends SynthesizedStack<NetworkHygieneOrganization> {
  /** Synthesizes a stack with one hub, each time in a new app. */
  public static of(props: HubProps = {}): SynthesizedHub {
    const stack = aStack();
    return new SynthesizedHub(stack, aHub(stack, props));
  }

  /** The definition of the state machine, with the ARN of its function and the name of its bucket. */
  public get definition(): Definition {
    const { DefinitionString } = this.only('AWS::StepFunctions::StateMachine').Properties;
    return JSON.parse(joined(DefinitionString, filledIn)) as Definition;
  }

  /** The statements of the function that sweeps, of the one that restores, of the state machine and of the schedule. */
  public get hubStatements(): Statement[] {
    return this.statementsOf(roles => /"networkhygienehubRole/.test(roles));
  }

  public get restoreStatements(): Statement[] {
    return this.statementsOf(roles => /RestoreRole/.test(roles));
  }

  public get runStatements(): Statement[] {
    return this.statementsOf(roles => /RunRole/.test(roles));
  }

  public get scheduleStatements(): Statement[] {
    return this.statementsOf(roles => /ScheduleRole/.test(roles));
  }

  public get findingsStatements(): Statement[] {
    return this.statementsOf(roles => /FindingsFunctionRole/.test(roles));
  }
}

export const HUB_FUNCTION = 'arn:aws:lambda:eu-central-1:111122223333:function:hub';

/** Fills in what CloudFormation knows: the partition, the ARN of a function, and the logical id for other names. */
function filledIn({ 'Ref': ref, 'Fn::GetAtt': attribute }: Readonly<Record<string, unknown>>): string {
  if (ref === 'AWS::Partition') return 'aws';
  const isFunction = Array.isArray(attribute) && /^HubFunction[0-9A-F]{8}$/.test(String(attribute[0])) && attribute[1] === 'Arn';
  return isFunction ? HUB_FUNCTION : String(ref ?? attribute);
}
