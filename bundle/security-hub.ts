/**
 * The client of AWS Security Hub, with the one call that the handler makes.
 *
 * The SDK's own client takes 370,000 bytes, because its schema of a finding has the details of every kind of resource.
 * Security Hub and Lambda have the same protocol and the same rules for endpoints. So this is the client of Lambda,
 * which the handler has anyway, under the name of Security Hub, and with a call whose findings are plain JSON.
 *
 * @see https://docs.aws.amazon.com/securityhub/1.0/APIReference/API_BatchImportFindings.html
 */
import {
  $Command, InvokeCommand, LambdaClient, type LambdaClientConfig, type LambdaClientResolvedConfig,
} from '@aws-sdk/client-lambda';
import { getEndpointPlugin } from '@smithy/core/endpoints';
import type { MetadataBearer, StaticOperationSchema, StaticStructureSchema } from '@smithy/types';

/** The name of the service in endpoints and in signatures. */
const SERVICE = 'securityhub';
const NAMESPACE = 'com.amazonaws.securityhub';

export class SecurityHubClient extends LambdaClient {
  constructor(settings: LambdaClientConfig) {
    const named: LambdaClientConfig & { readonly signingName: string } = {
      ...settings,
      serviceId: 'SecurityHub',
      signingName: SERVICE,
      protocolSettings: { defaultNamespace: NAMESPACE, errorTypeRegistries: [], version: '2018-10-26' },
    };
    super(named);
    const { endpointProvider } = this.config;
    this.config.endpointProvider = (parameters, context) => {
      const endpoint = endpointProvider(parameters, context);
      const url = new URL(endpoint.url);
      url.hostname = url.hostname.replace(/^lambda(?=[.-])/, SERVICE);
      return { ...endpoint, url };
    };
  }
}

export interface BatchImportFindingsInput {
  readonly Findings: readonly object[];
}

export interface BatchImportFindingsOutput extends MetadataBearer {
  readonly FailedCount?: number;
  readonly SuccessCount?: number;
  /** The list as the service returns it. */
  readonly FailedFindings?: unknown;
}

/** The numbers by which the SDK knows kinds of schemas. */
const [INTEGER, STRUCTURE, OPERATION, DOCUMENT] = [1, 3, 9, 15] as const;

const INPUT: StaticStructureSchema = [
  STRUCTURE, NAMESPACE, 'BatchImportFindingsRequest', 0, ['Findings'], [DOCUMENT],
];
const OUTPUT: StaticStructureSchema = [
  STRUCTURE, NAMESPACE, 'BatchImportFindingsResponse', 0,
  ['FailedCount', 'SuccessCount', 'FailedFindings'], [INTEGER, INTEGER, DOCUMENT],
];
const BATCH_IMPORT_FINDINGS: StaticOperationSchema = [
  OPERATION, NAMESPACE, 'BatchImportFindings', { http: ['POST', '/findings/import', 200] }, INPUT, OUTPUT,
];

export class BatchImportFindingsCommand extends $Command
  .classBuilder<BatchImportFindingsInput, BatchImportFindingsOutput, LambdaClientResolvedConfig>()
  .ep(InvokeCommand.getEndpointParameterInstructions())
  .m((command: typeof InvokeCommand, _stack, config: Parameters<typeof getEndpointPlugin>[0]) =>
    [getEndpointPlugin(config, command.getEndpointParameterInstructions())])
  .s('SecurityHub', 'BatchImportFindings')
  .n('SecurityHubClient', 'BatchImportFindingsCommand')
  .sc(BATCH_IMPORT_FINDINGS)
  .build() {}
