/** The store of a data directory, for one command, beside a gateway that may run. */
import { setTimeout } from 'node:timers/promises';
import { openStore, type Store } from '../transport/store/store.ts';
import { lookMs } from '../transport/store/store-version.ts';

export async function administerStore<Result>(
  { dataDir }: { readonly dataDir: string },
  use: (store: Store) => Promise<Result>,
): Promise<Result> {
  const store = await openStore(dataDir, { purpose: 'administration' });
  try {
    return await use(store);
  } finally {
    await store.close();
  }
}

/** As `administerStore`, for what a running gateway looks for itself: it goes by it when this resolves. */
export async function changeStore<Result>(
  flags: { readonly dataDir: string },
  change: (store: Store) => Promise<Result>,
): Promise<Result> {
  const result = await administerStore(flags, change);
  // Twice: the clocks of two processes tick at different moments.
  await setTimeout(2 * lookMs);
  return result;
}
