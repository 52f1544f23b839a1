/** Creates a Python environment with pinned packages in its own folder, for tools that are written in Python. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

/**
 * @param requirements the file with versions and hashes
 * @param purpose what needs it, for the message
 * @returns the folder of the environment's programs
 * @throws when there is no Python, with what to do
 */
export function makePythonEnvironment(folder: string, requirements: string, purpose: string): string {
  try {
    execFileSync('python3', ['-c', 'import sys, venv, ensurepip; assert sys.version_info >= (3, 11)'], {
      stdio: 'pipe',
    });
  } catch {
    throw new Error(
      `${purpose} needs Python 3.11 or later with its venv module (on Debian: apt-get install python3-venv). "npm test" does not.`,
    );
  }
  const environment = join(folder, 'venv');
  execFileSync('python3', ['-m', 'venv', environment], { stdio: 'pipe' });
  const programs = join(environment, 'bin');
  const install = [
    '-m',
    'pip',
    'install',
    '--quiet',
    '--disable-pip-version-check',
    '--require-hashes',
    '-r',
    requirements,
  ];
  execFileSync(join(programs, 'python'), install, { stdio: 'pipe' });
  return programs;
}
