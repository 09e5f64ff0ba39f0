/** `metalyard keys`: make, list and revoke API keys, with or without a running gateway. */
import { openStore, type Store } from '../../transport/store/store.ts';
import { CommandError } from '../command-error.ts';
import { commandLine } from '../package-files.ts';
import { table } from '../table.ts';

export interface KeysFlags {
  readonly dataDir: string;
  readonly json?: boolean;
}

export async function createKey(flags: KeysFlags & { readonly label: string }): Promise<void> {
  await withStore(flags, async ({ keys }) => {
    const { key, secret } = await keys.create(flags.label);
    if (flags.json) return printJson({ ...key, secret });
    process.stdout.write(`The key "${key.label}" (${key.id}). It is shown only now, so keep it:\n\n  ${secret}\n`);
  });
}

export async function listKeys(flags: KeysFlags): Promise<void> {
  await withStore(flags, async ({ keys }) => {
    const all = await keys.list();
    if (flags.json) return printJson(all);
    if (all.length === 0) {
      process.stdout.write(`There are no keys yet. Make one: ${commandLine('keys create', flags.dataDir)}\n`);
      return;
    }
    process.stdout.write(
      table(
        ['key', 'label', 'made', 'state'],
        all.map(({ id, label, createdAtMs, revokedAtMs }) => [
          id,
          label,
          day(createdAtMs),
          revokedAtMs === null ? 'works' : `revoked ${day(revokedAtMs)}`,
        ]),
      ),
    );
  });
}

/** Accepts a key's id, or the key itself: whoever has it may be holding nothing else. */
export async function revokeKey(given: string, flags: KeysFlags): Promise<void> {
  const id = given.replace(/^my_([0-9A-Za-z]{12})_.*$/, 'key_$1');
  await withStore(flags, async ({ keys }) => {
    if (!(await keys.revoke(id))) {
      throw new CommandError(`No working key has the id ${id}. The list: ${commandLine('keys list', flags.dataDir)}`);
    }
    if (flags.json) return printJson({ id, revoked: true });
    process.stdout.write(`${id} is revoked: requests with it are refused from now on.\n`);
  });
}

async function withStore(flags: KeysFlags, use: (store: Store) => Promise<void>): Promise<void> {
  const store = await openStore(flags.dataDir, { purpose: 'administration' });
  try {
    await use(store);
  } finally {
    await store.close();
  }
}

const day = (ms: number): string => new Date(ms).toISOString().slice(0, 10);
const printJson = (value: unknown): void => void process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
