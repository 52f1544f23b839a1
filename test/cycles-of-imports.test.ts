/** Tests that imports go one way: never in a circle, and only where the table allows them. Type imports count. */
import { type Arrow, cycleAmong, type Import, importsIn, importsOf } from './support/imports';

const { files, arrows, packages } = importsOf('src', 'lambda', 'bundle', 'cli', 'test', 'examples', 'scripts');

/** The files that constructs and handler share. */
const SHARED = ['src/contract'];

/** The public classes: those whose types the helpers know, and those that properties accept. */
const PUBLIC = [
  'type src/network-hygiene-props', 'type src/network-hygiene-function-options', 'type src/network-hygiene-base', 'type src/network-hygiene-alarms-options',
  'type src/findings-widget-options', 'type src/flagged-ingress-rule-options', 'type src/flagged-rule-options',
  'type src/default-groups-options', 'type src/ingress-exception', 'type src/groups-tagged',
  'type src/revoke-options', 'type src/revoke-after-options', 'type src/revocation-window', 'src/flagged-ingress-rule', 'src/flagged-action', 'src/rule-match',
  'src/notification-format',
  'src/comes-back', 'src/stale-rules', 'src/vpn-connections', 'type src/unused-security-groups-options', 'src/unused-security-groups', 'type src/change-trigger-options', 'src/change-trigger',
  'type src/hygiene-accounts-options', 'src/hygiene-accounts', 'type src/organization-rules-props', 'type src/network-hygiene-member-props',
  'type src/network-hygiene-organization-props',
];

/** The helpers of the core, and its ports. */
const HELPERS = ['errors', 'isolate', 'lists', 'ports'];

/**
 * The imports that each folder of the core may have within the core. No folder imports the modules that run it: sweep,
 * record, deliver, run, preflight and pausing. Only a run of an organization does, because it consists of sweeps, and
 * security-hub has a part of the preflight.
 * `type` marks those that may only be type imports.
 */
const CORE: Readonly<Record<string, readonly string[]>> = {
  'model': ['errors', 'type decide/reasons', 'type act/outcomes'],
  'rules': ['model'],
  'checks': ['model', 'rules'],
  'observe': ['model', 'checks', 'rules', ...HELPERS],
  'decide': ['model', 'checks', 'rules'],
  'ledger': ['model', 'rules', 'checks', 'decide', 'observe', ...HELPERS],
  'act': ['model', 'checks', 'rules', 'decide', 'observe', 'ledger', 'waiting', ...HELPERS],
  'report': ['model', 'rules', 'ledger', 'decide', 'act', 'observe', 'errors', 'ports'],
  'security-hub': ['model', 'decide', 'ledger', 'act', 'report', 'preflight', ...HELPERS],
  'invocation': ['model', 'decide', 'ledger', 'act', 'report/wording', 'errors', 'ports'],
  'organization': [
    'model', 'decide', 'ledger', 'act', 'report', 'invocation', 'changes', 'security-hub', 'organization-ports', 'sweep', 'record-told',
    'type sweeping', 'preflight', ...HELPERS,
  ],
};

const inCore = (name: string): string => name.replace(/^(type )?/, '$1lambda/core/');

/**
 * The imports that each folder may have. A file must follow the row of every folder that contains it. No row contains
 * lambda/index or lambda/findings, because nothing imports an entry. Only the command line imports `cli`.
 */
