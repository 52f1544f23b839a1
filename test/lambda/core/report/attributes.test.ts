/** Tests the attributes of the custom resource. */
import type { SweepResult } from '../../../../lambda/core/model/result';
import { attributes } from '../../../../lambda/core/report/attributes';
import { aggregates } from '../../../../lambda/core/report/metric-data';
import { Metric } from '../../../../src/contract/names';
import { aDecodedConfiguration, aFlaggedRule, aStaleRule } from '../../../support/builders';
import { aPauseReading } from '../../../support/pauses';
import { aSweepResult } from '../../../support/sweep-result';

const EVERYTHING = aDecodedConfiguration({ staleRules: 'revoke', vpnConnections: { kind: 'all' } });

const ofRun = (result: SweepResult, configuration = EVERYTHING): Record<string, number | string> =>
  attributes({ result, counts: aggregates(result, configuration, 0) });

test('are every metric, the pause, the forecast, the change trigger and Security Hub, no matter what the run looked at', () => {
  const names = [...Object.values(Metric), 'Pause', 'Forecast', 'ChangeTrigger', 'SecurityHub'].sort();
  for (const vpcs of [aSweepResult().observation.vpcs, undefined]) {
    const known = ofRun(aSweepResult({ observation: { vpcs, vpnConnections: undefined } }));
    expect(Object.keys(known).sort()).toEqual(names);
  }
});

test('have the counts of the run at deployment, with zeros where it looked and found nothing', () => {
  const stale = [aStaleRule(), aStaleRule({ direction: 'egress' })];
  expect(ofRun(aSweepResult({ observation: { stale, flagged: [aFlaggedRule()] } }))).toMatchObject({
    StaleIngressRules: 1, StaleEgressRules: 1, FlaggedIngressRules: 1, IngressRulesRevoked: 0, VpnConnections: 0,
    DeliveriesFailed: 0, Sweeps: 1,
  });
});

test('are unknown where the run did not look: a zero would be untrue', () => {
  const result = aSweepResult({ observation: { vpnConnections: undefined } });
  const known = ofRun(result, { ...EVERYTHING, staleRules: 'ignore' });
  const unseen = ['VpnConnections', 'TunnelsUp', 'StaleIngressRules', 'SecondsSinceStatusChange'];
  expect(unseen.map(name => known[name])).toEqual(unseen.map(() => 'unknown'));
});

test('say of changes that they are unknown, because none triggers a run at deployment', () => {
  expect(ofRun(aSweepResult())).toMatchObject({ ReactionTime: 'unknown', ChangesSwept: 'unknown', ChangesUnread: 'unknown' });
});

test('say whether revoking is paused', () => {
  expect(ofRun(aSweepResult()).Pause).toBe('none');
  expect(ofRun(aSweepResult({ pause: aPauseReading() })).Pause).toBe('until 2026-01-11T00:00:00.000Z: change freeze');
  const unreadable = { state: 'unreadable', error: { code: 'TimeoutError', message: 'timed out' } } as const;
  expect(ofRun(aSweepResult({ pause: unreadable })).Pause).toBe('unreadable, so nothing is revoked');
});

test('say what the first sweep that may revoke would revoke', () => {
  const graceEnds = [{ day: '2026-12-08', count: 4 }];
  const forecast = { from: '2026-12-01T08:00:00.000Z', due: 3, graceEnds, limit: 20 };
  expect(ofRun(aSweepResult({ forecast })).Forecast).toBe(
    'The first sweep after 2026-12-01 08:00 UTC would revoke 3 rules. 4 rules end their grace on 8 December 2026',
  );
});

test('say whether changes of the network arrive', () => {
  const result = aSweepResult();
  const counts = aggregates(result, EVERYTHING, 0);
  const trail = { state: 'logs', words: 'The trail management logs the calls that change EC2 in eu-central-1' } as const;
  expect(attributes({ result, counts, trail }).ChangeTrigger).toBe(trail.words);
  expect(attributes({ result, counts }).ChangeTrigger).toBe('changes trigger no sweeps');
});

test('say whether findings can be imported into Security Hub', () => {
  const result = aSweepResult();
  const counts = aggregates(result, EVERYTHING, 0);
  const securityHub = 'Findings are imported into Security Hub';
  expect(attributes({ result, counts, securityHub }).SecurityHub).toBe(securityHub);
  expect(attributes({ result, counts }).SecurityHub).toBe('findings are not imported');
});

test('say that nothing is revoked where that is what the configuration says', () => {
  const configuration = aDecodedConfiguration({ staleRules: 'report' });
  expect(ofRun(aSweepResult(), configuration).Forecast).toBe('nothing is revoked by this configuration');
});
