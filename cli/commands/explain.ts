/** `explain`: each check and each reason for some rules. */
import { existsSync } from 'node:fs';
import { openConstructs, type OpenConstruct } from './constructs';
import { explainingConfiguration } from './flagged';
import { exitCodeOf, type Outcome } from './outcome';
import { openPlaces } from './places';
import { plannedConstruct } from './planned-construct';
import { errorFacts } from '../../lambda/core/errors';
import type { LedgerEntry } from '../../lambda/core/model/ledger';
import type { SecurityGroupRule } from '../../lambda/core/model/network';
import type { ScanError } from '../../lambda/core/model/observation';
import { observe } from '../../lambda/core/observe/observe';
import { awsReading } from '../aws/reading';
import type { Session } from '../aws/session';
import { collectingWarnings, type Gap, gapsOf } from '../documents/errors';
import { allGaps, explanationDocument, type Explained } from '../documents/explanation';
import { explain as explainRules } from '../planning/explanation';
import { EMPTY_LEDGER, type LedgerSnapshot, plannedLedger } from '../planning/planned-ledger';
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
    const { constructs, refused: gaps } = await openConstructs(folder, declared, given);
    const opened = await Promise.all(constructs.map(explainedByConstruct));
    return opened.map((each, index) => index === 0 ? { ...each, gaps: [...gaps, ...each.gaps] } : each);
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

async function explainedByConstruct(construct: OpenConstruct): Promise<Explaining> {
  const { toDeploy, snapshot, notes, gaps } = await plannedConstruct(construct);
  return { by: construct.hygiene.constructPath, session: construct.session, toDeploy, snapshot, notes, gaps };
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
  const ledger = plannedLedger(snapshot);
  const { warn, warnings } = collectingWarnings();
  const problem = await putIntoForce(toDeploy, now, ledger);
  const explanations = await explainRules(rules, {
    toDeploy, observation, dependencies: {
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
  const places = [...new Set(all.map(({ session: { account, region } }) => `account ${account}, Region ${region}`))];
  const entries = all.flatMap(({ snapshot }) => snapshot.rules.entries);
  return ruleIds.filter(id => !found.has(id)).map(resourceId => ({
    resourceId,
    message: `There is no rule ${resourceId} in ${places.join(' and ')}. `
      + knownOf(resourceId, entries.find(each => each.securityGroupRuleId === resourceId)),
  }));
}

function knownOf(id: string, entry: LedgerEntry | undefined): string {
  if (entry === undefined) return 'Check the id, the account and the Region';
  if (entry.state !== 'REVOKED') return `The ledger has it as ${entry.state}`;
  return `The ledger says that it was revoked at ${entry.outcome?.at ?? 'an unknown time'}. \`restore ${id}\` puts it back`;
}
