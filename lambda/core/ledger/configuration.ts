/**
 * The configuration in the ledger, its one home. The custom resource writes it there; every other run reads it, and
 * holds it against the fingerprint that the function was deployed with. No event brings a configuration of its own.
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

/** A configuration as a custom resource brings it. */
export interface ConfigurationText {
  /** JSON text. */
  readonly text: string;
  /** JSON text of the paths of values that are known at deployment only. */
  readonly deployTimePaths: string;
}

/**
 * - `current`: it is the one that the function was deployed with
 * - `changing`: it is another, or there is none that can be read: a deployment is under way, or was rolled back
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

/** @throws when the text or the paths are no JSON, or do not belong together */
export function fingerprintOfText({ text, deployTimePaths }: ConfigurationText): string {
  return fingerprintOf(JSON.parse(text), JSON.parse(deployTimePaths) as Path[]);
}

/** Tells one configuration from another, with the values that are known at deployment only. */
export function digestOfConfiguration({ text, deployTimePaths }: ConfigurationText): string {
  return createHash('sha256').update(JSON.stringify([text, deployTimePaths])).digest('hex');
}

export interface Storing {
  readonly ledger: Ledger;
  readonly writer: ControlWriter;
  readonly table: string;
  readonly fingerprint: string;
  /** Whether CloudFormation says that it is another than before. */
  readonly isChange: boolean;
}

/**
 * Puts a configuration into force. The control item comes first: from then on no run that decided by another revokes
 * anything, and until the configuration is there, too, none does.
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

/** A scheduled sweep found a configuration that is not the function's. @returns how many did so in a row */
export async function recordMismatch(
  ledger: Pick<Ledger, 'control' | 'putControl'>, found: Omit<Mismatch, 'sweeps'>, writer: ControlWriter,
): Promise<number> {
  const { entry } = await changeBy<ControlEntry>(
    each => ledger.putControl(each), await ledger.control(), current => mismatched(current, found, writer),
  );
  return entry?.mismatch?.sweeps ?? 1;
}
