/** The metrics port over CloudWatch's PutMetricData. */
import { inPartsOf } from '../lists';
import type { Metrics } from '../ports';
import { type CloudWatchClient, PutMetricDataCommand } from './sdk';

/** CloudWatch takes no more in one call. */
const METRICS_PER_CALL = 1000;

export function cloudWatchMetrics(client: CloudWatchClient): Metrics {
  return {
    publish: async (namespace, data, timestamp) => {
      for (const part of inPartsOf(METRICS_PER_CALL, data)) {
        await client.send(new PutMetricDataCommand({
          Namespace: namespace,
          MetricData: part.map(({ name, value, unit, dimensions }) => ({
            MetricName: name,
            Value: value,
            Unit: unit,
            Timestamp: timestamp,
            Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
          })),
        }));
      }
    },
  };
}
