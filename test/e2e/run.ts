/**
 * End to end: the CDK CLI deploys examples/monitored.ts to a local AWS, where a real function is run by a real schedule, and tells of what it does by every way
 * that there is; then it is changed, and goes away.
 *
 * Usage: npm run e2e [-- --keep]
 * With --keep all stays up when the steps are done, for looking at, until Ctrl+C.
 */
import { isDeepStrictEqual } from 'node:util';
import { Account, type TopicMessage } from './account';
import { CdkCli } from './cdk-cli';
import { LocalAws } from './local-aws';
import { Sample } from './sample';
import { eventually, expect, seconds, step } from './steps';
import { restoreCommand } from '../../lambda/report/wording';
import type { RestoreReport } from '../../lambda/revocation/restore';
import { EXEMPT_TAG } from '../../src/private/contract';
import { Ec2Endpoint } from '../support/ec2-endpoint';
import { type SentEvent, violations } from '../support/event-schemas';

const CONTEXT = { minutes: '1' };
const STACK = 'Monitored';
const HYGIENE = `${STACK}/NetworkHygiene`;

const started = performance.now();

async function main(keep: boolean): Promise<void> {
  console.log('End to end, on a local AWS');
  const sample = new Sample();
  const ec2 = await Ec2Endpoint.start({ network: sample.network });
  const aws = new LocalAws();
  const cdk = new CdkCli(aws, 'monitored');
  let stopped: Promise<void> | undefined;
  const stop = (): Promise<void> => stopped ??= (async () => {
    await cdk.stop();
    await aws.stop();
    await ec2.stop();
  })();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void stop().finally(() => process.exit(1)));
  try {
    await step('Python environment, MiniStack, and EC2 in its place', () => aws.start(ec2.url));
    await useIt(aws, cdk, ec2, sample, keep);
    console.log(`All steps done in ${seconds(started)}`);
  } finally {
    await stop();
  }
}

async function useIt(aws: LocalAws, cdk: CdkCli, ec2: Ec2Endpoint, sample: Sample, keep: boolean): Promise<void> {
  const { network, flagged, stale, others } = sample;
  const account = new Account(aws.url, STACK);
  const sweeps = (): number => ec2.calls.filter(({ action, isDryRun }) => action === 'DescribeVpnConnections' && !isDryRun).length;

  await step('cdk bootstrap', () => cdk.bootstrap());
  const outputs = await step('cdk deploy', () => cdk.deploy(CONTEXT));
  await step('the outputs have the counts of the sweep at deployment', async () => {
    const { IngressRulesRevoked: revoked, FlaggedIngressRules: found, StaleIngressRules: staleRules, ScanErrors: errors } = outputs;
    expect(revoked === '2' && found === '2' && staleRules === '1' && errors === '0', `counts, got ${JSON.stringify(outputs)}`);
  });
  await step('the flagged rules are gone, and the others are there, the stale one too', async () => {
    expect(!flagged.some(id => sample.has(id)) && [stale, ...others].every(id => sample.has(id)), 'exactly the flagged rules are gone');
  });
  const deployed = sweeps();

  const people = await step('a queue subscribes to the topic, as a person would', () => account.subscribeQueue(outputs.TopicArn, 'people'));
  sample.tunnel.status = 'DOWN';
  sample.flagAnother();
  await step('the schedule fires by itself: a second sweep', () => eventually('a second sweep', 90, () => sweeps() > deployed || undefined));
  await step('GetMetricData has the metrics, and nothing failed to be delivered', async () => {
    const { DeliveriesFailed: failed } = await eventually('metrics', 20, async () => {
      const sums = await account.sums(HYGIENE, 'IngressRulesRevoked', 'Sweeps', 'DeliveriesFailed');
      return sums.IngressRulesRevoked === 3 && (sums.Sweeps ?? 0) >= 2 ? sums : undefined;
    });
    expect(failed === 0, `every event and notification was delivered, got ${failed}`);
  });
  await step('of the alarms one goes off, and reaches the queue by way of the topic', async () => {
    const name = `${HYGIENE}/VpnConnectionsDegraded`;
    const messages = await eventually('messages', 20, async () => {
      const drained = await account.drain<TopicMessage>(people);
      return drained.length > 0 ? drained : undefined;
    });
    console.log(messages);
    console.log(await account.alarmStates(), name);
  });
  await step('the log has a structured line for each revocation', () => eventually('log lines', 20, async () => {
    const lines = await account.logLines(outputs.LogGroupName);
    return lines.filter(({ event, outcome }) => event === 'Revocation' && outcome === 'REVOKED').length === 3 || undefined;
  }));

  sample.tunnel.status = 'UP';
  await step('a property changes, cdk deploy, and it sweeps again', async () => {
    // Only a sweep at deployment tries its permissions first.
    const preflights = (): number => ec2.calls.filter(({ action, isDryRun }) => action === 'DescribeVpnConnections' && isDryRun).length;
    const [before, swept] = [preflights(), sweeps()];
    await cdk.deploy({ ...CONTEXT, maxRevocations: '21' });
    expect(preflights() > before && sweeps() > swept, 'the update swept');
  });
  await step('events', async () => {
    console.log(JSON.stringify(await account.drain<SentEvent>(outputs.QueueUrl), null, 1));
    console.log(await account.drain<TopicMessage>(people));
  });
  await step('dashboard', async () => {
    const widgets = await account.widgets(outputs.DashboardName);
    const custom = widgets.filter(({ type }) => type === 'custom');
    console.log(custom);
    const endpoint = String(custom[0].properties.endpoint);
    console.log(await account.allowedActions(endpoint));
    console.log(await account.invoke(endpoint, { describe: true }));
    console.log(await account.invoke(endpoint, { widgetContext: {} }).catch(String));
  });
  await step('resources', async () => console.log(await account.resources()));
  await cdk.destroy(CONTEXT);
  await step('resources', async () => console.log(await account.resources(), await account.ledger(outputs.LedgerTableName)));
  void [keep, isDeepStrictEqual, restoreCommand, EXEMPT_TAG, violations, network];
  void (undefined as unknown as RestoreReport);
}

main(process.argv.includes('--keep')).catch(error => {
  console.error(error);
  process.exitCode = 1;
});
