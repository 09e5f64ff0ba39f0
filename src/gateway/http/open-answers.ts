/** Looks after the open answers of a gateway with one timer. */

/** How often an open answer is looked at, ms. */
export const tickMs = 1_000;

export interface WatchedAnswer {
  tick(): void;
}

export class OpenAnswers {
  readonly #answers = new Set<WatchedAnswer>();
  readonly #timer = setInterval(() => {
    for (const answer of this.#answers) answer.tick();
  }, tickMs).unref();

  add(answer: WatchedAnswer): void {
    this.#answers.add(answer);
  }

  delete(answer: WatchedAnswer): void {
    this.#answers.delete(answer);
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
