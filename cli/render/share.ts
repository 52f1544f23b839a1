/**
 * Divides room among several that want some of it. Each one that wants little gets all of that, and the others get
 * equal parts of the rest.
 */
export function share(wanted: readonly number[], room: number): number[] {
  const parts = wanted.map(() => 0);
  let left = Math.max(room, 0);
  const smallestFirst = wanted.map((_, index) => index).sort((a, b) => wanted[a] - wanted[b]);
  smallestFirst.forEach((index, place) => {
    parts[index] = Math.min(wanted[index], Math.floor(left / (wanted.length - place)));
    left -= parts[index];
  });
  return parts;
}

export const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0);
