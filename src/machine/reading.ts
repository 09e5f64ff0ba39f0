/** What a command printed or a file held, or why there is nothing. */
import { type Unknown, type UnknownReason, unknown } from '../contract/machine/fact.ts';

export interface Reading {
  /** The command with its arguments, or the path. Becomes the source of facts. */
  readonly source: string;
  /** Decoded; of a command, standard output and standard error. Empty when there is none. */
  readonly text: string;
  /** Of a command that ended by itself. */
  readonly exitCode?: number;
  /** Set when it could not be read at all, or was cut off. */
  readonly failure?: ReadFailure;
}

export interface ReadFailure {
  readonly reason: UnknownReason;
  /** One line for people. */
  readonly detail: string;
}

/** Why a fact that this reading should have given is not there. */
export function unknownFrom(reading: Reading, otherwise = 'the output does not say'): Unknown {
  if (reading.failure !== undefined) return unknown(reading.failure.reason, reading.failure.detail, reading.source);
  if (reading.exitCode !== undefined && reading.exitCode !== 0) {
    return unknown('failed', `it ended with status ${reading.exitCode}`, reading.source);
  }
  if (reading.text.trim() === '') return unknown('not-reported', 'the output is empty', reading.source);
  return unknown('unreadable', otherwise, reading.source);
}
