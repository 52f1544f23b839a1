/** The temporary folder of one run of the tests. Everything is made in it, so that whatever is left is of this run. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeLeft, leftBehind, TOOL_PREFIXES } from './left-behind';

interface Run {
  readonly folder: string;
  /** Where the folder is. */
  readonly outer: string;
  /** What was there before. */
  readonly before: readonly string[];
  /** What TMPDIR was. */
  readonly variable: string | undefined;
}

let current: Run | undefined;

/** Makes the folder, and has this process and those that it starts use it. */
export function startRun(): void {
  const outer = tmpdir();
  const before = readdirSync(outer);
  // The names are short: the path of a socket has little room.
  current = { folder: mkdtempSync(join(outer, 'nh-')), outer, before, variable: process.env.TMPDIR };
  process.env.TMPDIR = current.folder;
}

/** Removes the folder. @throws when something was left in it, or beside it by a tool that was not told of it */
export function endRun(): void {
  if (current === undefined) return;
  const { folder, outer, before, variable } = current;
  current = undefined;
  if (variable === undefined) delete process.env.TMPDIR;
  else process.env.TMPDIR = variable;
  const inside = leftBehind([], readdirSync(folder));
  rmSync(folder, { recursive: true, force: true });
  // On a machine where other programs work, such names may be theirs. In CI the folder is the run's alone.
  const beside = process.env.CI ? leftBehind(before, readdirSync(outer), TOOL_PREFIXES) : [];
  const problems: string[] = [];
  if (inside.length > 0) {
    problems.push(`The tests left this in the temporary folder of the run:\n${describeLeft(inside)}`);
  }
  if (beside.length > 0) {
    problems.push(`The tests left this in ${outer}:\n${describeLeft(beside)}`);
  }
  if (problems.length > 0) throw new Error(problems.join('\n'));
}
