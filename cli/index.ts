/** The entry of the command line. */
import { main } from './main';

// The warning is about the SDK in this file, which people cannot change.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';

// A reader that wants no more, such as `head`, closes the pipe. The exit code stays what it is.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

void main(process.argv.slice(2), { out: process.stdout, error: process.stderr }).then(code => {
  process.exitCode = code;
});
