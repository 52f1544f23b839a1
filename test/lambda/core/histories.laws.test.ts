/**
 * Tests that nothing is ever revoked without its notice, outside its window, before its approval, while it is exempt,
 * or while revoking is paused, in 10,000 random histories.
 */
import * as fc from 'fast-check';
import { aSetting, History, steps } from '../../support/history';

/** The histories of one test. Their number is not smaller on a slow machine. */
const HISTORIES = 2500;

test.each([1, 2, 3, 4])('nothing is revoked that people and time have not agreed to (part %s of 4)', async part => {
  // Each part has other histories.
  const { seed } = fc.readConfigureGlobal() ?? {};
  const met = { histories: 0, revoked: 0, withNotice: 0, withApproval: 0, withWindow: 0, afterAll: 0 };
  await fc.assert(fc.asyncProperty(aSetting, steps, async (setting, taken) => {
    const history = new History(setting);
    for (const step of taken) await history.take(step);
    expect(history.violations).toEqual([]);
    const { noticeHours, approvalHours, window } = setting;
    const isRevoked = history.revoked.length > 0;
    met.histories += 1;
    met.revoked += Number(isRevoked);
    met.withNotice += Number(isRevoked && noticeHours !== undefined);
    met.withApproval += Number(isRevoked && approvalHours !== undefined);
    met.withWindow += Number(isRevoked && window !== undefined && !setting.anytime);
    const isAll = noticeHours !== undefined && approvalHours !== undefined && window !== undefined;
    met.afterAll += Number(isRevoked && isAll);
  }), { numRuns: HISTORIES, ...seed !== undefined && { seed: seed + part } });
  // The law must not hold for lack of revocations.
  expect(met.histories).toBeGreaterThanOrEqual(HISTORIES);
  for (const [name, count] of Object.entries(met)) expect([name, count > 10]).toEqual([name, true]);
}, 600_000);
