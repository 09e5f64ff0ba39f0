import type { YardDeadline } from '../state.ts';

/** What became of our wish that a machine load a model; see `see-to-load.ts`. */
export interface Load {
  /** `asked`: it has not answered yet. `declined`: it is asked again when `deadline` is due. */
  stage: 'idle' | 'asked' | 'declined';
  /** Since when it is being loaded, ms; meaningful while it is. */
  sinceMs: number;
  /** Why it declined last, as a sentence. */
  because: string | null;
  /** It declined until a time that it foresees, not for a moment, to be looked at again. */
  isForeseen: boolean;
  /** Its last answer was no, without a time to ask again: it is asked again, and not hoped for. */
  isRefused: boolean;
  readonly deadline: YardDeadline;
}
