/**
 * The steps from an empty store to today's. Only ever append: a step that was released is never
 * edited. Names sort in the order of the steps.
 */
import { type Kysely, sql } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';

// Steps are written against the tables of their own time, so they know no table types.
type AnyTables = Kysely<unknown>;

const migrations: Readonly<Record<string, Migration>> = {
  '0001-first': {
    async up(db: AnyTables) {
      await db.schema
        .createTable('gateway')
        .addColumn('gateway_id', 'text', (column) => column.primaryKey())
        .addColumn('epoch', 'integer', (column) => column.notNull())
        .addColumn('signing_secret', 'text', (column) => column.notNull())
        .execute();
      await db.schema
        .createTable('api_keys')
        .addColumn('key_id', 'text', (column) => column.primaryKey())
        .addColumn('label', 'text', (column) => column.notNull())
        .addColumn('digest', 'text', (column) => column.notNull())
        .addColumn('created_at_ms', 'integer', (column) => column.notNull())
        .addColumn('revoked_at_ms', 'integer')
        .execute();
      await db.schema
        .createTable('machines')
        .addColumn('machine_id', 'text', (column) => column.primaryKey())
        .addColumn('public_key', 'text', (column) => column.notNull())
        .addColumn('name', 'text', (column) => column.notNull())
        .addColumn('approved_at_ms', 'integer', (column) => column.notNull())
        .execute();
      await db.schema
        .createTable('requests')
        .addColumn('request_id', 'text', (column) => column.primaryKey())
        .addColumn('ended_at_ms', 'integer', (column) => column.notNull())
        .addColumn('key_id', 'text', (column) => column.notNull())
        .addColumn('model', 'text', (column) => column.notNull())
        .addColumn('machine_id', 'text')
        .addColumn('status', 'text', (column) => column.notNull())
        .addColumn('code', 'text')
        .addColumn('prompt_tokens', 'integer')
        .addColumn('cached_tokens', 'integer')
        .addColumn('output_tokens', 'integer')
        .addColumn('ttft_ms', 'integer')
        .addColumn('total_ms', 'integer', (column) => column.notNull())
        .addColumn('attempts', 'integer', (column) => column.notNull())
        .execute();
    },
  },
  '0002-joining': {
    async up(db: AnyTables) {
      await db.schema
        .alterTable('machines')
        .addColumn('standing', 'text', (column) => column.notNull().defaultTo('approved'))
        .execute();
      await db.schema
        .alterTable('machines')
        .addColumn('labels', 'text', (column) => column.notNull().defaultTo('[]'))
        .execute();
      await db.schema
        .alterTable('machines')
        .addColumn('drained', 'integer', (column) => column.notNull().defaultTo(0))
        .execute();
      await db.schema
        .createTable('join_tokens')
        .addColumn('token_id', 'text', (column) => column.primaryKey())
        .addColumn('digest', 'text', (column) => column.notNull())
        .addColumn('label', 'text', (column) => column.notNull())
        .addColumn('approves', 'integer', (column) => column.notNull())
        .addColumn('uses_left', 'integer', (column) => column.notNull())
        .addColumn('created_at_ms', 'integer', (column) => column.notNull())
        .addColumn('expires_at_ms', 'integer', (column) => column.notNull())
        .execute();
    },
  },
  '0003-names': {
    async up(db: AnyTables) {
      await db.schema.alterTable('api_keys').addColumn('models', 'text').execute();
      await db.schema
        .createTable('model_aliases')
        .addColumn('name', 'text', (column) => column.primaryKey())
        .addColumn('target', 'text', (column) => column.notNull())
        .addColumn('created_at_ms', 'integer', (column) => column.notNull())
        .execute();
    },
  },
  '0004-quota': {
    async up(db: AnyTables) {
      const ofKeys = ['requests_per_minute', 'input_tokens_per_minute', 'output_tokens_per_minute', 'concurrency'];
      for (const column of [...ofKeys, 'daily_tokens', 'monthly_tokens', 'expires_at_ms']) {
        await db.schema.alterTable('api_keys').addColumn(column, 'integer').execute();
      }
      await db.schema
        .alterTable('api_keys')
        .addColumn('class', 'text', (column) => column.notNull().defaultTo('interactive'))
        .execute();
      await db.schema
        .alterTable('api_keys')
        .addColumn('weight', 'integer', (column) => column.notNull().defaultTo(1))
        .execute();
      for (const column of ['charged_input_tokens', 'charged_output_tokens']) {
        await db.schema
          .alterTable('requests')
          .addColumn(column, 'integer', (definition) => definition.notNull().defaultTo(0))
          .execute();
      }
      // What was answered before counts too.
      await sql`update requests set charged_input_tokens = prompt_tokens - cached_tokens,
        charged_output_tokens = output_tokens where status = 'answered' and prompt_tokens is not null`.execute(db);
      // Budgets and usage ask for a key's rows of a time.
      await db.schema
        .createIndex('requests_of_key')
        .on('requests')
        .columns(['key_id', 'ended_at_ms', 'charged_input_tokens', 'charged_output_tokens'])
        .execute();
      await db.schema
        .createTable('quota_levels')
        .addColumn('key_id', 'text', (column) => column.notNull())
        .addColumn('bucket', 'text', (column) => column.notNull())
        .addColumn('parts', 'integer', (column) => column.notNull())
        .addColumn('at_ms', 'integer', (column) => column.notNull())
        .addColumn('capacity', 'integer', (column) => column.notNull())
        .addColumn('epoch', 'integer', (column) => column.notNull())
        .addPrimaryKeyConstraint('quota_levels_key', ['key_id', 'bucket'])
        .execute();
    },
  },
  '0005-key-places': {
    async up(db: AnyTables) {
      for (const column of ['places', 'trust_group']) {
        await db.schema.alterTable('api_keys').addColumn(column, 'text').execute();
      }
    },
  },
  '0006-minimums': {
    async up(db: AnyTables) {
      await db.schema
        .createTable('model_minimums')
        .addColumn('model', 'text', (column) => column.primaryKey())
        .addColumn('machines', 'integer', (column) => column.notNull())
        .execute();
    },
  },
  '0007-join-token-uses': {
    async up(db: AnyTables) {
      await db.schema
        .createTable('join_token_uses')
        .addColumn('token_id', 'text', (column) => column.notNull())
        .addColumn('machine_id', 'text', (column) => column.notNull())
        .addPrimaryKeyConstraint('join_token_uses_key', ['token_id', 'machine_id'])
        .execute();
      // They were notes, and are labels of machines from now on.
      await sql`update join_tokens set label = ''`.execute(db);
    },
  },
  '0008-permits': {
    async up(db: AnyTables) {
      await db.schema
        .createTable('quota_permits')
        .addColumn('key_id', 'text', (column) => column.notNull())
        .addColumn('holder', 'text', (column) => column.notNull())
        .addColumn('permits', 'integer', (column) => column.notNull())
        .addColumn('demand', 'integer', (column) => column.notNull())
        .addColumn('turn', 'integer', (column) => column.notNull())
        .addPrimaryKeyConstraint('quota_permits_key', ['key_id', 'holder'])
        .execute();
      await db.schema.createIndex('quota_permits_of_holder').on('quota_permits').column('holder').execute();
      await db.schema
        .createTable('quota_holders')
        .addColumn('holder', 'text', (column) => column.primaryKey())
        .addColumn('beats', 'integer', (column) => column.notNull())
        .execute();
    },
  },
};

