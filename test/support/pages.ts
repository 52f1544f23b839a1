/** The pages of the documentation as GitHub renders them: headings, tables, snippets and links. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const ROOT = join(__dirname, '..', '..');

/** The address at which GitHub shows the repository's files. */
export const ON_GITHUB = /^https:\/\/github\.com\/cdk-network-hygiene\/cdk-network-hygiene\/(?:blob|tree)\/main\//;

export interface Snippet {
  /** The text after the fence, such as `ts nofixture`. */
  readonly info: string;
  readonly text: string;
  /** The number of the first line, from 1. */
  readonly line: number;
}

const FENCE = /^( *)```(.*)$/;

export class Page {
  public readonly snippets: readonly Snippet[];
  /** The lines, with those of snippets empty, because a comment of a shell looks like a heading. */
  private readonly prose: readonly string[];

  /** @param path from the root of the repository */
  public constructor(public readonly path: string, public readonly text = readFileSync(join(ROOT, path), 'utf8')) {
    const snippets: Snippet[] = [];
    let open: { info: string; lines: string[]; line: number; indent: string } | undefined;
    this.prose = text.split('\n').map((line, index) => {
      const [fence, indent, info] = FENCE.exec(line) ?? [];
      if (open === undefined) {
        if (fence === undefined) return line;
        open = { info, lines: [], line: index + 2, indent };
      } else if (fence === undefined) {
        open.lines.push(line.slice(open.indent.length));
      } else {
        snippets.push({ info: open.info, text: open.lines.join('\n'), line: open.line });
        open = undefined;
      }
      return '';
    });
    if (open !== undefined) throw new Error(`${path}:${open.line}: this snippet has no end`);
    this.snippets = snippets;
  }

  public snippetsIn(language: string): Snippet[] {
    return this.snippets.filter(({ info }) => info.split(' ')[0] === language);
  }

  /** The fragments of links to headings, as GitHub generates them. */
  public get anchors(): string[] {
    const seen = new Map<string, number>();
    return this.headings.map(({ title }) => {
      const slug = slugOf(title);
      const times = seen.get(slug) ?? 0;
      seen.set(slug, times + 1);
      return times === 0 ? slug : `${slug}-${times}`;
    });
  }

  /** The targets of links in Markdown and in HTML. */
  public get links(): string[] {
    const prose = this.prose.join('\n');
    return [
      ...[...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target),
      ...[...prose.matchAll(/\b(?:src|srcset|href)="([^"]+)"/g)].map(([, target]) => target),
    ];
  }

  /**
   * Returns the rows of a table, as lists of cells.
   *
   * @param heading the heading right above the table
   * @param column the title of its first column; without it, the first table is returned
   * @throws when there is no such table
   */
  public table(heading: string, column?: string): string[][] {
    const lines = this.section(heading);
    const start = lines.findIndex((line, index) => (
      line.startsWith('|') && lines[index + 1]?.startsWith('| ---')
      && (column === undefined || cellsOf(line)[0] === column)));
    if (start < 0) throw new Error(`${this.path} has no table${column ? ` of ${column}` : ''} below "${heading}"`);
    const rows = lines.slice(start + 2);
    return rows.slice(0, rows.findIndex(line => !line.startsWith('|'))).map(cellsOf);
  }

  /** Returns the lines between a heading and the next one. @throws when there is no such heading, or more than one */
  private section(title: string): readonly string[] {
    const found = this.headings.filter(heading => heading.title === title);
    if (found.length !== 1) throw new Error(`${this.path} has ${found.length} headings "${title}", not one`);
    const [{ index }] = found;
    return [...this.prose.slice(index + 1, this.headings.find(next => next.index > index)?.index), ''];
  }

  private get headings(): Array<{ readonly title: string; readonly index: number }> {
    return this.prose.flatMap((line, index) => {
      const [, title] = /^#{1,6} (.+)$/.exec(line) ?? [];
      return title === undefined ? [] : { title, index };
    });
  }
}

const cellsOf = (row: string): string[] => row.split('|').slice(1, -1).map(cell => cell.trim());

/**
 * @see
 * https://docs.github.com/en/get-started/writing-on-github/getting-started-with-writing-and-formatting-on-github/basic-writing-and-formatting-syntax#section-links
 */
function slugOf(title: string): string {
  const text = title.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1');
  return text.toLowerCase().replace(/[^\p{L}\p{M}\p{N}_ -]/gu, '').replace(/ /g, '-');
}

/** Returns the texts in backticks. */
export const code = (text: string): string[] => [...text.matchAll(/`([^`]+)`/g)].map(([, name]) => name);

/** The pages for people. API.md is generated from docstrings. */
export const PAGES: readonly Page[] = [
  'README.md', 'SECURITY.md', 'CHANGELOG.md', 'CONTRIBUTING.md',
  ...readdirSync(join(ROOT, 'docs')).filter(name => name.endsWith('.md')).sort().map(name => `docs/${name}`),
].map(path => new Page(path));

/** @throws when there is no such page */
export function page(path: string): Page {
  const found = PAGES.find(each => each.path === path);
  if (found === undefined) throw new Error(`There is no page ${path}`);
  return found;
}

/**
 * Returns what is wrong with a link.
 *
 * @param from the path of the page that contains it
 * @returns undefined if the link leads to an existing place, or out of the repository in the right form
 */
export function wrongWith(link: string, from: string): string | undefined {
  const target = link.replace(ON_GITHUB, '/');
  if (/^[a-z]+:/i.test(target)) {
    const isUrl = URL.canParse(target) && new URL(target).protocol === 'https:' && !/[\s.,;]$/.test(target);
    return isUrl ? undefined : 'it is no https URL';
  }
  const [path, anchor] = target.split('#');
  const file = path === '' ? from : path.startsWith('/') ? path.slice(1) : join(from, '..', path);
  if (!existsSync(join(ROOT, file))) return `there is no ${file}`;
  if (anchor === undefined || new Page(file).anchors.includes(anchor)) return undefined;
  return `${file} has no heading for #${anchor}`;
}
