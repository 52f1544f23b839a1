/**
 * The findings table in a browser, as its reader has it: both themes, a wide and a small widget, nothing found, a
 * little, a lot, and what attackers write.
 *
 * Usage: npm run test:browser [-- --screenshots]
 * With --screenshots it writes the pictures of docs/, too.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import sharp from 'sharp';
import { launchChromium } from './chromium';
import { look, type Seen } from './look';
import { EMPTY, HELD_BACK, HOSTILE, HOSTILE_CONTENTS, MANY, NOT_SEEN, NOW, PICTURE, THREE } from './samples';
import { errorPage } from '../../lambda/core/report/findings-page/frame';
import { type Contents, findingsPage } from '../../lambda/core/report/findings-page/page';
import { parseRequest } from '../../lambda/core/report/findings-page/request';

const DOCS = resolve(__dirname, '..', '..', 'docs');
const ENDPOINT = 'arn:aws:lambda:eu-central-1:111122223333:function:findings';
const RESTORE_FUNCTION = 'NetworkHygiene-Handler:restore';
const TABLE = 'NetworkHygieneLedger';

type Theme = 'light' | 'dark';

/** The dashboard around a widget: its background, and styles that the page must not depend on. */
const DASHBOARD: Readonly<Record<Theme, string>> = {
  light: 'background: #ffffff; color: #ff00ff;',
  dark: 'background: #161d26; color: #ff00ff;',
};

let passed = 0;
let failed = 0;

function check(name: string, problems: readonly string[]): void {
  if (problems.length === 0) passed++;
  else failed++;
  console.log(
    `${problems.length === 0 ? '  ok      ' : '  FAILED  '}${name}${problems
      .slice(0, 8)
      .map(problem => `\n            ${problem}`)
      .join('')}`,
  );
}

interface Widget {
  readonly theme: Theme;
  readonly width: number;
}

/** Returns what CloudWatch would get for a widget with these parameters. */
function respond(contents: Contents, { theme, width }: Widget, parameters: object = {}): string {
  const request = parseRequest({
    ...parameters,
    widgetContext: { theme, width, height: 600, timezone: { label: 'UTC', offsetISO: '+00:00', offsetInMinutes: 0 } },
  });
  if (request === 'describe') throw new Error('Nobody asked for a description');
  const context = { now: NOW, endpoint: ENDPOINT, restoreFunction: RESTORE_FUNCTION, table: TABLE };
  return findingsPage(contents, request, context);
}

async function show(page: Page, content: string, { theme, width }: Widget): Promise<void> {
  await page.setViewportSize({ width, height: 600 });
  await page.setContent(
    `<!DOCTYPE html><html lang="en"><title>Dashboard</title><body style="margin: 0; ${DASHBOARD[theme]}"><div id="widget">${content}</div></body></html>`,
  );
}

interface Looked {
  readonly seen: Seen;
  /** The requests, dialogs and errors since the last check. */
  readonly happened: string[];
}

async function checkPage(name: string, { seen, happened }: Looked, actions: number): Promise<void> {
  check(
    `${name}: every text has a contrast of 4.5 or more (${seen.texts} texts, the least ${seen.leastContrast.toFixed(2)})`,
    seen.texts < 5 ? ['hardly any text is there'] : seen.pale,
  );
  check(`${name}: nothing is wider than the widget`, seen.wide);
  check(`${name}: every table has a caption, and headers with a scope; headings are in order`, seen.structure);
  check(`${name}: no script, frame or resource from elsewhere`, [...seen.foreign, ...happened]);
  check(
    `${name}: ${actions} buttons call the function`,
    seen.actions.length === actions ? [] : [`there are ${seen.actions.length}: ${seen.actions.join(' ')}`],
  );
}

async function checkContents(page: Page, happened: string[]): Promise<void> {
  const cases: ReadonlyArray<readonly [string, Contents, number]> = [
    ['0 findings', EMPTY, 0], ['not seen', NOT_SEEN, 0], ['3 findings', THREE, 0], ['held back', HELD_BACK, 0],
    ['5,000 findings', MANY, 2], ['hostile', HOSTILE_CONTENTS, 0],
  ];
  for (const theme of ['light', 'dark'] as const) {
    for (const width of [1100, 400]) {
      const widget = { theme, width };
      for (const [what, contents, actions] of cases) {
        const content = respond(contents, widget);
        await show(page, content, widget);
        const seen = await look(page);
        await checkPage(`${theme}, ${width} px, ${what}`, { seen, happened: happened.splice(0) }, actions);
        if (contents === MANY) {
          check(
            `${theme}, ${width} px, ${what}: less than 1 MB`,
            content.length < 1_000_000 ? [] : [`${content.length} characters`],
          );
        }
        if (contents === HOSTILE_CONTENTS) {
          check(`${theme}, ${width} px, ${what}: is there to read, as text`, hostileTextMissing(seen.text));
        }
        const isCalm = /No open findings\.|(findings|connections) ?\(0\)/.test(seen.text);
        if (contents === NOT_SEEN) {
          check(`${theme}, ${width} px, ${what}: does not read as if all were well`, isCalm ? [seen.text] : []);
        }
        if (contents === HELD_BACK) check(`${theme}, ${width} px, ${what}: says by what`, missingBanners(seen.text));
        if (contents === EMPTY) {
          check(`${theme}, ${width} px, ${what}: says so`, seen.text.includes('No open findings') ? [] : [seen.text]);
        }
      }
      const request = parseRequest({ widgetContext: widget });
      if (request === 'describe') throw new Error('Nobody asked for a description');
      await show(
        page,
        errorPage(
          {
            doing: 'Reading the table ledger',
            code: 'AccessDeniedException',
            message: HOSTILE,
            advice: 'Deploy the stack again.',
          },
          request,
        ),
        widget,
      );
      await checkPage(`${theme}, ${width} px, error`, { seen: await look(page), happened: happened.splice(0) }, 0);
    }
  }
}

