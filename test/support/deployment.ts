/** A configuration that is in force: what the custom resource has, and what is in the ledger once it has settled. */
import type { DynamoDbEndpoint } from './dynamodb';
import { digestOfConfiguration } from '../../lambda/core/ledger/configuration';
import { fingerprintOf } from '../../src/contract/fingerprint';
import {
  CONFIGURATION_PROPERTY,
  DEPLOY_TIME_PATHS_PROPERTY,
  FINGERPRINT_PROPERTY,
  FINGERPRINT_VARIABLE,
} from '../../src/contract/names';

/** The event that the schedule sends, as it is where nothing fills the time in. */
export const SCHEDULED = { sweep: { scheduledTime: '<aws.scheduler.scheduled-time>' } };

/** What CloudFormation hands to the custom resource. */
export function customResourceProperties(configuration: unknown): Record<string, string> {
  return {
    ServiceToken: 'arn', [CONFIGURATION_PROPERTY]: JSON.stringify(configuration),
    [FINGERPRINT_PROPERTY]: fingerprintOf(configuration), [DEPLOY_TIME_PATHS_PROPERTY]: '[]',
  };
}

/** The environment variable of a function that was deployed with it. */
export function deployedWith(configuration: unknown): Record<string, string> {
  return { [FINGERPRINT_VARIABLE]: fingerprintOf(configuration) };
}

/** Has a configuration be in force since the year before, as if by a deployment; what the ledger holds else stays. */
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
