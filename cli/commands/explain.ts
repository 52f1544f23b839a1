/** `explain`: each check and each reason for some rules. */
import { existsSync } from 'node:fs';
import { openConstructs, type OpenConstruct } from './constructs';
import { explainingConfiguration } from './flagged';
import { exitCodeOf, type Outcome } from './outcome';
import { openPlaces } from './places';
import { plannedConstruct, requireSwept } from './planned-construct';
import { errorFacts } from '../../lambda/core/errors';
import type { LedgerEntry } from '../../lambda/core/model/ledger';
import type { SecurityGroupRule } from '../../lambda/core/model/network';
import type { ScanError } from '../../lambda/core/model/observation';
import { observe } from '../../lambda/core/observe/observe';
import { awsReading } from '../aws/reading';
import type { Session } from '../aws/session';
import { collectingWarnings, type Gap, gapsOf } from '../documents/errors';
import { allGaps, explanationDocument, type Explained } from '../documents/explanation';
import { LEDGER_LEFT_OUT } from '../documents/plan';
import { explain as explainRules } from '../planning/explanation';
import { EMPTY_LEDGER, type LedgerSnapshot, plannedLedger, plannedPlaceLedgers } from '../planning/planned-ledger';
import { putIntoForce, type ToDeploy } from '../planning/sweeps';
import type { Progress } from '../progress';
import type { ExplainArguments } from '../usage/arguments';
import { DEFAULT_FOLDER } from '../usage/commands';
import { UsageError } from '../usage/usage-error';

/** The construct of an app, or the flags, by which rules are explained. */
interface Explaining {
  readonly by: string;
  readonly session: Session;
  readonly toDeploy: ToDeploy;
  readonly snapshot: LedgerSnapshot;
  readonly notes: readonly string[];
  readonly gaps: readonly Gap[];
}

/** @throws UsageError when an option, the app or the credentials are wrong, or no Region has one of the rules */
export async function explain(given: ExplainArguments, progress: Progress): Promise<Outcome> {
  const all = await explainedBy(given);
  const explained: Explained[] = [];
  for (const each of all) explained.push(await explainOne(given.securityGroupRuleIds, each, progress));
  const explanations = explained.flatMap(each => each.explanations);
  const missing = missingOf(given.securityGroupRuleIds, explained, all);
  const gaps = [...allGaps(explained), ...missing];
  // Where everything could be read and nothing was found, the ids are wrong.
  if (explanations.length === 0 && gaps.length === missing.length) throw new UsageError(missing[0].message);
  return {
    document: explanationDocument(explained, gaps),
    exitCode: exitCodeOf({
      findings: explanations.filter(({ finding }) => finding !== undefined).length, gaps: gaps.length,
    }),
  };
}

async function explainedBy(given: ExplainArguments): Promise<Explaining[]> {
  const { declared } = given;
  if (declared.kind === 'app') {
    const { folder = DEFAULT_FOLDER } = declared;
    if (declared.folder === undefined && !existsSync(`${folder}/manifest.json`)) {
      throw new UsageError(
        `There is nothing to compare the rule with: there is no synthesized app in ${folder}. `
        + 'Run `npx cdk synth` first, or give --app <folder>, or flags such as --flag ssh',
      );
    }
    const { constructs, refused: gaps } = await openConstructs(folder, declared, given, selected =>
      requireSwept(selected, given.account));
    const opened = await Promise.all(constructs.map(each => explainedByConstruct(each, declared.ledger)));
    const [first, ...others] = opened;
    return withoutRepeated([{ ...first, gaps: [...gaps, ...first.gaps] }, ...others]);
  }
  const configuration = explainingConfiguration(declared);
  const { sessions, refused } = await openPlaces(given);
  return sessions.map((session, index) => ({
    by: 'the options of this command', session, snapshot: EMPTY_LEDGER, notes: [], gaps: index === 0 ? refused : [],
    toDeploy: {
      configuration, text: '', deployTimePaths: '[]', fingerprint: '', table: '', stackIds: [], isDeployed: false,
      isPartlyKnown: false,
    },
  }));
}

/** The configuration and the ledger of a hub are the same in each Region, so what is not known of them is said once. */
function withoutRepeated(all: readonly Explaining[]): Explaining[] {
  const said = new Set<string>();
  return all.map(each => ({
    ...each,
    gaps: each.gaps.filter(({ message }) => {
      const isNew = !said.has(`${each.by} ${message}`);
      said.add(`${each.by} ${message}`);
      return isNew;
    }),
  }));
}

