/** Runs a command, and writes what it has to say. */
import { accessSync, constants, existsSync, statSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { version } from '../package.json';
import { explain } from './commands/explain';
import { ExitCode, NotKnown, type Outcome } from './commands/outcome';
import { plan } from './commands/plan';
import { policy } from './commands/policy';
import { report } from './commands/report';
import { request } from './commands/requests';
import { status } from './commands/status';
import { NO_PROGRESS, type Progress, progressOn, type ProgressStream } from './progress';
import { render } from './render/render';
import { helpText, parseArguments, type Parsed } from './usage/arguments';
import { quoted, UsageError } from './usage/usage-error';
import { errorFacts } from '../lambda/core/errors';
import { plain } from '../lambda/core/report/wording';

export interface Streams {
  readonly out: ProgressStream & { readonly columns?: number };
  readonly error: ProgressStream;
}

/** @returns the exit code */
export async function main(argv: readonly string[], { out, error }: Streams): Promise<number> {
  let progress: Progress = NO_PROGRESS;
  try {
    const given = parseArguments(argv);
    if (given.command === 'help') {
      out.write(helpText(given.topic));
      return ExitCode.NOTHING;
    }
    if (given.command === 'version') {
      out.write(`${version}\n`);
      return ExitCode.NOTHING;
    }
    // Reading may take minutes, so a file that cannot be written is found before.
    requireWritable(given);
    progress = progressOn(error);
    const { document, exitCode } = await run(given, progress);
    progress.end();
    // A policy is JSON in any case.
    const format = given.command === 'policy' ? 'json' : given.format;
    write(given, render(document, format, terminalOf(given, out)), out);
    return exitCode;
  } catch (thrown) {
    progress.end();
    if (thrown instanceof UsageError) {
      error.write(`${thrown.message}\n`);
      return ExitCode.USAGE;
    }
    if (thrown instanceof NotKnown) {
      error.write(`${thrown.message}\n`);
      return ExitCode.COULD_NOT_LOOK;
    }
    const { code, message } = errorFacts(thrown);
    error.write(`Something unexpected went wrong, so nothing is known. ${code}: ${plain(message)}\n`);
    return ExitCode.COULD_NOT_LOOK;
  }
}

type Command = Exclude<Parsed, { readonly command: 'help' | 'version' }>;

async function run(given: Command, progress: Progress): Promise<Outcome> {
  switch (given.command) {
    case 'plan': return plan(given, progress);
    case 'report': return report(given, progress);
    case 'explain': return explain(given, progress);
    case 'status': return status(given);
    case 'policy': return policy(given);
    case 'restore':
    case 'pause':
    case 'resume':
    case 'retry':
    case 'approve': return request(given, progress);
  }
}

/** A file and a pipe get whole lines, and no colors. */
function terminalOf({ color, output }: Command, out: Streams['out']): Parameters<typeof render>[2] {
  const isTerminal = out.isTTY === true && output === undefined;
  const isColored = color && !process.env.NO_COLOR && process.env.TERM !== 'dumb';
  // Some pseudo-terminals have a width of 0.
  return { width: isTerminal ? out.columns || 80 : undefined, isColored: isTerminal && isColored };
}

function write({ output }: Command, text: string, out: Streams['out']): void {
  if (output === undefined) {
    out.write(text);
    return;
  }
  writeFileSync(output, text);
}

/** @throws UsageError when the file of `--output` cannot be written */
function requireWritable({ output }: Command): void {
  if (output === undefined) return;
  const folder = dirname(resolve(output));
  if (!existsSync(folder)) throw new UsageError(`--output ${quoted(output)}: the folder ${folder} does not exist. Make it first`);
  if (existsSync(output) && statSync(output).isDirectory()) {
    throw new UsageError(`--output ${quoted(output)} is a folder. Name a file in it`);
  }
  try {
    accessSync(existsSync(output) ? output : folder, constants.W_OK);
  } catch (error) {
    throw new UsageError(`--output ${quoted(output)} cannot be written: ${errorFacts(error).message}`);
  }
}