const ROWS: ReadonlyArray<readonly [folder: string, allowed: readonly string[]]> = [
  ['src', []],
  ['src/contract', []],
  ['src/validation', [...SHARED, ...PUBLIC]],
  ['src/function', [...SHARED, 'src/validation', ...PUBLIC]],
  ['src/hub', [...SHARED, 'src/validation', 'src/function', ...PUBLIC]],
  ['src/watching', [...SHARED, 'src/validation', 'src/function/first-sweep', ...PUBLIC]],
  ['bundle', []],
  ['lambda', ['bundle', ...SHARED]],
  ['lambda/aws', [...['model', 'ports', 'organization-ports', 'errors', 'lists'].map(inCore), 'bundle', ...SHARED]],
  ['lambda/core', SHARED],
  ['lambda/core/organization/findings-page', [
    ...['type model', 'lists', 'type organization-ports', 'report', 'organization/totals', 'organization/words'].map(inCore),
    ...SHARED,
  ]],
  ['cli', ['bundle', 'lambda/aws', 'lambda/core', ...SHARED]],
  ['cli/usage', ['lambda/core', 'type cli/render', ...SHARED]],
  ['cli/app', ['cli/usage', 'lambda/core/report', ...SHARED]],
  ['cli/render', ['lambda/core', ...SHARED]],
  ['cli/planning', ['lambda/core', ...SHARED]],
  ['cli/aws', ['bundle', 'lambda/aws', 'lambda/core', 'cli/usage', 'type cli/app', 'type cli/planning', ...SHARED]],
  ['cli/documents', [
    'lambda/core', 'cli/aws/problems', 'cli/planning/schedule', 'cli/usage/commands', 'type cli/aws', 'type cli/planning',
    'type cli/render', ...SHARED,
  ]],
  ...Object.entries(CORE).map(([folder, allowed]) => [inCore(folder), [...allowed.map(inCore), ...SHARED]] as const),
];

const ENTRIES = ['lambda/index', 'lambda/findings', 'cli/index'];

const isIn = (file: string, place: string): boolean => file === place || file.startsWith(`${place}/`);

function isAllowed({ to, isTypeOnly }: Arrow, folder: string, allowed: readonly string[]): boolean {
  if (isIn(to, folder) && !ENTRIES.includes(to)) return true;
  return allowed.some(place => isIn(to, place) || (isTypeOnly && isIn(to, place.replace(/^type /, ''))));
}

const shown = ({ from, to }: Arrow): string => `${from} → ${to}`;

describe('there is no cycle of imports', () => {
  const graph = new Map(files.map(file => [file, arrows.filter(({ from }) => from === file).map(({ to }) => to)]));

  it.each(['src', 'bundle', 'lambda', 'cli', 'test', 'examples', 'scripts'])('that a file of %s leads to', folder => {
    const starts = files.filter(file => isIn(file, folder));
    expect(starts).not.toEqual([]);
    expect(cycleAmong(graph, starts)).toBeUndefined();
  });
});

describe('imports go only where the table lets them', () => {
  it.each(ROWS)('from %s', (folder, allowed) => {
    const own = arrows.filter(({ from }) => isIn(from, folder));
    expect(own.filter(arrow => !isAllowed(arrow, folder, allowed)).map(shown)).toEqual([]);
  });

  it.each(ROWS)('from existing files, with the row: %s', folder => {
    expect(files.filter(file => isIn(file, folder))).not.toEqual([]);
  });

  it('from lambda/core to no package, and so to no SDK: only to what Node.js brings', () => {
    const own = packages.filter(({ from }) => isIn(from, 'lambda/core'));
    expect(own.filter(({ to }) => !to.startsWith('node:')).map(shown)).toEqual([]);
  });
});

describe('what counts as an import', () => {
  it.each<[text: string, isTypeOnly: boolean]>([
    ['import "./a";', false],
    ['import a from "./a";', false],
    ['import * as a from "./a";', false],
    ['import { a } from "./a";', false],
    ['import { type A, a } from "./a";', false],
    ['import a, { type A } from "./a";', false],
    ['import {} from "./a";', false],
    ['import type { A } from "./a";', true],
    ['import type * as a from "./a";', true],
    ['import { type A, type B } from "./a";', true],
    ['export * from "./a";', false],
    ['export { a } from "./a";', false],
    ['export { type A } from "./a";', true],
    ['export type { A } from "./a";', true],
    ['import a = require("./a");', false],
    ['const a = await import("./a");', false],
    ['let a: import("./a").A;', true],
  ])('is %s', (text, isTypeOnly) => {
    expect(importsIn(text)).toEqual<Import[]>([{ specifier: './a', isTypeOnly }]);
  });

  it.each([
    '// import "./a"',
    'const a = \'import "./a"\';',
    'export { a };',
    'const a = load("./a");',
  ])('is not %s', text => {
    expect(importsIn(text)).toEqual([]);
  });
});
