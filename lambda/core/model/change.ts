/**
 * A change of the network, as an event of CloudTrail describes it: ids, time and caller, and nothing else of the event.
 */

/** The tool that made a call, if the event shows it. It is a hint for people and no proof. */
export type ChangeTool = 'CloudFormation' | 'Terraform' | 'console';

/** The caller that made a change. */
export interface ChangedBy {
  /** The name of the call, such as `AuthorizeSecurityGroupIngress`. */
  readonly eventName: string;
  /** The id that CloudTrail gives the event. */
  readonly eventId?: string;
  /** The time of the call, in ISO 8601 and UTC. Absent if the event has no believable time. */
  readonly at?: string;
  /** The ARN of the identity that made the call. */
  readonly arn?: string;
  readonly tool?: ChangeTool;
}

/** A resource that a change is to end or modify, and whose state shows whether it has done so. */
export interface AwaitedResource {
  readonly kind: 'peering' | 'transitGateway' | 'transitGatewayAttachment' | 'association';
  /** For an association, the id of the group. */
  readonly id: string;
  /** For an association, the VPC. */
  readonly vpcId?: string;
  /** Whether the resource is to be gone. Otherwise, its modification is to be complete. */
  readonly isEnding: boolean;
}

export interface Change extends ChangedBy {
  readonly groupIds: readonly string[];
  readonly ruleIds: readonly string[];
  /** Whether the event says that CloudFormation made the call. */
  readonly isByCloudFormation: boolean;
  /** Present if rules of any group may be stale after the change. The list may be empty, because an id is missing. */
  readonly awaits?: readonly AwaitedResource[];
}
