/** Splits lists into pages, and sorts them. */

/** One page of a list. */
export interface Page<T> {
  readonly items: readonly T[];
  /** The number of this page, from 1. */
  readonly page: number;
  readonly pages: number;
  /** The position of the first item, from 1; 0 if there are no items. */
  readonly first: number;
  readonly last: number;
  readonly total: number;
}

/**
 * @param wanted the requested page; the result is the nearest existing page, or the first if the request is not a page
 * number
 */
export function pageOf<T>(all: readonly T[], wanted: unknown, size: number): Page<T> {
  const pages = Math.max(1, Math.ceil(all.length / size));
  const page = Math.min(pages, Math.max(1, pageNumber(wanted)));
  const items = all.slice((page - 1) * size, page * size);
  const before = (page - 1) * size;
  return {
    items,
    page,
    pages,
    first: items.length === 0 ? 0 : before + 1,
    last: before + items.length,
    total: all.length,
  };
}

/** Widget parameters that people enter may arrive as text. @returns 1 if it is no page number */
export function pageNumber(wanted: unknown): number {
  const page = typeof wanted === 'string' && /^\d{1,9}$/.test(wanted) ? Number(wanted) : wanted;
  return typeof page === 'number' && Number.isInteger(page) ? page : 1;
}

/** Compares texts, for the order of a list. */
export const order = (a: string, b: string): number => a < b ? -1 : Number(a > b);
