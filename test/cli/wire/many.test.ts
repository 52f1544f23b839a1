/** Tests the bundled command line with 5,000 findings, and with a reader that does not want all of them. */
import { Port } from 'aws-cdk-lib/aws-ec2';
import { FlaggedIngressRule } from '../../../src';
import { readCsv } from '../render/read-csv';
import { elementsIn, readHtml } from '../render/read-html';
import { appWith } from '../support/apps';
import { openNetwork } from '../support/networks';
import { CliWorld, stopCliWorlds } from '../support/world';

const GROUPS = 100;
const RULES_PER_GROUP = 50;
const COUNT = GROUPS * RULES_PER_GROUP;

let world: CliWorld;
let app: string;

beforeAll(async () => {
  world = await CliWorld.start({ network: openNetwork(GROUPS, RULES_PER_GROUP) });
  app = appWith({ flaggedIngressRules: [FlaggedIngressRule.fromInternet(Port.SSH)] });
});

afterAll(stopCliWorlds);

const COMMANDS: ReadonlyArray<readonly [name: string, args: () => string[]]> = [
  ['report', () => ['report', '--flag', 'ssh']], ['plan', () => ['plan', app]],
];

const idsIn = (text: string): Set<string> => new Set(text.match(/sgr-[0-9a-f]{17}/g));

describe.each(COMMANDS)('%s', (_, args) => {
  test.each(['table', 'json', 'html'])('has every rule in the format %s', async format => {
    const { stdout, stderr, exitCode } = await world.read([...args(), '--format', format]);
    expect(idsIn(stdout).size).toBe(COUNT);
    expect([stderr, exitCode]).toEqual(['', 1]);
    if (format === 'json') JSON.parse(stdout);
    if (format === 'html') expect(elementsIn(readHtml(stdout), 'tr').length).toBeGreaterThan(COUNT);
  });

  test('has a row for each rule in the format csv', async () => {
    const { stdout } = await world.read([...args(), '--format', 'csv']);
    const [columns, ...rows] = readCsv(stdout);
    const at = (row: readonly string[], column: string): string | undefined => row[columns.indexOf(column)];
    const rules = rows.filter(row => at(row, 'securityGroupRuleId') !== '');
    // A plan has the rules of each of its sweeps.
    const sweeps = new Set(rules.map(row => at(row, 'sweep')));
    for (const sweep of sweeps) expect(rules.filter(row => at(row, 'sweep') === sweep)).toHaveLength(COUNT);
    expect(rows.filter(({ length }) => length !== columns.length)).toEqual([]);
    expect(at(rules[0], 'description')).toBe('rule 0, "open"');
  });

  test('fits in a comment in the format markdown, and says how much is left out', async () => {
    const { stdout, exitCode } = await world.read([...args(), '--format', 'markdown']);
    expect(stdout.length).toBeLessThan(65_536);
    expect(stdout).toMatch(/[\d,]+ more rows are not shown\. The formats csv and json have all rows\./);
    expect(exitCode).toBe(1);
  });

  test('goes to a file as a whole', async () => {
    const { files, stdout } = await world.read([...args(), '--format', 'json', '--output', 'out']);
    expect([idsIn(files.out).size, stdout]).toEqual([COUNT, '']);
  });

  test.each(['table', 'json'])('into a pipe that is closed early does not crash in the format %s', async format => {
    const { stdout, stderr, exitCode } = await world.read([...args(), '--format', format], { closesPipe: true });
    expect(stdout.length).toBeGreaterThan(0);
    expect(idsIn(stdout).size).toBeLessThan(COUNT);
    expect([stderr, exitCode]).toEqual(['', 1]);
  });
});
