/** Runs scripts/changelog.mjs on files of its own. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROOT = join(__dirname, '..', '..');
const SCRIPT = join(ROOT, 'scripts', 'changelog.mjs');

const INTRO = '# Changes\n\nChanges that a user has to know.\n';
const CHANGES = '- `a` is `b`. Before,\n  it was `c`.\n- [Names](docs/names.md) have a page, as [others](https://example.com/) do.\n';
const OLDER = '\n## 1.0.0 (2026-01-31)\n\n- The first version.\n';

let folder: string;
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'changelog-')); });
afterEach(() => { rmSync(folder, { recursive: true, force: true }); });

const changelog = (): string => readFileSync(join(folder, 'CHANGELOG.md'), 'utf8');

interface Run {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function run(text: string, ...options: readonly string[]): Run {
  writeFileSync(join(folder, 'CHANGELOG.md'), text);
  return spawnSync(process.execPath, [SCRIPT, ...options], { cwd: folder, encoding: 'utf8' });
}

const UNRELEASED = `${INTRO}\n## Unreleased\n\n${CHANGES}${OLDER}`;
const RELEASED = `${INTRO}\n## Unreleased\n\n## 1.1.0 (2026-02-28)\n\n${CHANGES}${OLDER}`;

describe('a release', () => {
  test.each(['1.1.0', 'v1.1.0'])('heads with %s what was unreleased, below a new empty section, and changes no other line', version => {
    expect(run(UNRELEASED, version, '2026-02-28')).toMatchObject({ status: 0, stderr: '' });
    expect(changelog()).toBe(RELEASED);
  });

  test('is entered once: a second run, also on another day, changes nothing and says so', () => {
    const { status, stdout } = run(RELEASED, '1.1.0', '2026-03-01');
    expect(status).toBe(0);
    expect(stdout).toContain('has "1.1.0 (2026-02-28)" already');
    expect(changelog()).toBe(RELEASED);
  });

  test('is not taken for another whose version begins alike', () => {
    const next = UNRELEASED.replace('1.0.0', '1.1.0-beta.1');
    expect(run(next, '1.1.0', '2026-02-28').status).toBe(0);
    expect(changelog()).toContain('## 1.1.0 (2026-02-28)\n\n- `a`');
    expect(run(UNRELEASED.replace('1.0.0', '11.1.0'), '1.1.0', '2026-02-28').status).toBe(0);
    expect(changelog()).toContain('## 1.1.0 (2026-02-28)\n\n- `a`');
  });
});

describe('the notes of a release', () => {
  const notes = (text: string): string => {
    expect(run(text, 'v1.1.0', '--notes', 'notes.md')).toMatchObject({ status: 0, stderr: '' });
    expect(changelog()).toBe(text);
    return readFileSync(join(folder, 'notes.md'), 'utf8');
  };

  test.each([['before', UNRELEASED], ['after', RELEASED]])('are its section and no other, %s the version is entered', (_, text) => {
    expect(notes(text)).toBe(CHANGES.replace(
      '(docs/names.md)', '(https://github.com/cdk-network-hygiene/cdk-network-hygiene/blob/v1.1.0/docs/names.md)',
    ));
  });
});

describe('nothing is written, and the error says what to do,', () => {
  const EMPTY = `${INTRO}\n## Unreleased\n${OLDER}`;
  const MISSING = INTRO + OLDER;
  test.each([
    ['when nothing is unreleased', EMPTY, ['1.1.0', '2026-02-28'], /"Unreleased" in CHANGELOG\.md is empty\. Add a line .* 1\.1\.0 changes/],
    ['when notes are asked for and nothing is unreleased', EMPTY, ['1.1.0', '--notes', 'notes.md'], /is empty\. Add a line/],
    ['when the section is missing', MISSING, ['1.1.0', '2026-02-28'], /has no section "## Unreleased" .* Add it above/],
    ['when notes are asked for and the section is missing', MISSING, ['1.1.0', '--notes', 'notes.md'], /has no section/],
    ['when the version is none', UNRELEASED, ['next', '2026-02-28'], /"next" is not a version such as/],
    ['when the date is none', UNRELEASED, ['1.1.0', '28.2.2026'], /"28\.2\.2026" is not a date such as/],
    ['when the date is missing', UNRELEASED, ['1.1.0'], /"" is not a date such as/],
    ['when the file for the notes is missing', UNRELEASED, ['1.1.0', '--notes'], /file for the notes is missing/],
  ])('%s', (_, text, options, problem) => {
    const { status, stderr } = run(text, ...options);
    expect(status).toBe(1);
    expect(stderr).toMatch(problem);
    expect(changelog()).toBe(text);
    expect(existsSync(join(folder, 'notes.md'))).toBe(false);
  });
});

describe('the release workflow', () => {
  interface Step { readonly exec?: string }
  const { bump } = (JSON.parse(readFileSync(join(ROOT, '.projen', 'tasks.json'), 'utf8')) as
    { tasks: Record<string, { condition: string; steps: readonly Step[] }> }).tasks;
  const workflow = readFileSync(join(ROOT, '.github', 'workflows', 'release.yml'), 'utf8');
  const [, job = ''] = workflow.split(/^ {2}release_changelog:$/m);

  test('writes the notes last of all that a bump does, so that an empty section fails before anything is published', () => {
    expect(bump.steps.at(-1)?.exec).toContain('scripts/changelog.mjs "$(cat dist/version.txt)" --notes dist/changelog.md');
  });

  test('commits by a message that projen does not release, and is not started by a push', () => {
    const [, message = ''] = /git commit -m "([^"]+)"/.exec(job) ?? [];
    const [, ignored = ''] = /grep -v "([^"]+)"/.exec(bump.condition) ?? [];
    expect(ignored).toBe('chore(release):');
    expect(message).toContain(ignored);
    expect(workflow).toContain('workflow_dispatch:');
    expect(workflow).not.toMatch(/^ {2}push:/m);
  });
});
