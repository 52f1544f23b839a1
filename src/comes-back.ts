import { ComesBackOptions } from './comes-back-options';
import { ComesBackConfiguration, DEFAULT_COMES_BACK } from './contract/configuration';
import { MOST_RETURN_SECONDS, MOST_RETURNS } from './contract/decode';
import { wholeSecondsUpTo } from './validation/durations';
import { anInteger, CHECKED_ELSEWHERE, Kinds, orToken, requireKind, requireKinds } from './validation/kinds';

/**
 * How to handle a rule that comes back after it was revoked.
 *
 * A rule comes back when a rule with the same traffic is in the same security group again, because a deployment, a
 * script or a person added it. Each sweep would revoke it, and each deployment would add it again.
 *
 * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-stack-drift.html
 */
export class ComesBack {
  /**
   * Keeps a rule that comes back after it was revoked this many times, and reports it with the reason `COMES_BACK`.
   *
   * It stays so while the rule is there. The count starts over when the rule has been absent for the time of `within`,
   * or on a request through the alias `retry`.
   *
   * @param revocations The number of revocations after which the rule is kept, from 1 to 1000.
   * @param options The time within which they were made.
   * @throws when an option is unknown, when `revocations` is out of range, or when `within` is not a Duration of whole
   * seconds, from 1 second to 90 days
   */
  public static keepAfter(revocations: number, options: ComesBackOptions = {}): ComesBack {
    const method = 'ComesBack.keepAfter';
    requireKind(`${method}: revocations`, revocations, orToken(anInteger(1, MOST_RETURNS)));
    requireKinds(method, options, OPTIONS);
    const { within } = options;
    const withinSeconds = within === undefined
      ? DEFAULT_COMES_BACK.withinSeconds
      : wholeSecondsUpTo(`${method}: within`, within, MOST_RETURN_SECONDS, 'Duration.hours(24)');
    return new ComesBack({ revocations, withinSeconds });
  }

  /**
   * Revokes a rule however often it comes back.
   */
  public static keepRevoking(): ComesBack {
    return new ComesBack('keepRevoking');
  }

  private constructor(
    /**
     * The choice in the form that the handler reads.
     *
     * @internal
     */
    public readonly _configuration: ComesBackConfiguration | 'keepRevoking',
  ) {}
}

const OPTIONS: Kinds<ComesBackOptions> = { within: CHECKED_ELSEWHERE };
