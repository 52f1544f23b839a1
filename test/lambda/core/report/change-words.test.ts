/** Tests the texts about who made a change. */
import { authorWords, changedSentence, madeBy, whoChanged } from '../../../../lambda/core/report/change-words';
import { anAuthor, anEntry, aRule } from '../../../support/builders';

const ANN = 'arn:aws:iam::111122223333:user/ann';

test.each([
  [{ arn: ANN }, `by ${ANN} with the console (AuthorizeSecurityGroupIngress at 2026-01-01 00:00 UTC, event event-1)`],
  [{ arn: ANN, tool: 'Terraform' }, `by ${ANN} with Terraform (AuthorizeSecurityGroupIngress at 2026-01-01 00:00 UTC, event event-1)`],
  [{ arn: ANN, tool: 'CloudFormation' }, `by ${ANN} with CloudFormation (AuthorizeSecurityGroupIngress at 2026-01-01 00:00 UTC, event event-1)`],
  [{ arn: ANN, tool: undefined, at: undefined }, `by ${ANN} (AuthorizeSecurityGroupIngress, event event-1)`],
  [{ arn: undefined, tool: undefined }, 'by an unknown caller (AuthorizeSecurityGroupIngress at 2026-01-01 00:00 UTC, event event-1)'],
] as const)('%j is named "%s"', (author, words) => {
  expect(authorWords(anAuthor(author))).toBe(words);
  expect(changedSentence(anAuthor(author))).toBe(`. Changed ${words}`);
});

test('nobody has no sentence', () => {
  expect(changedSentence(undefined)).toBe('');
});

test('the time is in the form of the reader', () => {
  expect(authorWords(anAuthor({ arn: ANN }), () => 'today')).toBe(`by ${ANN} with the console (AuthorizeSecurityGroupIngress at today, event event-1)`);
});

test('a name of a session that someone chose stays in one line, and does not go on for ever', () => {
  const arn = 'arn:aws:sts::111122223333:assumed-role/Developer/ann\n\u202eRevoked\u0007';
  expect(authorWords(anAuthor({ arn }))).toContain('by arn:aws:sts::111122223333:assumed-role/Developer/ann  Revoked  with the console (');
  const long = authorWords(anAuthor({ arn: `arn:${'🔥'.repeat(5000)}`, tool: undefined }));
  expect(long).toContain(`by arn:${'🔥'.repeat(296)}... (`);
  expect(authorWords(anAuthor({ eventName: 'A\nB' }))).toContain('(A B at');
});

test('a finding was opened by who made the rule, and ended by who the healed entry names', () => {
  const changedBy = anAuthor();
  const healed = anEntry({ state: 'HEALED', changedBy });
  expect(whoChanged({ change: 'OPENED', entry: anEntry({ changedBy }) })).toBe(changedBy);
  expect(whoChanged({ change: 'HEALED', entry: healed })).toBe(changedBy);
  // A rule that was revoked, came back for a moment and is gone names who had made it.
  expect(whoChanged({ change: 'HEALED', entry: anEntry({ state: 'REVOKED', changedBy }) })).toBeUndefined();
});

test('a rule was made by who its entry names, unless it admitted other traffic', () => {
  const changedBy = anAuthor();
  expect(madeBy(anEntry({ changedBy }), aRule({ description: 'new' }))).toBe(changedBy);
  expect(madeBy(anEntry({ changedBy }), aRule({ toPort: 23 }))).toBeUndefined();
  expect(madeBy(undefined, aRule())).toBeUndefined();
});
