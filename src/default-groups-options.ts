import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { FlaggedRuleOptions } from './flagged-rule-options';

/**
 * Options for `FlaggedIngressRule.inDefaultGroups`.
 */
export interface DefaultGroupsOptions extends FlaggedRuleOptions {
  /**
   * Whether rules are revoked even if a network interface uses the group.
   *
   * If it is false, the rules of such a group are reported and kept, with the reason `IN_USE`.
   *
   * @default false
   */
  readonly evenInUse?: boolean;

  /**
   * Default security groups to which the declaration does not apply, at least one.
   *
   * @default - none
   */
  readonly exceptGroups?: ec2.ISecurityGroup[];
}
