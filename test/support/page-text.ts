/** Reads a page of the findings table as its reader does. */

/** Removes the markup, and decodes entities. */
export function textOf(page: string): string {
  const entities: Record<string, string> = { '&lt;': '<', '&gt;': '>', '&quot;': '"', '&#39;': "'", '&amp;': '&' };
  return page
    .replace(/<style>[^]*?<\/style>/g, '')
    .replace(/<cwdb-action[^]*?<\/cwdb-action>/g, '')
    .replace(/<[^>]*>/g, ' ')
    .replace(/&(lt|gt|quot|#39|amp);/g, entity => entities[entity])
    .replace(/\s+/g, ' ')
    .trim();
}

export const tagsOf = (page: string): string[] => page.match(/<[^>]*>/g) ?? [];

/** Returns the JSON of each button. @throws when a button calls another function */
export function callsOf(page: string, endpoint: string): unknown[] {
  const action = /<\/a><cwdb-action action="call" display="widget" endpoint="([^"]*)">([^<]*)<\/cwdb-action>/g;
  return [...page.matchAll(action)].map(([, called, json]) => {
    expect(called).toBe(endpoint);
    return JSON.parse(json) as unknown;
  });
}

/** Texts that are markup, or hide or turn what is around them. */
export const HOSTILE_TEXTS = [
  '<cwdb-action action="call" endpoint="arn:evil">{}</cwdb-action>',
  '<script>alert(1)</script>',
  '</style><style>*{display:none}',
  '"><img src=x onerror=alert(1)>',
  "' onmouseover='alert(1)",
  'javascript:alert(1)',
  '&lt;b&gt;',
  '<!--',
  ']]>',
  '</td></tr></table>',
  '<',
  '\u202e\u0000<a>',
  '\ud800<b>',
];
