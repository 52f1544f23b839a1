/** Puts a configuration into force: the custom resource's properties, and the ledger after it has settled. */
import type { DynamoDbEndpoint } from './dynamodb';
import { digestOfConfiguration } from '../../lambda/core/ledger/configuration';
import { fingerprintOf } from '../../src/contract/fingerprint';
import {
  CONFIGURATION_PROPERTY,
  DEPLOY_TIME_PATHS_PROPERTY,
  FINGERPRINT_PROPERTY,
  FINGERPRINT_VARIABLE,
} from '../../src/contract/names';

/** The event of the schedule, with the placeholder for the time. */
export const SCHEDULED = { sweep: { scheduledTime: '<aws.scheduler.scheduled-time>' } };

/** The properties that CloudFormation passes to the custom resource. */
export function customResourceProperties(configuration: unknown): Record<string, string> {
  return {
    ServiceToken: 'arn', [CONFIGURATION_PROPERTY]: JSON.stringify(configuration),
    [FINGERPRINT_PROPERTY]: fingerprintOf(configuration), [DEPLOY_TIME_PATHS_PROPERTY]: '[]',
  };
}

/** The environment variable of a function that was deployed with the configuration. */
export function deployedWith(configuration: unknown): Record<string, string> {
  return { [FINGERPRINT_VARIABLE]: fingerprintOf(configuration) };
}

/** Puts a configuration into force since the year before, as a deployment would. The rest of the ledger stays. */
export async function putIntoForce(
  configuration: { readonly hygiene?: unknown }, table: DynamoDbEndpoint, since = '2025-01-01T00:00:00.000Z',
): Promise<void> {
  const hygiene = String(configuration.hygiene);
  const record = { revision: 1, writtenBy: 'deployment', text: JSON.stringify(configuration), deployTimePaths: '[]' };
  const item = (await table.items()).find(({ hygiene: of, id }) => of === hygiene && id === 'control');
  const before = JSON.parse(String(item?.control ?? '{}')) as { revision?: number };
  const control = {
    ...before, revision: (before.revision ?? 0) + 1, writtenBy: 'deployment', table: table.tableName,
    configuration: { fingerprint: fingerprintOf(configuration), digest: digestOfConfiguration(record), since },
  };
  await table.put({ hygiene, id: 'configuration', revision: 1, record: JSON.stringify(record) });
  await table.put({ ...item, hygiene, id: 'control', revision: control.revision, control: JSON.stringify(control) });
}