async function explainedByConstruct(construct: OpenConstruct, isLedgerWanted: boolean): Promise<Explaining> {
  const { toDeploy, snapshot, ledger, notes, gaps } = await plannedConstruct(construct, isLedgerWanted);
  return {
    by: construct.hygiene.constructPath, session: construct.session, toDeploy, snapshot, gaps,
    notes: [...notes, ...ledger === 'ignored' ? [LEDGER_LEFT_OUT] : []],
  };
}

async function explainOne(
  ruleIds: readonly string[], explaining: Explaining, progress: Progress,
): Promise<Explained> {
  const { by, session, toDeploy, snapshot, notes, gaps } = explaining;
  const { configuration } = toDeploy;
  const { network: reader, stacks } = awsReading(session, configuration.requestRateFactor);
  const network = progress.counting(reader, session.region);
  const rules: SecurityGroupRule[] = [];
  const errors: ScanError[] = [];
  try {
    for await (const page of network.securityGroupRules({ ruleIds })) rules.push(...page);
  } catch (error) {
    errors.push({ doing: 'reading rules', error: errorFacts(error) });
  }
  const now = new Date();
  const base = { place: session, by, configuration, notes, readAt: now, isPartlyKnown: toDeploy.isPartlyKnown };
  if (rules.length === 0) return { ...base, explanations: [], gaps: [...gaps, ...gapsOf(errors)] };
  const groupIds = [...new Set(rules.map(({ groupId }) => groupId))];
  const observation = await observe({ kind: 'groups', groupIds }, configuration, {
    network, now, accountId: session.account,
  });
  const place = configuration.organization && { account: session.account, region: session.region };
  const [ledger] = place === undefined ? [plannedLedger(snapshot)] : plannedPlaceLedgers([snapshot]);
  const { warn, warnings } = collectingWarnings();
  const problem = await putIntoForce(toDeploy, now, ledger);
  const explanations = await explainRules(rules, {
    toDeploy, place, observation, dependencies: {
      network, ledger, stacks, accountId: session.account, log: warn,
      clock: { now: () => now, sleep: () => Promise.resolve(), random: () => 0.5 },
    },
  });
  const failed = problem === undefined ? [] : [{ message: problem }];
  return { ...base, explanations, gaps: [...gaps, ...gapsOf(errors), ...failed, ...warnings()] };
}

/** A rule that is not there may have been revoked, or be in another account or Region. */
function missingOf(
  ruleIds: readonly string[], explained: readonly Explained[], all: readonly Explaining[],
): Gap[] {
  const explanations = explained.flatMap(each => each.explanations);
  const found = new Set(explanations.map(({ rule }) => rule.securityGroupRuleId));
  const places = placesInWords(all.map(({ session }) => session));
  return ruleIds.filter(id => !found.has(id)).map(resourceId => ({
    resourceId, message: `There is no rule ${resourceId} in ${places}. ${knownOf(resourceId, all)}`,
  }));
}

/** A hub may look at many Regions of an account. */
function placesInWords(sessions: readonly Session[]): string {
  const accounts = [...new Set(sessions.map(({ account }) => account))];
  return accounts.map(account => {
    const regions = [...new Set(sessions.filter(each => each.account === account).map(({ region }) => region))];
    return `account ${account}, ${regions.length === 1 ? 'Region' : 'Regions'} ${regions.join(', ')}`;
  }).join(' and ');
}

function knownOf(id: string, all: readonly Explaining[]): string {
  const isIt = (entry: LedgerEntry): boolean => entry.securityGroupRuleId === id;
  const by = all.find(({ snapshot }) => snapshot.rules.entries.some(isIt));
  const entry = by?.snapshot.rules.entries.find(isIt);
  if (by === undefined || entry === undefined) return 'Check the id, the account and the Region';
  if (entry.state !== 'REVOKED') return `The ledger has it as ${entry.state}`;
  const { account, region } = by.session;
  const place = by.toDeploy.configuration.organization === undefined ? '' : ` --account ${account} --region ${region}`;
  return `The ledger says that it was revoked at ${entry.outcome?.at ?? 'an unknown time'}. \`restore ${id}${place}\` puts it back`;
}
