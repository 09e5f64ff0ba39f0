/** What somebody may have meant by a name that there is not. */

/** Names like the one asked for: a slip of the fingers, another case, a part of the name. Three at most, the nearest first. */
export function nearNames(asked: string, names: readonly string[]): readonly string[] {
  const a = asked.slice(0, longest).toLowerCase();
  return names
    .map((name) => ({ name, distance: distanceOf(a, name.slice(0, longest).toLowerCase()) }))
    .filter(({ distance }) => distance !== null)
    .toSorted((one, other) => one.distance! - other.distance!)
    .slice(0, 3)
    .map(({ name }) => name);
}

/** Comparing costs the product of both lengths. */
const longest = 100;

/** Changes from one to the other; null when they have nothing to do with each other. */
function distanceOf(a: string, b: string): number | null {
  const changes = editDistance(a, b);
  const isPart = Math.min(a.length, b.length) >= 3 && (b.includes(a) || a.includes(b));
  return isPart || changes <= Math.max(1, Math.floor(b.length / 4)) ? changes : null;
}

/** Levenshtein distance. */
export function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}
