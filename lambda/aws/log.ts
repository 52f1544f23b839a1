/**
 * Structured log lines on standard output.
 *
 * Written past the console, which Lambda's runtime replaces: it would wrap a line of JSON in another. With `timestamp`
 * and `level`, Lambda's log level filter works on these lines as it does on its own.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-logformat.html
 */
import type { Log } from '../core/ports';

export function logTo(stream: { write(line: string): unknown }, requestId?: string): Log {
  return (level, message, fields = {}) => {
    stream.write(`${JSON.stringify({ timestamp: new Date().toISOString(), level, requestId, message, ...fields })}\n`);
  };
}
