/** Sends events about changes from a member to the hub. */
import { Aws } from 'aws-cdk-lib';
import { EventPattern } from 'aws-cdk-lib/aws-events';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { changePattern } from './change-pattern';
import type { Member } from './member-configuration';

export const FORWARDING_DESCRIPTION = 'Sends changes of security groups to the network hygiene of the organization';

/** Returns the pattern of calls that the hub did not make itself, in a session of one of the roles. */
export function forwardedChanges({ configuration, agreement }: Member): EventPattern {
  const own = [agreement.sweepRoleName, agreement.restoreRoleName]
    .map(name => `arn:${Aws.PARTITION}:iam::${Aws.ACCOUNT_ID}:role/${name}`);
  // A change that may concern any group starts nothing. The next run finds what it has made stale.
  const ofGroups = { ...configuration, changeTrigger: undefined };
  return changePattern(ofGroups, own, matchers => ({ sessionContext: { sessionIssuer: { arn: matchers } } }));
}

export function forwardingStatement(eventBusArn: string): PolicyStatement {
  return new PolicyStatement({ actions: ['events:PutEvents'], resources: [eventBusArn] });
}
