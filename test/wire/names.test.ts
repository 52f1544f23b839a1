/** Tests two deployments of one app that share a table. Neither changes anything of the other. */
import { DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import { configuration, networkWithStaleRules, SSH_FROM_ANYWHERE, stopWorlds, World } from './world';
import { HYGIENE_VARIABLE } from '../../src/contract/names';
import { deployedWith, putIntoForce, SCHEDULED } from '../support/deployment';
import { Network } from '../support/ec2-endpoint';
import type { InvocationOutcome } from '../support/lambda-process';

afterEach(stopWorlds);

const BLUE = 'Blue/Hygiene';
const GREEN = 'Green/Hygiene';
const FLAGGED = { flaggedIngressRules: [SSH_FROM_ANYWHERE] };

/** Invokes the function of a deployment, with its name in the environment. */
async function invoke(
  world: World, hygiene: string, event: unknown, overrides: Record<string, unknown> = {},
): Promise<InvocationOutcome> {
  const wanted = configuration({ hygiene, ...overrides });
  await putIntoForce(wanted, world.dynamoDb);
  return world.lambda.invoke(event, undefined, { env: { ...deployedWith(wanted), [HYGIENE_VARIABLE]: hygiene } });
}

const itemsOf = async (world: World, hygiene: string): Promise<unknown[]> =>
  (await world.dynamoDb.items()).filter(each => each.hygiene === hygiene);

describe('a sweep of one deployment', () => {
  test('neither reads nor changes what the other has in the ledger, and resolves none of its findings', async () => {
    const { network, stale } = networkWithStaleRules(1, 2);
    const world = await World.start({ network });
    await invoke(world, BLUE, SCHEDULED);
    const before = await itemsOf(world, BLUE);
    world.ec2.events.length = 0;

    // This deployment looks for nothing that the other has found.
    const { error } = await invoke(world, GREEN, SCHEDULED, { staleRules: 'ignore' });

    expect(error).toBeUndefined();
    expect(await itemsOf(world, BLUE)).toEqual(before);
    expect(world.ec2.events).toEqual([]);
    expect(before.length).toBeGreaterThanOrEqual(stale.length);
  });

  test('has its own series and events', async () => {
    const { network } = networkWithStaleRules(1, 2);
    const world = await World.start({ network });
    await invoke(world, BLUE, SCHEDULED);
    await invoke(world, GREEN, SCHEDULED);

    const dimensions = world.ec2.metrics.map(each => each.dimensions.Hygiene);
    expect(new Set(dimensions)).toEqual(new Set([BLUE, GREEN]));
    const details = world.ec2.events.map(({ detail }) => (detail as { hygiene: string }).hygiene);
    expect(details.sort()).toEqual([BLUE, BLUE, GREEN, GREEN]);
  });
});

describe('a restore under another name', () => {
  test('changes nothing, and prints the query that finds the name', async () => {
    const network = new Network();
    const { groupId } = network.addSecurityGroup({ vpcId: network.addVpc().vpcId });
    const ssh = { ipProtocol: 'tcp', fromPort: 22, toPort: 22, cidrIpv4: '0.0.0.0/0' };
    const { securityGroupRuleId } = network.addIngress(groupId, ssh);
    const world = await World.start({ network });
    await invoke(world, BLUE, SCHEDULED, FLAGGED);
    const before = network.snapshot();
    expect(before.map(each => each.securityGroupRuleId)).not.toContain(securityGroupRuleId);
    const event = { restore: { securityGroupRuleIds: [securityGroupRuleId] } };

    const { result } = await invoke(world, GREEN, event);

    expect(network.snapshot()).toEqual(before);
    const [{ outcome, detail = '' }] = (result as { rules: Array<{ outcome: string; detail?: string }> }).rules;
    expect(outcome).toBe('UNKNOWN');
    expect(detail).toContain(`under the name ${GREEN}`);
    expect(await namesFoundBy(detail, world)).toEqual([BLUE]);

    const restored = await invoke(world, BLUE, event, FLAGGED);
    expect(restored.result).toMatchObject({ counts: { RESTORED: 1 } });
  });

  test('of all that a sweep revoked is an error with the query', async () => {
    const { network } = networkWithStaleRules(1, 2);
    const world = await World.start({ network });
    await invoke(world, BLUE, SCHEDULED, { staleRules: 'revoke' });
    const sweepId = String(world.logged('Sweep')[0].sweepId);

    const { error } = await invoke(world, GREEN, { restore: { sweepId } });

    expect(error?.message).toContain('Nothing was done');
    expect(await namesFoundBy(String(error?.message), world)).toEqual([BLUE]);
  });
});

/** Runs the command in a text as the AWS CLI would, and returns the names that it finds. */
async function namesFoundBy(text: string, { dynamoDb }: World): Promise<string[]> {
  const [, table, projection, filter, values] =
    /aws dynamodb scan --table-name (\S+) --projection-expression "([^"]+)" --filter-expression "([^"]+)" --expression-attribute-values '([^']+)'/
      .exec(text) ?? [];
  const client = new DynamoDBClient({
    endpoint: dynamoDb.url, region: 'eu-central-1', credentials: { accessKeyId: 'x', secretAccessKey: 'x' },
  });
  const { Items = [] } = await client.send(new ScanCommand({
    TableName: table, ProjectionExpression: projection, FilterExpression: filter,
    ExpressionAttributeValues: JSON.parse(values),
  }));
  client.destroy();
  return [...new Set(Items.map(({ hygiene }) => String(hygiene.S)))];
}
