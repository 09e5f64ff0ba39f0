/** `metalyard keys`: make, list and revoke API keys, with or without a running gateway. */
import { type KeyChange, openStore, type Store } from '../../transport/store/store.ts';
import { CommandError } from '../command-error.ts';
import { commandLine } from '../package-files.ts';
import { table } from '../table.ts';

export interface KeysFlags {
  readonly dataDir: string;
  readonly json?: boolean;
}

/** What `keys create` and `keys set` can settle about a key; what is not given stays as it is. */
export interface KeySettings {
  readonly models?: readonly string[] | 'all';
}

export async function createKey(flags: KeysFlags & KeySettings & { readonly label: string }): Promise<void> {
  await withStore(flags, async ({ keys }) => {
    const { key, secret } = await keys.create(flags.label, changeOf(flags));
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
        ['key', 'label', 'made', 'models', 'state'],
        all.map(({ id, label, createdAtMs, revokedAtMs, models }) => [
          id,
          label,
          day(createdAtMs),
          models === null ? 'all' : models.join(', '),
          revokedAtMs === null ? 'works' : `revoked ${day(revokedAtMs)}`,
        ]),
      ),
    );
  });
}

/** Changes a key; a running gateway goes by it from the next request on. */
export async function setKey(given: string, flags: KeysFlags & KeySettings): Promise<void> {
  const id = keyIdOf(given);
  const change = changeOf(flags);
  if (Object.keys(change).length === 0)
    throw new CommandError('Say what to change: --models NAMES (--help lists all).');
  await withStore(flags, async ({ keys }) => {
    const key = await keys.set(id, change);
    if (key === undefined) throw unknownKey(id, flags);
    if (flags.json) return printJson(key);
    const models = key.models === null ? 'all models' : key.models.join(', ');
    process.stdout.write(`"${key.label}" (${id}) may use: ${models}. It holds from the next request on.\n`);
  });
}

/** Without what is about the command and not about the key. */
const changeOf = ({ models }: KeySettings): KeyChange =>
  models === undefined ? {} : { models: models === 'all' ? null : models };

/** Accepts a key's id, or the key itself: whoever has it may be holding nothing else. */
const keyIdOf = (given: string): string => given.replace(/^my_([0-9A-Za-z]{12})_.*$/, 'key_$1');

const unknownKey = (id: string, flags: KeysFlags): CommandError =>
  new CommandError(`No working key has the id ${id}. The list: ${commandLine('keys list', flags.dataDir)}`);

export async function revokeKey(given: string, flags: KeysFlags): Promise<void> {
  const id = keyIdOf(given);
  await withStore(flags, async ({ keys }) => {
    if (!(await keys.revoke(id))) throw unknownKey(id, flags);
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
