/** The names of the profiles in the config files. Nothing else in these files is read here. */
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { errorFacts } from '../../lambda/core/errors';

/** The profile that is used if none is named. */
export const DEFAULT_PROFILE = 'default';

/** A section that begins with a word, such as `profile audit` or `sso-session company`. */
const WITH_PREFIX = /^([\w-]+)\s(["'])?([\w@+.%:/-]+)\2$/;

/** In the config file, all sections have a prefix, except for that of the default profile. */
const nameInConfig = (section: string): string | undefined => {
  const [, prefix, , name] = WITH_PREFIX.exec(section) ?? [];
  if (prefix === undefined) return section === DEFAULT_PROFILE ? section : undefined;
  return prefix === 'profile' ? name : undefined;
};

const nameInCredentials = (section: string): string | undefined => WITH_PREFIX.test(section) ? undefined : section;

/**
 * Returns the names of the profiles that the SDK finds, in alphabetical order.
 *
 * @returns undefined if a file exists that cannot be read
 */
export function profileNames(): readonly string[] | undefined {
  const { AWS_CONFIG_FILE, AWS_SHARED_CREDENTIALS_FILE } = process.env;
  const inConfig = sectionsOf(AWS_CONFIG_FILE || '~/.aws/config');
  const inCredentials = sectionsOf(AWS_SHARED_CREDENTIALS_FILE || '~/.aws/credentials');
  if (inConfig === undefined || inCredentials === undefined) return undefined;
  const names = [
    ...inConfig.flatMap(section => nameInConfig(section) ?? []),
    ...inCredentials.flatMap(section => nameInCredentials(section) ?? []),
  ];
  return [...new Set(names)].sort();
}

function sectionsOf(path: string): string[] | undefined {
  const text = read(path.startsWith('~/') ? join(process.env.HOME || homedir(), path.slice(2)) : path);
  return text?.split(/\r?\n/).flatMap(line => {
    const [written] = line.split(/(?:^|\s)[;#]/);
    return /^\[(.+)\]$/.exec(written.trim())?.[1] ?? [];
  });
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    return errorFacts(error).code === 'ENOENT' ? '' : undefined;
  }
}
