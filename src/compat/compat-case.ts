/** A case: one behaviour of the API, where it is written down, and how it is looked at. */
import type { Capability } from './capabilities.ts';
import type { Verdict } from './verdict.ts';
import type { Target } from './wire/target.ts';

/** In the order of the report. */
export const groups = [
  'endpoints',
  'headers',
  'keys',
  'messages',
  'content',
  'response',
  'streaming',
  'tools',
  'thinking',
  'structured-output',
  'usage',
  'counting',
  'models',
  'validation',
  'errors',
  'limits',
  'concurrency',
] as const;
export type Group = (typeof groups)[number];

/**
 * How we know: read in the SDK's types; a recorded answer or a text quoted from the real API; how a
 * real client was measured to behave; memory alone.
 */
export type Evidence = 'sdk-types' | 'recorded' | 'measured-client' | 'recall';

export interface CompatCase {
  /** Also the name of its file: `cases/GROUP/NAME.ts`. Unique in its group. */
  readonly name: string;
  readonly group: Group;
  /** What holds when it passes, in one sentence. */
  readonly title: string;
  /** The line of the contract: `messages-api §6`. */
  readonly contract: string;
  readonly evidence: Evidence;
  /** Without this the case says nothing about the server. */
  readonly needs?: Capability;
  /** An optional feature: a refusal whose text matches is `unsupported`, any other one a failure. */
  readonly refusable?: RegExp;
  /** Runs when nothing else does: it measures time, or loads the server. */
  readonly alone?: boolean;
  run(target: Target): Promise<Verdict>;
}

/** How a case is called everywhere: `streaming/message-stop-last`. */
export const caseId = ({ group, name }: Pick<CompatCase, 'group' | 'name'>): string => `${group}/${name}`;