function missingBanners(text: string): string[] {
  const banners = ['The ledger was made for the table', 'The configuration has changed', 'Revoking is paused until'];
  return banners.filter(banner => !text.includes(banner));
}

/** Unprintable characters appear as a replacement character, and any white space as one space. */
function hostileTextMissing(text: string): string[] {
  const expected = HOSTILE.replace(/[\u202e\u0007]/g, '\ufffd').trim();
  const times = text.split(expected).length - 1;
  return times >= 10 ? [] : [`it is there ${times} times`];
}

/**
 * Checks paging: CloudWatch calls the function with the JSON of the action right after the clicked element, and shows
 * the answer in its place.
 */
async function checkPaging(page: Page, happened: string[]): Promise<void> {
  for (const [list, pages, parameter] of [
    ['open findings', 200, 'findingsPage'],
    ['revocations', 13, 'revocationsPage'],
  ] as const) {
    const widget = { theme: 'light', width: 1100 } as const;
    const firstOf = new Set<string>();
    let event: Record<string, number> = {};
    let clicks = 0;
    await show(page, respond(MANY, widget), widget);
    const next = page.getByRole('button', { name: `Next page of ${list}` });
    for (;;) {
      firstOf.add(
        await page
          .locator('table', { has: page.locator('caption', { hasText: list }) })
          .locator('tbody th')
          .first()
          .innerText(),
      );
      if ((await next.count()) === 0 || clicks > pages) break;
      event = JSON.parse(await clickAsCloudWatch(next)) as Record<string, number>;
      clicks++;
      await show(page, respond(MANY, widget, event), widget);
    }
    const problems = [
      ...(clicks === pages - 1 ? [] : [`${clicks} clicks to the last page`]),
      ...(firstOf.size === pages ? [] : [`${firstOf.size} different pages`]),
      ...(event[parameter] === pages && Object.values(event).every(value => typeof value === 'number')
        ? []
        : [`the last call was ${JSON.stringify(event)}`]),
      ...happened.splice(0),
    ];
    check(`paging: the button leads through all ${pages} pages of ${list}, and ends`, problems);
    const previous = await clickAsCloudWatch(page.getByRole('button', { name: `Previous page of ${list}` }));
    check(
      `paging: and back from the last page of ${list}`,
      (JSON.parse(previous) as Record<string, number>)[parameter] === pages - 1 ? [] : [previous],
    );
  }
}

/** @returns the JSON with which the function is called */
async function clickAsCloudWatch(button: ReturnType<Page['locator']>): Promise<string> {
  await button.click();
  return button.evaluate((element, endpoint) => {
    const action = element.nextSibling;
    if (!(action instanceof HTMLElement) || action.localName !== 'cwdb-action') {
      throw new Error('No action comes right after the button');
    }
    if (action.getAttribute('endpoint') !== endpoint || action.getAttribute('action') !== 'call') {
      throw new Error('The action calls something else');
    }
    return action.textContent ?? '';
  }, ENDPOINT);
}

async function takeScreenshots(page: Page): Promise<void> {
  mkdirSync(DOCS, { recursive: true });
  for (const [name, theme, width] of [
    ['light', 'light', 1100],
    ['dark', 'dark', 1100],
    ['small', 'light', 400],
  ] as const) {
    const widget = { theme, width };
    await show(page, respond(name === 'small' ? THREE : PICTURE, widget), widget);
    // A small widget scrolls, so the picture shows only its beginning.
    const clip = name === 'small' ? { x: 0, y: 0, width, height: 1000 } : undefined;
    const screenshot = await page.screenshot({ fullPage: true, clip });
    // Pages have few colors. With a palette the picture looks the same, and has a third of the bytes.
    const picture = await sharp(screenshot).png({ palette: true, compressionLevel: 9 }).toBuffer();
    writeFileSync(join(DOCS, `findings-${name}.png`), picture);
    console.log(`  wrote   docs/findings-${name}.png`);
  }
}

/** Opens a page that can reach nothing, and that records what it tries to reach. */
async function openPage(browser: Browser, happened: string[]): Promise<Page> {
  const context: BrowserContext = await browser.newContext({
    deviceScaleFactor: 1,
    locale: 'en-GB',
    timezoneId: 'UTC',
  });
  await context.route('**/*', route => {
    happened.push(`a request to ${route.request().url()}`);
    return route.abort();
  });
  const page = await context.newPage();
  page.on('dialog', dialog => {
    happened.push(`a dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('pageerror', error => happened.push(`an error: ${error.message}`));
  page.on('popup', () => happened.push('another window'));
  return page;
}

async function main(withScreenshots: boolean): Promise<void> {
  const browser = await launchChromium();
  try {
    console.log(`The findings table in Chromium ${browser.version()}`);
    const happened: string[] = [];
    const page = await openPage(browser, happened);
    await checkContents(page, happened);
    await checkPaging(page, happened);
    if (withScreenshots) await takeScreenshots(page);
  } finally {
    await browser.close();
  }
  console.log(`${passed} checks passed, ${failed} failed`);
  if (failed > 0) process.exitCode = 1;
}

main(process.argv.includes('--screenshots')).catch(error => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
