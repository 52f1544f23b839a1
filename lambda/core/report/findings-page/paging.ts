/** One page of a list. */
export interface Page<T> {
  readonly items: readonly T[];
  /** From 1. */
  readonly page: number;
  readonly pages: number;
  /** Of the first item, from 1; 0 when there is none. */
  readonly first: number;
  readonly last: number;
  readonly total: number;
}

/**
 * @param wanted what was asked for; the nearest page that is there is given, and the first for what is no page at all
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

/** Parameters that people write into a widget may come as text. */
function pageNumber(wanted: unknown): number {
  const page = typeof wanted === 'string' && /^\d{1,9}$/.test(wanted) ? Number(wanted) : wanted;
  return typeof page === 'number' && Number.isInteger(page) ? page : 1;
}
