import { logTo } from '../../../lambda/aws/log';

function logged(write: (log: ReturnType<typeof logTo>) => void, requestId?: string): string[] {
  const lines: string[] = [];
  write(logTo({ write: line => lines.push(line) }, requestId));
  return lines;
}

test('writes one line of JSON a call, with what Lambda filters by', () => {
  const lines = logged(log => log('WARN', 'two\nlines', { event: 'Sweep', nested: { scanErrors: 1 } }), 'request-1');
  expect(lines).toHaveLength(1);
  expect(lines[0].indexOf('\n')).toBe(lines[0].length - 1);
  const { timestamp, ...rest } = JSON.parse(lines[0]) as Record<string, unknown>;
  expect(timestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  expect(rest).toEqual({
    level: 'WARN',
    requestId: 'request-1',
    message: 'two\nlines',
    event: 'Sweep',
    nested: { scanErrors: 1 },
  });
});

test('needs neither fields nor a request id', () => {
  expect(JSON.parse(logged(log => log('INFO', 'done'))[0])).toEqual({
    timestamp: expect.any(String),
    level: 'INFO',
    message: 'done',
  });
});
