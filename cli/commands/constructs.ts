/** Opens the constructs of an app, each in its account and Region, and a hub in the Regions of one account. */
import { type Home, homeOf, regionsOfHub } from './hubs';
import { onceEach } from './once-each';
import { credentialsOf, requireAccount, WrongAccount } from './places';
import { LEDGER_PROPERTY } from '../../src/contract/names';
import { readAssembly, type StackOfApp } from '../app/assembly';
import { type HygieneOfApp, hygienesOf, select } from '../app/hygienes';
import { lookupsFor, withDeployedStacks } from '../app/lookups';
import { type Lookups, resolve } from '../app/tokens';
import { type DeployedStacks, deployedStacks } from '../aws/deployed-stacks';
import { defaultRegion, type Session, sessionIn } from '../aws/session';
import type { Gap } from '../documents/errors';
import type { Everywhere, Selection } from '../usage/arguments';
import { UsageError } from '../usage/usage-error';

/** A construct of an app, in one account and Region. */
export interface OpenConstruct {
  readonly hygiene: HygieneOfApp;
  /** The account and Region that it looks at. */
  readonly session: Session;
  /** The account and Region in which its stack is deployed. */
  readonly home: Home;
  readonly stacks: readonly StackOfApp[];
  readonly deployed: DeployedStacks;
  /** Facts about the Regions, in sentences. */
  readonly notes: readonly string[];
}

/** The constructs of an app, and those in Regions in which the credentials cannot be used. */
export interface OpenConstructs {
  readonly constructs: readonly OpenConstruct[];
  readonly refused: readonly Gap[];
}

/**
 * @param before checks what is selected, before AWS is asked for anything
 * @throws UsageError when there is no such construct, or the credentials are not of its account, or can be used in none
 * of the Regions
 */
export async function openConstructs(
  folder: string, { stacks: stackNames, constructs: constructNames }: Selection, access: Everywhere,
  before?: (selected: readonly HygieneOfApp[]) => Promise<void>,
): Promise<OpenConstructs> {
  const stacks = readAssembly(folder);
  const selected = select(hygienesOf(stacks), { stack: stackNames, construct: constructNames });
  requireAccounts(selected, access);
  await before?.(selected);
  const { account: given } = access;
  const [account, ...others] = new Set(selected.map(({ isHub, stack }) => isHub ? given : stack.account ?? given));
  const whose = credentialsOf(others.length === 0 ? account : undefined);
  // Each Region has one session.
  const sessionOf = onceEach((region: string) => sessionIn(region, { ...access, ...whose }));
  const deployedOf = onceEach(({ settings }: Session) => cached(deployedStacks(settings)));
  const { places, refused } = await inRegions(selected, access, sessionOf);
  // A hub may look at many Regions.
  await Promise.allSettled(places.map(({ region }) => sessionOf(region)));
  const constructs: OpenConstruct[] = [];
  for (const { hygiene, region, notes } of places) {
    try {
      const session = await sessionOf(region);
      if (!hygiene.isHub) requireOwnAccount(hygiene, session);
      requireAccount(session, access.account);
      const home = hygiene.isHub ? await homeOf(hygiene, session, sessionOf) : { session };
      const deployed = home.session === undefined ? unread(home.why) : deployedOf(home.session);
      constructs.push({ hygiene, session, home, stacks, deployed, notes });
    } catch (error) {
      if (!(error instanceof UsageError) || error instanceof WrongAccount) throw error;
      refused.push({ message: `${hygiene.constructPath} in ${region}: ${error.message}` });
    }
  }
  if (constructs.length === 0) throw new UsageError(refused[0].message);
  return { constructs, refused };
}

const unread = (why: string): DeployedStacks => ({
  stack: async name => ({ kind: 'unread', why: `the stack ${name} was not read, because ${why}` }),
  exports: async () => undefined,
});

/** A wrong account would show what another network looks like. */
function requireAccounts(hygienes: readonly HygieneOfApp[], { account }: Everywhere): void {
  if (account !== undefined) return;
  const hub = hygienes.find(({ isHub }) => isHub);
  if (hub !== undefined) {
    throw new UsageError(
      `${hub.constructPath} looks at many accounts, and this command at one. Name it with --account <id>, and give the `
      + '--profile or the --role-arn of that account',
    );
  }
  const agnostic = hygienes.find(({ stack }) => stack.account === undefined);
  if (agnostic === undefined) return;
  throw new UsageError(
    `The stack ${agnostic.stack.displayName} has no env, so it can be deployed to any account. `
    + 'Name the account that you mean with --account <id>',
  );
}

