/** Filters, paging and MaxResults, with the errors of EC2. */
import { invalidValue } from './errors';
import type { Tags } from './network';
import { list, type Parameters, record, text, texts } from '../endpoint/parameters';
import { ServiceError } from '../endpoint/service-error';

/** The values that each filter compares, by filter name. `tag:<key>` works for everything with tags. */
export type Filterable<T> = Readonly<Record<string, (item: T) => ReadonlyArray<string | undefined>>>;

const MAX_FILTERS = 50;
const MAX_FILTER_VALUES = 200;

/** Keeps the items that satisfy every filter. @throws when a filter is unknown or empty, or has more than 200 values */
export function applyFilters<T extends { tags: Tags }>(
  items: readonly T[],
  parameters: Parameters,
  filterable: Filterable<T>,
): T[] {
  const filters = list(parameters.Filter).map(filter => {
    const name = text(record(filter).Name) ?? '';
    const values = texts(record(filter).Value);
    const read = reader(name, filterable);
    if (!read) throw new ServiceError('InvalidParameterValue', `The filter '${name}' is invalid`);
    if (values.length === 0) throw new ServiceError('InvalidParameterValue', `The filter '${name}' has no values`);
    return { read, matches: matcher(values), values };
  });
  if (filters.length > MAX_FILTERS) {
    throw new ServiceError('FilterLimitExceeded', `The maximum number of filters on a single call is ${MAX_FILTERS}`);
  }
  const count = filters.reduce((sum, { values }) => sum + values.length, 0);
  if (count > MAX_FILTER_VALUES) {
    throw new ServiceError(
      'FilterLimitExceeded',
      `The maximum number of filter values specified on a single call is ${MAX_FILTER_VALUES}`,
    );
  }
  return items.filter(item =>
    filters.every(({ read, matches }) => read(item).some(value => value !== undefined && matches(value))),
  );
}

/** Returns the values of a filter, for a lookup that does not search everything. */
export function filterValues(parameters: Parameters, name: string): string[] | undefined {
  const filter = list(parameters.Filter).map(record).find(each => text(each.Name) === name);
  return filter && texts(filter.Value);
}

function reader<T extends { tags: Tags }>(
  name: string,
  filterable: Filterable<T>,
): ((item: T) => ReadonlyArray<string | undefined>) | undefined {
  if (name.startsWith('tag:')) return ({ tags }) => [tags[name.slice(4)]];
  return Object.hasOwn(filterable, name) ? filterable[name] : undefined;
}

/** Whether the values have no wildcards. */
export const isLiteral = (values: readonly string[]): boolean => !values.some(value => /[*?\\]/.test(value));

/**
 * Matches `*` with any characters, and `?` with one or none. A backslash before either makes it literal.
 *
 * @see https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Filtering.html
 */
function matcher(values: readonly string[]): (value: string) => boolean {
  const literals = new Set(values.filter(value => isLiteral([value])));
  const patterns = values
    .filter(value => !isLiteral([value]))
    .map(value => new RegExp(`^${value.replace(/\\(.)|[*?]|[.+^${}()|[\]\\]/gs, translate)}$`, 's'));
  return value => literals.has(value) || patterns.some(pattern => pattern.test(value));
}

function translate(found: string, escaped: string | undefined): string {
  if (found === '*') return '.*';
  if (found === '?') return '.?';
  return (escaped ?? found).replace(/[.+^${}()|[\]\\*?]/, '\\$&');
}

export interface Paging {
  /** The largest number of items on a page, regardless of MaxResults. */
  readonly pageSize?: number;
  /** Whether the last page has an empty token instead of none. */
  readonly emptyTokenAtEnd: boolean;
  /** Returns an empty page with a token before each page. */
  readonly emptyPages: boolean;
}

export interface Page<T> {
  readonly items: T[];
  readonly nextToken: string | undefined;
}

/** Returns one page. The token contains the action and the position, so that a token of another list is refused. */
export function page<T>(
  action: string,
  items: readonly T[],
  parameters: Parameters,
  paging: Paging,
  range: readonly [number, number],
): Page<T> {
  const size = Math.min(maxResults(parameters, range) ?? Infinity, paging.pageSize ?? Infinity);
  const { start, isEmpty } = position(action, text(parameters.NextToken), paging);
  const token = (next: number, empty: boolean): string =>
    Buffer.from(JSON.stringify([action, next, empty])).toString('base64url');
  if (isEmpty) return { items: [], nextToken: token(start, false) };
  const end = Math.min(items.length, start + size);
  return {
    items: items.slice(start, end),
    nextToken: end < items.length ? token(end, paging.emptyPages) : paging.emptyTokenAtEnd ? '' : undefined,
  };
}

function maxResults(parameters: Parameters, [least, most]: readonly [number, number]): number | undefined {
  const given = text(parameters.MaxResults);
  if (given === undefined) return undefined;
  const value = Number(given);
  if (!Number.isInteger(value) || value < least || value > most) {
    throw invalidValue('maxResults', given, `Expecting a value between ${least} and ${most}.`);
  }
  return value;
}

function position(
  action: string,
  nextToken: string | undefined,
  { emptyPages }: Paging,
): { start: number; isEmpty: boolean } {
  if (nextToken === undefined) return { start: 0, isEmpty: emptyPages };
  try {
    const [of, start, isEmpty] = JSON.parse(Buffer.from(nextToken, 'base64url').toString()) as [
      string,
      number,
      boolean,
    ];
    if (of === action && Number.isInteger(start)) return { start, isEmpty };
  } catch {
    // The text is not a token of this endpoint, so it is refused below.
  }
  throw new ServiceError('InvalidPaginationToken', 'The pagination token is invalid.');
}
