/** Reads the revocation window. */
import { Reader } from './reader';
import { Day, DAYS, isTimeZone, RevocationWindowConfiguration } from './revocation-window';

const FROM = /^([01]\d|2[0-3]):[0-5]\d$/;
const TO = /^(([01]\d|2[0-3]):[0-5]\d|24:00)$/;

export function revocationWindow(reader: Reader | undefined): RevocationWindowConfiguration | undefined {
  if (reader === undefined) return undefined;
  reader.allow('days', 'from', 'to', 'timeZone');
  const days = reader.optional('days')?.list('leave it out to mean every day').reduce(withDay, []);
  const from = reader.get('from').string(FROM, 'a time from 00:00 to 23:59, such as 08:00');
  const to = reader.get('to').string(TO, 'a time from 00:00 to 24:00, such as 18:00');
  if (from === to) {
    throw reader.get('to').error('give another time than from; a whole day is from 00:00 to 24:00');
  }
  if (from === '00:00' && to === '24:00' && (days === undefined || days.length === DAYS.length)) {
    throw reader.problem('got every hour of every day, so it is always open; leave it out, or give days or times');
  }
  return { days, from, to, timeZone: timeZone(reader.get('timeZone')) };
}

function withDay(before: Day[], reader: Reader): Day[] {
  const day = reader.oneOf(DAYS);
  if (before.includes(day)) throw reader.error('give each day once');
  return [...before, day];
}

/** Intl knows more than names: also offsets, which do not follow daylight saving time. */
function timeZone(reader: Reader): string {
  const name = reader.string(/^[^]*$/, A_TIME_ZONE);
  if (!isTimeZone(name)) throw reader.error(`give ${A_TIME_ZONE}`);
  return name;
}

const A_TIME_ZONE = 'the name of a time zone as IANA writes it, such as Europe/Berlin or UTC, and no offset';
