/**
 * Writes structured log lines to standard output.
 *
 * They bypass the console, which the Lambda runtime replaces, because it would wrap a line of JSON in another one. The
 * fields `timestamp` and `level` make Lambda's log level filter work on these lines.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-logformat.html
 */
import type { Log } from '../core/ports';

export function logTo(stream: { write(line: string): unknown }, requestId?: string): Log {
  return (level, message, fields = {}) => {
    stream.write(`${JSON.stringify({ timestamp: new Date().toISOString(), level, requestId, message, ...fields })}\n`);
  };
}
