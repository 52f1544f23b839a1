/** The deployed function of a construct: its settings, and its aliases. */
import { GetFunctionConfigurationCommand } from '@aws-sdk/client-lambda';
import { discreet } from './discreet';
import { readOnly } from './read-only';
import type { ClientSettings } from './session';
import { InvokeCommand, LambdaClient } from '../../bundle/sdk';
import { HYGIENE_VARIABLE, LEDGER_TABLE_VARIABLE } from '../../src/contract/names';

/** Returns the ledger table and the name of the construct, as the function has them. @throws Lambda's error */
export async function ledgerOfFunction(
  settings: ClientSettings, functionName: string,
): Promise<{ readonly table: string; readonly hygiene: string }> {
  const client = readOnly(new LambdaClient(settings), 'lambda');
  const { Environment } = await client.send(new GetFunctionConfigurationCommand({ FunctionName: functionName }));
  const { [LEDGER_TABLE_VARIABLE]: table, [HYGIENE_VARIABLE]: hygiene } = Environment?.Variables ?? {};
  if (table === undefined || hygiene === undefined) {
    const why = Environment?.Error?.Message;
    throw new Error(`${functionName} is not the function of a NetworkHygiene, or its environment cannot be read${why ? `: ${why}` : ''}`);
  }
  return { table, hygiene };
}

/** Lambda gives the function up to 15 minutes. */
const INVOCATION_MILLIS = 15 * 60_000 + 30_000;

export type Invoked =
  | { readonly kind: 'answered'; readonly answer: unknown }
  /** The function refused the request, or failed. */
  | { readonly kind: 'failed'; readonly message: string };

/** A request, and the alias that accepts it. */
export interface AliasRequest {
  /** Absent: the function itself accepts it, and nothing else. */
  readonly alias?: string;
  readonly request: object;
}

/**
 * Sends a request to the function, through its alias if there is one.
 *
 * @throws Lambda's error if the function was not invoked
 */
export async function invokeAlias(
  settings: ClientSettings, functionName: string, { alias, request }: AliasRequest,
): Promise<Invoked> {
  // A second attempt would send the request twice.
  const client = discreet(new LambdaClient({
    ...settings, maxAttempts: 1,
    requestHandler: { ...settings.requestHandler, requestTimeout: INVOCATION_MILLIS },
  }));
  const { Payload, FunctionError } = await client.send(new InvokeCommand({
    FunctionName: functionName, Qualifier: alias, Payload: Buffer.from(JSON.stringify(request)),
  }));
  const text = Buffer.from(Payload ?? []).toString();
  const answer = parsed(text);
  if (FunctionError === undefined) return { kind: 'answered', answer };
  const message = typeof answer === 'object' && answer !== null && 'errorMessage' in answer
    ? String(answer.errorMessage) : text;
  return { kind: 'failed', message };
}

/** @returns undefined if the text is no JSON */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
