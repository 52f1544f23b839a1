/** Tests the shipped function of an organization's findings table, with the ledger that the shipped hub has written. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { HYGIENE, ONE, OrganizationWorld, stopWorlds, THREE, TWO } from './world';
import { HYGIENE_VARIABLE, LEDGER_TABLE_VARIABLE, RESTORE_FUNCTION_VARIABLE } from '../../../src/contract/names';
import { LambdaProcess } from '../../support/lambda-process';
import { anAccountEntry, aRegionEntry, aRun, aSweepOfRun } from '../../support/organization-builders';
import { callsOf, textOf } from '../../support/page-text';
import { HANDLER_FOLDER } from '../world';

const lambdas: LambdaProcess[] = [];

afterEach(async () => {
  await Promise.all(lambdas.splice(0).map(lambda => lambda.stop()));
  await stopWorlds();
});

const ENDPOINT = 'arn:aws:lambda:eu-central-1:111122223333:function:findings';
const IRELAND = 'eu-west-1';

type Show = (event?: object) => Promise<string>;

async function findingsOf({ dynamoDb }: OrganizationWorld): Promise<Show> {
  const lambda = await LambdaProcess.start({
    handlerFolder: HANDLER_FOLDER, handlerFile: 'findings.mjs', handlerName: 'organization', functionName: 'findings',
    endpointUrl: 'http://127.0.0.1:9', dynamoDbUrl: dynamoDb.url,
    env: {
      [HYGIENE_VARIABLE]: HYGIENE, [LEDGER_TABLE_VARIABLE]: dynamoDb.tableName,
      [RESTORE_FUNCTION_VARIABLE]: 'hub-restore',
    },
  });
  lambdas.push(lambda);
  return async event => {
    const { result, error } = await lambda.invoke(event ?? {});
    expect(error).toBeUndefined();
    return result as string;
  };
}

/** Whatever would read as if nothing was there. A page of a place says how many rules were revoked in any case. */
const CALM = /No open findings\.|(?<!revocations <span>)\(0\)|class="good/;

/** Changes an item of the ledger by hand. */
async function edit(
  { dynamoDb }: OrganizationWorld, partition: string, id: string, changes: Record<string, unknown>,
): Promise<void> {
  const item = (await dynamoDb.items()).find(each => each.hygiene === partition && String(each.id).startsWith(id));
  expect(item).toBeDefined();
  await dynamoDb.put({ ...item, ...changes });
}

test('shows nothing as well before a run, then what was found, opens a place, and has the command that restores there', async () => {
  const world = await OrganizationWorld.start();
  world.addMembers({ [ONE]: 2, [TWO]: 0, [THREE]: 1 });
  const show = await findingsOf(world);
  const before = await show();
  expect(textOf(before)).toContain('No run has been recorded yet.');
  expect(before).not.toMatch(CALM);

  expect((await world.run({ scheduledTime: '2026-11-01T00:00:00Z' })).status).toBe('SUCCEEDED');
  const overview = await show();
  expect(textOf(overview)).toContain('3 accounts were swept');
  expect(textOf(overview)).toContain('The latest run found 2 open findings.');
  expect(textOf(overview)).not.toContain('Not looked at');
  const places = callsOf(overview, ENDPOINT);
  expect(places).toEqual([
    ...[ONE, THREE].flatMap(account => ['eu-central-1', IRELAND].map(region =>
      expect.objectContaining({ account, region }))),
  ]);

  const [revoking] = places as object[];
  const revoked = await show(revoking);
  expect(textOf(revoked)).toContain(`${ONE} (account-${ONE}) in eu-central-1 Rules may be revoked in this account.`);
  expect(textOf(revoked)).toContain('Recent revocations (2)');
  expect(textOf(revoked)).toContain(
    `--function-name hub-restore --cli-binary-format raw-in-base64-out --payload '{"restore":{"account":"${ONE}","region":"eu-central-1","securityGroupRuleIds":["sgr-`,
  );
  expect(textOf(revoked)).toContain('No open findings.');
  const reported = textOf(await show({ account: THREE, region: IRELAND }));
  expect(reported).toContain('Everything in this account is only reported,');
  expect(reported).toContain('Open findings (1)');
  expect(reported).toContain('its account is not in revokeIn');
  expect(reported).toContain('Recent revocations (0)');
  expect(reported).not.toContain('enabled is false');
});

