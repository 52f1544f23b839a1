/** `report`: what is open now, without an app and without a deployment. */
import { reportConfiguration } from './flagged';
import { exitCodeOf, type Outcome } from './outcome';
import { openPlaces } from './places';
import { findings } from '../../lambda/core/checks/findings';
import { NO_MEMORY } from '../../lambda/core/ledger/first-reading';
import { EVERYTHING } from '../../lambda/core/model/scope';
import { observe } from '../../lambda/core/observe/observe';
import { type DecodedConfiguration, looksAtRules } from '../../src/contract/configuration';
import { awsReading } from '../aws/reading';
import type { Session } from '../aws/session';
import { gapsOfObservation } from '../documents/errors';
import { findingsOf, type RegionReport, reportDocument } from '../documents/report';
import { ruleData, sortedRules } from '../documents/rules';
import type { Progress } from '../progress';
import type { ReportArguments } from '../usage/arguments';

/** @throws UsageError when an option or the credentials are wrong */
export async function report(given: ReportArguments, progress: Progress): Promise<Outcome> {
  const configuration = reportConfiguration(given);
  const { sessions, refused } = await openPlaces(given);
  const regions = await Promise.all(sessions.map(session => readRegion(session, configuration, progress)));
  const count = (of: (region: RegionReport) => number): number => regions.reduce((sum, region) => sum + of(region), 0);
  return {
    document: reportDocument(regions, refused),
    exitCode: exitCodeOf({ findings: count(findingsOf), gaps: count(({ gaps }) => gaps.length) + refused.length }),
  };
}

async function readRegion(
  session: Session, configuration: DecodedConfiguration, progress: Progress,
): Promise<RegionReport> {
  const { account, region } = session;
  const network = progress.counting(awsReading(session).network, region);
  const now = new Date();
  const observation = await observe(EVERYTHING, configuration, {
    network, now, accountId: account, memory: Promise.resolve(NO_MEMORY),
  });
  const { stale, flagged, groups, vpcs, vpnConnections } = observation;
  return {
    place: session, readAt: now,
    lookedFor: lookedFor(configuration),
    kinds: [
      ...configuration.staleRules === 'ignore' ? [] : ['stale' as const],
      ...configuration.flaggedIngressRules.length === 0 ? [] : ['flagged' as const],
    ],
    vpcsRead: looksAtRules(configuration) ? vpcs?.scanned.size ?? 0 : undefined,
    vpcsCoveredByProof: vpcs?.proved.size,
    rules: sortedRules(findings(stale, flagged).map(each => ruleData(each, groups.get(each.groupId)))),
    vpnConnections,
    gaps: gapsOfObservation(observation),
  };
}

function lookedFor({ staleRules, flaggedIngressRules, vpcIds }: DecodedConfiguration): string[] {
  return [
    ...staleRules === 'ignore' ? [] : ['stale rules'],
    ...flaggedIngressRules.map(({ name, reason }) => `${name}${reason === undefined ? '' : ` (${reason})`}`),
    ...vpcIds === undefined ? [] : [`in ${vpcIds.join(', ')}`],
  ];
}
