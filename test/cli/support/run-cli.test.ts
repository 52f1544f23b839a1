/** Tests what the process of the command line finds, and what a run leaves behind. */
import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { runCli } from './run-cli';

test('it finds no settings of the machine on which the tests run', async () => {
  const before = { ...process.env };
  Object.assign(process.env, {
    AWS_REGION: 'eu-west-1', AWS_PROFILE: 'mine', AWS_ACCESS_KEY_ID: 'AKIAOFTHEMACHINE0000', AWS_SECRET_ACCESS_KEY: 'mine',
  });
  try {
    const { stderr, exitCode } = await runCli(['report']);
    expect(stderr).toMatch(/^There is no Region to look at\..*\(default\)/);
    expect(exitCode).toBe(3);
    const located = await runCli(['report'], { env: { AWS_REGION: 'eu-west-1' } });
    expect(located.stderr).toMatch(/^There are no credentials\./);
  } finally {
    process.env = before;
  }
});

test('it finds the files that a test gives, in its home and in its folder', async () => {
  const home = { '.aws/config': '[default]\nregion = eu-west-3\n' };
  const run = await runCli(['report', '--flag-file', 'flags.txt'], { home, files: { 'flags.txt': 'nonsense\n' } });
  expect(run.stderr).toMatch(/^flags\.txt, line 1, "nonsense"/);
  expect((await runCli(['report'], { home })).stderr).toMatch(/^There are no credentials\./);
});

test('what it writes is returned, and nothing is left', async () => {
  const { files, stdout, exitCode } = await runCli(['policy', '--output', 'policy.json'], { files: { given: 'x' } });
  expect(Object.keys(files).sort()).toEqual(['given', 'policy.json']);
  expect([stdout, exitCode]).toEqual(['', 0]);
  expect(readdirSync(tmpdir()).filter(name => name.startsWith('cli-'))).toEqual([]);
});
