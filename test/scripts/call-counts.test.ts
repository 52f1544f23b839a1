import { CallCounts } from '../../scripts/call-counts';
import type { Call } from '../../test/support/endpoint';

type Measured = Call & { readonly capacityUnits?: number };

function aCall(action: string, outcome: string, service: string, capacityUnits?: number): Measured {
  return {
    requestId: 'request', action, parameters: {}, at: 0, attempt: 1, outcome, capacityUnits,
    signer: { accessKeyId: 'AKID', region: 'eu-central-1', service },
  };
}

test('calls are counted by service and action, and those that were throttled or failed apart', () => {
  const counts = new CallCounts();
  counts.take([
    aCall('DescribeVpcs', 'OK', 'ec2'), aCall('DescribeVpcs', 'RequestLimitExceeded', 'ec2'),
    aCall('DescribeVpcs', 'UnauthorizedOperation', 'ec2'), aCall('AssumeRole', 'Throttling', 'sts'),
  ]);
  expect(counts.all).toEqual([
    { service: 'ec2', action: 'DescribeVpcs', calls: 3, throttled: 1, failed: 1 },
    { service: 'sts', action: 'AssumeRole', calls: 1, throttled: 1, failed: 0 },
  ]);
});

test('the capacity of reads and that of writes are added up', () => {
  const counts = new CallCounts();
  counts.take([
    aCall('GetItem', 'OK', 'dynamodb', 1), aCall('Query', 'OK', 'dynamodb', 3), aCall('PutItem', 'OK', 'dynamodb', 2),
    aCall('PutItem', 'ConditionalCheckFailedException', 'dynamodb', 1),
  ]);
  expect([counts.readUnits, counts.writeUnits]).toEqual([4, 3]);
});

test('a call that has not ended stays in the journal, and counts once it has', () => {
  const counts = new CallCounts();
  const call = aCall('DescribeVpcs', 'pending', 'ec2');
  const journal = [aCall('DescribeVpcs', 'OK', 'ec2'), call];
  counts.take(journal);
  expect(journal).toEqual([call]);
  expect(counts.all).toMatchObject([{ calls: 1 }]);
  call.outcome = 'OK';
  counts.take(journal);
  expect(journal).toEqual([]);
  expect(counts.all).toMatchObject([{ calls: 2, throttled: 0, failed: 0 }]);
});
