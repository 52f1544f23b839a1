import { EventPattern } from 'aws-cdk-lib/aws-events';
import { changeEvents } from '../contract/change-events';
import { Configuration } from '../contract/configuration';

/**
 * Returns the pattern of calls that succeeded, and that the library did not make itself.
 *
 * `anything-but` matches only events that have the field, and not every caller has it.
 *
 * @param own the callers whose calls are left out
 * @param identity returns the part of `userIdentity` that names a caller, with matchers for it
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
 */
export function changePattern(
  configuration: Configuration, own: readonly string[], identity: (matchers: object[]) => object,
): EventPattern {
  return {
    source: ['aws.ec2'],
    detailType: ['AWS API Call via CloudTrail'],
    detail: {
      eventSource: ['ec2.amazonaws.com'],
      eventName: changeEvents(configuration),
      errorCode: [{ exists: false }],
      $or: [
        { userIdentity: identity([{ 'anything-but': own }]) },
        { userIdentity: identity([{ exists: false }]) },
      ],
    },
  };
}