/** Brings the store up to date; throws when it was written by a newer Metalyard. */
export async function migrate<Tables>(
  db: Kysely<Tables>,
  file: string,
  known: Readonly<Record<string, Migration>> = migrations,
): Promise<void> {
  const migrator = new Migrator({ db, provider: { getMigrations: async () => ({ ...known }) } });
  const newer = (await appliedSteps(db)).filter((name) => !(name in known));
  if (newer.length > 0) {
    throw new Error(
      `The store ${file} was written by a newer Metalyard (it has the step ${newer.join(', ')}, unknown here). ` +
        'Update Metalyard on this machine, or name another directory with --data-dir.',
    );
  }
  const { error } = await migrator.migrateToLatest();
  if (error !== undefined) throw new Error(`The store ${file} could not be brought up to date.`, { cause: error });
}

async function appliedSteps<Tables>(db: Kysely<Tables>): Promise<readonly string[]> {
  // The migrator's own table: it exists once a first step has run.
  const bookkeeping = db as unknown as Kysely<{ kysely_migration: { name: string } }>;
  const tables = await db.introspection.getTables({ withInternalKyselyTables: true });
  if (!tables.some(({ name }) => name === 'kysely_migration')) return [];
  const rows = await bookkeeping.selectFrom('kysely_migration').select('name').execute();
  return rows.map(({ name }) => name);
}
