/**
 * The main job on a sample network: synthesizes examples/quickstart.ts, runs its own bundled function on CloudFormation's Create and then on the
 * schedule's input, against an EC2 endpoint on this machine, and tells a person what happened.
 */
import { sampleNetwork } from './demo-network';
import { keptRules, metricsTable, revokedRules, type SweepLog, vpnTable } from './demo-report';
import { customResourceEvent, ResponseBucket } from '../test/support/cloudformation';
import { Ec2Endpoint } from '../test/support/ec2-endpoint';
import { LambdaProcess } from '../test/support/lambda-process';
import { SynthesizedApp } from '../test/support/synthesized-app';

async function main(): Promise<void> {
  const started = performance.now();
  heading('1  Synthesize examples/quickstart.ts');
  const app = SynthesizedApp.fromExample('quickstart');
  const network = sampleNetwork();
  const before = network.snapshot();
  const endpoint = await Ec2Endpoint.start({ network });
  const bucket = await ResponseBucket.start();
  const lambda = await LambdaProcess.start({ handlerFolder: app.handlerFolder, endpointUrl: endpoint.url });
  try {
    console.log(`   ${Object.keys(app.template.Resources).length} resources; the function is its own bundle, ready to upload`);

    heading('2  Deploy: CloudFormation calls the function (Create)');
    await lambda.invoke(customResourceEvent('Create', bucket.url, app.customResourceProperties()));
    const answer = bucket.received.at(-1);
    console.log(`   It answered ${answer?.body.Status} in ${answer?.bytes} bytes${answer?.body.Reason ? `: ${answer.body.Reason}` : ''}\n`);
    const first = lambda.logLines as unknown[] as SweepLog[];
    print('Revoked', revokedRules(first, network));
    print('Kept, and why', keptRules(first, network));
    print('VPN connections', vpnTable(first));
    print('Metrics (aggregates)', metricsTable(endpoint.metrics));

    heading('3  The schedule fires: a second sweep');
    const sweeps = (lambda.logLines as unknown[] as SweepLog[]).length;
    await lambda.invoke(app.scheduleInput());
    const second = (lambda.logLines as unknown[] as SweepLog[]).slice(sweeps);
    const revokedAgain = second.filter(({ event }) => event === 'Revocation').length;
    console.log(`   Revocations: ${revokedAgain}. ${revokedAgain === 0 ? 'Nothing is left to do.' : ''}`);

    heading('4  Check');
    const after = network.snapshot();
    const gone = before.filter(rule => !after.some(({ securityGroupRuleId }) => securityGroupRuleId === rule.securityGroupRuleId));
    const revoked = first.filter(({ event, outcome }) => event === 'Revocation' && outcome === 'REVOKED');
    console.log(`   Rules in the network: ${before.length} before, ${after.length} after; ${gone.length} gone, ${revoked.length} logged as revoked`);
    console.log(`   EC2 calls: ${Object.entries(endpoint.callsByAction()).map(([action, count]) => `${action} ${count}`).join(', ')}`);
    console.log(`\nDone in ${((performance.now() - started) / 1000).toFixed(1)} s.`);
    const ids = (rules: ReadonlyArray<{ securityGroupRuleId?: string }>): string =>
      rules.map(({ securityGroupRuleId }) => securityGroupRuleId).sort().join();
    if (answer?.body.Status !== 'SUCCESS' || revokedAgain !== 0 || ids(gone) !== ids(revoked.map(({ rule }) => rule ?? {})) || gone.length === 0) {
      throw new Error('The demo did not do what it says');
    }
  } finally {
    await lambda.stop();
    await bucket.stop();
    await endpoint.stop();
    app.dispose();
  }
}

function heading(text: string): void {
  console.log(`\n${text}\n${'-'.repeat(text.length)}`);
}

function print(title: string, lines: readonly string[]): void {
  console.log(`   ${title}\n${lines.map(line => `     ${line}`).join('\n')}\n`);
}

main().catch(error => {
  console.error(error);
  process.exitCode = 1;
});
