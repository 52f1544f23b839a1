/** Warns of parts of declarations that have no effect, or a smaller one than they seem to have. */
import { Annotations } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { exceptionsOf } from './exceptions';
import { isToken, shown, usersWords } from './words';
import type { FlaggedIngressRuleConfiguration, IpPermission } from '../contract/configuration';
import { flaggedIngressRule } from '../contract/decode-flagged-rule';
import { Reader } from '../contract/reader';
import { isWithoutEffect } from '../contract/rules/exceptions';
import type { IngressException } from '../ingress-exception';
import type { NetworkHygieneProps } from '../network-hygiene-props';

/** Warns, because both are harmless: they leave more to flag, or fewer groups in scope, than the user may think. */
export function warnOfFlaggedRules(scope: Construct, { flaggedIngressRules = [] }: NetworkHygieneProps): void {
  flaggedIngressRules.forEach(({ _configuration: rule, _except }, index) => {
    const where = `flaggedIngressRules[${index}]`;
    _except.forEach((exception, place) => {
      if (hasEffect(rule, exception)) return;
      Annotations.of(scope).addWarningV2(
        'cdk-network-hygiene:exceptionWithoutEffect',
        `${where}.except[${place}] has nothing in common with the declared traffic, so nothing stays because of it; compare its ports and peers with the declaration, or leave it out`,
      );
    });
    const wildcards = rule.groupsTagged?.values.filter(value => !isToken(value) && value.includes('*')) ?? [];
    for (const value of wildcards) {
      Annotations.of(scope).addWarningV2(
        'cdk-network-hygiene:tagValueWithAsterisk',
        `${where} has the tag value ${shown(value)}, and values are compared exactly, so * stands for itself; give each value in full`,
      );
    }
  });
}

/** Whether an exception may have an effect. In doubt it has. */
function hasEffect(rule: FlaggedIngressRuleConfiguration, exception: IngressException): boolean {
  const [except] = exceptionsOf('except', [exception]);
  const words = usersWords(path => path);
  const isUnknown = [...rule.ipPermissions, ...except].some(each => new Reader('', withoutGroups(each), words).holdsToken())
    || new Reader('', rule.fromInternet, words).holdsToken();
  if (isUnknown) return true;
  const decoded = flaggedIngressRule(new Reader('', { ...rule, except }, words), '');
  return !decoded.except.every(each => isWithoutEffect(each, decoded.traffic));
}

/** Which group it is does not matter here, because any two groups may have the same members. */
const withoutGroups = ({ UserIdGroupPairs: _, ...others }: IpPermission): Omit<IpPermission, 'UserIdGroupPairs'> => others;
