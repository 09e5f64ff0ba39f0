/** Names for the models of attached servers, each of its own on this machine. */
import { modelName, type ToldName } from '../../contract/model-name.ts';

/** Gives each model an id of its own, the first come the plain one; further ones are told apart by their server. */
export function nameModels<Model extends { readonly told: ToldName; readonly server: string }>(
  models: readonly Model[],
  isTaken: (id: string) => boolean,
): ReadonlyMap<string, Model> {
  const named = new Map<string, Model>();
  for (const model of models) {
    const plain = modelName(model.told);
    const candidates = [plain, `${plain}-${model.server}`];
    for (let number = 2; candidates.length < models.length + 2; number++)
      candidates.push(`${plain}-${model.server}-${number}`);
    const free = candidates.find((id) => !named.has(id) && !isTaken(id));
    if (free !== undefined) named.set(free, model);
  }
  return named;
}
