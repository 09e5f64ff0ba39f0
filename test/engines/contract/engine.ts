/** What the contract suite needs of an engine: a model that says what a behaviour wants, and a few things to do to it. */
import type { ReadyModel } from '../../../src/agent/ready-model.ts';
import type { FakeAnswer } from '../fakes/fake-model.ts';
import type { Json } from '../fakes/fake-server.ts';

export interface Script {
  readonly answer: FakeAnswer;
  /** What is said when a call is required, or asked for once more; otherwise the same again. */
  readonly constrained?: FakeAnswer;
  readonly window?: number;
  readonly slots?: number;
}

/** What not every engine has; a behaviour that needs it does not apply there. */
export type Ability =
  /** Its tier has exact counts, by its own tokenizer or its own counter. */
  | 'exact-counts'
  /** It tells how much of a prompt was cached. */
  | 'cached-tokens'
  | 'tool-choice'
  | 'schema'
  /** An answer that may be held to a schema may be a call instead. */
  | 'schema-with-tools'
  | 'strict'
  | 'thinking-switch'
  /** It stops reading a prompt whose client has left. */
  | 'cancel-prefill'
  /** Its script has a pace, and may answer otherwise the second time. */
  | 'pace'
  | 'second-answer'
  /** Its script may fail in mid-answer. */
  | 'faults'
  /** What it was sent can be looked at. */
  | 'bodies'
  /** It can be killed and started again, or made to refuse. */
  | 'outage';

export interface Rig extends AsyncDisposable {
  readonly model: ReadyModel;
  /** Resolves when no generation is under way any more. */
  idle(): Promise<void>;
  /** Resolves when one is. */
  begun(): Promise<void>;
  /** The latest generation's request. */
  body?(): Json;
  refuse?(answer: { readonly status: number; readonly body: unknown } | undefined): void;
  kill?(): Promise<void>;
}

export interface Engine {
  readonly name: string;
  readonly has: ReadonlySet<Ability>;
  open(script: Script): Promise<Rig>;
}

export interface Behaviour {
  readonly name: string;
  readonly needs?: readonly Ability[];
  readonly script: Script;
  /** Throws when the engine does otherwise. */
  check(rig: Rig): Promise<void>;
}
