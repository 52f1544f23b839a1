/** The parts of dynalite that are used, because it has no types. */
declare module 'dynalite' {
  import type { Server } from 'node:http';

  interface Options {
    /** The time that creating a table takes. */
    readonly createTableMs?: number;
  }

  function dynalite(options?: Options): Server;

  export = dynalite;
}
