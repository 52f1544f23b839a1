/**
 * Implements the port of trails with CloudTrail.
 *
 * A trail of another Region or of the organization has a shadow here. CloudTrail knows a shadow only by its ARN.
 */
import {
  type AdvancedEventSelector, type AdvancedFieldSelector, type CloudTrailClient, DescribeTrailsCommand,
  type EventSelector,
  GetEventSelectorsCommand, GetTrailStatusCommand,
} from '../../bundle/sdk';
import { GROUP_EVENTS } from '../../src/contract/change-events';
import type { LoggedCalls } from '../core/model/network';
import type { Trails } from '../core/ports';

/** @param region the Region of the function */
export function cloudTrailTrails(client: CloudTrailClient, region: string, abortSignal?: AbortSignal): Trails {
  const options = { abortSignal };
  return {
    region,
    trails: async () => {
      const { trailList = [] } = await client.send(new DescribeTrailsCommand({ includeShadowTrails: true }), options);
      return trailList
        .filter(({ IsMultiRegionTrail, HomeRegion }) => IsMultiRegionTrail || HomeRegion === region)
        .flatMap(({ TrailARN: arn, Name: name = arn, IsOrganizationTrail: isOfOrganization = false }) =>
          arn === undefined || name === undefined ? [] : [{ arn, name, isOfOrganization }]);
    },
    isLogging: async Name => (await client.send(new GetTrailStatusCommand({ Name }), options)).IsLogging === true,
    loggedCalls: async TrailName => {
      const { EventSelectors = [], AdvancedEventSelectors = [] } = await client.send(
        new GetEventSelectorsCommand({ TrailName }), options,
      );
      const logged = [...EventSelectors.map(selectedBy), ...AdvancedEventSelectors.map(selectedByFields)];
      // A trail without selectors logs all management events.
      if (logged.length === 0) return 'changes';
      return BEST_FIRST.find(calls => logged.includes(calls)) ?? 'none';
    },
  };
}

/** An event is logged if any selector takes it. */
const BEST_FIRST: readonly LoggedCalls[] = ['changes', 'someChanges', 'readsOnly', 'noneOfEc2'];

const EC2 = 'ec2.amazonaws.com';

function selectedBy(
  { IncludeManagementEvents = true, ReadWriteType = 'All', ExcludeManagementEventSources = [] }: EventSelector,
): LoggedCalls {
  if (!IncludeManagementEvents) return 'none';
  if (ExcludeManagementEventSources.includes(EC2)) return 'noneOfEc2';
  return ReadWriteType === 'ReadOnly' ? 'readsOnly' : 'changes';
}

/** A selector takes an event if all of its fields do. */
function selectedByFields({ FieldSelectors = [] }: AdvancedEventSelector): LoggedCalls {
  const takes = (field: string, value: string): boolean =>
    FieldSelectors.every(selector => selector.Field !== field || isTaken(selector, value));
  if (!takes('eventCategory', 'Management')) return 'none';
  if (!takes('eventSource', EC2)) return 'noneOfEc2';
  if (!takes('readOnly', 'false')) return 'readsOnly';
  // Other fields, such as the caller, depend on the call.
  const isOnAnyCall = FieldSelectors.every(({ Field = '' }) => FIELDS.has(Field));
  return isOnAnyCall && GROUP_EVENTS.every(name => takes('eventName', name)) ? 'changes' : 'someChanges';
}

/** The fields that have the same value in all records of a call that changes EC2, and the name of the call. */
const FIELDS: ReadonlySet<string> = new Set(['eventCategory', 'eventSource', 'readOnly', 'eventName']);

function isTaken(
  { Equals, NotEquals, StartsWith, NotStartsWith, EndsWith, NotEndsWith }: AdvancedFieldSelector, value: string,
): boolean {
  const starts = (each: string): boolean => value.startsWith(each);
  const ends = (each: string): boolean => value.endsWith(each);
  return (Equals?.includes(value) ?? true) && !NotEquals?.includes(value)
    && (StartsWith?.some(starts) ?? true) && !NotStartsWith?.some(starts)
    && (EndsWith?.some(ends) ?? true) && !NotEndsWith?.some(ends);
}
