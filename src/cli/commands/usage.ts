/** `metalyard usage`: what the ledger says was used, with or without a running gateway. */
import { openStore, type Store } from '../../transport/store/store.ts';
import type { UsageGroup, UsageRow } from '../../transport/store/usage.ts';
import { CommandError } from '../command-error.ts';
import { csvCell } from '../csv-cell.ts';
import { table } from '../table.ts';
import { keyIdOf, unknownKey } from './keys.ts';

export interface UsageFlags {
  readonly dataDir: string;
  readonly by: UsageGroup;
  /** Wall clock ms. */
  readonly since?: number;
  readonly until?: number;
  readonly key?: string;
  readonly format: 'table' | 'csv' | 'json';
}

interface NamedRow extends UsageRow {
  /** What people call it. */
  readonly name: string;
}

const monthMs = 30 * 86_400_000;

export async function usage(flags: UsageFlags): Promise<void> {
  const { by, format } = flags;
  const nowMs = Date.now();
  const { since: sinceMs = nowMs - monthMs, until: untilMs = nowMs + 1 } = flags;
  if (sinceMs >= untilMs)
    throw new CommandError('--since must be before --until, which is now unless you name another time.');
  const store = await openStore(flags.dataDir, { purpose: 'administration' });
  try {
    const keyId = flags.key === undefined ? undefined : keyIdOf(flags.key);
    // One that was revoked has a past.
    if (keyId !== undefined && !(await store.keys.list()).some(({ id }) => id === keyId))
      throw unknownKey(keyId, flags);
    const names = await namesOf(store, by);
    const rows = await store.usage.sum({ by, sinceMs, untilMs, ...(keyId === undefined ? {} : { keyId }) });
    const named = rows.map((row) => ({ ...row, name: names.get(row.group ?? '') ?? row.group ?? 'none' }));
    process.stdout.write(texts[format](named, by, { sinceMs, untilMs }));
  } finally {
    await store.close();
  }
}

/** Keys and machines are known to people by names; machines that were removed, by their id. */
async function namesOf({ keys, machines }: Store, by: UsageGroup): Promise<ReadonlyMap<string, string>> {
  if (by === 'key') return new Map((await keys.list()).map(({ id, label }) => [id, label]));
  if (by === 'machine') return new Map((await machines.list()).map(({ machineId, name }) => [machineId, name]));
  return new Map();
}

interface Span {
  readonly sinceMs: number;
  readonly untilMs: number;
}

const texts = {
  table(rows: readonly NamedRow[], by: UsageGroup, span: Span): string {
    const time = `${momentText(span.sinceMs)} to ${momentText(span.untilMs)}`;
    if (rows.length === 0) return `No request ended from ${time}.\n`;
    const total = rows.length < 2 ? [] : [{ ...totalOf(rows), name: 'all' }];
    const cells = [...rows, ...total].map((row) => [
      row.group === null || row.name === row.group ? row.name : `${row.name} (${row.group})`,
      grouped(row.requests),
      grouped(row.answered),
      grouped(row.inputTokens),
      grouped(row.cachedTokens),
      grouped(row.outputTokens),
    ]);
    return `${table([by, 'requests', 'answered', 'input', 'cached', 'output'], cells)}\nTokens from ${time}. Cached ones cost nothing.\n`;
  },
  csv(rows: readonly NamedRow[], by: UsageGroup): string {
    const head = [by, 'name', 'requests', 'answered', 'input_tokens', 'cached_tokens', 'output_tokens'];
    const lines = rows.map((row) => [
      row.group ?? '',
      row.name,
      row.requests,
      row.answered,
      row.inputTokens,
      row.cachedTokens,
      row.outputTokens,
    ]);
    return [head, ...lines].map((line) => `${line.map(csvCell).join(',')}\r\n`).join('');
  },
  json(rows: readonly NamedRow[], by: UsageGroup, { sinceMs, untilMs }: Span): string {
    const [since, until] = [sinceMs, untilMs].map((ms) => new Date(ms).toISOString());
    return `${JSON.stringify({ by, since, until, rows: rows.map(({ group, ...row }) => ({ [by]: group, ...row })) }, null, 2)}\n`;
  },
} as const;

function totalOf(rows: readonly UsageRow[]): UsageRow {
  const sum = (of: (row: UsageRow) => number) => rows.reduce((total, row) => total + of(row), 0);
  return {
    group: null,
    requests: sum(({ requests }) => requests),
    answered: sum(({ answered }) => answered),
    inputTokens: sum(({ inputTokens }) => inputTokens),
    outputTokens: sum(({ outputTokens }) => outputTokens),
    cachedTokens: sum(({ cachedTokens }) => cachedTokens),
  };
}

const momentText = (ms: number): string => `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
const grouped = (count: number): string => count.toLocaleString('en-US');
