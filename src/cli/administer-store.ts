/** The store of a data directory, for one command, beside a gateway that may run. */
import { openStore, type Store } from '../transport/store/store.ts';

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
