/**
 * The end-to-end test: the CDK CLI deploys apps to a local AWS, with the project's double in place of EC2, Security Hub
 * and what an organization needs. The steps of each app are in monitored.ts, reactive.ts, approved.ts and
 * organization.ts.
 *
 * Usage: npm run e2e [-- --keep]
 *
 * With --keep, everything keeps running after the steps of the first example until Ctrl+C, so that you can look at it.
 */
import { approved } from './approved';
import { CdkCli } from './cdk-cli';
import { LocalAws } from './local-aws';
import { monitored } from './monitored';
import { organization } from './organization';
import { reactive } from './reactive';
import { Sample } from './sample';
import { seconds, step } from './steps';
import { OrganizationEndpoint } from '../support/organization-endpoint';

const started = performance.now();

async function main(keep: boolean): Promise<void> {
  console.log('End to end, on a local AWS');
  const sample = new Sample();
  const ec2 = await OrganizationEndpoint.start({ network: sample.network });
  const aws = new LocalAws();
  const cdk = new CdkCli(aws);
  let stopped: Promise<void> | undefined;
  const stop = (): Promise<void> => stopped ??= (async () => {
    await cdk.stop();
    await aws.stop();
    await ec2.stop();
  })();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void stop().finally(() => process.exit(1)));
  try {
    await step('Python environment, MiniStack, and the double of EC2 beside it', () => aws.start(ec2.url));
    await step('cdk bootstrap', () => cdk.bootstrap());
    const world = { aws, cdk, ec2, sample };
    console.log('examples/monitored.ts');
    await monitored(world, keep);
    console.log('examples/reactive.ts');
    await reactive(world);
    console.log('examples/approved.ts');
    await approved(world);
    console.log('test/e2e/organization-app.ts');
    await organization(world);
    console.log(`All steps done in ${seconds(started)}`);
  } finally {
    await stop();
  }
}

main(process.argv.includes('--keep')).catch(error => {
  console.error(error);
  process.exitCode = 1;
});
