/** Findings in the AWS Security Finding Format (ASFF), and what the ledger has of those that were imported. */

export type SeverityLabel = 'CRITICAL' | 'HIGH' | 'MEDIUM' | 'LOW' | 'INFORMATIONAL';

export interface FindingResource {
  readonly Type: string;
  readonly Id: string;
  readonly Partition?: string;
  readonly Region: string;
  readonly Details?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/**
 * The fields of a finding that this construct gives. It never gives what people decide: `Workflow`, `Note`, and the
 * `Severity` and `Types` beside those of `FindingProviderFields`.
 *
 * @see https://docs.aws.amazon.com/securityhub/1.0/APIReference/API_AwsSecurityFinding.html
 */
export interface SecurityFinding {
  readonly SchemaVersion: '2018-10-08';
  readonly Id: string;
  readonly ProductArn: string;
  readonly ProductName: string;
  readonly GeneratorId: string;
  readonly AwsAccountId: string;
  readonly CreatedAt: string;
  readonly UpdatedAt: string;
  readonly FirstObservedAt?: string;
  readonly LastObservedAt?: string;
  readonly Title: string;
  readonly Description: string;
  readonly Remediation?: { readonly Recommendation: { readonly Text: string; readonly Url: string } };
  readonly ProductFields: Readonly<Record<string, string>>;
  readonly Resources: readonly FindingResource[];
  readonly Compliance: { readonly Status: 'PASSED' | 'WARNING' | 'FAILED' | 'NOT_AVAILABLE' };
  readonly RecordState: 'ACTIVE' | 'ARCHIVED';
  readonly FindingProviderFields: {
    readonly Severity: { readonly Label: SeverityLabel; readonly Original: string };
    readonly Types: readonly string[];
  };
}

/** A finding that could not be imported. */
export interface FailedImport {
  readonly id: string;
  readonly code: string;
  readonly message: string;
}

/**
 * The record of one imported finding: a digest, and the time of the latest import. Instead of the digest, `claimed`
 * means that a run was about to import it for the first time, and `failed` that the latest import failed.
 */
export type Imported = readonly [digest: string, at: string];

/**
 * The record of a part of the imported findings: an item of the ledger. A finding is in it from before its first import
 * until it was archived. Times are in ISO 8601 and UTC.
 */
export interface ImportedEntry {
  /** The number of the part. */
  readonly part: number;
  readonly revision: number;
  readonly writtenBy: string;
  /** The findings by their keys, which name the rule or the unused group. */
  readonly findings: Readonly<Record<string, Imported>>;
}
