/** Tests that the profiles that a message names are exactly those that the SDK finds. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fromIni } from '@aws-sdk/credential-providers';
import * as fc from 'fast-check';
import { profileNames } from '../../../cli/aws/profiles';

const before = { ...process.env };
const folders: string[] = [];

afterEach(() => {
  process.env = { ...before };
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

/** Makes a home folder with the files, and makes it that of this process. */
function useHome(files: Readonly<Record<string, string>>): string {
  const home = mkdtempSync(join(tmpdir(), 'profiles-'));
  folders.push(home);
  mkdirSync(join(home, '.aws'));
  for (const [name, content] of Object.entries(files)) writeFileSync(join(home, '.aws', name), content);
  process.env = { HOME: home };
  return home;
}

/** Returns whether the SDK finds the keys that each section of the files has. */
const sdkFinds = (profile: string): Promise<boolean> => fromIni({ profile })().then(() => true, () => false);

const KEYS = 'aws_access_key_id = AKIAEXAMPLE\naws_secret_access_key = secret\n';

/** Headers as people write them, of which the SDK does not know all. */
const header = fc.tuple(
  fc.constantFrom('', '', 'profile ', 'profile ', 'profile  ', 'profile\t', 'sso-session ', 'services ', 'other '),
  fc.constantFrom('default', 'audit', 'a.b', 'two words', '"quoted"', "'quoted'", '"half', 'profile', 'a/b:c@d+e%f', 'é'),
  fc.constantFrom('', '', ' ; a comment', ' # a comment', '#', ' x'), fc.constantFrom('', ' '),
).map(([prefix, name, end, indent]) => `${indent}[${prefix}${name}]${end}`);

const file = fc.array(header, { maxLength: 5 }).map(headers => headers.map(each => `${each}\n${KEYS}`).join('\n'));

const ASKED = ['default', 'audit', 'a.b', 'two words', 'quoted', '"quoted"', '"half', 'profile', 'a/b:c@d+e%f', 'é', 'profile audit', 'company'];

test('are those that the SDK finds, however their sections are written', async () => {
  await fc.assert(fc.asyncProperty(file, file, async (config, credentials) => {
    useHome({ config, credentials });
    const names = profileNames();
    for (const profile of ASKED) {
      expect([config, credentials, profile, names?.includes(profile)])
        .toEqual([config, credentials, profile, await sdkFinds(profile)]);
    }
    expect(names).toEqual([...new Set(names)].sort());
  }), { numRuns: 150 });
});

test('are in the files that the environment names', () => {
  const home = useHome({ config: '[profile ours]\n', mine: '[profile mine]\n', keys: '[key]\n' });
  Object.assign(process.env, { AWS_CONFIG_FILE: join(home, '.aws', 'mine'), AWS_SHARED_CREDENTIALS_FILE: '~/.aws/keys' });
  expect(profileNames()).toEqual(['key', 'mine']);
});

test('are none if there are no files', () => {
  const home = useHome({});
  expect(profileNames()).toEqual([]);
  process.env.AWS_CONFIG_FILE = join(home, 'nowhere', 'config');
  expect(profileNames()).toEqual([]);
});

test('are not known if a file cannot be read', () => {
  const home = useHome({ credentials: '[key]\n' });
  process.env.AWS_CONFIG_FILE = home;
  expect(profileNames()).toBeUndefined();
});
