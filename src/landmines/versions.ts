/** Versions as vendors print them: dotted numbers, two parts or five, sometimes with a word behind. */

/** The numbers in front: `595.80` is [595, 80], `3.4.30` is [3, 4, 30]; undefined where there is none. */
export function versionParts(text: string): readonly number[] | undefined {
  const found = /^\s*v?(\d+(?:\.\d+)*)/.exec(text);
  return found?.[1]?.split('.').map(Number);
}

/**
 * Below 0 when `left` is the older one, 0 when they are the same as far as both go (`595` and `595.80`
 * are not: a part that is missing counts as 0), undefined when either has no number.
 */
export function compareVersions(left: string, right: string): number | undefined {
  const a = versionParts(left);
  const b = versionParts(right);
  if (a === undefined || b === undefined) return undefined;
  for (let part = 0; part < Math.max(a.length, b.length); part++) {
    const difference = (a[part] ?? 0) - (b[part] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Undefined when either has no number. */
export function olderThan(version: string, floor: string): boolean | undefined {
  const order = compareVersions(version, floor);
  return order === undefined ? undefined : order < 0;
}
