import { Duration } from 'aws-cdk-lib';
import { UnusedSecurityGroupsConfiguration } from './contract/configuration';
import { MOST_SIGHTINGS } from './contract/decode-grace';
import { UnusedSecurityGroupsOptions } from './unused-security-groups-options';
import { wholeSeconds } from './validation/durations';
import { anInteger, CHECKED_ELSEWHERE, Kinds, orToken, requireKinds } from './validation/kinds';

/**
 * How to handle security groups that nothing uses.
 *
 * A security group is unused if no network interface has it, no rule of any group refers to it, no launch template
 * names it in its default or latest version, and none of the resources that are looked at names it. The default group
 * of a VPC, and a group that is shared or associated with another VPC, is never reported. `docs/unused.md` lists the
 * resources that are looked at, and those that are not.
 *
 * Security groups are never deleted, and the function has no permission to delete them.
 *
 * @see https://docs.aws.amazon.com/vpc/latest/userguide/working-with-security-groups.html
 */
export class UnusedSecurityGroups {
  /**
   * Reports security groups that have been unused for a while in metrics, events, the log and the findings table.
   *
   * A group about which a sweep could not look everywhere is reported as unknown, and never as unused.
   *
   * @param options The time and the number of sweeps after which an unused group is reported.
   * @throws when an option is unknown, when `after` is not a Duration of whole seconds, or when `sightings` is out of
   * range; NetworkHygiene throws when its schedule can never sweep that often
   */
  public static report(options: UnusedSecurityGroupsOptions = {}): UnusedSecurityGroups {
    const method = 'UnusedSecurityGroups.report';
    requireKinds(method, options, OPTIONS);
    const { after = Duration.days(30), sightings = 3 } = options;
    return new UnusedSecurityGroups({
      afterSeconds: wholeSeconds(`${method}: after`, after, 0, 'Duration.days(30)'), sightings,
    });
  }

  /**
   * Does not look for unused security groups, and grants no permission to look for them.
   */
  public static ignore(): UnusedSecurityGroups {
    return new UnusedSecurityGroups('ignore');
  }

  private constructor(
    /**
     * The choice in the form that the handler reads.
     *
     * @internal
     */
    public readonly _configuration: UnusedSecurityGroupsConfiguration | 'ignore',
  ) {}
}

const OPTIONS: Kinds<UnusedSecurityGroupsOptions> = {
  after: CHECKED_ELSEWHERE, sightings: orToken(anInteger(1, MOST_SIGHTINGS)),
};
