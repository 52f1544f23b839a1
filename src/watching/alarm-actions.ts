import { Annotations, CfnResource, Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import { isA } from '../validation/references';

/**
 * Warns when no alarm has an action.
 *
 * Actions can be added until CDK synthesizes, also to single alarms and by aspects. CDK validates constructs after all
 * of these, and before it writes warnings.
 */
export function warnWithoutActions(scope: Construct, alarms: readonly cloudwatch.Alarm[]): void {
  const [first] = alarms;
  if (first === undefined) return;
  scope.node.addValidation({
    validate: () => {
      if (!alarms.some(hasAction) && !isWatched(alarms)) {
        // CDK 2.189 overlooks an earlier acknowledgement at the construct itself, but not one above it. So the warning
        // is about an alarm, and can be acknowledged for all alarms.
        Annotations.of(first).addWarningV2(
          'cdk-network-hygiene:alarmsWithoutAction',
          `this alarm and the others of ${scope.node.path} have no action, so nobody is told when one goes off; give action, such as an SnsAction, or call addAlarmAction; where something else watches them, acknowledge this warning`,
        );
      }
      return [];
    },
  });
}

interface Template {
  readonly Resources?: Record<string, { readonly Properties?: Record<string, unknown> }>;
}

const ACTIONS = ['AlarmActions', 'OKActions', 'InsufficientDataActions'];

/** Reads the template, which includes overrides. An alarm that cannot be read there is taken to have an action. */
function hasAction(alarm: cloudwatch.Alarm): boolean {
  const made = alarm.node.defaultChild;
  if (made === undefined || !CfnResource.isCfnResource(made)) return true;
  const template = Reflect.get(made, '_toCloudFormation') as (() => unknown) | undefined;
  const resolved = Stack.of(alarm).resolve(template?.call(made)) as Template | undefined;
  const [properties] = Object.values(resolved?.Resources ?? {}).map(({ Properties }) => Properties);
  return properties === undefined || ACTIONS.some(name => {
    const actions = properties[name];
    return actions !== undefined && !(Array.isArray(actions) && actions.length === 0);
  });
}

/** Whether a composite alarm of the app names one of the alarms. Its actions are its own affair. */
function isWatched(alarms: readonly cloudwatch.Alarm[]): boolean {
  const names = alarms.flatMap(({ alarmArn, alarmName }) => [alarmArn, alarmName]);
  return alarms[0].node.root.node.findAll()
    .some(each => isA(cloudwatch.CfnCompositeAlarm, each) && names.some(name => each.alarmRule.includes(name)));
}
