/** The section of the findings table about security groups that nothing uses. */
import { html, type Html, type Value } from './html';
import { order } from './paging';
import { heading, none, number, table } from './parts';
import { icon } from './style';
import { age, type TimeFormat } from './time';
import { GROUP_HOLDERS_NOT_LOOKED_AT } from '../../../../src/contract/group-holders';
import type { SweepEntry, UnreadableItem, UnusedGroupEntry } from '../../model/ledger';
import { WHY_UNUSED } from '../unused-group-words';

/** More would make the page long; the log has all of them. */
export const MOST_UNUSED_GROUPS = 50;

export interface UnusedGroupsView {
  readonly sweep?: SweepEntry;
  readonly unreadable: readonly UnreadableItem[];
  readonly now: Date;
  readonly time: TimeFormat;
}

/** Returns nothing if unused groups are not looked for, and none are known. */
export function unusedGroupsSection(
  entries: readonly UnusedGroupEntry[], { sweep, unreadable, now, time }: UnusedGroupsView,
): Html | undefined {
  const open = entries.filter(({ state }) => state === 'OPEN');
  const isLookedFor = sweep?.groupUse !== undefined && sweep.groupUse !== 'left';
  if (open.length === 0 && !isLookedFor) return undefined;
  // Without a record of a sweep, it is not known whether they are looked for.
  if (sweep && !isLookedFor) {
    return html`${heading('Unused security groups')}<p>They are no longer looked for. The next sweep resolves ${number(open.length)}.</p>`;
  }
  const found = open.filter(({ reportedAt }) => reportedAt !== undefined).sort((a, b) => order(a.since, b.since));
  const watched = open.length - found.length;
  const isWhole = sweep?.groupUse === 'whole' && unreadable.length === 0;
  const rest = [
    ...watched === 0 ? [] : [html`<p class="muted">${number(watched)} more ${watched === 1 ? 'is' : 'are'} unused, but not for long enough.</p>`],
    ...isWhole ? [] : [html`<p><span class="warning">${icon('warning')}The latest sweep could not look everywhere, so others may be unused, too.</span></p>`],
  ];
  if (found.length === 0) {
    return html`${heading('Unused security groups', isWhole ? 0 : undefined)}<p>${isWhole ? 'The latest sweep found none.' : 'None are recorded.'}</p>${rest}`;
  }
  const shown = found.slice(0, MOST_UNUSED_GROUPS);
  const caption = `${number(shown.length)} of ${number(found.length)} unused security groups, the oldest first`;
  const row = (entry: UnusedGroupEntry): readonly Value[] => {
    const { groupId, groupName, vpcId, since, stackName, notLookedAt } = entry;
    const doubt = notLookedAt && html`<span class="line warning">could not look at ${notLookedAt.join(', ')}</span>`;
    return [
      html`<span class="line strong">${groupId}</span><span class="line">${groupName}</span>`,
      vpcId ?? none('unknown'),
      html`<span class="line">${age(since, now)}</span><span class="line muted">since ${time(since)}</span>`,
      stackName ?? none('no stack'),
      html`${WHY_UNUSED}${doubt}`,
    ];
  };
  const columns = [['Group', 24], ['VPC', 16], ['Unused for', 16], ['Owner stack', 14], ['Why', 30]] as const;
  return html`${heading('Unused security groups', found.length)}${table(caption, columns, shown.map(row))}${rest}
<p class="muted">Nothing is deleted. Not looked at: ${GROUP_HOLDERS_NOT_LOOKED_AT.join('; ')}.</p>`;
}
