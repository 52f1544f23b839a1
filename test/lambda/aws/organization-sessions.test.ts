/** Tests sessions in members over the wire. */
import { setTimeout as sleep } from 'node:timers/promises';
import * as sdk from '../../../bundle/organization-sdk';
import { memberSessions } from '../../../lambda/aws/organization/sessions';
import type { MemberRegion, Sessions } from '../../../lambda/core/organization-ports';
import { OrganizationEndpoint } from '../../support/organization-endpoint';
import { configOf, HUB, HUB_ROLE, start, stopAll } from '../../support/organization-endpoint/over-the-wire';
import { MemoryClock } from '../../support/recorders';

const MEMBER = '222233334444';
const POLICY = JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 'ec2:*', Resource: '*' }] });

afterEach(stopAll);

async function entering(): Promise<{ aws: OrganizationEndpoint; sessions: Sessions }> {
  const aws = await start();
  aws.addMember(MEMBER);
  const client = { ...configOf(aws, HUB, 'eu-central-1', HUB_ROLE), retryMode: 'standard' };
  const { requestHandler } = new sdk.STSClient(client).config;
  const sessions = memberSessions({
    sdk, client, own: { ...client, requestHandler }, partition: 'aws', roleName: 'network-hygiene-sweep',
    externalId: 'cdk-network-hygiene', signal: new AbortController().signal, clock: new MemoryClock(),
  });
  return { aws, sessions };
}

/** Asks several things at once, each of which needs a connection. */
const ask = ({ network }: MemberRegion): Promise<unknown> =>
  Promise.all([network.vpcs(), network.allSecurityGroups(), network.vpcs()]);

test('a place that is closed leaves no connection, and the hub keeps its own', async () => {
  const { aws, sessions } = await entering();
  const session = await sessions.enter(MEMBER, POLICY);
  const before = await aws.connections();
  expect(before).toBe(1);
  for (const name of ['eu-west-1', 'us-east-1']) {
    const region = session.in(name);
    await ask(region);
    expect(await aws.connections()).toBeGreaterThan(before);
    region.close();
    // The server learns of it a moment later.
    while (await aws.connections() > before) await sleep(5);
  }
  await sessions.enter(MEMBER, POLICY);
  expect(await aws.connections()).toBe(before);
});
