/** The schedule of a hub's runs on the local AWS. */
import {
  GetScheduleCommand, type GetScheduleCommandOutput, SchedulerClient, UpdateScheduleCommand,
} from '@aws-sdk/client-scheduler';
import { CREDENTIALS } from './local-aws';

export class RunSchedule {
  private readonly scheduler: SchedulerClient;
  private next = Date.now() - 3_600_000;

  constructor(endpoint: string, private readonly name: string) {
    const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_REGION: region } = CREDENTIALS;
    this.scheduler = new SchedulerClient({ endpoint, region, credentials: { accessKeyId, secretAccessKey } });
  }

  /** @returns the input of an execution, with a later time at each call, as EventBridge Scheduler writes it */
  public async input(): Promise<string> {
    const { Target } = await this.read();
    this.next += 60_000;
    const time = `${new Date(this.next).toISOString().slice(0, 19)}Z`;
    return (Target?.Input ?? '').replace('<aws.scheduler.scheduled-time>', time);
  }

  /** Makes the schedule fire every minute, or never. Its target stays as it is deployed. */
  public async change(State: 'ENABLED' | 'DISABLED'): Promise<void> {
    const { Name, GroupName, Target, FlexibleTimeWindow } = await this.read();
    await this.scheduler.send(new UpdateScheduleCommand({
      Name, GroupName, Target, FlexibleTimeWindow, State, ScheduleExpression: 'rate(1 minute)',
    }));
  }

  private read(): Promise<GetScheduleCommandOutput> {
    return this.scheduler.send(new GetScheduleCommand({ Name: this.name }));
  }
}
