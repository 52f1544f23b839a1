/** Tests that the messages in the documentation are those that people get. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { EventType } from '../../src/contract/names';
import { configured, Scene, theOnly } from '../support/waiting-scene';

const SAFETY = readFileSync(join(__dirname, '..', '..', 'docs', 'safety.md'), 'utf8');

test('a request for an approval looks as docs/safety.md shows it', async () => {
  const scene = new Scene();
  const swept = await scene.sweep(0, configured({ hygiene: 'Network/Hygiene', approval: { validSeconds: 86_400 } }));
  const digest = String(theOnly(swept, EventType.APPROVAL_REQUESTED).detail.digest);
  const message = swept.notifications.published[0].message
    .replaceAll('sgr-1', 'sgr-0123456789abcdef0').replaceAll(/\bsg-1\b/g, 'sg-0123456789abcdef0')
    .replaceAll('sweep-1', '20270111T080000Z-0123abcd').replaceAll(digest, '0123456789abcdef');
  const [, shown] = /A message to a mailbox looks like this:\n\n```text\n(.*?)\n```/s.exec(SAFETY) ?? [];
  expect(message.trimEnd().split('\n')).toEqual(shown.split('\n'));
});
