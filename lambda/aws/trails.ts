/** Implements the port of trails with CloudTrail. */
import {
  type AdvancedEventSelector, type CloudTrailClient, DescribeTrailsCommand, type EventSelector,
  GetEventSelectorsCommand, GetTrailStatusCommand,
} from '../../bundle/sdk';
import type { Trails } from '../core/ports';

/** @param region the Region of the function */
export function cloudTrailTrails(client: CloudTrailClient, region: string, abortSignal?: AbortSignal): Trails {
  const options = { abortSignal };
  return {
    trails: async () => {
      const { trailList = [] } = await client.send(new DescribeTrailsCommand({ includeShadowTrails: true }), options);
      return trailList
        .filter(({ TrailARN, IsMultiRegionTrail, HomeRegion }) => TrailARN && (IsMultiRegionTrail || HomeRegion === region))
        .map(({ TrailARN: arn = '', Name: name = arn, IsOrganizationTrail: isOfOrganization = false }) =>
          ({ arn, name, isOfOrganization }));
    },
    isLogging: async Name => (await client.send(new GetTrailStatusCommand({ Name }), options)).IsLogging === true,
    logsChanges: async TrailName => {
      const { EventSelectors = [], AdvancedEventSelectors = [] } = await client.send(
        new GetEventSelectorsCommand({ TrailName }), options,
      );
      return EventSelectors.some(selectsChanges) || AdvancedEventSelectors.some(selectsChangesOfEc2);
    },
  };
}

const selectsChanges = ({ IncludeManagementEvents, ReadWriteType }: EventSelector): boolean =>
  IncludeManagementEvents !== false && ReadWriteType !== 'ReadOnly';

/** A selector takes an event if all of its fields do. */
function selectsChangesOfEc2({ FieldSelectors = [] }: AdvancedEventSelector): boolean {
  const fields = new Map(FieldSelectors.map(each => [each.Field, each]));
  const takes = (field: string, value: string): boolean => {
    const selector = fields.get(field);
    if (selector === undefined) return true;
    const { Equals, NotEquals, StartsWith, NotStartsWith, EndsWith, NotEndsWith } = selector;
    return (Equals?.includes(value) ?? true)
      && !(NotEquals?.includes(value) ?? false)
      && (StartsWith?.some(each => value.startsWith(each)) ?? true)
      && !(NotStartsWith?.some(each => value.startsWith(each)) ?? false)
      && (EndsWith?.some(each => value.endsWith(each)) ?? true)
      && !(NotEndsWith?.some(each => value.endsWith(each)) ?? false);
  };
  return takes('eventCategory', 'Management') && takes('readOnly', 'false') && takes('eventSource', 'ec2.amazonaws.com');
}
