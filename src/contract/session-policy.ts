/**
 * The policies of the sessions in which the hub works in a member.
 *
 * A session may do what its policy and the policies of its role both allow. So an account that is only reported on
 * stays one even if its role may revoke. The policies hold actions and Regions; those of the role hold resources and
 * conditions.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies.html#policies_session
 */
import { DecodedConfiguration } from './configuration';
import { restoreChanges, restoreReads, sweepChanges, sweepReads } from './member-actions';
import { securityHubActions } from './security-hub';

/** The number of characters that AWS STS accepts in a session policy. */
export const MOST_SESSION_POLICY_CHARACTERS = 2048;

export interface SessionScope {
  /** The Regions of the session, at most as many as a configuration may name. */
  readonly regions: readonly string[];
  /** Whether rules may be revoked in the account. If not, the session may change nothing of the network. */
  readonly mayRevoke: boolean;
}

/** Returns the policy for a session of the sweeping role, as JSON text. */
export function sessionPolicy(configuration: DecodedConfiguration, { regions, mayRevoke }: SessionScope): string {
  const reads = sweepReads(configuration).map(shortened);
  return policy(
    [...reads, ...securityHubActions(configuration), ...sweepChanges(configuration, mayRevoke)], regions,
  );
}

/** Returns the policy for a session of the restoring role, as JSON text. */
export function restoreSessionPolicy(configuration: DecodedConfiguration, region: string): string {
  return policy([...restoreReads(configuration), ...restoreChanges(configuration, true)], [region]);
}

function policy(actions: readonly string[], regions: readonly string[]): string {
  // A condition needs a value. An account may have none of the Regions, and is entered all the same.
  const Condition = { StringEquals: { 'aws:RequestedRegion': regions.length > 0 ? regions : ['none'] } };
  const statement = { Effect: 'Allow', Action: [...new Set(actions)], Resource: '*', Condition };
  return JSON.stringify({ Version: '2012-10-17', Statement: [statement] });
}

/**
 * The names that are not shortened. According to IAM, some actions of AWS Glue with the verb of a read write. Some of
 * EC2 read passwords and console output.
 */
const IN_FULL = /^(glue:|ec2:Get)/;

/**
 * Returns a pattern for all actions with the same verb, because the names of all actions would not fit. Only "Describe"
 * begins with these four letters.
 */
function shortened(action: string): string {
  if (IN_FULL.test(action)) return action;
  return action.replace(/:(Desc|List|Get|BatchGet)[A-Za-z]+$/, ':$1*');
}
