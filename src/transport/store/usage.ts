/** Sums of the ledger: what was used, by whom, of what, where, when. */
import { type Kysely, sql } from 'kysely';
import type { KeyId } from '../../contract/ids.ts';
import type { Tables } from './tables.ts';

export const usageGroups = ['key', 'model', 'machine', 'day'] as const;
export type UsageGroup = (typeof usageGroups)[number];

export interface UsageQuery {
  readonly by: UsageGroup;
  /** Wall clock ms: requests that ended from then on, and before then. */
  readonly sinceMs: number;
  readonly untilMs: number;
  readonly keyId?: KeyId;
}

export interface UsageRow {
  /** Id of the key or machine, name of the model, or a UTC day as 2026-11-27; null: none. */
  readonly group: string | null;
  readonly requests: number;
  /** Of them, those that got their answer. */
  readonly answered: number;
  /** Tokens their keys were charged: of prompts without what came from a cache, and of answers. */
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Prompt tokens that came from a cache, and cost nothing. */
  readonly cachedTokens: number;
}

const dayMs = 86_400_000;

const columns = { key: 'key_id', model: 'model', machine: 'machine_id' } as const;

export class Usage {
  readonly #db: Kysely<Tables>;

  constructor(db: Kysely<Tables>) {
    this.#db = db;
  }

  /** Most tokens first; days in their order. */
  async sum({ by, sinceMs, untilMs, keyId }: UsageQuery): Promise<readonly UsageRow[]> {
    // Whole numbers are divided to a whole number in both databases.
    const wanted = by === 'day' ? sql`ended_at_ms / ${sql.lit(dayMs)}` : sql.ref(columns[by]);
    const group = sql<string | number | null>`${wanted}`;
    const rows = await this.#db
      .selectFrom('requests')
      .select(({ fn }) => [
        group.as('group'),
        fn.countAll<number>().as('requests'),
        sql<number>`sum(case when status = 'answered' then 1 else 0 end)`.as('answered'),
        fn.sum<number>('charged_input_tokens').as('input'),
        fn.sum<number>('charged_output_tokens').as('output'),
        fn.sum<number | null>('cached_tokens').as('cached'),
      ])
      .where('ended_at_ms', '>=', sinceMs)
      .where('ended_at_ms', '<', untilMs)
      .$if(keyId !== undefined, (query) => query.where('key_id', '=', keyId ?? ''))
      .groupBy(group)
      .execute();
    const sums = rows.map((row) => ({
      group: typeof row.group === 'number' ? dayText(row.group) : row.group,
      requests: Number(row.requests),
      answered: Number(row.answered),
      inputTokens: Number(row.input),
      outputTokens: Number(row.output),
      cachedTokens: Number(row.cached ?? 0),
    }));
    return by === 'day'
      ? sums.toSorted((a, b) => ((a.group ?? '') < (b.group ?? '') ? -1 : 1))
      : sums.toSorted((a, b) => b.inputTokens + b.outputTokens - a.inputTokens - a.outputTokens);
  }
}

const dayText = (day: number): string => new Date(day * dayMs).toISOString().slice(0, 10);
