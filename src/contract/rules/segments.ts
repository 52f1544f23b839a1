/**
 * Cuts the line of services wherever one of several boxes begins or ends. A box is services with their sources. Within
 * a segment every service has the same boxes, so that two-dimensional sets are compared one segment at a time.
 */
import { type Range, type Ranges, union } from './ranges';
import type { Services } from './services';

export interface Segment<B> {
  readonly range: Range<number>;
  /** The boxes that have the services of the segment. */
  readonly boxes: readonly B[];
}

/** Returns the segments that at least one box has, in order. */
export function segmentsOf<B extends { readonly services: Services }>(boxes: readonly B[]): Array<Segment<B>> {
  const bounds = boxes.flatMap(({ services }) => services.flatMap(({ first, end }) => [first, end]));
  const cuts = [...new Set(bounds)].sort((a, b) => a - b);
  return cuts.slice(1).flatMap((end, index) => {
    const first = cuts[index];
    const having = boxes.filter(({ services }) => services.some(each => each.first <= first && first < each.end));
    return having.length > 0 ? { range: { first, end }, boxes: having } : [];
  });
}

/** Collects services under keys, and keeps the order in which the keys came. */
export class ServicesByKey<V> {
  private readonly collected = new Map<string, { readonly value: V; readonly ranges: Array<Range<number>> }>();

  add(key: string, value: V, services: Ranges<number>): void {
    const known = this.collected.get(key) ?? { value, ranges: [] };
    known.ranges.push(...services);
    this.collected.set(key, known);
  }

  entries(): Array<{ readonly key: string; readonly value: V; readonly services: Services }> {
    return [...this.collected].map(([key, { value, ranges }]) => ({ key, value, services: union(ranges) }));
  }
}
