/** Reads JSON files of a synthesized app, and no other files. */
import { readFileSync, realpathSync } from 'node:fs';
import { isAbsolute, join, relative, resolve, sep } from 'node:path';
import { type Fields, isFields } from './json';
import { plain } from '../../lambda/core/report/wording';
import { quoted, UsageError } from '../usage/usage-error';

/** The folder of a cloud assembly. That of a stage lies within that of its app. */
export interface Folder {
  /** The folder of the app, as the caller named it. */
  readonly app: string;
  /** The path within that folder; empty for the app itself. */
  readonly below: string;
}

/** The advice about a file that cannot be used. */
export const SYNTH_AGAIN = 'Run `npx cdk synth` again';

/** Names a file or a folder as the caller of the command would, in one line. */
export const named = ({ app, below }: Folder, name = ''): string => plain(join(app, below, name));

/**
 * Returns a folder that a manifest names.
 *
 * @throws UsageError when it is not within the folder of the app
 */
export function inside({ app, below }: Folder, name: string): Folder {
  const root = resolve(app);
  const within = relative(root, resolve(root, below, name));
  if (within === '..' || within.startsWith(`..${sep}`) || isAbsolute(within)) {
    throw new UsageError(
      `${named({ app, below })} names ${quoted(name)}, which is outside of ${app}. An app that \`npx cdk synth\` makes `
        + 'names no such file',
    );
  }
  return { app, below: within };
}

/** @returns undefined if there is no such file @throws UsageError when it cannot be read */
export function textOfFile(folder: Folder, name: string): string | undefined {
  const path = resolve(folder.app, inside(folder, name).below);
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    const why = code === 'EISDIR' ? 'it is a folder' : plain(code ?? message);
    throw new UsageError(`${named(folder, name)} cannot be read: ${why}. ${SYNTH_AGAIN}`);
  }
}

/** @throws UsageError when the text is not JSON, or the JSON is not an object */
export function objectIn(text: string, folder: Folder, name: string): Fields {
  const why = `is not a JSON object, so it was not made by CDK, or only half of it was written. ${SYNTH_AGAIN}`;
  try {
    const value: unknown = JSON.parse(text.replace(/^\ufeff/, ''));
    if (isFields(value)) return value;
  } catch {
    // The message of the parser quotes the file, which may hold anything.
  }
  throw new UsageError(`${named(folder, name)} ${why}`);
}

/**
 * @param by the file or the construct that names the file
 * @throws UsageError when there is no such file, or it cannot be read
 */
export function textOfNamed(folder: Folder, name: string, by: string): string {
  const text = textOfFile(folder, name);
  if (text !== undefined) return text;
  throw new UsageError(`${named(folder, name)} is missing, which ${by} names. ${SYNTH_AGAIN}`);
}

/** @throws UsageError when there is no such file, or it is not a JSON object */
export const objectOfFile = (folder: Folder, name: string, by: string): Fields =>
  objectIn(textOfNamed(folder, name, by), folder, name);

/** Returns the path without symbolic links, by which a loop of them is recognized. */
export function realPath(folder: Folder, name = ''): string {
  const path = resolve(folder.app, inside(folder, name).below);
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
