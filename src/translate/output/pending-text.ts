/** Raw text not yet decided upon, and where it stands in the whole (UTF-16 units). */
export class PendingText {
  #text = '';
  #start = 0;
  #before: string | undefined;

  get text(): string {
    return this.#text;
  }

  /** Index of its first character in the whole raw text. */
  get start(): number {
    return this.#start;
  }

  /** The character before it. */
  get before(): string | undefined {
    return this.#before;
  }

  push(text: string): void {
    this.#text += text;
  }

  take(length: number): string {
    const taken = this.#text.slice(0, length);
    this.#text = this.#text.slice(length);
    this.#start += length;
    if (length > 0) this.#before = taken[length - 1];
    return taken;
  }

  /** Takes a tag: what follows it does not stand behind its last character. */
  skip(length: number): void {
    this.take(length);
    this.begin();
  }

  /** What follows is a new part: no character stands before it. */
  begin(): void {
    this.#before = undefined;
  }

  /** Puts text just taken back, to be read as something else. It stood behind a tag or a call. */
  putBack(text: string): void {
    if (text === '') return;
    this.#text = text + this.#text;
    this.#start -= text.length;
    this.#before = undefined;
  }
}
