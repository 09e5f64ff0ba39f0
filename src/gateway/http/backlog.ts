/**
 * Text that waits for a client that reads slowly, packed: a response keeps 1.2 KB for each small piece that is
 * written to it (measured), ten times its length.
 */
export class Backlog {
  readonly #packed: Buffer[] = [];
  #packedBytes = 0;
  #loose = '';

  /** Kept, bytes; what is not packed yet counts as ASCII. */
  get bytes(): number {
    return this.#packedBytes + this.#loose.length;
  }

  add(text: string): void {
    this.#loose += text;
    if (this.#loose.length >= packChars) this.#pack();
  }

  /** All of it, in order; nothing is kept. */
  take(): Buffer[] {
    if (this.#loose !== '') this.#pack();
    this.#packedBytes = 0;
    return this.#packed.splice(0);
  }

  #pack(): void {
    const bytes = Buffer.from(this.#loose);
    this.#loose = '';
    this.#packed.push(bytes);
    this.#packedBytes += bytes.length;
  }
}

const packChars = 32 * 1024;
