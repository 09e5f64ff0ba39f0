/** On how many machines models are to stay loaded (`metalyard models min`): kept in the store, and told to the yard at once. */
import { ApiFailure, apiError } from '../contract/errors.ts';
import type { Store } from '../transport/store/store.ts';
import { type MinimumView, viewMinimums } from '../yard/loads/minimums.ts';
import { availableModels } from '../yard/view.ts';
import type { YardLoop } from './yard-loop.ts';

export class ModelMinimums {
  readonly #store: Store['minimums'];
  readonly #yard: YardLoop;

  constructor(store: Pick<Store, 'minimums'>, yard: YardLoop) {
    this.#store = store.minimums;
    this.#yard = yard;
  }

  /** Before any machine is there. */
  async begin(): Promise<void> {
    this.#yard.tell({ type: 'minimums-set', minimums: await this.#store.all() });
  }

  /** Where it stands now; null: it has no minimum. Throws an ApiFailure where nobody has heard of the model. */
  async set(model: string, machines: number): Promise<MinimumView | null> {
    const { state } = this.#yard;
    if (!state.minimums.has(model) && !availableModels(state).some(({ id }) => id === model)) {
      throw new ApiFailure(apiError('not_found', `model: No machine has told of ${model}. See: metalyard models ls`));
    }
    await this.#store.set(model, machines);
    this.#yard.tell({ type: 'minimums-set', minimums: await this.#store.all() });
    return viewMinimums(state).find((minimum) => minimum.model === model) ?? null;
  }
}
