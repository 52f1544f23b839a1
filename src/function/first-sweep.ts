/**
 * Creates the sweep at deployment, and makes it depend on other resources. They are collected when CDK synthesizes,
 * because many of them are created after the sweep.
 */
import { CfnResource, CustomResource, Duration, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as events from 'aws-cdk-lib/aws-events';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as sns from 'aws-cdk-lib/aws-sns';
import { Construct, Dependable, IConstruct, IDependable } from 'constructs';
import type { Deployed } from './configuration';
import {
  CONFIGURATION_PROPERTY, CUSTOM_RESOURCE_TYPE, DEPLOY_TIME_PATHS_PROPERTY, FINGERPRINT_PROPERTY, LEDGER_PROPERTY,
} from '../contract/names';
import { isMember } from '../validation/hub-and-members';
import { isA } from '../validation/references';

export interface FirstSweepProps extends Deployed {
  readonly lambdaFunction: lambda.IFunction;
  readonly timeout: Duration;
  readonly ledgerName: string;
  /** The type of the custom resource. Absent: that of NetworkHygiene. */
  readonly resourceType?: string;
  /** Properties besides those that every custom resource has. */
  readonly properties?: Readonly<Record<string, string>>;
}

/** Creates the custom resource that runs the sweep at deployment. */
export function firstSweep(scope: Construct, props: FirstSweepProps): CustomResource {
  return new CustomResource(scope, 'Sweep', {
    serviceToken: props.lambdaFunction.functionArn,
    resourceType: props.resourceType ?? CUSTOM_RESOURCE_TYPE,
    serviceTimeout: props.timeout.plus(Duration.minutes(1)),
    properties: {
      [CONFIGURATION_PROPERTY]: Stack.of(scope).toJsonString(props.configuration),
      [FINGERPRINT_PROPERTY]: props.fingerprint,
      [DEPLOY_TIME_PATHS_PROPERTY]: JSON.stringify(props.paths),
      // A new table needs the configuration, and CloudFormation calls the custom resource only if a property changes.
      [LEDGER_PROPERTY]: props.ledgerName,
      ...props.properties,
    },
  });
}

/**
 * A rule whose targets also receive the events of the first sweep, even if they are added later.
 */
export class ToldRule extends events.Rule {
  private readonly told: IConstruct[] = [];

  /** Leaves out `targets`, because the base constructor would add them before `told` is initialized. */
  constructor(scope: Construct, id: string, props: Omit<events.RuleProps, 'targets'>) {
    super(scope, id, props);
  }

  public addTarget(target?: events.IRuleTarget): void {
    super.addTarget(target && {
      bind: (rule, id) => {
        const stack = Stack.of(this);
        const before = new Set(stack.node.children);
        const config = target.bind(rule, id);
        // Some targets, such as log groups, create the resource that admits EventBridge beside themselves.
        this.told.push(
          ...(config.targetResource ? [config.targetResource] : []),
          ...stack.node.children.filter(each => !before.has(each)),
        );
        return config;
      },
    });
  }

  /**
   * Returns the rule, its targets, and the resources that admit EventBridge.
   *
   * Other Lambda permissions are left out: they may name an alarm, and an alarm depends on the sweep. EventBridge's own
   * permission is part of the rule.
   *
   * @param stack the stack of the sweep; resources of other stacks are deployed earlier, or cannot be a dependency
   */
  public resourcesIn(stack: Stack): IDependable {
    return found(stack, () => {
      // A target may name a construct that contains the rule, such as its stack.
      const told = this.told.filter(each => !this.node.scopes.includes(each));
      return [...resourcesOf(this), ...told.flatMap(resourcesOf).filter(each => !isA(lambda.CfnPermission, each))];
    });
  }
}

/**
 * Returns a topic, its subscriptions, and the permissions to invoke the functions that subscribe.
 *
 * The topic policy is left out: it may name alarms, which depend on the sweep, and the sweep publishes with its own
 * role.
 */
export function subscribed(topic: sns.ITopic, stack: Stack): IDependable {
  return found(stack, () => [
    ...resourcesOf(topic).filter(each => !isA(sns.CfnTopicPolicy, each)),
    // The subscription of a queue or a function is a child of the queue or function, so the whole stack is searched.
    ...resourcesOf(stack).filter(each => (isA(sns.CfnSubscription, each) && each.topicArn === topic.topicArn)
      || (isA(lambda.CfnPermission, each) && each.sourceArn === topic.topicArn)),
  ]);
}

/**
 * The endpoints of a VPC, with their groups and rules. The function may have no other way to AWS, so it could not
 * answer CloudFormation without them.
 */
export function endpointsOf(vpc: ec2.IVpc, stack: Stack): IDependable {
  const vpcId = JSON.stringify(stack.resolve(vpc.vpcId));
  return found(stack, () => resourcesOf(stack)
    .filter(each => isA(ec2.CfnVPCEndpoint, each) && JSON.stringify(stack.resolve(each.vpcId)) === vpcId)
    .flatMap(each => each.node.scope instanceof ec2.VpcEndpoint ? resourcesOf(each.node.scope) : [each]));
}

/** The members of an organization in a stack, such as a stack set, with what else they consist of. */
export function membersIn(stack: Stack): IDependable {
  return found(stack, () => stack.node.findAll().filter(isMember).flatMap(resourcesOf));
}

function found(stack: Stack, find: () => CfnResource[]): IDependable {
  const dependable: IDependable = {};
  Dependable.implement(dependable, {
    get dependencyRoots() {
      return find().filter(each => Stack.of(each) === stack);
    },
  });
  return dependable;
}

function resourcesOf(made: IConstruct): CfnResource[] {
  return made.node.findAll().filter(CfnResource.isCfnResource);
}
