/**
 * A heap of the machines of one lane, by `spot.key`, with places that can be moved. Four children to a node, and the keys in a
 * list of their own: with thousands of machines what a move costs is memory that has to be fetched.
 */
import type { ServedModel } from '../state.ts';

const children = 4;

export class SpotHeap {
  readonly #items: ServedModel[] = [];
  readonly #keys: number[] = [];

  /** The first is the least; after it those of lesser keys come sooner, roughly. */
  get items(): readonly ServedModel[] {
    return this.#items;
  }

  /** Puts it in, or to its place when its key has changed. */
  put(served: ServedModel): void {
    const { spot } = served;
    if (spot.index < 0) {
      this.#items.push(served);
      this.#keys.push(spot.key);
      this.#rise(served, this.#items.length - 1);
    } else this.#move(served, spot.index);
  }

  remove(served: ServedModel): void {
    const { index } = served.spot;
    const last = this.#items.pop()!;
    this.#keys.pop();
    if (last !== served) this.#move(last, index);
    served.spot.index = -1;
  }

  /** Finds the place of a machine that may stand at `from`, and nobody else does. */
  #move(served: ServedModel, from: number): void {
    if (this.#rise(served, from) === from) this.#sink(served, from);
  }

  #rise(served: ServedModel, from: number): number {
    let index = from;
    while (index > 0) {
      const parent = ((index - 1) / children) | 0;
      if (!this.#isBefore(served, parent)) break;
      this.#set(this.#items[parent]!, this.#keys[parent]!, index);
      index = parent;
    }
    this.#set(served, served.spot.key, index);
    return index;
  }

  #sink(served: ServedModel, from: number): void {
    let index = from;
    for (;;) {
      const first = children * index + 1;
      if (first >= this.#items.length) break;
      let least = first;
      const end = Math.min(first + children, this.#items.length);
      for (let child = first + 1; child < end; child += 1) {
        if (isBefore(this.#keys[child]!, this.#items[child]!, this.#keys[least]!, this.#items[least]!)) least = child;
      }
      if (!isBefore(this.#keys[least]!, this.#items[least]!, served.spot.key, served)) break;
      this.#set(this.#items[least]!, this.#keys[least]!, index);
      index = least;
    }
    this.#set(served, served.spot.key, index);
  }

  #isBefore(served: ServedModel, other: number): boolean {
    return isBefore(served.spot.key, served, this.#keys[other]!, this.#items[other]!);
  }

  #set(served: ServedModel, key: number, index: number): void {
    this.#items[index] = served;
    this.#keys[index] = key;
    served.spot.index = index;
  }
}

/** Less time, then more room, then known longer. */
function isBefore(key: number, one: ServedModel, otherKey: number, other: ServedModel): boolean {
  if (key !== otherKey) return key < otherKey;
  if (one.spot.room !== other.spot.room) return one.spot.room > other.spot.room;
  return one.machine.order < other.machine.order;
}
