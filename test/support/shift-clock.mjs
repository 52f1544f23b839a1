// Shifts the clock of a process. A process that loads this file with --import is ahead by CLOCK_OFFSET_MILLIS.
const RealDate = Date;

/** Sets how far this process's clock is ahead. performance.now does not change. */
export function shiftClock(millis) {
  const { now } = RealDate;
  const shiftedNow = () => now() + millis;
  globalThis.Date = RealDate.prototype.constructor = millis === 0 ? RealDate : new Proxy(RealDate, {
    apply: Real => new Real(shiftedNow()).toString(),
    construct: (Real, given, newTarget) => (
      Reflect.construct(Real, given.length === 0 ? [shiftedNow()] : given, newTarget)),
    get: (Real, name, receiver) => name === 'now' ? shiftedNow : Reflect.get(Real, name, receiver),
  });
}

const { CLOCK_OFFSET_MILLIS: offset } = process.env;
if (offset !== undefined) shiftClock(Number(offset));
