/** Creates the function that sweeps, with its role. */
import { Stack } from 'aws-cdk-lib';
import { IEventBus } from 'aws-cdk-lib/aws-events';
import { IRole, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { Construct, IDependable } from 'constructs';
import { acknowledgeWildcards } from './acknowledgements';
import { grantGiven } from './given-role';
import { grantKeys, grantOwn, handlerFunction, HandlerSurroundings, OwnProps } from './handler-function';
import { networkInterfaceStatements } from './network';
import { permissions } from './permissions';
import { unusedGroupActions } from '../contract/group-holders';
import { ec2Action, neededReads } from '../contract/needed-actions';
import type { NetworkHygieneProps } from '../network-hygiene-props';
import { LONGEST_SWEEP } from '../validation/sweep-times';

export interface SweepingFunctionProps extends HandlerSurroundings {
  readonly eventBus: IEventBus;
}

export interface SweepingFunction {
  readonly lambdaFunction: lambda.Function;
  readonly role: IRole;
  /** Whether the construct has made the role. */
  readonly isOwnRole: boolean;
  /** The resources that must exist before the function is invoked. */
  readonly ready: IDependable[];
  /** Creates another function with the same role, code and settings. */
  readonly another: (id: string, own: Omit<OwnProps, 'role' | 'permitted'>) => lambda.Function;
}

export function sweepingFunction(
  scope: Construct, given: NetworkHygieneProps, props: SweepingFunctionProps,
): SweepingFunction {
  const { hygiene } = props.configuration;
  const role = given.role ?? new Role(scope, 'Role', {
    assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
    description: `Role of the function of ${hygiene.slice(-200)}`,
  });
  const statements = [
    ...permissions(Stack.of(scope), {
      ...props,
      vpcs: given.vpcs,
      exemptSecurityGroups: [...given.exemptSecurityGroups ?? [], ...props.placement?.securityGroups ?? []],
      notifications: given.notifications,
    }),
    ...networkInterfaceStatements(
      props.placement, given.role === undefined,
      [...neededReads(props.configuration).map(ec2Action), ...unusedGroupActions(props.configuration)],
    ),
  ];
  const policies = given.role === undefined ? grantOwn(role, statements) : grantGiven(scope, role, statements, hygiene);
  const permitted = [...policies, ...grantKeys(role, { ...given, ledger: props.ledger, settings: props.settings })];
  const { memorySize, reservedConcurrentExecutions } = given.functionOptions ?? {};
  const another: SweepingFunction['another'] = (id, own) => handlerFunction(
    scope, id, props, { memorySize, reservedConcurrentExecutions, ...own, role, permitted },
  );
  const { timeout = LONGEST_SWEEP, deadLetterQueue, onFailure } = given.functionOptions ?? {};
  const lambdaFunction = another('Function', {
    description: `Sweeps the network for ${hygiene.slice(-200)}`,
    handler: 'index.handler',
    timeout,
    deadLetterQueue,
    onFailure,
    // The next sweep is the retry.
    retryAttempts: 0,
  });
  // Tracing and a dead-letter queue add permissions of their own to the role.
  if (given.role === undefined) acknowledgeWildcards(role);
  const isOwnRole = given.role === undefined;
  return { lambdaFunction, role, isOwnRole, another, ready: [lambdaFunction, ...permitted] };
}
