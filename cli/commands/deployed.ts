/** Finds the deployed function and the ledger of the constructs that a command names. */
import { ledgerTable, openConstructs, type OpenConstruct, requireOwnAccount, withLookups } from './constructs';
import { openPlaces, requireAccount } from './places';
import { errorFacts } from '../../lambda/core/errors';
import type { Place } from '../../src/contract/organization';
import { readAssembly, type StackOfApp } from '../app/assembly';
import { configurationOf } from '../app/configuration';
import { type HygieneOfApp, hygienesOf, restoreFunctionOf, select } from '../app/hygienes';
import { resolve } from '../app/tokens';
import { deployedStacks } from '../aws/deployed-stacks';
import { ledgerOfFunction } from '../aws/functions';
import { inWords } from '../aws/problems';
import { defaultRegion, type Session, sessionIn } from '../aws/session';
import type { Gap } from '../documents/errors';
import type { Everywhere, Target } from '../usage/arguments';
import { UsageError } from '../usage/usage-error';

export interface DeployedLedger {
  readonly session: Session;
  readonly table: string;
  readonly hygiene: string;
  /** The place of an organization that it is about. Absent: the ledger is of one account and Region. */
  readonly place?: Place;
}

export interface DeployedFunction {
  readonly session: Session;
  /** The name or the ARN. */
  readonly functionName: string;
  /** The name of the function in messages. */
  readonly label: string;
  /** The place of an organization that the request is about. */
  readonly place?: Place;
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
  const hub = hubIn(target);
  if (hub !== undefined) {
    const places = placesAt(hub.hygiene, access, 'status');
    const construct = await openHub(hub, { ...access, account: undefined, regions: [] });
    return { finding: places.map(async place => ({ ...await ledgerOf(construct), place })), gaps: [] };
  }
  const { constructs, refused: gaps } = await openConstructs(target.folder, target, access);
  return { finding: constructs.map(ledgerOf), gaps };
}

async function ledgerOf(construct: OpenConstruct): Promise<DeployedLedger> {
  const { hygiene, session } = construct;
  const { at, name } = await withLookups(construct, lookups => ({
    at: ledgerTable(hygiene, lookups),
    name: hygiene.name ?? configurationOf(hygiene.properties, lookups).configuration.hygiene,
  }));
  if (at.kind !== 'there') throw notThere(construct, 'ledger', at.kind === 'unknown' ? at.why : undefined);
  return { session, table: at.table, hygiene: name };
}

/** @throws UsageError when there is not exactly one such function */
export async function deployedFunction(
  target: Target, access: Everywhere & { readonly command: RequestName },
): Promise<DeployedFunction> {
  if (target.kind === 'function') {
    const { sessions: [session] } = await openPlaces(access);
    const { functionName } = target;
    return { session, functionName, label: functionName };
  }
  const hub = hubIn(target);
  if (hub !== undefined) return functionOfHub(hub, access);
  const { constructs, refused } = await openConstructs(target.folder, target, access);
  if (refused.length > 0) throw new UsageError(refused[0].message);
  requireOne(constructs.map(({ hygiene, session }) => `${hygiene.constructPath} in ${session.region}`), '--construct, --stack or --region');
  const [construct] = constructs;
  const { hygiene, session } = construct;
  const resolved = await withLookups(construct, lookups => resolve(hygiene.properties.ServiceToken, lookups));
  if (resolved.kind !== 'value') throw notThere(construct, 'function', resolved.kind === 'unknown' ? resolved.why : undefined);
  return { session, functionName: String(resolved.value), label: hygiene.constructPath };
}

type RequestName = 'restore' | 'pause' | 'resume' | 'retry' | 'approve';

interface HubOfApp {
  readonly hygiene: HygieneOfApp;
  readonly stacks: readonly StackOfApp[];
}

/** Returns the hub that is selected, if it is one. @throws UsageError when others are selected, too */
function hubIn({ folder, stacks: stack, constructs: construct }: Extract<Target, { kind: 'app' }>): HubOfApp | undefined {
  const stacks = readAssembly(folder);
  const selected = select(hygienesOf(stacks), { stack, construct });
  const hygiene = selected.find(({ isHub }) => isHub);
  if (hygiene === undefined) return undefined;
  requireOne(selected.map(({ constructPath }) => constructPath), '--construct or --stack');
  return { hygiene, stacks };
}

/** Requests about rules, and their status, name the place of the rules. All others are about the whole organization. */
async function functionOfHub(
  hub: HubOfApp, access: Everywhere & { readonly command: RequestName },
): Promise<DeployedFunction> {
  const { hygiene } = hub;
  const { command } = access;
  const isOfPlace = command === 'restore' || command === 'retry' || command === 'approve';
  const places = isOfPlace ? placesAt(hygiene, access, command) : [];
  if (!isOfPlace) requireOwn(hygiene, access);
  const token = command === 'restore' ? restoreFunctionOf(hygiene) : hygiene.properties.ServiceToken;
  const label = hygiene.constructPath;
  if (token === undefined) {
    throw new UsageError(`${label} has no function that restores, because allowRestore is false, or no rules are looked at`);
  }
  const construct = await openHub(hub, isOfPlace ? { ...access, account: undefined, regions: [] } : access);
  const resolved = await withLookups(construct, lookups => resolve(token, lookups));
  if (resolved.kind !== 'value') throw notThere(construct, 'function', resolved.kind === 'unknown' ? resolved.why : undefined);
  return { session: construct.session, functionName: String(resolved.value), label, place: places.at(0) };
}

/** @throws UsageError when a request about the whole organization names one of the other accounts */
function requireOwn(
  { stack, constructPath }: HygieneOfApp, { account, command }: Everywhere & { readonly command: RequestName },
): void {
  if (account === undefined || stack.account === undefined || account === stack.account) return;
  throw new UsageError(
    `--account ${account}: ${command} is for the whole organization of ${constructPath}, which is in account `
    + `${stack.account}. Leave --account out, and give the credentials of that account`,
  );
}

/** @throws UsageError when the account or the Region is missing */
function placesAt({ constructPath }: HygieneOfApp, { account, regions }: Everywhere, command: string): Place[] {
  if (account !== undefined && regions.length > 0) return regions.map(region => ({ account, region }));
  const missing = [
    ...account === undefined ? ['--account <id>'] : [], ...regions.length === 0 ? ['--region <region>'] : [],
  ].join(' and ');
  throw new UsageError(
    `${constructPath} is the hub of an organization, so ${command} needs the account and the Region of the rules. Give `
    + `${missing}, and the credentials of the account of the hub`,
  );
}

/** Opens the account and Region in which a hub is deployed. */
async function openHub({ hygiene, stacks }: HubOfApp, access: Everywhere): Promise<OpenConstruct> {
  const { stack, constructPath } = hygiene;
  const { regions } = access;
  if (stack.region !== undefined && regions.length > 0 && !regions.includes(stack.region)) {
    throw new UsageError(`--region ${regions.join(', ')}: ${constructPath} is in ${stack.region}. Leave --region out`);
  }
  const whose = stack.account === undefined ? `the account in which ${constructPath} is`
    : `account ${stack.account}, in which ${constructPath} is`;
  const session = await sessionIn(stack.region ?? regions.at(0) ?? await defaultRegion(access), { ...access, whose });
  requireOwnAccount(hygiene, session);
  requireAccount(session, access.account);
  return { hygiene, session, home: { session }, stacks, deployed: deployedStacks(session.settings), notes: [] };
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
