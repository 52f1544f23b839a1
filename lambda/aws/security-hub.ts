/**
 * Implements the Security Hub port with BatchImportFindings.
 *
 * Security Hub accepts 100 findings, 6 MB and 10 calls a second. It answers which findings of a call it refuses. If it
 * refuses the call as a whole, the call is halved until the refused finding is alone, and the rest is imported. A call
 * that the SDK repeats after its answer was lost imports the same findings again, which changes nothing.
 *
 * @see https://docs.aws.amazon.com/securityhub/latest/partnerguide/guidelines-batchimportfindings.html
 */
import { BatchImportFindingsCommand, type SecurityHubClient } from '../../bundle/sdk';
import type { HubPlace } from '../../src/contract/security-hub';
import { type ErrorFacts, errorFacts, isDenied, isSecurityHubOff } from '../core/errors';
import { inPartsOf } from '../core/lists';
import type { FailedImport, SecurityFinding } from '../core/model/security-hub';
import type { Clock, SecurityHub } from '../core/ports';

const FINDINGS_PER_CALL = 100;

/** Below the limits of Security Hub, because it does not say how it counts. */
const [BYTES_PER_FINDING, BYTES_PER_CALL] = [235_000, 5_500_000];

/** Security Hub accepts 30 calls at once, and after that 10 a second. Other callers need some of them. */
const [CALLS_AT_ONCE, MILLIS_PER_CALL] = [10, 125];

/** The time of a call with its retries. The time that is left after the last call is for metrics and the answer. */
const CALL_MILLIS = 10_000;

/** The number of calls per import that may search for refused findings. */
const EXTRA_CALLS = 50;

/** The number of failed calls in a row after which importing stops. The SDK already retries each call. */
const FAILURES_IN_A_ROW = 2;

/** The codes with which Security Hub refuses a call because of its findings. */
const REFUSAL = /^(InvalidInput(Exception)?|ValidationException|SerializationException)$/;

export function securityHub(client: SecurityHubClient, place: HubPlace, clock: Clock): SecurityHub {
  return { place, import: (findings, until) => new Import(client, clock, until).all(findings) };
}

class Import {
  private readonly failed: FailedImport[] = [];
  private calls = 0;
  private extraCalls = 0;
  private failuresInARow = 0;
  /** Why nothing more is tried. */
  private stoppedBy?: ErrorFacts;

  constructor(
    private readonly client: SecurityHubClient, private readonly clock: Clock, private readonly until: Date,
  ) {}

  public async all(findings: readonly SecurityFinding[]): Promise<FailedImport[]> {
    for (const call of this.inCalls(findings)) await this.send(call);
    return this.failed;
  }

  /** Divides the findings into calls, and sorts out those that are too large. */
  private inCalls(findings: readonly SecurityFinding[]): SecurityFinding[][] {
    const calls: SecurityFinding[][] = [];
    let bytes = Infinity;
    for (const finding of findings) {
      const size = Buffer.byteLength(JSON.stringify(finding));
      if (size > BYTES_PER_FINDING) {
        const message = `The finding has ${size} bytes, more than the ${BYTES_PER_FINDING} that are sent to Security Hub`;
        this.fail([finding], { code: 'FindingTooLarge', message });
        continue;
      }
      const call = calls.at(-1);
      if (call !== undefined && call.length < FINDINGS_PER_CALL && bytes + size <= BYTES_PER_CALL) {
        call.push(finding);
        bytes += size;
      } else {
        calls.push([finding]);
        bytes = size;
      }
    }
    return calls;
  }

  private async send(call: readonly SecurityFinding[]): Promise<void> {
    if (this.stoppedBy) return this.fail(call, this.stoppedBy);
    if (this.clock.now() >= this.until) {
      return this.fail(call, { code: 'OutOfTime', message: 'Not tried, because the function is running out of time' });
    }
    if (this.calls >= CALLS_AT_ONCE) await this.clock.sleep(MILLIS_PER_CALL);
    this.calls += 1;
    let refused: readonly FailedImport[];
    try {
      refused = await this.request(call);
    } catch (error) {
      const facts = errorFacts(error);
      return REFUSAL.test(facts.code) ? this.narrowDown(call, facts) : this.failCall(call, facts);
    }
    this.failuresInARow = 0;
    this.failed.push(...refused);
    const off = refused.find(isSecurityHubOff);
    if (off && refused.length === call.length) this.stoppedBy = off;
  }

  /** @returns the findings that Security Hub has refused */
  private async request(call: readonly SecurityFinding[]): Promise<FailedImport[]> {
    const { FailedCount: failedCount, SuccessCount: successCount, FailedFindings: list } =
      await this.client.send(new BatchImportFindingsCommand({ Findings: call }), {
        abortSignal: AbortSignal.timeout(CALL_MILLIS),
      });
    const refused = (Array.isArray(list) ? list as unknown[] : []).flatMap(failedImport);
    const isWhole = refused.length === failedCount && successCount === call.length - failedCount;
    if (isWhole) return refused;
    const message = `Security Hub answered ${call.length} findings with ${successCount ?? 'no'} successes and ${refused.length} failures; whether they were imported is unknown`;
    throw Object.assign(new Error(message), { name: 'UnexpectedAnswer' });
  }

  private async narrowDown(call: readonly SecurityFinding[], error: ErrorFacts): Promise<void> {
    this.failuresInARow = 0;
    if (call.length === 1 || this.extraCalls + 2 > EXTRA_CALLS) return this.fail(call, error);
    this.extraCalls += 2;
    for (const half of inPartsOf(Math.ceil(call.length / 2), call)) await this.send(half);
  }

  private failCall(call: readonly SecurityFinding[], error: ErrorFacts): void {
    this.fail(call, error);
    this.failuresInARow += 1;
    // A denial, and Security Hub that is off, apply to every call.
    if (isDenied(error) || isSecurityHubOff(error) || this.failuresInARow >= FAILURES_IN_A_ROW) this.stoppedBy = error;
  }

  private fail(findings: readonly SecurityFinding[], { code, message }: Pick<ErrorFacts, 'code' | 'message'>): void {
    this.failed.push(...findings.map(({ Id: id }) => ({ id, code, message })));
  }
}

function failedImport(item: unknown): FailedImport[] {
  if (typeof item !== 'object' || item === null) return [];
  const { Id: id, ErrorCode: code, ErrorMessage: message } = item as Record<string, unknown>;
  if (typeof id !== 'string') return [];
  return [{
    id, code: typeof code === 'string' ? code : 'Unknown',
    message: typeof message === 'string' ? message : 'Security Hub did not say why',
  }];
}
