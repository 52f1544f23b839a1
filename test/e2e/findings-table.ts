/** The findings table of a dashboard, as CloudWatch asks the function for it. */
import type { Account } from './account';
import { ACCOUNT } from './local-aws';
import { expect } from './steps';

/** The context that CloudWatch sends, according to its documentation. */
const WIDGET_CONTEXT = {
  dashboardName: 'Dashboard', widgetId: 'widget-5', accountId: ACCOUNT, locale: 'en', timezone: { label: 'UTC', offsetISO: '+00:00', offsetInMinutes: 0 },
  period: 300, isAutoPeriod: true, timeRange: { mode: 'relative', start: 1627236199729, end: 1627322599729, relativeStart: 86400012 },
  theme: 'light', linkCharts: true, title: 'Findings', forms: { all: {} }, params: {}, width: 1500, height: 600,
};

/** @returns the ARN of the function that the dashboard's only custom widget names */
export async function findingsFunction(account: Account, dashboardName: string): Promise<string> {
  const widgets = await account.widgets(dashboardName);
  const endpoints = widgets.filter(({ type }) => type === 'custom').map(({ properties }) => String(properties.endpoint));
  expect(endpoints.length === 1 && endpoints[0].includes(':function:'), `one custom widget names a function, got ${endpoints.join()}`);
  return endpoints[0];
}

export function findingsPage(account: Account, functionArn: string): Promise<string> {
  return account.invoke<string>(functionArn, { widgetContext: WIDGET_CONTEXT });
}

/** MiniStack logs the output of a function even if its role does not allow it. @returns the log group that it makes */
export const unaskedLogGroup = (functionArn: string): string => `/aws/lambda/${functionArn.split(':').at(-1)}`;

/** Sections of the page as text, as a browser shows them. */
export function sections(page: string): { open: string; revocations: string } {
  const text = page.replaceAll('&quot;', '"').replaceAll('&#39;', '\'');
  const section = (heading: string): string => {
    const found = text.split('<h2>').filter(part => part.startsWith(heading));
    expect(found.length === 1, `the page has a section ${heading}, got ${page}`);
    return found[0];
  };
  return { open: section('Open findings'), revocations: section('Recent revocations') };
}
