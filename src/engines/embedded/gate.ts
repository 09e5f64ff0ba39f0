/** Holds a generation up while nobody reads, or may want, what it generates. */
export class Gate {
  #opening: PromiseWithResolvers<void> | undefined;

  close(): void {
    this.#opening ??= Promise.withResolvers();
  }

  open(): void {
    this.#opening?.resolve();
    this.#opening = undefined;
  }

  /** To be awaited before each token, and each part of a prompt; undefined while it is open, which is nearly always. */
  get opened(): Promise<void> | undefined {
    return this.#opening?.promise;
  }
}
