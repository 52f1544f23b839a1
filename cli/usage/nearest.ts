/** Suggests the name that a mistyped one was meant to be. */

/** A shorter text says too little about the name that it begins. */
const SHORTEST_BEGINNING = 3;

/**
 * Returns the candidate that needs the fewest corrections, if these are few for the length of the text. A candidate
 * that begins with the text is the next choice.
 */
export function nearest(text: string, candidates: readonly string[]): string | undefined {
  const given = text.toLowerCase();
  const most = given.length <= 4 ? 1 : 2;
  const [best] = candidates
    .map(candidate => ({ candidate, distance: distanceOf(given, candidate.toLowerCase()) }))
    .filter(({ distance }) => distance <= most)
    .sort((a, b) => a.distance - b.distance);
  if (best) return best.candidate;
  if (given.length < SHORTEST_BEGINNING) return undefined;
  return candidates.find(candidate => candidate.toLowerCase().startsWith(given));
}

/** Returns `Did you mean plan? `, or nothing if no candidate is near. */
export function didYouMean(text: string, candidates: readonly string[]): string {
  const meant = nearest(text, candidates);
  return meant === undefined ? '' : `Did you mean ${meant}? `;
}

/**
 * Returns the number of corrections between two texts: a character added, left out or replaced, or two neighbours
 * swapped.
 */
function distanceOf(a: string, b: string): number {
  // Row i has the distances between the first i characters of a and each beginning of b.
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, column) => column)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const isSwapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      row.push(Math.min(
        rows[i - 1][j] + 1,
        row[j - 1] + 1,
        rows[i - 1][j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1),
        isSwapped ? rows[i - 2][j - 2] + 1 : Infinity,
      ));
    }
    rows.push(row);
  }
  return rows[a.length][b.length];
}
