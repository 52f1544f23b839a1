/** Creates the two functions of the hub, each with a role of its own that the members trust by its name. */
import { Duration, Stack } from 'aws-cdk-lib';
import { Policy, Role, RoleProps, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { IKey } from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct, IDependable } from 'constructs';
import {
  executionsArn, executionWildcards, HubPermissionsProps, hubStatements, hubWildcards, restoreStatements, runStatements,
} from './permissions';
import { RESTORE_FUNCTION_VARIABLE } from '../contract/names';
import { BUCKET_VARIABLE } from '../contract/organization';
import { acknowledgeWildcards } from '../function/acknowledgements';
import { grantKeys, grantOwn, handlerFunction, HandlerSurroundings } from '../function/handler-function';
import type { NetworkHygieneOrganizationProps } from '../network-hygiene-organization-props';
import { followName } from '../validation/identity';
import { LONGEST_SWEEP } from '../validation/sweep-times';

export interface HubProps extends HandlerSurroundings, HubPermissionsProps {
  /** The name of the function that puts rules back, for commands in events. Undefined without such a function. */
  readonly restoreFunctionName?: string;
  readonly functionOptions?: NetworkHygieneOrganizationProps['functionOptions'];
  readonly roleName: string;
  readonly restoreRoleName: string;
  /** The key of the bucket. Absent: S3 has one of its own. */
  readonly encryptionKey?: IKey;
}

export interface HubFunction {
  readonly lambdaFunction: lambda.Function;
  readonly role: Role;
  /** The resources that must exist before the function is invoked. */
  readonly ready: IDependable[];
}

/** The default memory of the function in MiB. It sweeps the Regions of an account side by side. */
const MEMORY = 1024;

/** The longest time that one call of the function takes. */
export const callTimeout = (options: HubProps['functionOptions']): Duration => options?.timeout ?? LONGEST_SWEEP;

/** Creates the function that resolves accounts, sweeps them, and counts. */
export function hubFunction(scope: Construct, props: HubProps): HubFunction {
  const { configuration: { hygiene }, functionOptions, encryptionKey, ledger } = props;
  const role = namedRole(scope, 'Role', props, {
    roleName: props.roleName, description: `Sweeps the members for ${hygiene.slice(-200)}`,
  });
  const keyOfLists = encryptionKey !== ledger.encryptionKey
    ? encryptionKey?.grant(role, 'kms:GenerateDataKey')
    : undefined;
  const permitted = [
    ...grantOwn(role, hubStatements(Stack.of(scope), props)),
    ...grantKeys(role, props),
    ...keyOfLists ? [keyOfLists] : [],
  ];
  const lambdaFunction = handlerFunction(scope, 'Function', props, {
    description: `Sweeps the organization for ${hygiene.slice(-200)}`,
    handler: 'index.organization',
    timeout: callTimeout(functionOptions),
    memorySize: functionOptions?.memorySize ?? MEMORY,
    reservedConcurrentExecutions: functionOptions?.reservedConcurrentExecutions,
    deadLetterQueue: functionOptions?.deadLetterQueue,
    onFailure: functionOptions?.onFailure,
    // Only CloudFormation and people call it without waiting for an answer. The state machine retries by itself.
    retryAttempts: 0,
    environment: {
      [BUCKET_VARIABLE]: props.bucket.bucketName,
      ...props.restoreFunctionName !== undefined && { [RESTORE_FUNCTION_VARIABLE]: props.restoreFunctionName },
    },
    role,
    permitted,
  });
  return { lambdaFunction, role, ready: [lambdaFunction, ...permitted] };
}

/** Creates the function that puts rules back. It takes no other requests. */
export function restoreFunction(scope: Construct, props: HubProps): HubFunction {
  const { configuration: { hygiene }, ledger, settings } = props;
  const role = namedRole(scope, 'RestoreRole', props, {
    roleName: props.restoreRoleName, description: `Restores rules in the members for ${hygiene.slice(-200)}`,
  });
  const permitted = [
    ...grantOwn(role, restoreStatements(Stack.of(scope), props)), ...grantKeys(role, { ledger, settings }),
  ];
  const lambdaFunction = handlerFunction(scope, 'RestoreFunction', props, {
    description: `Restores rules revoked by ${hygiene.slice(-200)}`,
    handler: 'index.organizationRestore',
    timeout: LONGEST_SWEEP,
    // A person sees the answer, and asks again.
    retryAttempts: 0,
    role,
    permitted,
  });
  return { lambdaFunction, role, ready: [lambdaFunction, ...permitted] };
}

/**
 * Lets the function start runs. The state machine needs the function, and the function its policies, so this is a
 * policy of its own.
 */
export function letStart(scope: Construct, role: Role, stateMachine: StateMachine): IDependable {
  const stack = Stack.of(scope);
  const policy = new Policy(scope, 'StartPolicy', { statements: runStatements(stack, stateMachine), roles: [role] });
  acknowledgeWildcards(policy, executionWildcards([executionsArn(stack, stateMachine)]));
  return policy;
}

/**
 * Creates a role with a fixed name. Its logical id follows this name, because CloudFormation could not create the role
 * under another logical id while the old one has the name.
 */
function namedRole(
  scope: Construct, id: string, props: HubProps, named: Required<Pick<RoleProps, 'roleName' | 'description'>>,
): Role {
  const role = new Role(scope, id, { ...named, assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
  followName(role, named.roleName, id);
  acknowledgeWildcards(role, hubWildcards(Stack.of(scope), props));
  return role;
}
