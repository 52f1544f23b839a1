import { Stack } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { ContextAttribute, IScheduleTarget, ScheduleTargetConfig, ScheduleTargetInput } from 'aws-cdk-lib/aws-scheduler';
import { IStateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';

/** Starts a run on the schedule, with a role that may start this state machine and do nothing else. */
export class RunTarget implements IScheduleTarget {
  private config?: ScheduleTargetConfig;

  constructor(private readonly scope: Construct, private readonly stateMachine: IStateMachine) {}

  /** Schedules with this target share one role. */
  public bind(): ScheduleTargetConfig {
    this.config ??= this.newConfig();
    return this.config;
  }

  private newConfig(): ScheduleTargetConfig {
    const role = new Role(this.scope, 'ScheduleRole', {
      // Only schedules of this account may assume the role.
      assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this.scope).account } },
      }),
    });
    role.addToPolicy(
      new PolicyStatement({ actions: ['states:StartExecution'], resources: [this.stateMachine.stateMachineArn] }),
    );
    return {
      arn: this.stateMachine.stateMachineArn,
      role,
      // The time tells a repeated start from the next run.
      input: ScheduleTargetInput.fromObject({ scheduledTime: ContextAttribute.scheduledTime }),
      // These retries are about starting the execution. The next scheduled run replaces a late one.
      retryPolicy: { maximumRetryAttempts: 2, maximumEventAgeInSeconds: 60 },
    };
  }
}
