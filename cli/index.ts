/** The entry of the command line. */
import { ExitCode } from './commands/outcome';
import { main } from './main';

// The warning is about the SDK in this file, which people cannot change.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';

let isCutOff = false;

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // A reader that wants no more, such as `head`, closes the pipe. The exit code stays what it is.
  if (error.code === 'EPIPE') return;
  isCutOff = true;
  process.exitCode = ExitCode.COULD_NOT_LOOK;
  process.stderr.write(`The output could not be written in whole: ${error.message}\n`);
});

// Without a listener, a closed pipe would end the process as if something was found.
process.stderr.on('error', () => undefined);
process.on('uncaughtException', (error: Error) => {
  process.stderr.write(`Something unexpected went wrong, so nothing is known. ${error.name}: ${error.message}\n`);
  process.exit(ExitCode.COULD_NOT_LOOK);
});

void main(process.argv.slice(2), { out: process.stdout, error: process.stderr }).then(code => {
  process.exitCode = isCutOff ? ExitCode.COULD_NOT_LOOK : code;
});
