/** Names with sizes that change by one, and which is the largest: each step takes the same time, however many there are. */

export interface Ranked {
  readonly name: string;
  readonly size: number;
}

export class Ranks {
  readonly #sizes = new Map<string, number>();
  /** Names of each size; those of size 0 are nowhere. */
  readonly #bySize: Set<string>[] = [];

  sizeOf(name: string): number {
    return this.#sizes.get(name) ?? 0;
  }

  /** One of the largest; undefined when there is none. */
  largest(): Ranked | undefined {
    const size = this.#bySize.length - 1;
    const [name] = this.#bySize[size] ?? [];
    return name === undefined ? undefined : { name, size };
  }

  change(name: string, change: 1 | -1): void {
    const before = this.sizeOf(name);
    const after = before + change;
    this.#bySize[before]?.delete(name);
    if (after === 0) this.#sizes.delete(name);
    else {
      this.#sizes.set(name, after);
      this.#namesOf(after).add(name);
    }
    // One that was alone at the top goes down by one: nobody is above.
    while (this.#bySize.length > 0 && (this.#bySize.at(-1)?.size ?? 0) === 0) this.#bySize.pop();
  }

  #namesOf(size: number): Set<string> {
    const names = this.#bySize[size] ?? new Set();
    this.#bySize[size] = names;
    return names;
  }
}
