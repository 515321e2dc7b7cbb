/**
 * "Did you mean": the closest of a few known names.
 *
 * @module
 */

/** The candidate nearest to `name`, if it is near enough to be a slip of the fingers. */
export function suggest(name: string, candidates: Iterable<string>): string | undefined {
  const limit = Math.max(1, Math.floor(name.length / 3));
  let best: string | undefined;
  let bestDistance = limit + 1;
  for (const candidate of candidates) {
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** Edits (insert, delete, replace, swap of neighbours) that turn `a` into `b`. */
export function editDistance(a: string, b: string): number {
  const width = b.length + 1;
  const table = new Uint16Array((a.length + 1) * width);
  const at = (i: number, j: number): number => table[i * width + j] ?? 0;
  for (let i = 0; i <= a.length; i++) {
    for (let j = 0; j <= b.length; j++) {
      table[i * width + j] = i === 0 || j === 0 ? i + j : cheapestEdit(a, b, i, j, at);
    }
  }
  return at(a.length, b.length);
}

function cheapestEdit(
  a: string,
  b: string,
  i: number,
  j: number,
  at: (i: number, j: number) => number,
): number {
  const same = a[i - 1] === b[j - 1] ? 0 : 1;
  const plain = Math.min(at(i - 1, j) + 1, at(i, j - 1) + 1, at(i - 1, j - 1) + same);
  const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
  return swapped ? Math.min(plain, at(i - 2, j - 2) + 1) : plain;
}