test('shows no rule of another place, and says of an unknown one that nothing is known', async () => {
  const world = await OrganizationWorld.start();
  world.addMembers({ [ONE]: 0, [TWO]: 0, [THREE]: 0 });
  const [own] = world.addRules(THREE, IRELAND, 1);
  const [other] = world.addRules(THREE, 'eu-central-1', 1);
  await world.run();
  const show = await findingsOf(world);
  const page = await show({ account: THREE, region: IRELAND });
  expect(page).toContain(own.securityGroupRuleId);
  expect(page).not.toContain(other.securityGroupRuleId);
  expect(textOf(await show({ account: ONE, region: IRELAND }))).toContain('No open findings.');
  const unknown = await show({ account: '999999999999', region: IRELAND });
  expect(textOf(unknown)).toContain(`Nothing is known of 999999999999 ${IRELAND}.`);
  expect(unknown).not.toMatch(CALM);
  for (const event of [{ account: THREE, region: `${IRELAND}:x` }, { account: Number(THREE), region: IRELAND }]) {
    expect(textOf(await show(event))).toContain('Latest run:');
  }
});

test('lists an account that denies and a Region that cannot be read, and says nowhere that nothing was found', async () => {
  const world = await OrganizationWorld.start();
  world.addMembers({ [ONE]: 0, [THREE]: 0 });
  world.aws.organization.addAccount(TWO);
  world.aws.deny('DescribeVpcs', { account: ONE, region: IRELAND });
  world.aws.deny('DescribeSecurityGroups', { account: ONE, region: IRELAND });
  world.aws.deny('DescribeSecurityGroupRules', { account: ONE, region: IRELAND });
  world.aws.deny('DescribeVpnConnections', { account: ONE, region: IRELAND });
  expect((await world.run()).status).toBe('FAILED');
  const show = await findingsOf(world);
  const overview = await show();
  expect(textOf(overview)).toContain('The latest run has failed.');
  expect(textOf(overview)).toContain('Not looked at (2)');
  expect(textOf(overview)).toMatch(new RegExp(`${TWO} .*Region the whole account .*AccessDenied.* ${ONE} .*Region ${IRELAND}`));
  expect(overview).not.toMatch(CALM);
  for (const place of [{ account: ONE, region: IRELAND }, { account: TWO, region: IRELAND }]) {
    expect(await show(place)).not.toMatch(CALM);
  }
  expect(textOf(await show({ account: ONE, region: IRELAND }))).toContain('It could not be looked at:');
});

test('shows what can be read, and names what cannot', async () => {
  const world = await OrganizationWorld.start();
  world.addMembers({ [ONE]: 0, [TWO]: 0, [THREE]: 1 });
  await world.run();
  const show = await findingsOf(world);
  await edit(world, HYGIENE, `place-${ONE}-`, { record: '<script>' });
  await edit(world, HYGIENE, 'accounts-', { record: '{}' });
  const overview = await show();
  expect(textOf(overview)).toContain('2 items of the ledger cannot be read.');
  expect(textOf(overview)).toContain(`the ledger's item place-${ONE}-eu-central-1 cannot be read: its attribute record is not a JSON object`);
  expect(callsOf(overview, ENDPOINT)).toContainEqual(expect.objectContaining({ account: THREE, region: IRELAND }));
  expect(overview).not.toMatch(CALM);
  expect(await show({ account: ONE, region: 'eu-central-1' })).not.toMatch(CALM);

  await edit(world, HYGIENE, 'run', { record: 'x' });
  const withoutRun = await show();
  expect(textOf(withoutRun)).toContain('The latest run is unknown, because its record cannot be read.');
  expect(withoutRun).not.toMatch(CALM);
  expect(withoutRun).not.toContain('<script>');

  await edit(world, `${HYGIENE}:${THREE}:${IRELAND}`, 'sg-', { state: '<script>' });
  const place = await show({ account: THREE, region: IRELAND });
  expect(textOf(place)).toContain('cannot be read: its attribute state is not one of');
  expect(place).not.toContain('<script>');
  expect(place).not.toMatch(CALM);
});

