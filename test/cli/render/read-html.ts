/** Reads a page that is written strictly: every element is closed, and every attribute is quoted. */

export interface Element {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: ReadonlyArray<Element | string>;
}

const TOKEN = /^(?:<([a-z][a-z0-9]*)((?: [a-z-]+="[^"<>]*")*)>|<\/([a-z][a-z0-9]*)>|([^<>]+))/;

const VOID = new Set(['meta']);

const ENTITIES: ReadonlyMap<string, string> = new Map([
  ['amp', '&'], ['lt', '<'], ['gt', '>'], ['quot', '"'], ['#39', "'"],
]);

/**
 * Returns the root element of a page.
 *
 * @throws when the page is not well-formed
 */
export function readHtml(page: string): Element {
  const [doctype] = /^<!doctype html>\n/.exec(page) ?? [];
  if (doctype === undefined) throw new Error('The page has no doctype');
  const root = { name: '', attributes: new Map<string, string>(), children: [] as Array<Element | string> };
  const open = [root];
  let at = doctype.length;
  while (at < page.length) {
    // A slice of the rest would make a long page slow.
    const end = page.indexOf('<', at + 1);
    const [token, name, attributes, closed, text] = TOKEN.exec(page.slice(at, end < 0 ? undefined : end)) ?? [];
    const inner = open[open.length - 1];
    if (token === undefined) {
      throw new Error(`This is no HTML: ${page.slice(at, at + 60)}`);
    } else if (text !== undefined) {
      inner.children.push(decode(text));
    } else if (closed !== undefined) {
      if (open.pop()?.name !== closed) throw new Error(`</${closed}> closes <${inner.name}>`);
    } else {
      const element = { name, attributes: attributesIn(attributes), children: [] };
      inner.children.push(element);
      if (!VOID.has(name)) open.push(element);
    }
    at += token.length;
  }
  const [html, ...others] = root.children;
  const isWhole = open.length === 1 && others.join('').trim() === '';
  if (!isWhole || typeof html === 'string') throw new Error('The page is not closed');
  return html;
}

function attributesIn(text: string): Map<string, string> {
  return new Map([...text.matchAll(/ ([a-z-]+)="([^"]*)"/g)].map(([, name, value]) => [name, decode(value)]));
}

function decode(text: string): string {
  return text.replace(/&([^;]*);?/g, (entity, name: string) => {
    const character = ENTITIES.get(name);
    if (character === undefined) throw new Error(`${entity.slice(0, 20)} is no entity`);
    return character;
  });
}

/** Returns the elements with a name, in the order of the page. */
export function elementsIn(element: Element, name?: string): Element[] {
  const inner = element.children.flatMap(child => typeof child === 'string' ? [] : elementsIn(child, name));
  return name === undefined || element.name === name ? [element, ...inner] : inner;
}

export function textIn({ children }: Element): string {
  return children.map(child => typeof child === 'string' ? child : textIn(child)).join('');
}
