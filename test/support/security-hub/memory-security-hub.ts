/** The port of Security Hub in memory. */
import { Hub } from './hub';
import type { FailedImport, SecurityFinding } from '../../../lambda/core/model/security-hub';
import type { SecurityHub } from '../../../lambda/core/ports';
import { ACCOUNT } from '../builders';
import { ServiceError } from '../endpoint/service-error';

export const PLACE = { partition: 'aws', account: ACCOUNT, region: 'eu-central-1' };

export class MemorySecurityHub implements SecurityHub {
  public readonly hub: Hub;
  /** The findings of each import, in order. */
  public readonly imports: Array<readonly SecurityFinding[]> = [];

  constructor(public readonly place = PLACE) {
    this.hub = new Hub(place.account, place.region);
  }

  /** Called before findings take effect. It may throw, as a process that dies. */
  public before: () => void | Promise<void> = () => undefined;

  /** Called after findings have taken effect. It may throw. */
  public after: () => void | Promise<void> = () => undefined;

  public async import(findings: readonly SecurityFinding[]): Promise<FailedImport[]> {
    this.imports.push(findings);
    await this.before();
    const failed: FailedImport[] = [];
    for (let from = 0; from < findings.length; from += 100) failed.push(...this.call(findings.slice(from, from + 100)));
    await this.after();
    return failed;
  }

  private call(findings: readonly SecurityFinding[]): FailedImport[] {
    try {
      return this.hub.import({ Findings: findings }).FailedFindings
        .map(({ Id: id, ErrorCode: code, ErrorMessage: message }) => ({ id, code, message }));
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      return findings.map(({ Id: id }) => ({ id, code: error.code, message: error.message }));
    }
  }
}
