/** Makes a configuration of the options of `report`, `explain` and `policy`. It can only report. */
import { readFileSync } from 'node:fs';
import { errorFacts } from '../../lambda/core/errors';
import {
  CONTRACT_VERSION, type Configuration, type DecodedConfiguration,
} from '../../src/contract/configuration';
import { decodeConfiguration } from '../../src/contract/decode';
import type { GivenFlags, ReportOptions } from '../usage/arguments';
import { declarationOf, type FlagOfFile, flagsOfFile } from '../usage/flags';
import { UsageError } from '../usage/usage-error';

/**
 * Returns the configuration that a report looks by. Without `--flag`, `--flag-file`, `--stale` and `--vpn` it looks for
 * stale rules and, unless VPCs are named, at VPN connections.
 *
 * @throws UsageError when a file of flags cannot be read, or a flag is wrong
 */
export function reportConfiguration({ stale, vpn, vpcIds, ...given }: ReportOptions): DecodedConfiguration {
  const declarations = declared(given);
  const isAsked = declarations.length > 0 || stale || vpn;
  return configurationOf(declarations, {
    staleRules: stale || !isAsked ? 'report' : 'ignore',
    vpnConnections: { kind: vpn || (!isAsked && vpcIds.length === 0) ? 'all' : 'none' },
    ...vpcIds.length > 0 && { vpcIds: [...vpcIds] },
  });
}

/** Returns the configuration that `explain` compares rules with. */
export function explainingConfiguration(given: GivenFlags): DecodedConfiguration {
  return configurationOf(declared(given), { staleRules: 'report', vpnConnections: { kind: 'none' } });
}

function configurationOf(
  declarations: readonly FlagOfFile[], own: Pick<Configuration, 'staleRules' | 'vpnConnections' | 'vpcIds'>,
): DecodedConfiguration {
  const configuration: Configuration = {
    version: CONTRACT_VERSION, hygiene: 'report', metricNamespace: 'NetworkHygiene', eventBus: 'default',
    resourceMetrics: false, dryRun: true, maxRevocationsPerSweep: 0, settleSeconds: 0, allowRestore: false,
    exemptSecurityGroupIds: [], flaggedIngressRules: declarations.map(({ declaration }) => declaration), ...own,
  };
  const decoded = decodeConfiguration(configuration);
  return {
    ...decoded,
    flaggedIngressRules: decoded.flaggedIngressRules
      .map((each, index) => ({ ...each, name: declarations[index].name })),
  };
}

function declared({ flags, flagFiles }: GivenFlags): FlagOfFile[] {
  return [
    ...flags.map(flag => ({ name: `--flag ${flag}`, declaration: declarationOf(flag) })),
    ...flagFiles.flatMap(file => flagsOfFile(textOf(file), file)),
  ];
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new UsageError(`--flag-file ${file} could not be read: ${errorFacts(error).message}`);
  }
}
