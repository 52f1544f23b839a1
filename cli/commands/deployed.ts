/** Finds the deployed function and the ledger of the constructs that a command names. */
import { ledgerTable, openConstructs, type OpenConstruct, withLookups } from './constructs';
import { openEveryPlace, openPlaces } from './places';
import { errorFacts } from '../../lambda/core/errors';
import { configurationOf } from '../app/configuration';
import { resolve } from '../app/tokens';
import { ledgerOfFunction } from '../aws/functions';
import { inWords } from '../aws/problems';
import type { Session } from '../aws/session';
import type { Gap } from '../documents/errors';
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
  /** The name of the function in messages. */
  readonly label: string;
}

/** The ledgers of deployed constructs, and why others could not be found. */
export interface DeployedLedgers {
  readonly ledgers: readonly DeployedLedger[];
  readonly gaps: readonly Gap[];
}

/** @throws UsageError when no ledger can be found */
export async function deployedLedgers(target: Target, access: Everywhere): Promise<DeployedLedgers> {
  const { finding, gaps } = target.kind === 'function'
    ? await ofFunction(target.functionName, access) : await ofApp(target, access);
  const found = await Promise.allSettled(finding);
  const ledgers = found.flatMap(each => each.status === 'fulfilled' ? [each.value] : []);
  const failed = found.flatMap(each => each.status === 'rejected' ? [{ message: errorFacts(each.reason).message }] : []);
  const all = [...gaps, ...failed];
  if (ledgers.length === 0) throw new UsageError(all[0].message);
  return { ledgers, gaps: all };
}

interface Finding {
  readonly finding: ReadonlyArray<Promise<DeployedLedger>>;
  readonly gaps: readonly Gap[];
}

async function ofFunction(functionName: string, access: Everywhere): Promise<Finding> {
  const { sessions, refused: gaps } = await openPlaces(access);
  const find = async (session: Session): Promise<DeployedLedger> => {
    try {
      return { session, ...await ledgerOfFunction(session.settings, functionName) };
    } catch (error) {
      const why = inWords(error, 'lambda:GetFunctionConfiguration');
      throw new UsageError(`The function ${functionName} could not be read in ${session.region}: ${why}`);
    }
  };
  return { finding: sessions.map(find), gaps };
}

async function ofApp(target: Extract<Target, { kind: 'app' }>, access: Everywhere): Promise<Finding> {
  const { constructs, refused: gaps } = await openConstructs(target.folder, target, access);
  const find = async (construct: OpenConstruct): Promise<DeployedLedger> => {
    const { hygiene, session } = construct;
    const { at, name } = await withLookups(construct, lookups => ({
      at: ledgerTable(hygiene, lookups),
      name: hygiene.name ?? configurationOf(hygiene.properties, lookups).configuration.hygiene,
    }));
    if (at.kind !== 'there') throw notThere(construct, 'ledger', at.kind === 'unknown' ? at.why : undefined);
    return { session, table: at.table, hygiene: name };
  };
  return { finding: constructs.map(find), gaps };
}

/** @throws UsageError when there is not exactly one such function */
export async function deployedFunction(target: Target, access: Everywhere): Promise<DeployedFunction> {
  if (target.kind === 'function') {
    const sessions = await openEveryPlace(access);
    requireOne(sessions.map(({ region }) => region), '--region');
    const { functionName } = target;
    return { session: sessions[0], functionName, label: functionName };
  }
  const { constructs, refused } = await openConstructs(target.folder, target, access);
  if (refused.length > 0) throw new UsageError(refused[0].message);
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
