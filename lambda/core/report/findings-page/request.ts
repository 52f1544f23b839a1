/** What CloudWatch asks for, whatever shape it comes in: the page must show something in any case. */

export interface PageRequest {
  readonly theme: 'light' | 'dark';
  /** Whether the widget is too narrow for a table of many columns. */
  readonly isSmall: boolean;
  /**
   * The offset of the dashboard's time zone, if it is told. Not its number of minutes, whose sign is documented
   * nowhere.
   */
  readonly offsetISO: unknown;
  /** Pages as they are asked for: they may not be there. */
  readonly findingsPage: unknown;
  readonly revocationsPage: unknown;
}

/** Where six columns stop being legible. */
const SMALL_WIDTH = 700;

const record = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};

/** @returns `describe` when CloudWatch asks what the widget is */
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

/** What CloudWatch shows to who edits the widget; the block of YAML becomes its parameters. */
export const DESCRIPTION = `## Findings of network hygiene

Shows the latest sweep, the open findings with what will happen to each and when, VPN connections with their tunnels, and recent revocations with the command
that puts a rule back.

It reads the ledger and changes nothing. Who looks at it needs \`lambda:InvokeFunction\` on this function.

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
