/** Parses the request of CloudWatch. It accepts any event, because the page must always show something. */

export interface PageRequest {
  readonly theme: 'light' | 'dark';
  /** Whether the widget is too narrow for a table with many columns. */
  readonly isSmall: boolean;
  /**
   * The offset of the dashboard's time zone, if given. The offset in minutes is not used, because its sign is not
   * documented.
   */
  readonly offsetISO: unknown;
  /** The requested pages, which may not exist. */
  readonly findingsPage: unknown;
  readonly revocationsPage: unknown;
}

/** Below this width, six columns are not legible. */
const SMALL_WIDTH = 700;

export const record = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};

/** @returns `describe` if CloudWatch asks for the documentation of the widget */
export function parseRequest(event: unknown): PageRequest | 'describe' {
  const { describe, findingsPage, revocationsPage, widgetContext } = record(event);
  if (describe !== undefined && describe !== false) return 'describe';
  const { theme, width, timezone } = record(widgetContext);
  return {
    theme: theme === 'dark' ? 'dark' : 'light',
    isSmall: typeof width === 'number' && width < SMALL_WIDTH,
    offsetISO: record(timezone).offsetISO,
    findingsPage,
    revocationsPage,
  };
}

/** The text that CloudWatch shows to people who edit the widget. The YAML block fills in the parameters. */
export const DESCRIPTION = `## Findings of network hygiene

Shows the latest sweep, the open findings with what will happen to each and when, the VPN connections with their tunnels, and recent revocations with the command
that puts a rule back.

It reads the ledger and changes nothing. People who view it need \`lambda:InvokeFunction\` on this function.

### Widget parameters
Param | Description
---|---
**findingsPage** | The page of open findings to begin with, from 1
**revocationsPage** | The page of recent revocations to begin with, from 1

### Example parameters
\`\`\` yaml
findingsPage: 1
revocationsPage: 1
\`\`\`
`;
