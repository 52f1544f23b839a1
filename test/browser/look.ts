/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/** Describes a page as the browser has drawn it. */
import type { Page } from 'playwright-core';

export interface Seen {
  readonly text: string;
  /** The number of visible texts. */
  readonly texts: number;
  readonly leastContrast: number;
  /** The texts whose contrast is too low. */
  readonly pale: string[];
  /** The elements that extend beyond the widget. */
  readonly wide: string[];
  /** The problems with tables and headings. */
  readonly structure: string[];
  /** Elements that do not belong in the page, and resources from elsewhere. */
  readonly foreign: string[];
  /** The JSON of each action. */
  readonly actions: string[];
}

export async function look(page: Page): Promise<Seen> {
  // tsx names functions with a helper that the page does not have.
  await page.evaluate('globalThis.__name = value => value');
  return page.evaluate(() => {
    const widget = document.querySelector('#widget')!;
    const elements = [...widget.querySelectorAll('*')];

    // The browser returns colors as rgb(r, g, b) or rgba(r, g, b, a).
    const channels = (color: string): number[] => (color.match(/[\d.]+/g) ?? []).map(Number);
    const luminance = (color: string): number => {
      const [r, g, b] = channels(color)
        .map(value => value / 255)
        .map(value => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const isOpaque = (color: string): boolean => (channels(color)[3] ?? 1) === 1;
    const backgroundOf = (element: Element | null): string => {
      if (element === null) return 'rgb(255, 255, 255)';
      const { backgroundColor } = getComputedStyle(element);
      return isOpaque(backgroundColor) ? backgroundColor : backgroundOf(element.parentElement);
    };
    const contrastOf = (element: Element): number => {
      const [text, background] = [luminance(getComputedStyle(element).color), luminance(backgroundOf(element))];
      return (Math.max(text, background) + 0.05) / (Math.min(text, background) + 0.05);
    };
    const short = (text: string): string => text.trim().replace(/\s+/g, ' ').slice(0, 60);

    const walker = document.createTreeWalker(widget, NodeFilter.SHOW_TEXT);
    const texts: Element[] = [];
    while (walker.nextNode()) {
      const parent = walker.currentNode.parentElement!;
      const isShown =
        (walker.currentNode.textContent ?? '').trim() !== ''
        && !parent.closest('style, cwdb-action')
        && getComputedStyle(parent).display !== 'none';
      if (isShown) texts.push(parent);
    }
    const contrasts = texts.map(element => ({ element, contrast: contrastOf(element) }));

    const width = document.documentElement.clientWidth;
    const wide = elements
      .filter(element => !element.closest('thead'))
      .filter(
        element => element.getBoundingClientRect().right > width + 0.5 || element.getBoundingClientRect().left < -0.5,
      );
    if (document.documentElement.scrollWidth > width) wide.push(document.documentElement);
    const clipped = elements.filter(
      element =>
        element.scrollWidth > element.clientWidth + 1
        && element.clientWidth > 0
        && !element.closest('thead')
        && getComputedStyle(element).display !== 'inline',
    );

    const tables = [...widget.querySelectorAll('table')];
    const headings = [...widget.querySelectorAll('h1, h2, h3, h4, h5, h6')].map(({ localName }) =>
      Number(localName[1]),
    );
    const structure = [
      ...tables.flatMap(table => [
        ...(table.caption?.textContent?.trim() ? [] : ['a table has no caption']),
        ...(table.getAttribute('role') === 'table' ? [] : ['a table does not say that it is one']),
        ...[...table.querySelectorAll('thead th')]
          .filter(th => th.getAttribute('scope') !== 'col' || th.getAttribute('role') !== 'columnheader')
          .map(th => `no scope: ${th.textContent}`),
        ...[...table.querySelectorAll('tbody tr')]
          .filter(row => row.querySelectorAll('th[scope=row][role=rowheader]').length !== 1)
          .map(row => `no header: ${short(row.textContent ?? '')}`),
        ...[...table.querySelectorAll('tr')]
          .filter(row => row.cells.length !== table.querySelectorAll('thead th').length)
          .map(row => `${row.cells.length} cells`),
        ...[...table.querySelectorAll('td')]
          .filter(cell => cell.getAttribute('role') !== 'cell')
          .map(() => 'a cell does not say that it is one'),
      ]),
      ...headings.flatMap((level, index) =>
        level > (headings[index - 1] ?? 2) + 1 || level < 2 ? [`a heading of level ${level}`] : [],
      ),
    ];

    const ALLOWED = [
      'a',
      'caption',
      'circle',
      'code',
      'cwdb-action',
      'div',
      'h2',
      'li',
      'p',
      'path',
      'span',
      'style',
      'svg',
      'table',
      'tbody',
      'td',
      'th',
      'thead',
      'tr',
      'ul',
    ];
    const foreign = [
      ...elements
        .filter(({ localName }) => !ALLOWED.includes(localName))
        .map(({ localName }) => `an element ${localName}`),
      ...elements.flatMap(element =>
        [...element.attributes]
          .filter(
            ({ name }) =>
              /^(on|src|href|action$|xlink|formaction|srcset|poster|data$)/.test(name)
              && element.localName !== 'cwdb-action',
          )
          .map(({ name }) => `an attribute ${name}`),
      ),
      ...[...widget.querySelectorAll('style')]
        .filter(({ textContent }) => /url\(|@import|image-set|expression/i.test(textContent ?? ''))
        .map(() => 'a resource in the style'),
    ];

    return {
      text: (widget.textContent ?? '').replace(/\s+/g, ' '),
      texts: texts.length,
      leastContrast: Math.min(...contrasts.map(({ contrast }) => contrast)),
      pale: contrasts
        .filter(({ contrast }) => !(contrast >= 4.5))
        .map(({ element, contrast }) => `${contrast.toFixed(2)}: ${short(element.textContent ?? '')}`),
      wide: [...wide, ...clipped].map(
        element => `${element.localName}.${element.className}: ${short(element.textContent ?? '')}`,
      ),
      structure,
      foreign,
      actions: [...widget.querySelectorAll('cwdb-action')].map(({ textContent }) => textContent ?? ''),
    };
  });
}
