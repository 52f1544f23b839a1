/** Finds the deployed function and the ledger of the constructs that a command names. */
import { ledgerTable, openConstructs, type OpenConstruct, withLookups } from './constructs';
import { openEveryPlace } from './places';
import { errorFacts } from '../../lambda/core/errors';
import { plain } from '../../lambda/core/report/wording';
import { configurationOf } from '../app/configuration';
import { resolve } from '../app/tokens';
import { ledgerOfFunction } from '../aws/functions';
import { hintFor } from '../aws/problems';
import type { Session } from '../aws/session';
import type { Everywhere, Target } from '../usage/arguments';
import { UsageError } from '../usage/usage-error';

export interface DeployedLedger {
  readonly session: Session;
  readonly table: string;
  readonly hygiene: string;
}

export interface DeployedFunction {
  readonly session: Session;
  /** The name or the ARN. */
  readonly functionName: string;
  /** What to call it in messages. */
  readonly label: string;
}

/** @throws UsageError when something of it is not deployed, or cannot be told */
export async function deployedLedgers(target: Target, access: Everywhere): Promise<DeployedLedger[]> {
  if (target.kind === 'function') {
    const sessions = await openEveryPlace(access);
    return Promise.all(sessions.map(async session => {
      try {
        return { session, ...await ledgerOfFunction(session.settings, target.functionName) };
      } catch (error) {
        throw new UsageError(`The function ${target.functionName} could not be read: ${inWords(error, 'lambda:GetFunctionConfiguration')}`);
      }
    }));
  }
  const constructs = await openConstructs(target.folder, target, access, false);
  return Promise.all(constructs.map(async construct => {
    const { hygiene, session } = construct;
    const { at, name } = await withLookups(construct, lookups => ({
      at: ledgerTable(hygiene, lookups),
      name: hygiene.name ?? configurationOf(hygiene.properties, lookups).configuration.hygiene,
    }));
    if (at.kind !== 'there') throw notThere(construct, 'ledger', at.kind === 'unknown' ? at.why : undefined);
    return { session, table: at.table, hygiene: name };
  }));
}

/** @throws UsageError when there is not exactly one such function */
export async function deployedFunction(target: Target, access: Everywhere): Promise<DeployedFunction> {
  if (target.kind === 'function') {
    const sessions = await openEveryPlace(access);
    requireOne(sessions.map(({ region }) => region), '--region');
    const { functionName } = target;
    return { session: sessions[0], functionName, label: functionName };
  }
  const constructs = await openConstructs(target.folder, target, access, false);
  requireOne(constructs.map(({ hygiene, session }) => `${hygiene.constructPath} in ${session.region}`), '--construct, --stack or --region');
  const [construct] = constructs;
  const { hygiene, session } = construct;
  const resolved = await withLookups(construct, lookups => resolve(hygiene.properties.ServiceToken, lookups));
  if (resolved.kind !== 'value') throw notThere(construct, 'function', resolved.kind === 'unknown' ? resolved.why : undefined);
  return { session, functionName: String(resolved.value), label: hygiene.constructPath };
}

/** A request changes something, so it goes to one function only. */
function requireOne(names: readonly string[], option: string): void {
  if (names.length > 1) throw new UsageError(`There are several: ${names.join(', ')}. Name one of them with ${option}`);
}

function notThere({ hygiene, session }: OpenConstruct, what: string, why: string | undefined): UsageError {
  const { stack, constructPath } = hygiene;
  return new UsageError(why === undefined
    ? `${constructPath} has no ${what} yet: the stack ${stack.stackName} is not deployed in account ${session.account}, `
      + `Region ${session.region}, or not with this construct`
    : `The ${what} of ${constructPath} is not known: ${why}. Give --function-name instead`);
}

/** @param permission what the call needs, if `policy` does not print it */
export function inWords(error: unknown, permission?: string): string {
  const facts = errorFacts(error);
  const hint = hintFor(facts, permission);
  return `${facts.code}: ${plain(facts.message)}${hint === undefined ? '' : `; ${hint}`}`;
}
