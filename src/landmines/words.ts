/** Numbers and lists as findings write them. */

export const mib = 1024 ** 2;
export const gib = 1024 ** 3;

/** `11.5 GiB`, `214 MiB`: binary units, since tools and vendors mean different things by GB. */
export function bytes(count: number): string {
  if (count >= 100 * gib) return `${Math.round(count / gib)} GiB`;
  if (count >= gib) return `${(count / gib).toFixed(1)} GiB`;
  return `${Math.round(count / mib)} MiB`;
}

/** 0..1 as `34 %`. */
export const percent = (share: number): string => `${Math.round(share * 100)} %`;

/** `a, b and c`. */
export function list(items: readonly string[]): string {
  if (items.length < 2) return items.join('');
  return `${items.slice(0, -1).join(', ')} and ${items.at(-1)}`;
}

/** `1 GPU`, `3 GPUs`. */
export const counted = (count: number, one: string, many = `${one}s`): string => `${count} ${count === 1 ? one : many}`;

/** `0.8 s`, `12 s`, `3 min`. */
export function duration(ms: number): string {
  if (ms < 10_000) return `${(ms / 1000).toFixed(1)} s`;
  if (ms < 120_000) return `${Math.round(ms / 1000)} s`;
  return `${Math.round(ms / 60_000)} min`;
}
