/** What the caller is told about a request, in the words of the feature table. */
import type { ModelTraits } from '../../contract/anthropic/features/feature.ts';
import { type FeatureId, noteOn } from '../../contract/anthropic/features/features.ts';

/** Called where a row of the table turns out to count; `detail` is a name, never the client's text. */
export type Note = (id: FeatureId, detail?: string) => void;

export class FeatureNotes {
  readonly #traits: ModelTraits;
  readonly #notes = new Map<FeatureId, string[]>();

  constructor(traits: ModelTraits) {
    this.#traits = traits;
  }

  /** Rows that are supported leave no note. */
  add(id: FeatureId, detail?: string): void {
    let details = this.#notes.get(id);
    if (details === undefined) {
      if (noteOn(id, this.#traits) === undefined) return;
      details = [];
      this.#notes.set(id, details);
    }
    if (detail !== undefined) details.push(detail);
  }

  /** One sentence for each row, in the order of first use. */
  sentences(): readonly string[] {
    return Array.from(this.#notes, ([id, details]) => {
      const sentence = noteOn(id, this.#traits) ?? '';
      return details.length === 0 ? sentence : `${sentence}: ${listed(details)}.`;
    });
  }
}

const mostNames = 10;

function listed(details: readonly string[]): string {
  const names = details.slice(0, mostNames).map((name) => (name.length <= 80 ? name : `${name.slice(0, 77)}...`));
  const more = details.length - names.length;
  return more === 0 ? names.join(', ') : `${names.join(', ')} and ${more} more`;
}
