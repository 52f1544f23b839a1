/** Compares the page about Security Hub with the severities of the handler. */
import { SEVERITIES } from '../../lambda/core/security-hub/severity';
import { code, page } from '../support/pages';

test('the page about Security Hub has every severity, with what is exposed, in the same order', () => {
  const rows = page('docs/security-hub.md').table('What is imported').map(([label, words]) => [code(label)[0], words]);
  expect(rows).toEqual(Object.values(SEVERITIES).map(({ label, words }) => [label, words]));
});
