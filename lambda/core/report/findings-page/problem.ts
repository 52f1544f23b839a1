/** Returns advice for when the ledger cannot be read. */
import type { Problem } from './frame';
import { type ErrorFacts, isDenied } from '../../errors';

export function problem(facts: ErrorFacts, table = 'of the ledger'): Problem {
  return {
    doing: `Reading the table ${table}`,
    code: facts.code,
    message: facts.message,
    advice: advice(facts, table),
  };
}

function advice(facts: ErrorFacts, table: string): string {
  const { code, message } = facts;
  if (isDenied(facts) && /kms/i.test(message)) {
    return "The function's role needs kms:Decrypt on the key of the table. Deploy the stack again, and look at the policy of the key.";
  }
  if (isDenied(facts)) {
    return `The function's role needs dynamodb:GetItem and dynamodb:Query on the table ${table}. Deploy the stack again; if the error stays, look for a permissions boundary or a service control policy.`;
  }
  if (code === 'ResourceNotFoundException') {
    return `The table ${table} does not exist. Deploy the stack again, or name the table that the function should use.`;
  }
  if (
    /Throttling|ThroughputExceeded|RequestLimitExceeded|Timeout|ECONN|ENOTFOUND|InternalServerError|ServiceUnavailable/.test(
      code,
    )
  ) {
    return 'This usually passes by itself. Refresh the widget.';
  }
  if (code === 'Error') return 'Deploy the stack again, with one version of cdk-network-hygiene.';
  return 'Refresh the widget. If the error stays, look up its code in the documentation of DynamoDB.';
}
