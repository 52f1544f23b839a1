/** Reads how revocations are announced and approved as it is declared, and checks that rules can be revoked so. */
import { Annotations, Duration } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { human, secondsBetween } from './durations';
import { longestClosedSeconds } from './revocation-window';
import { ApprovalConfiguration, Configuration, tellsToRevoke } from '../contract/configuration';
import {
  LEAST_APPROVAL_SECONDS, LEAST_NOTICE_SECONDS, MOST_APPROVAL_SECONDS, MOST_NOTICE_SECONDS,
} from '../contract/decode';
import type { NetworkHygieneProps } from '../network-hygiene-props';

/** @throws if the time is not within the limits, or is known at deployment only */
export function declaredNotice(
  path: string, { finalNotice }: Pick<NetworkHygieneProps, 'finalNotice'>,
): number | undefined {
  if (finalNotice === undefined) return undefined;
  return secondsBetween(
    `${path}: finalNotice`, finalNotice, [LEAST_NOTICE_SECONDS, MOST_NOTICE_SECONDS], 'Duration.days(7)',
  );
}

const DEFAULT_VALIDITY = Duration.days(14);

/** @throws if the time is not within the limits, is known at deployment only, or is given without `approval` */
export function declaredApproval(
  path: string, { approval, approvalValidFor }: Pick<NetworkHygieneProps, 'approval' | 'approvalValidFor'>,
): ApprovalConfiguration | undefined {
  if (!approval && approvalValidFor !== undefined) {
    throw new Error(
      `${path}: approvalValidFor is given without approval, so no revocation would wait for an approval; set approval to true, or leave approvalValidFor out`,
    );
  }
  if (!approval) return undefined;
  return {
    validSeconds: secondsBetween(
      `${path}: approvalValidFor`, approvalValidFor ?? DEFAULT_VALIDITY,
      [LEAST_APPROVAL_SECONDS, MOST_APPROVAL_SECONDS], 'Duration.days(14)',
    ),
  };
}

/** Warns of a notice and of approvals for revocations that never take place, or that come after the approval ends. */
export function warnOfWaits(scope: Construct, configuration: Configuration): void {
  if (tellsToRevoke(configuration)) warnOfEarlyEnd(scope, configuration);
  else warnOfNoRevocation(scope, configuration);
}

/** A rule waits longest if its notice ends when the window has just closed. A sweep starts when the window opens. */
function warnOfEarlyEnd(scope: Construct, configuration: Configuration): void {
  const { approval, finalNoticeSeconds: notice = 0, scheduleSeconds = 0 } = configuration;
  if (approval === undefined) return;
  const closed = longestClosedSeconds(configuration);
  const interval = closed > 0 ? 0 : scheduleSeconds;
  const longest = notice + closed + interval;
  if (approval.validSeconds > longest) return;
  const waits = [
    ...notice > 0 ? [`${human(notice)} for finalNotice`] : [],
    ...closed > 0 ? [`${human(closed)} for revocationWindow`] : [],
    ...interval > 0 ? [`${human(interval)} for the next sweep`] : [],
  ];
  const longer = longest < MOST_APPROVAL_SECONDS ? `a longer approvalValidFor than ${human(longest)}, or ` : '';
  Annotations.of(scope).addWarningV2(
    'cdk-network-hygiene:approvalEndsTooEarly',
    `an approval ends after ${human(approval.validSeconds)}, and a rule may wait ${waits.join(' and ')}, so the approval may end before the rule is revoked; give ${longer}shorter waits`,
  );
}

function warnOfNoRevocation(scope: Construct, { finalNoticeSeconds, approval }: Configuration): void {
  const without = 'has no effect, because staleRules and flaggedIngressRules revoke nothing';
  if (finalNoticeSeconds !== undefined) {
    Annotations.of(scope).addWarningV2(
      'cdk-network-hygiene:noticeWithoutEffect',
      `finalNotice ${without}; leave finalNotice out, or say what to revoke after the notice`,
    );
  }
  if (approval !== undefined) {
    Annotations.of(scope).addWarningV2(
      'cdk-network-hygiene:approvalWithoutEffect',
      `approval ${without}; leave approval out, or say what to revoke once it is approved`,
    );
  }
}
