/** A heap of the machines of one lane, by `spot.key`, with places that can be moved. */
import type { ServedModel } from '../state.ts';

export class SpotHeap {
  readonly #items: ServedModel[] = [];

  /** The first is the least; after it those of lesser keys come sooner, roughly. */
  get items(): readonly ServedModel[] {
    return this.#items;
  }

  /** Puts it in, or to its place when its key has changed. */
  put(served: ServedModel): void {
    const { spot } = served;
    if (spot.index < 0) {
      spot.index = this.#items.length;
      this.#items.push(served);
    }
    this.#sink(this.#rise(spot.index));
  }

  remove(served: ServedModel): void {
    const { index } = served.spot;
    const last = this.#items.pop()!;
    if (last !== served) {
      this.#set(last, index);
      this.#sink(this.#rise(index));
    }
    served.spot.index = -1;
  }

  #rise(from: number): number {
    let index = from;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!isBefore(this.#items[index]!, this.#items[parent]!)) break;
      this.#swap(index, parent);
      index = parent;
    }
    return index;
  }

  #sink(from: number): void {
    for (let index = from; ; ) {
      const left = 2 * index + 1;
      if (left >= this.#items.length) return;
      const right = left + 1;
      const child = right < this.#items.length && isBefore(this.#items[right]!, this.#items[left]!) ? right : left;
      if (!isBefore(this.#items[child]!, this.#items[index]!)) return;
      this.#swap(child, index);
      index = child;
    }
  }

  #swap(one: number, other: number): void {
    const item = this.#items[one]!;
    this.#set(this.#items[other]!, one);
    this.#set(item, other);
  }

  #set(served: ServedModel, index: number): void {
    this.#items[index] = served;
    served.spot.index = index;
  }
}

/** Less time, then more room, then known longer. */
export function isBefore(one: ServedModel, other: ServedModel): boolean {
  const [a, b] = [one.spot, other.spot];
  if (a.key !== b.key) return a.key < b.key;
  if (a.room !== b.room) return a.room > b.room;
  return one.machine.order < other.machine.order;
}
