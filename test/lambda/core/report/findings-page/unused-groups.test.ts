/** Tests the section of the findings table about unused security groups. */
import type { SweepEntry, UnusedGroupEntry } from '../../../../../lambda/core/model/ledger';
import { findingsPage } from '../../../../../lambda/core/report/findings-page/page';
import { type PageRequest, parseRequest } from '../../../../../lambda/core/report/findings-page/request';
import { DEPLOYED } from '../../../../support/builders';
import { aSweepEntry, NOW } from '../../../../support/findings';
import { anUnusedGroup } from '../../../../support/ledger-builders';

function text(unusedGroups: readonly UnusedGroupEntry[], sweep: Partial<SweepEntry> = { groupUse: 'whole' }): string {
  const contents = { entries: [], vpnConnections: [], unusedGroups, sweep: aSweepEntry(sweep) };
  const context = { now: NOW, endpoint: 'arn', table: DEPLOYED.table };
  return findingsPage(contents, parseRequest({}) as PageRequest, context)
    .replace(/<style>[^]*?<\/style>/g, '').replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ');
}

const HEADING = 'Unused security groups';
const since = '2025-11-01T00:00:00.000Z';

it('is absent unless unused groups are looked for', () => {
  expect(text([], {})).not.toContain(HEADING);
  expect(text([anUnusedGroup({ state: 'HEALED' })], {})).not.toContain(HEADING);
});

it('has each group with its age, owner stack and reason', () => {
  const page = text([anUnusedGroup({ since, groupName: 'web', vpcId: 'vpc-1', stackName: 'shop' }), anUnusedGroup({ groupId: 'sg-2', since })]);
  expect(page).toContain(`${HEADING} (2)`);
  expect(page).toMatch(/sg-1 web .*vpc-1 .*61 d .*since .*shop .*no network interface has it/);
  expect(page).toContain('no stack');
  expect(page).toContain('Nothing is deleted. Not looked at: older versions of launch templates');
  expect(page).not.toContain('could not look everywhere');
});

it('counts groups that are only being watched, and lists none of them', () => {
  const page = text([anUnusedGroup({ reportedAt: undefined }), anUnusedGroup({ groupId: 'sg-2', reportedAt: undefined })]);
  expect(page).toContain(`${HEADING} (0) The latest sweep found none. 2 more are unused, but not for long enough.`);
  expect(page).not.toContain('sg-1');
});

it.each([['left'], [undefined]] as const)('lists none that are no longer looked for: %s', groupUse => {
  const page = text([anUnusedGroup(), anUnusedGroup({ groupId: 'sg-2', reportedAt: undefined })], { groupUse });
  expect(page).toContain(`${HEADING} They are no longer looked for. The next sweep resolves 2.`);
  expect(page).not.toMatch(/sg-1|could not look/);
  expect(text([], { groupUse })).not.toContain(HEADING);
});

it('does not say that there are none if the sweep looked at a part', () => {
  const page = text([], { groupUse: 'part' });
  expect(page).toContain(`${HEADING} None are recorded.`);
  expect(page).toContain('The latest sweep could not look everywhere, so others may be unused, too.');
});

it('says what could not be looked at', () => {
  expect(text([anUnusedGroup({ notLookedAt: ['EKS clusters'] })], { groupUse: 'part' }))
    .toContain('could not look at EKS clusters');
});

it('shows other people\'s names as text', () => {
  const contents = { entries: [], vpnConnections: [], unusedGroups: [anUnusedGroup({ groupName: '<img src=x>' })] };
  const context = { now: NOW, endpoint: 'arn', table: DEPLOYED.table };
  expect(findingsPage(contents, parseRequest({}) as PageRequest, context)).not.toContain('<img');
});
