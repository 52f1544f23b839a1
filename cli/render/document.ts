/** The content of the output of a command, whatever its format. */

/** The weight of a text: what needs a person, what may, what is well, and what is there for completeness. */
export type Tone = 'bad' | 'warn' | 'good' | 'quiet';

export interface Cell {
  /** In one line. It may hold names and descriptions that anyone can write. */
  readonly text: string;
  readonly tone?: Tone;
}

export interface Column {
  readonly title: string;
  /** Whether the texts are sentences, which may be wrapped. Ids are wrapped only if nothing else helps. */
  readonly isProse?: boolean;
}

export interface Table {
  readonly columns: readonly Column[];
  readonly rows: ReadonlyArray<readonly Cell[]>;
}

export interface Section {
  readonly title: string;
  /** Sentences above the table. */
  readonly sentences: readonly Cell[];
  readonly tables: readonly Table[];
}

/** A flat list for spreadsheets. Each row has one text per column. */
export interface Records {
  readonly columns: readonly string[];
  readonly rows: ReadonlyArray<readonly string[]>;
}

export interface Document {
  /** Such as `Plan of Network/NetworkHygiene`. */
  readonly title: string;
  /** The first lines: account, Region and role. */
  readonly lead: readonly Cell[];
  readonly sections: readonly Section[];
  /** The last lines: what it comes to. */
  readonly closing: readonly Cell[];
  /** The same as data. */
  readonly data: unknown;
  readonly records: Records;
}

export type Format = 'table' | 'json' | 'csv' | 'html' | 'markdown';