interface InRegion {
  readonly hygiene: HygieneOfApp;
  readonly region: string;
  readonly notes: readonly string[];
}

/**
 * A stack without a Region is looked at in each Region that is given. A stack with one is looked at only there. A hub
 * looks at each Region that it names, or that is enabled.
 */
async function inRegions(
  hygienes: readonly HygieneOfApp[], access: Everywhere, sessionOf: (region: string) => Promise<Session>,
): Promise<{ readonly places: InRegion[]; readonly refused: Gap[] }> {
  const { regions } = access;
  const isAgnostic = hygienes.some(({ stack, isHub }) => !isHub && stack.region === undefined);
  const elsewhere = isAgnostic && regions.length === 0 ? [await defaultRegion(access)] : regions;
  const places: InRegion[] = [];
  const refused: Gap[] = [];
  for (const hygiene of hygienes) {
    const { region } = hygiene.stack;
    if (hygiene.isHub) {
      const found = await regionsOfHub(hygiene, access, sessionOf);
      refused.push(...found.refused);
      places.push(...found.regions.map(each => ({ hygiene, region: each, notes: found.notes })));
    } else if (region === undefined) {
      places.push(...elsewhere.map(each => ({ hygiene, region: each, notes: [] })));
    } else if (regions.length === 0 || regions.includes(region)) {
      places.push({ hygiene, region, notes: [] });
    }
  }
  if (places.length > 0 || refused.length > 0) return { places, refused };
  const there = hygienes.map(({ stack, constructPath, isHub }) =>
    isHub ? `${constructPath}, which looks at other Regions` : `${stack.displayName} in ${stack.region}`).join(', ');
  throw new UsageError(`--region ${regions.join(', ')}: no stack with a NetworkHygiene is there. The app has ${there}`);
}

/** @throws WrongAccount when the credentials are of another account than the stack */
export function requireOwnAccount({ stack }: HygieneOfApp, { account, arn }: Session): void {
  if (stack.account === undefined || stack.account === account) return;
  throw new WrongAccount(
    `The stack ${stack.displayName} is for account ${stack.account}, and the credentials are of account ${account} (${arn}). `
    + 'Give the --profile or the --role-arn of that account, or select other stacks with --stack',
  );
}

function cached(stacks: DeployedStacks): DeployedStacks {
  let exports: ReturnType<DeployedStacks['exports']> | undefined;
  return { stack: onceEach(stacks.stack), exports: () => exports ??= stacks.exports() };
}

/** Does work that needs what is deployed. The work is repeated, so it must have no effects. */
export async function withLookups<T>(
  { hygiene, session, home, stacks, deployed }: Omit<OpenConstruct, 'notes'>, work: (lookups: Lookups) => T,
): Promise<T> {
  const { account = session.account, region = session.region } = home.session ?? hygiene.stack;
  const exports = isImporting(hygiene) ? await deployed.exports() : undefined;
  return withDeployedStacks(
    stack => work(lookupsFor(hygiene, stacks, { account, region, stack, exports })), deployed.stack,
  );
}

/**
 * Whether exports are read. An import may reach the configuration through other resources, conditions and parameters.
 */
export function isImporting({ stack, nestedStacks }: HygieneOfApp): boolean {
  return [stack, ...nestedStacks].some(({ template: { resources, conditions } }) =>
    JSON.stringify([...resources.values(), ...conditions.values()]).includes('Fn::ImportValue'));
}

/**
 * - `there`: the name of the table
 * - `notYetThere`: the deployment creates it
 * - `unknown`: it cannot be told
 */
export type LedgerTable =
  | { readonly kind: 'there'; readonly table: string }
  | { readonly kind: 'notYetThere' }
  | { readonly kind: 'unknown'; readonly why: string };

export function ledgerTable({ properties }: HygieneOfApp, lookups: Lookups): LedgerTable {
  const resolved = resolve(properties[LEDGER_PROPERTY], lookups);
  switch (resolved.kind) {
    case 'value': return { kind: 'there', table: String(resolved.value) };
    case 'notYetThere': return { kind: 'notYetThere' };
    case 'unknown': return { kind: 'unknown', why: resolved.why };
  }
}
