// One measurement of bench-bundle.ts: imports the handler and runs one sweep.
import { pathToFileURL } from 'node:url';

const started = performance.now();
const { handler } = await import(pathToFileURL(process.argv[2]).href);
const imported = performance.now();
await handler({ sweep: {} }, { getRemainingTimeInMillis: () => 60_000 });
const called = performance.now();
process.send({ importMillis: imported - started, firstCallMillis: called - imported, peakRssBytes: process.resourceUsage().maxRSS * 1024 }, () => process.exit(0));
