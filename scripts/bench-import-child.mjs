// One measurement of bench-bundle.ts: imports a file.
import { pathToFileURL } from 'node:url';

const started = performance.now();
await import(pathToFileURL(process.argv[2]).href);
process.send(performance.now() - started, () => process.exit(0));
