/**
 * `restore`, `pause`, `resume`, `retry` and `approve`: requests to the deployed function, through its aliases if it has
 * them.
 */
import { deployedFunction } from './deployed';
import { ExitCode, NotKnown, type Outcome } from './outcome';
import { errorFacts, isUnreachable } from '../../lambda/core/errors';
import { plain } from '../../lambda/core/report/wording';
import { APPROVE_ALIAS, PAUSE_ALIAS, RESTORE_ALIAS, RESUME_ALIAS, RETRY_ALIAS } from '../../src/contract/names';
import type { Place } from '../../src/contract/organization';
import { type Fields, isFields, listOf, textOf } from '../app/json';
import { type AliasRequest, invokeAlias } from '../aws/functions';
import { inWords } from '../aws/problems';
import { placeLines } from '../documents/place';
import type { Progress } from '../progress';
import type { Cell, Document, Section } from '../render/document';
import type {
  ApproveArguments, PauseArguments, RestoreArguments, ResumeArguments, RetryArguments,
} from '../usage/arguments';
import { UsageError } from '../usage/usage-error';

type RequestArguments = RestoreArguments | PauseArguments | ResumeArguments | RetryArguments | ApproveArguments;

/** @param place the place of the rules, which the hub of an organization has to be told */
function requestOf(given: RequestArguments, place: Place | undefined): AliasRequest {
  switch (given.command) {
    // A hub has a function that only restores.
    case 'restore': return {
      ...place === undefined && { alias: RESTORE_ALIAS }, request: { restore: { ...place, ...given.request } },
    };
    case 'pause': return { alias: PAUSE_ALIAS, request: { pause: { until: given.until, reason: given.reason } } };
    case 'resume': return { alias: RESUME_ALIAS, request: { resume: {} } };
    case 'retry': return {
      alias: RETRY_ALIAS, request: { retry: { ...place, securityGroupRuleIds: given.securityGroupRuleIds } },
    };
    case 'approve': return { alias: APPROVE_ALIAS, request: { approve: { ...place, ...given.request } } };
  }
}

/** @throws UsageError when the function is not deployed, may not be invoked, or refuses the request */
export async function request(given: RequestArguments, progress: Progress): Promise<Outcome> {
  const { session, functionName, label, place } = await deployedFunction(given.target, given);
  progress.say(`Asking ${label} to ${given.command}`);
  const asked = requestOf(given, place);
  let invoked;
  try {
    invoked = await invokeAlias(session.settings, functionName, asked);
  } catch (error) {
    throw notInvoked(error, functionName, asked.alias);
  }
  if (invoked.kind === 'failed') throw new UsageError(`The function did not ${given.command}: ${plain(invoked.message)}`);
  const { answer } = invoked;
  if (!isAnswer(answer)) {
    throw new NotKnown(`${label} gave an answer that this version does not know. \`status\` shows whether it was done`);
  }
  const rules = rulesOf(answer);
  const document: Document = {
    title: `${given.command} by ${label}${place === undefined ? '' : ` in account ${place.account}, Region ${place.region}`}`,
    lead: placeLines([session]),
    sections: sectionsOf(rules),
    closing: closingOf(answer),
    data: {
      version: 1, command: given.command, account: session.account, region: session.region, role: session.arn, place,
      answer,
    },
    records: { columns: [], rows: [] },
  };
  const isAllDone = rules.every(({ outcome, isLeft }) => DONE.has(outcome) && !isLeft);
  return { document, exitCode: isAllDone ? ExitCode.NOTHING : ExitCode.FINDINGS };
}

/** The codes of calls that never reached Lambda. */
const NOT_SENT: ReadonlySet<string> = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN']);

/** A call that gets no answer may have had its effect. */
function notInvoked(error: unknown, functionName: string, alias: string | undefined): Error {
  const through = alias === undefined ? '' : ` through the alias ${alias}`;
  const why = inWords(error, 'lambda:InvokeFunction');
  return isUnreachable(errorFacts(error)) && !NOT_SENT.has(errorFacts(error).code)
    ? new NotKnown(
      `The function ${functionName} was invoked${through}, and its answer was lost, so look with `
      + `\`status\` whether it was done: ${why}`,
    )
    : new UsageError(`The function ${functionName} could not be invoked${through}: ${why}`);
}

const DONE: ReadonlySet<string> = new Set(['RESTORED', 'ALREADY_THERE', 'RETRIED', 'APPROVED', 'ALREADY_APPROVED']);

interface RuleAnswer {
  readonly securityGroupRuleId: string;
  readonly outcome: string;
  readonly restoredAs?: string;
  readonly groupId?: string;
  readonly detail?: string;
  /** Whether a rule that had replaced it could not be taken away. */
  readonly isLeft: boolean;
}

/** An answer to a request about rules has rules. One to a pause or to a resume has a message. */
const isAnswer = (answer: unknown): answer is Fields =>
  isFields(answer) && (Array.isArray(answer.rules) || typeof answer.message === 'string');

function rulesOf(answer: Fields): RuleAnswer[] {
  return listOf(answer.rules).filter(isFields).map(each => {
    const left = listOf(each.replacedBy).filter(isFields).filter(({ outcome }) => outcome === 'FAILED');
    const details = [textOf(each.detail), ...left.map(rule => `${textOf(rule.securityGroupRuleId) ?? 'a rule'}: ${textOf(rule.detail) ?? ''}`)];
    return {
      securityGroupRuleId: textOf(each.securityGroupRuleId) ?? '', outcome: textOf(each.outcome) ?? '',
      restoredAs: textOf(each.restoredAs), groupId: textOf(each.groupId),
      detail: details.filter(detail => detail !== undefined).join('; '), isLeft: left.length > 0,
    };
  });
}

function sectionsOf(rules: readonly RuleAnswer[]): Section[] {
  if (rules.length === 0) return [];
  return [{
    title: 'Rules', sentences: [],
    tables: [{
      columns: [{ title: 'Outcome' }, { title: 'Rule' }, { title: 'Now' }, { title: 'Group' }, { title: 'Detail', isProse: true }],
      rows: rules.map(({ outcome, securityGroupRuleId, restoredAs = '', groupId = '', detail = '', isLeft }): Cell[] => [
        { text: outcome, tone: DONE.has(outcome) && !isLeft ? 'good' : 'bad' }, { text: securityGroupRuleId }, { text: restoredAs },
        { text: groupId }, { text: detail },
      ]),
    }],
  }];
}

/** The answer to a pause says all in one text. */
function closingOf(answer: Fields): Cell[] {
  const { message, note, counts } = answer;
  return [
    ...typeof message === 'string' ? [{ text: message }] : [],
    ...isFields(counts) ? [{ text: `${Object.entries(counts).map(([outcome, count]) => `${outcome}: ${String(count)}`).join(', ')}.` }] : [],
    ...typeof note === 'string' ? [{ text: note }] : [],
  ];
}
