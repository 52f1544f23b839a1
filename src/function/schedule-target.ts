import { Stack } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { IFunction } from 'aws-cdk-lib/aws-lambda';
import { IScheduleTarget, ScheduleTargetConfig, ScheduleTargetInput } from 'aws-cdk-lib/aws-scheduler';
import { Construct } from 'constructs';
import { SCHEDULED_SWEEP_INPUT } from '../contract/names';

/**
 * Invokes the function on the schedule, with a role that may invoke this function and nothing else.
 *
 * CDK's own target would also grant every version and alias of the function.
 */
export class SweepTarget implements IScheduleTarget {
  private config?: ScheduleTargetConfig;

  constructor(private readonly scope: Construct, private readonly lambdaFunction: IFunction) {}

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
      new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [this.lambdaFunction.functionArn] }),
    );
    return {
      arn: this.lambdaFunction.functionArn,
      role,
      // The input names the kind of run. The configuration is in the ledger.
      input: ScheduleTargetInput.fromObject(SCHEDULED_SWEEP_INPUT),
      // These retries are about invoking the function. The next scheduled sweep replaces a late one.
      retryPolicy: { maximumRetryAttempts: 2, maximumEventAgeInSeconds: 60 },
    };
  }
}
