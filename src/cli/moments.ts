/** Moments and spans of time as people type them. */
import { InvalidArgumentError } from 'commander';

const unitsMs: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `30s`, `15m`, `2h` or `1d` as ms. */
export function span(text: string): number {
  const ms = spanMs(text);
  if (ms === undefined) throw new InvalidArgumentError('Give a time such as 30s, 15m, 2h or 1d.');
  return ms;
}

/** `2026-12-31` (its beginning, UTC), `2026-12-31T18:00Z`, or a span from now; wall clock ms. */
export const from =
  (direction: 'ahead' | 'back') =>
  (text: string): number => {
    const ms = spanMs(text);
    if (ms !== undefined) return Date.now() + (direction === 'ahead' ? ms : -ms);
    const [, date] = /^(\d{4}-\d\d-\d\d)(?:T\d\d:\d\d(?::\d\d)?(?:Z|[+-]\d\d:\d\d))?$/.exec(text) ?? [];
    const at = date === undefined ? Number.NaN : Date.parse(text);
    // The 31st of a month that has none would become the next month's first.
    if (date === undefined || Number.isNaN(at) || !new Date(date).toISOString().startsWith(date)) {
      throw new InvalidArgumentError(
        'Give a day such as 2026-12-31, a moment such as 2026-12-31T18:00Z, or a time such as 30d.',
      );
    }
    return at;
  };

function spanMs(text: string): number | undefined {
  const [, digits, unit = ''] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  const ms = Number(digits) * (unitsMs[unit] ?? Number.NaN);
  return ms > 0 ? ms : undefined;
}
