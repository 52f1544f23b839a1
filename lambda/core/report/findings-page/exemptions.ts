/** The section of the findings table about exemptions by tags. */
import { html, type Html, type Value } from './html';
import { order } from './paging';
import { heading, none, number, table } from './parts';
import { icon } from './style';
import type { TimeFormat } from './time';
import { exempts } from '../../../../src/contract/exemptions';
import type { ExemptionRecord, LedgerEntry } from '../../model/ledger';
import { traffic } from '../wording';

/** More would make the page long; the log has all of them. */
export const MOST_EXEMPTIONS = 50;

type Exempt = LedgerEntry & { readonly exemption: ExemptionRecord };

/** Lists the open findings that a tag exempts, the exemption that ends first at the top. @returns nothing for none */
export function exemptionsSection(
  entries: readonly LedgerEntry[], { now, time }: { readonly now: Date; readonly time: TimeFormat },
): Html | undefined {
  const isExempt = (entry: LedgerEntry): entry is Exempt => entry.state === 'OPEN' && exempts(entry.exemption, now);
  const all = entries.filter(isExempt).sort((a, b) =>
    order(rank(a), rank(b)) || order(a.securityGroupRuleId, b.securityGroupRuleId));
  if (all.length === 0) return undefined;
  const shown = all.slice(0, MOST_EXEMPTIONS);
  const caption = `${number(shown.length)} of ${number(all.length)} exemptions by tags, the one that ends first at the top`;
  const columns = [['Rule', 26], ['Group', 20], ['Tag', 26], ['Reason', 14], ['Ends', 14]] as const;
  return html`${heading('Exemptions', all.length)}${table(caption, columns, shown.map(entry => row(entry, time)))}`;
}

function row({ rule, groupName, exemption }: Exempt, time: TimeFormat): readonly Value[] {
  const { tag, value, on, reason } = exemption;
  return [
    html`<span class="line strong">${rule.securityGroupRuleId}</span><span class="line">${traffic(rule)}</span>`,
    html`<span class="line">${rule.groupId}</span><span class="line">${groupName}</span>`,
    html`<span class="line">${tag}${value === '' ? '' : ` = ${value}`}</span><span class="line muted">of the ${on}</span>`,
    reason ?? none('none'),
    ends(exemption, time),
  ];
}

function ends(exemption: ExemptionRecord, time: TimeFormat): Value {
  switch (exemption.kind) {
    case 'forever': return none('never');
    case 'until': return time(exemption.until);
    case 'invalid': return html`<span class="warning">${icon('warning')}never: the value is no day</span>`;
  }
}

/** Times of the ledger all have the same form, so they compare as texts. */
function rank(entry: Exempt): string {
  switch (entry.exemption.kind) {
    case 'invalid': return '';
    case 'until': return entry.exemption.until;
    case 'forever': return 'never';
  }
}
