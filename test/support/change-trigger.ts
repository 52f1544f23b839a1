/** A construct whose sweeps are also triggered by changes. */
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { SqsQueue } from 'aws-cdk-lib/aws-events-targets';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { NetworkHygiene, NetworkHygieneProps } from '../../src';

export function withChangeTrigger(scope: Construct, id: string, props: NetworkHygieneProps = {}): NetworkHygiene {
  const hygiene = new NetworkHygiene(scope, id, props);
  const deadLetterQueue = new Queue(hygiene, 'ChangeDeadLetterQueue');
  const queue = new Queue(hygiene, 'ChangeQueue', { deadLetterQueue: { queue: deadLetterQueue, maxReceiveCount: 5 } });
  const rule = new Rule(hygiene, 'ChangeRule', {
    schedule: Schedule.expression('rate(1 day)'), targets: [new SqsQueue(queue)],
  });
  return Object.assign(hygiene, { _changeTrigger: { rule, queue, deadLetterQueue } });
}
