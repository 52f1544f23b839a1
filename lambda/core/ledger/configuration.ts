/**
 * Stores and loads the configuration in the ledger, which is its only place. The custom resource writes it; every other
 * run reads it, and compares it with the fingerprint that the function was deployed with. No event can bring another
 * configuration.
 */
import { createHash } from 'node:crypto';
import { changeBy } from './change';
import { mismatched, putIntoForce } from './control';
import type { ControlWriter } from './pause';
import { type DecodedConfiguration } from '../../../src/contract/configuration';
import { decodeConfiguration } from '../../../src/contract/decode';
import { fingerprintOf, type Path } from '../../../src/contract/fingerprint';
import { errorFacts } from '../errors';
import type { ConfigurationRecord, ControlEntry, Mismatch } from '../model/ledger';
import type { Ledger } from '../ports';

/** A configuration as the custom resource sends it. */
export interface ConfigurationText {
  /** The configuration as JSON text. */
  readonly text: string;
  /** JSON text of the paths of values that are known at deployment only. */
  readonly deployTimePaths: string;
}

/**
 * - `current`: the function was deployed with this configuration
 * - `changing`: the configuration is another one or unreadable, because a deployment is in progress or was rolled back
 */
export type Loaded =
  | { readonly kind: 'current'; readonly configuration: DecodedConfiguration; readonly digest: string }
  | {
    readonly kind: 'changing';
    readonly configuration?: DecodedConfiguration;
    readonly detail: string;
  };

/** @throws when the ledger cannot be read */
export async function loadConfiguration(ledger: Pick<Ledger, 'configuration'>, fingerprint: string): Promise<Loaded> {
  const record = await ledger.configuration();
  if (record === undefined) return { kind: 'changing', detail: 'the ledger has no configuration yet' };
  try {
    const configuration = decodeConfiguration(record.text);
    if (fingerprintOfText(record) === fingerprint) {
      return { kind: 'current', configuration, digest: digestOfConfiguration(record) };
    }
    const detail = 'the configuration in the ledger is not the one that the function was deployed with';
    return { kind: 'changing', configuration, detail };
  } catch (error) {
    return { kind: 'changing', detail: `the configuration in the ledger cannot be used: ${errorFacts(error).message}` };
  }
}

/** @throws when the text or the paths are not JSON, or do not belong together */
export function fingerprintOfText({ text, deployTimePaths }: ConfigurationText): string {
  return fingerprintOf(JSON.parse(text), JSON.parse(deployTimePaths) as Path[]);
}

/** Returns a digest that identifies a configuration, including values that are known at deployment only. */
export function digestOfConfiguration({ text, deployTimePaths }: ConfigurationText): string {
  return createHash('sha256').update(JSON.stringify([text, deployTimePaths])).digest('hex');
}

export interface Storing {
  readonly ledger: Pick<Ledger, 'control' | 'putControl' | 'configuration' | 'putConfiguration'>;
  readonly writer: ControlWriter;
  readonly table: string;
  readonly fingerprint: string;
  /** Whether CloudFormation says that the configuration has changed. */
  readonly isChange: boolean;
}

/**
 * Puts a configuration into force. The control item is written first: from then on, runs with another configuration
 * revoke nothing, and until the configuration is written too, no run does.
 *
 * @throws when the ledger cannot be read or written
 */
export async function storeConfiguration(
  configuration: ConfigurationText, { ledger, writer, ...deployment }: Storing,
): Promise<void> {
  const digest = digestOfConfiguration(configuration);
  await changeBy<ControlEntry>(entry => ledger.putControl(entry), await ledger.control(), current =>
    putIntoForce(current, { ...deployment, digest }, writer));
  const { text, deployTimePaths } = configuration;
  await changeBy<ConfigurationRecord>(
    record => ledger.putConfiguration(record),
    await ledger.configuration(),
    current =>
      current?.text === text && current.deployTimePaths === deployTimePaths
        ? undefined
        : { revision: (current?.revision ?? 0) + 1, writtenBy: writer.id, text, deployTimePaths },
  );
}

/**
 * Records that a scheduled sweep found another configuration than the function's.
 *
 * @returns the number of such sweeps in a row
 */
export async function recordMismatch(
  ledger: Pick<Ledger, 'control' | 'putControl'>, found: Omit<Mismatch, 'sweeps'>, writer: ControlWriter,
): Promise<number> {
  const { entry } = await changeBy<ControlEntry>(
    each => ledger.putControl(each), await ledger.control(), current => mismatched(current, found, writer),
  );
  return entry?.mismatch?.sweeps ?? 1;
}
