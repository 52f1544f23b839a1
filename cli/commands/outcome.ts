/** The outcome of a command: its document and its exit code. */
import type { Document } from '../render/document';

/** The exit codes. A higher one wins. */
export const ExitCode = {
  /** Nothing was found, or everything was done. */
  NOTHING: 0,
  /** Something was found, or not everything was done. */
  FINDINGS: 1,
  /** Something could not be looked at, so there may be more. */
  COULD_NOT_LOOK: 2,
  /** The arguments or the credentials are wrong. */
  USAGE: 3,
} as const;

export interface Outcome {
  readonly document: Document;
  readonly exitCode: typeof ExitCode[keyof typeof ExitCode];
}

/** A request was sent, and whether it was done is not known. The message says how to find out. */
export class NotKnown extends Error {
  public readonly name = 'NotKnown';
}

/** @param gaps the number of things that could not be looked at */
export function exitCodeOf({ findings, gaps }: { readonly findings: number; readonly gaps: number }): Outcome['exitCode'] {
  if (gaps > 0) return ExitCode.COULD_NOT_LOOK;
  return findings > 0 ? ExitCode.FINDINGS : ExitCode.NOTHING;
}
