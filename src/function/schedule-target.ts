import { Stack } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { IFunction } from 'aws-cdk-lib/aws-lambda';
import { IScheduleTarget, ScheduleTargetConfig, ScheduleTargetInput } from 'aws-cdk-lib/aws-scheduler';
import { Construct } from 'constructs';
import { SCHEDULED_SWEEP_INPUT } from '../contract/names';

/**
 * Has the function sweep, through a role that may call this function and nothing else.
 *
 * The target that CDK has would grant every version and alias of the function, too.
 */
export class SweepTarget implements IScheduleTarget {
  constructor(private readonly scope: Construct, private readonly lambdaFunction: IFunction) {}

  public bind(): ScheduleTargetConfig {
    const role = new Role(this.scope, 'ScheduleRole', {
      // Only schedules of this account, lest another's use it.
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
      // It names the kind of run; the configuration is in the ledger.
      input: ScheduleTargetInput.fromObject(SCHEDULED_SWEEP_INPUT),
      // This is about handing the call over; a sweep that is late is a sweep that the next one replaces.
      retryPolicy: { maximumRetryAttempts: 2, maximumEventAgeInSeconds: 60 },
    };
  }
}
