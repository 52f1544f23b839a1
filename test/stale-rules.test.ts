/** What each choice about stale rules tells the handler. */
import { StaleRules } from '../src';

it.each([
  ['report', StaleRules.report()],
  ['revoke', StaleRules.revoke()],
  ['ignore', StaleRules.ignore()],
])('%s is told by its own name', (action, staleRules) => {
  expect(staleRules._action).toBe(action);
});
