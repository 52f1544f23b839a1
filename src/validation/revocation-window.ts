/** Reads the revocation window as it is declared, and checks that it has an effect. */
import { Annotations } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { CHECKED_ELSEWHERE, having, Kind, Kinds, requireKind, requireKinds } from './kinds';
import { isToken, plainWords } from './words';
import { Configuration, isToRevoke } from '../contract/configuration';
import { revocationWindow } from '../contract/decode-window';
import { Reader } from '../contract/reader';
import { closesAt, Day, DAYS, nextOpening, RevocationWindowConfiguration } from '../contract/revocation-window';
import type { RevocationWindow } from '../revocation-window';

const A_TIME_ZONE: Kind = having('timezoneName', "a TimeZone, such as TimeZone.of('Europe/Berlin')");

/** The members of a list that is known at deployment only cannot be told from plain texts. */
const SOME_DAYS: Kind = {
  what: 'a list of days, such as [DayOfWeek.SATURDAY]', is: value => Array.isArray(value) && !isToken(value),
};

const KINDS: Kinds<RevocationWindow> = {
  days: SOME_DAYS, from: CHECKED_ELSEWHERE, to: CHECKED_ELSEWHERE, timeZone: A_TIME_ZONE,
};

/**
 * Returns the window with its defaults. The days are in the order of the week, and absent if they are all.
 *
 * @throws if a value is wrong, or is known at deployment only; the message names it, what was got and the fix
 */
export function declaredWindow(
  path: string, window: RevocationWindow | undefined,
): RevocationWindowConfiguration | undefined {
  if (window === undefined) return undefined;
  const where = `${path}: revocationWindow`;
  requireKinds(where, window, KINDS);
  requireKind(`${where}: timeZone`, window.timeZone, A_TIME_ZONE);
  const { days, from = '00:00', to = '24:00', timeZone: { timezoneName: timeZone } } = window;
  // A schedule follows from the values, so they have to be known now.
  const words = plainWords(key => key === '' ? where : `${where}: ${key}`);
  const read = revocationWindow(new Reader('', { days, from, to, timeZone }, words));
  return read && { ...read, days: inOrder(read.days) };
}

/** Returns undefined for every day, so that listing them all changes nothing. */
function inOrder(days: readonly Day[] | undefined): Day[] | undefined {
  return days === undefined || days.length === DAYS.length ? undefined : DAYS.filter(each => days.includes(each));
}

/** What is to be revoked, and whether it is let through outside the window. */
function revokingIn(
  { staleRules, staleRulesAnytime, flaggedIngressRules }: Configuration,
): Array<{ readonly name: string; readonly anytime?: boolean }> {
  return [
    ...staleRules === 'revoke' ? [{ name: 'staleRules', anytime: staleRulesAnytime }] : [],
    ...flaggedIngressRules.flatMap((declared, index) =>
      isToRevoke(declared) ? [{ name: `flaggedIngressRules[${index}].action`, anytime: declared.action?.anytime }] : []),
  ];
}

/** Warns of a window that keeps nothing, and of rules that are let through where nothing stops them. */
export function warnOfWindow(scope: Construct, configuration: Configuration): void {
  const { revocationWindow: window } = configuration;
  const revoking = revokingIn(configuration);
  const through = revoking.filter(({ anytime }) => anytime).map(({ name }) => name);
  if (window === undefined && through.length > 0) {
    Annotations.of(scope).addWarningV2(
      'cdk-network-hygiene:anytimeWithoutWindow',
      `anytime has no effect in ${through.join(', ')}, because there is no revocationWindow, so rules may be revoked at any time anyway; leave anytime out, or give a revocationWindow`,
    );
  }
  if (window !== undefined && revoking.length === through.length) {
    const why = revoking.length === 0
      ? 'staleRules and flaggedIngressRules revoke nothing'
      : `anytime lets everything through that is revoked: ${through.join(', ')}`;
    Annotations.of(scope).addWarningV2(
      'cdk-network-hygiene:windowWithoutEffect',
      `revocationWindow has no effect, because ${why}; leave revocationWindow out, or say what to revoke only within it`,
    );
  }
}

/** A day from which on the openings of a whole week are looked at. */
const ANY_MONDAY = new Date('2026-06-01T00:00:00Z');

/**
 * Returns the longest time for which the window keeps rules, in seconds, or 0 if it keeps none. When the clocks change,
 * it may be an hour longer.
 */
export function longestClosedSeconds(configuration: Configuration): number {
  const { revocationWindow: declared } = configuration;
  if (declared === undefined || revokingIn(configuration).every(({ anytime }) => anytime)) return 0;
  const window = { ...declared, timeZone: 'UTC' };
  let longest = 0;
  let opening = nextOpening(window, ANY_MONDAY);
  for (let count = 0; opening !== undefined && count <= DAYS.length; count++) {
    const closing = closesAt(window, opening);
    const next: Date | undefined = closing && nextOpening(window, closing);
    if (closing && next) longest = Math.max(longest, (next.getTime() - closing.getTime()) / 1000);
    opening = next;
  }
  return longest;
}
