/** Tests what is shown on standard error while a command reads. */
import { progressOn, type ProgressStream } from '../../cli/progress';
import { MemoryNetwork } from '../support/memory-network';
import { vpcs } from '../support/swept';

class Stream implements ProgressStream {
  written = '';

  constructor(readonly isTTY?: boolean, readonly columns?: number) {}

  write(text: string): void {
    this.written += text;
  }
}

/** Reads a network through a counting reader, with a clock that goes on with each look at it. */
async function read(stream: Stream, millisPerLook: number, where = 'eu-west-1'): Promise<string> {
  let now = 0;
  const progress = progressOn(stream, () => now += millisPerLook);
  const network = progress.counting(new MemoryNetwork(vpcs(300)), where);
  for (const { vpcId } of await network.vpcs()) await network.staleSecurityGroups(vpcId);
  for await (const _page of network.securityGroupRules({ groupIds: ['sg-1'] }));
  progress.end();
  return stream.written;
}

test('a terminal has one line with counts, which is cleared at the end', async () => {
  const written = await read(new Stream(true, 200), 150);
  expect(written).toMatch(/\reu-west-1: read 300 VPCs, 11 of them for stale rules\x1b\[K/);
  expect(written).not.toContain('\n');
  expect(written.endsWith('\r\x1b[K')).toBe(true);
});

test('a log has few lines, without codes for a terminal', async () => {
  const written = await read(new Stream(), 1000);
  const lines = written.trimEnd().split('\n');
  expect(lines.length).toBeGreaterThan(5);
  expect(lines.length).toBeLessThan(40);
  expect(written).not.toMatch(/[\r\x1b]/);
});

test('a quick command shows nothing', async () => {
  expect(await read(new Stream(), 0)).toBe('');
  expect(await read(new Stream(true, 80), 0)).toBe('');
});

test('a line is never wider than the terminal, and hostile names reach it without control characters', async () => {
  const written = await read(new Stream(true, 40), 500, 'Net\u001b]0;x\u0007work/NetworkHygiene');
  const lines = written.split('\r').map(line => line.replace(/\x1b\[K$/, ''));
  for (const line of lines) {
    expect(line.length).toBeLessThan(40);
    expect(line).not.toMatch(/[\x00-\x1f\x7f]/);
  }
});

test('VPCs that are not read one by one are not said to be missing', async () => {
  const stream = new Stream(true, 200);
  let now = 0;
  const network = progressOn(stream, () => now += 500).counting(new MemoryNetwork(vpcs(3)), 'eu-west-1');
  await network.vpcs();
  expect(stream.written).toContain('eu-west-1: read 3 VPCs\x1b[K');
});
