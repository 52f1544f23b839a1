/**
 * The temporary folder of one run of the tests. Everything is created in it, so anything that is left belongs to this
 * run.
 */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeLeft, leftBehind, TOOL_PREFIXES } from './left-behind';

interface Run {
  readonly folder: string;
  /** The folder that contains it. */
  readonly outer: string;
  /** The names that were there before. */
  readonly before: readonly string[];
  /** The former value of TMPDIR. */
  readonly variable: string | undefined;
}

let current: Run | undefined;

/** Creates the folder, and makes this process and its children use it. */
export function startRun(): void {
  const outer = tmpdir();
  const before = readdirSync(outer);
  // The names are short, because the path of a socket is limited.
  current = { folder: mkdtempSync(join(outer, 'nh-')), outer, before, variable: process.env.TMPDIR };
  process.env.TMPDIR = current.folder;
}

/** Removes the folder. @throws when something was left in it, or beside it by a tool that did not use it */
export function endRun(): void {
  if (current === undefined) return;
  const { folder, outer, before, variable } = current;
  current = undefined;
  if (variable === undefined) delete process.env.TMPDIR;
  else process.env.TMPDIR = variable;
  const inside = leftBehind([], readdirSync(folder));
  rmSync(folder, { recursive: true, force: true });
  // On a shared machine, such names may belong to other programs. In CI, they belong to the run.
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
