/** Synthesizes the hub that sweeps a sample organization, and reads what a run needs to know of its template. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Stack } from 'aws-cdk-lib';
import { Port } from 'aws-cdk-lib/aws-ec2';
import { HUB, type SampleOrganization } from './sample-organization';
import { FlaggedIngressRule, HygieneAccounts } from '../src';
import { aHub, type Definition, SynthesizedHub } from '../test/support/synthesized-hub';
import { LeanApp } from '../test/support/synthesized-stack';

export interface SampleHubOptions {
  /** The most rules that a run revokes. */
  readonly limit: number;
  /** The id of the organization, and of the organizational unit in which rules may be revoked. */
  readonly organizationId: string;
  readonly revokingUnit: string;
  /** Absent: the default of the construct. */
  readonly maxConcurrency?: number;
}

export interface SampleHub {
  readonly configuration: Record<string, unknown>;
  /** The state machine. */
  readonly definition: Definition;
  readonly maxConcurrency: number;
  /** The memory of the function in MiB. */
  readonly megabytes: number;
  readonly timeoutMillis: number;
  /** The number of alarms with the defaults. */
  readonly alarms: number;
}

export function sampleHub({ regions }: SampleOrganization, options: SampleHubOptions): SampleHub {
  const { limit, organizationId, revokingUnit, maxConcurrency } = options;
  // CDK leaves its folder behind.
  const folder = mkdtempSync(join(tmpdir(), 'sample-hub-'));
  try {
    const stack = new Stack(new LeanApp(folder), 'Network');
    const hub = aHub(stack, {
      organizationId, maxConcurrency, regions: [...regions],
      accounts: HygieneAccounts.all({ except: [HUB.account] }),
      revokeIn: HygieneAccounts.organizationalUnits([revokingUnit]),
      flaggedIngressRules: [FlaggedIngressRule.fromInternet(Port.SSH)],
      maxRevocationsPerSweep: limit,
    });
    hub.addAlarms();
    return readHub(new SynthesizedHub(stack, hub));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function readHub(synthesized: SynthesizedHub): SampleHub {
  const { definition } = synthesized;
  const resources = Object.values(synthesized.resources);
  const { MemorySize, Timeout } = resources.find(({ Type, Properties }) =>
    Type === 'AWS::Lambda::Function' && Properties.Handler === 'index.organization')?.Properties ?? {};
  const { MaxConcurrency, ItemProcessor } = definition.States.Observe;
  const { ExecutionType } = ItemProcessor?.ProcessorConfig as { readonly ExecutionType?: string };
  // Children of the type EXPRESS are charged by their time.
  if (ExecutionType !== 'STANDARD') throw new Error(`The children are of the type ${ExecutionType}, which has no price here`);
  return {
    configuration: synthesized.configuration(), definition, maxConcurrency: Number(MaxConcurrency),
    megabytes: Number(MemorySize), timeoutMillis: Number(Timeout) * 1000,
    alarms: resources.filter(({ Type }) => Type === 'AWS::CloudWatch::Alarm').length,
  };
}
