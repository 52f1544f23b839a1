/** The attributes of the custom resource: what the run at deployment saw, and what will happen next. */
import { forecastMessage } from './forecast-words';
import type { Aggregates } from './metric-data';
import { pauseAttribute } from './pause-words';
import {
  CHANGE_TRIGGER_ATTRIBUTE, FORECAST_ATTRIBUTE, Metric, PAUSE_ATTRIBUTE, SECURITY_HUB_ATTRIBUTE,
} from '../../../src/contract/names';
import type { TrailReading } from '../model/network';
import type { SweepResult } from '../model/result';

/**
 * Returns every name: Fn::GetAtt fails for a missing attribute. The metrics of changes are always `unknown`, because no
 * change triggers a run at deployment.
 */
export function attributes({ result, counts, trail, securityHub }: {
  readonly result: SweepResult;
  readonly counts: Aggregates;
  readonly trail?: TrailReading;
  readonly securityHub?: string;
}): Record<string, number | string> {
  const known = Object.values(Metric).map(name => [name, counts[name] ?? 'unknown'] as const);
  return {
    ...Object.fromEntries(known),
    [PAUSE_ATTRIBUTE]: pauseAttribute(result.pause),
    [FORECAST_ATTRIBUTE]: forecastAttribute(result),
    [CHANGE_TRIGGER_ATTRIBUTE]: trail?.words ?? 'changes trigger no sweeps',
    [SECURITY_HUB_ATTRIBUTE]: securityHubAttribute(securityHub),
  };
}

/** CloudFormation takes few bytes of all attributes together. */
const MOST_CHARACTERS = 400;

/** @param words whether findings can be imported; absent: nothing is to be imported */
export const securityHubAttribute = (words = 'findings are not imported'): string => words.slice(0, MOST_CHARACTERS);

function forecastAttribute({ forecast, hold }: SweepResult): string {
  if (forecast) return forecastMessage(forecast);
  return `nothing is revoked${hold ? `: ${hold.detail}` : ' by this configuration'}`;
}
