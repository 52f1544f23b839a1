/** `report`: what is open now, without a deployment. Options or the constructs of an app say what to look for. */
import { openConstructs, withLookups } from './constructs';
import { reportConfiguration } from './flagged';
import { exitCodeOf, type Outcome } from './outcome';
import { openPlaces } from './places';
import { configurationIn } from './planned-construct';
import { findings } from '../../lambda/core/checks/findings';
import { NO_MEMORY } from '../../lambda/core/ledger/first-reading';
import { inParallel } from '../../lambda/core/lists';
import { EVERYTHING } from '../../lambda/core/model/scope';
import { observe } from '../../lambda/core/observe/observe';
import { type DecodedConfiguration, looksAtRules } from '../../src/contract/configuration';
import { awsReading } from '../aws/reading';
import type { Session } from '../aws/session';
import { type Gap, gapsOfObservation } from '../documents/errors';
import { findingsOf, type RegionReport, reportDocument } from '../documents/report';
import { ruleData, sortedRules } from '../documents/rules';
import type { Progress } from '../progress';
import type { Everywhere, ReportArguments } from '../usage/arguments';

/** A place to report on, and what to look for there. */
interface ToReport {
  readonly session: Session;
  readonly configuration: DecodedConfiguration;
  /** The construct that says what to look for. Absent: the options do. */
  readonly by?: string;
  readonly notes: readonly string[];
  /** The parts of the configuration that are not known. */
  readonly gaps: readonly Gap[];
}

/** @throws UsageError when an option, the app or the credentials are wrong */
export async function report(given: ReportArguments, progress: Progress): Promise<Outcome> {
  const { places, refused } = given.app === undefined ? await byOptions(given) : await byApp(given.app, given);
  const regions: RegionReport[] = [];
  await inParallel(PLACES_AT_A_TIME, [...places.keys()], async index => {
    regions[index] = await readPlace(places[index], progress);
  });
  const count = (of: (region: RegionReport) => number): number => regions.reduce((sum, region) => sum + of(region), 0);
  return {
    document: reportDocument(regions, refused),
    exitCode: exitCodeOf({ findings: count(findingsOf), gaps: count(({ gaps }) => gaps.length) + refused.length }),
  };
}

/** The number of places that are read side by side. EC2's request limits are per Region. */
const PLACES_AT_A_TIME = 10;

interface Places {
  readonly places: readonly ToReport[];
  readonly refused: readonly Gap[];
}

async function byOptions(given: ReportArguments): Promise<Places> {
  const configuration = reportConfiguration(given);
  const { sessions, refused } = await openPlaces(given);
  return { places: sessions.map(session => ({ session, configuration, notes: [], gaps: [] })), refused };
}

/** A report says what is open, so nothing matters that decides about revoking, such as the ledger. */
async function byApp({ folder, ...selection }: NonNullable<ReportArguments['app']>, access: Everywhere): Promise<Places> {
  const { constructs, refused } = await openConstructs(folder, selection, access);
  const places = await Promise.all(constructs.map(async (construct): Promise<ToReport> => {
    const { hygiene, session, notes } = construct;
    const app = await withLookups(construct, lookups => configurationIn(hygiene, lookups));
    return {
      session, configuration: app.configuration, by: hygiene.constructPath, notes: [...notes, ...app.notes],
      gaps: app.gaps.map(message => ({ message })),
    };
  }));
  return { places, refused };
}

async function readPlace(
  { session, configuration, by, notes, gaps }: ToReport, progress: Progress,
): Promise<RegionReport> {
  const { account, region } = session;
  const network = progress.counting(awsReading(session, configuration.requestRateFactor).network, region);
  const now = new Date();
  const observation = await observe(EVERYTHING, configuration, {
    network, now, accountId: account, memory: Promise.resolve(NO_MEMORY),
  });
  const { stale, flagged, groups, vpcs, vpnConnections } = observation;
  return {
    place: session, readAt: now, by, notes,
    lookedFor: lookedFor(configuration),
    kinds: [
      ...configuration.staleRules === 'ignore' ? [] : ['stale' as const],
      ...configuration.flaggedIngressRules.length === 0 ? [] : ['flagged' as const],
    ],
    vpcsRead: looksAtRules(configuration) ? vpcs?.scanned.size ?? 0 : undefined,
    vpcsCoveredByProof: vpcs?.proved.size,
    rules: sortedRules(findings(stale, flagged)
      .map(each => ruleData(each, groups.get(each.groupId), configuration, now))),
    vpnConnections,
    gaps: [...gaps, ...gapsOfObservation(observation)],
  };
}

function lookedFor({ staleRules, flaggedIngressRules, vpcIds }: DecodedConfiguration): string[] {
  return [
    ...staleRules === 'ignore' ? [] : ['stale rules'],
    ...flaggedIngressRules.map(({ name, reason }) => `${name}${reason === undefined ? '' : ` (${reason})`}`),
    ...vpcIds === undefined ? [] : [`in ${vpcIds.join(', ')}`],
  ];
}
