/** Names for the models of attached servers: what follows the last `/`, in letters that clients take. */

/** `lmstudio-community/Qwen3-8B-GGUF` -> `qwen3-8b-gguf`, `qwen3:8b` -> `qwen3-8b`, `llama3:latest` -> `llama3`. */
export function attachedId(name: string): string {
  const short = name.split(/[/\\]/).findLast((part) => part !== '') ?? name;
  const id = short
    .toLowerCase()
    .replace(/\.gguf$/, '')
    .replace(/:latest$/, '')
    .replace(/[^a-z0-9._-]+/g, '-')
    .replace(/^[-.]+|[-.]+$/g, '');
  return id === '' ? 'model' : id;
}

/** Gives each model an id of its own, the first come the plain one; further ones are told apart by their server. */
export function nameModels<Model extends { readonly name: string; readonly server: string }>(
  models: readonly Model[],
  isTaken: (id: string) => boolean,
): ReadonlyMap<string, Model> {
  const named = new Map<string, Model>();
  for (const model of models) {
    const plain = attachedId(model.name);
    const candidates = [plain, `${plain}-${model.server}`];
    for (let number = 2; candidates.length < models.length + 2; number++)
      candidates.push(`${plain}-${model.server}-${number}`);
    const free = candidates.find((id) => !named.has(id) && !isTaken(id));
    if (free !== undefined) named.set(free, model);
  }
  return named;
}
