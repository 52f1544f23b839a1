/** The attributes of the custom resource: what the run at deployment saw, and what will happen next. */
import { forecastMessage } from './forecast-words';
import type { Aggregates } from './metric-data';
import { pauseAttribute } from './pause-words';
import { FORECAST_ATTRIBUTE, Metric, PAUSE_ATTRIBUTE } from '../../../src/contract/names';
import type { SweepResult } from '../model/result';

/**
 * Returns every name: Fn::GetAtt fails for a missing attribute. The metrics of changes are always `unknown`, because no
 * change triggers a run at deployment.
 */
export function attributes(
  { result, counts }: { readonly result: SweepResult; readonly counts: Aggregates },
): Record<string, number | string> {
  const known = Object.values(Metric).map(name => [name, counts[name] ?? 'unknown'] as const);
  return {
    ...Object.fromEntries(known),
    [PAUSE_ATTRIBUTE]: pauseAttribute(result.pause),
    [FORECAST_ATTRIBUTE]: forecastAttribute(result),
  };
}

function forecastAttribute({ forecast, hold }: SweepResult): string {
  if (forecast) return forecastMessage(forecast);
  return `nothing is revoked${hold ? `: ${hold.detail}` : ' by this configuration'}`;
}
