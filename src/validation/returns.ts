/** Checks that a rule that comes back can be revoked often enough for `comesBack` to keep it. */
import { Annotations } from 'aws-cdk-lib';
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { Construct } from 'constructs';
import { human } from './durations';
import type { DeclaredGrace } from './revoke-after';
import { intervalSeconds } from './sweep-times';
import { isToken } from './words';
import type { NetworkHygieneProps } from '../network-hygiene-props';

/**
 * Warns of a choice that never keeps a rule. The default is left alone, because it fits most schedules and nobody asked
 * for it.
 */
export function warnOfReturns(scope: Construct, schedule: ScheduleExpression, props: NetworkHygieneProps): void {
  const { comesBack, staleRules, flaggedIngressRules = [] } = props;
  const choice = comesBack?._configuration;
  if (choice === undefined || choice === 'keepRevoking') return;
  const { revocations, withinSeconds } = choice;
  const waits = [
    ...staleRules?._action === 'revoke' ? [staleRules._grace] : [],
    ...flaggedIngressRules.flatMap(({ _action }) => _action?._kind === 'report' ? [] : [_action?._grace]),
  ];
  if (waits.length === 0 || [revocations, withinSeconds].some(isToken)) return;
  const apart = Math.min(...waits.map(each => leastApart(each, intervalSeconds(schedule) ?? 0)));
  if ((revocations - 1) * apart < withinSeconds) return;
  Annotations.of(scope).addWarningV2(
    'cdk-network-hygiene:comesBackTooSlowly',
    `comesBack: ${revocations} revocations of a rule take ${human((revocations - 1) * apart)} or more, because sweeps revoke it at most once in ${human(apart)}, so they never fit within ${human(withinSeconds)}, and no rule is kept; give a longer within, or fewer revocations`,
  );
}

/** Returns the seconds between two revocations by scheduled sweeps, at least. */
function leastApart(grace: DeclaredGrace | undefined, interval: number): number {
  // A token is a large negative number here, so it does not count as a wait.
  return Math.max(interval, grace?.seconds ?? 0, (grace?.sightings ?? 1) * interval);
}