test('holds no code that writes to the ledger or enters an account', () => {
  const text = readFileSync(join(HANDLER_FOLDER, 'findings.mjs'), 'utf8');
  expect(text).toContain('GetItemCommand');
  expect(text).not.toMatch(/PutItem|AssumeRole|organization-sdk/);
});

test('only reads, and describes itself without that', async () => {
  const world = await OrganizationWorld.start();
  world.addMembers({ [ONE]: 0, [TWO]: 0, [THREE]: 1 });
  await world.run();
  const show = await findingsOf(world);
  const before = world.dynamoDb.calls.length;
  expect(await show({ describe: true })).toEqual({ markdown: expect.stringContaining("``` yaml\naccount: '111122223333'\nregion: eu-central-1\n```") });
  expect(world.dynamoDb.calls.slice(before)).toEqual([]);
  await show();
  await show({ account: THREE, region: IRELAND });
  const calls = world.dynamoDb.calls.slice(before);
  expect(new Set(calls.map(({ action }) => action))).toEqual(new Set(['GetItem', 'Query']));
  const partitions = calls.map(({ parameters: { Key, ExpressionAttributeValues } }) =>
    JSON.stringify(Key ?? ExpressionAttributeValues).includes(`${HYGIENE}:`));
  expect(partitions).toContain(true);

  world.dynamoDb.deny('Query');
  const denied = await show();
  expect(denied).toContain('AccessDeniedException');
  expect(denied).not.toMatch(/No open findings|No run/);
});

test('shows ten thousand places in pages of less than 1 MB', async () => {
  const world = await OrganizationWorld.start();
  const accounts = Array.from({ length: 500 }, (_, index) => String(100_000_000_000 + index));
  const regions = Array.from({ length: 20 }, (_, index) => `xx-north-${index + 1}`);
  const item = (id: string, record: { readonly revision: number }, attribute = 'record'): Record<string, unknown> =>
    ({ hygiene: HYGIENE, id, revision: record.revision, [attribute]: JSON.stringify(record) });
  await world.dynamoDb.putAll([
    item('run', aRun({ accounts: 500, parts: 5, startedAt: new Date().toISOString() })),
    item('latest-sweep', aSweepOfRun(), 'sweep'),
    ...Array.from({ length: 5 }, (_, part) => item(`accounts-${part}`, {
      revision: 1, writtenBy: 'run-2', runId: 'run-2',
      accounts: accounts.slice(part * 100, part * 100 + 100).map(account => ({ account })),
    } as { revision: number })),
    ...accounts.map(account => item(`place-${account}`, anAccountEntry(account, { regions }))),
    ...accounts.flatMap(account => regions.map(region =>
      item(`place-${account}-${region}`, aRegionEntry(account, region, { RulesKept: 1 })))),
  ]);
  const show = await findingsOf(world);
  const page = await show({ placesPage: 400 });
  expect(Buffer.byteLength(page)).toBeLessThan(1_000_000);
  expect(textOf(page)).toContain('9,976 to 10,000 of 10,000 accounts and Regions');
  expect(textOf(page)).toContain('The latest run found 10,000 open findings.');
  expect(callsOf(page, ENDPOINT)).toHaveLength(26);
});
