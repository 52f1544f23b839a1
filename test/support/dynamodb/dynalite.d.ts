/** What is used of dynalite, which has no types of its own. */
declare module 'dynalite' {
  import type { Server } from 'node:http';

  interface Options {
    /** How long a table takes to be made. */
    readonly createTableMs?: number;
  }

  function dynalite(options?: Options): Server;

  export = dynalite;
}
