/**
 * Security Hub of one account and Region in memory, as its documentation describes BatchImportFindings.
 *
 * @see https://docs.aws.amazon.com/securityhub/latest/userguide/finding-update-batchimportfindings.html
 */
import { violationsOfFinding, violationsOfRequest } from './asff';
import type { SecurityFinding } from '../../../lambda/core/model/security-hub';
import { ServiceError } from '../endpoint/service-error';

/** A finding with what Security Hub and people add to it. */
export interface StoredFinding extends SecurityFinding {
  readonly Workflow: { readonly Status: 'NEW' | 'NOTIFIED' | 'RESOLVED' | 'SUPPRESSED' };
  readonly Severity: { readonly Label: string };
}

export interface Refusal {
  readonly code: string;
  readonly message: string;
}

export interface ImportAnswer {
  readonly FailedCount: number;
  readonly SuccessCount: number;
  readonly FailedFindings: ReadonlyArray<{ Id: string; ErrorCode: string; ErrorMessage: string }>;
}

const [FINDINGS_PER_CALL, BYTES_PER_FINDING, BYTES_PER_CALL] = [100, 240 * 1024, 6 * 1024 * 1024];

export class Hub {
  /** The findings, by their ids. */
  public readonly findings = new Map<string, StoredFinding>();
  /** The findings of each call that was accepted, in order. */
  public readonly calls: Array<readonly SecurityFinding[]> = [];
  /** Off: not enabled in the account and Region. Two ways to say so are documented. */
  public state: 'on' | 'off' | 'off for each finding' = 'on';

  constructor(private readonly account: string, private readonly region: string) {}

  /** Returns why a finding is refused. */
  public refuses: (finding: SecurityFinding) => Refusal | undefined = () => undefined;

  /** The findings that are active, by their ids. */
  public get active(): ReadonlyMap<string, StoredFinding> {
    return new Map([...this.findings].filter(([, { RecordState: state }]) => state === 'ACTIVE'));
  }

  /** A person decides about a finding. */
  public decide(id: string, decision: Partial<Pick<StoredFinding, 'Workflow' | 'Severity'>>): void {
    const finding = this.findings.get(id);
    if (finding === undefined) throw new Error(`There is no finding ${id}`);
    this.findings.set(id, { ...finding, ...decision });
  }

  /** Deletes the active findings that were not updated for 90 days, and the archived ones after 30 days. */
  public deleteOld(now: Date): void {
    for (const [id, { RecordState: state, UpdatedAt: updatedAt }] of this.findings) {
      const days = state === 'ACTIVE' ? 90 : 30;
      if (now.getTime() - Date.parse(updatedAt) > days * 86_400_000) this.findings.delete(id);
    }
  }

  /** @throws ServiceError when the call is refused as a whole */
  public import(parameters: { readonly Findings?: unknown }): ImportAnswer {
    const [violation] = violationsOfRequest(parameters);
    if (violation !== undefined) throw new ServiceError('InvalidInputException', violation);
    const findings = parameters.Findings as readonly SecurityFinding[];
    if (findings.length > FINDINGS_PER_CALL || Buffer.byteLength(JSON.stringify(findings)) > BYTES_PER_CALL) {
      throw new ServiceError('InvalidInputException', 'The batch is too large');
    }
    if (this.state === 'off') {
      throw new ServiceError('InvalidAccessException', `Account ${this.account} is not subscribed to AWS Security Hub`, 401);
    }
    this.calls.push(findings);
    const failed = findings.flatMap(finding => {
      const refusal = this.refusalOf(finding);
      if (refusal) return [{ Id: finding.Id, ErrorCode: refusal.code, ErrorMessage: refusal.message }];
      this.store(finding);
      return [];
    });
    return { FailedCount: failed.length, SuccessCount: findings.length - failed.length, FailedFindings: failed };
  }

  private refusalOf(finding: SecurityFinding): Refusal | undefined {
    if (this.state !== 'on') return { code: 'InvalidAccess', message: 'Security Hub is not enabled' };
    const [violation] = violationsOfFinding(finding);
    if (violation !== undefined) return { code: 'InvalidInput', message: violation };
    if (Buffer.byteLength(JSON.stringify(finding)) > BYTES_PER_FINDING) return { code: 'InvalidInput', message: 'Too large' };
    const product = `:securityhub:${this.region}:${this.account}:product/${this.account}/default`;
    if (finding.AwsAccountId !== this.account || !finding.ProductArn.endsWith(product)) {
      return { code: 'InvalidInput', message: 'The finding is of another account or product' };
    }
    return this.refuses(finding);
  }

  private store(finding: SecurityFinding): void {
    const known = this.findings.get(finding.Id);
    if (known === undefined) {
      const { FindingProviderFields: { Severity } } = finding;
      this.findings.set(finding.Id, { ...finding, Severity, Workflow: { Status: 'NEW' } });
      return;
    }
    // An update that is not later is ignored.
    if (Date.parse(finding.UpdatedAt) <= Date.parse(known.UpdatedAt)) return;
    const isOpenAgain = known.RecordState === 'ARCHIVED' && finding.RecordState === 'ACTIVE';
    const isReset = isOpenAgain && known.Workflow.Status !== 'SUPPRESSED';
    this.findings.set(finding.Id, {
      ...known, ...finding, Workflow: isReset ? { Status: 'NEW' } : known.Workflow, Severity: known.Severity,
    });
  }
}
