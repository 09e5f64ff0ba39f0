/**
 * A fact about a machine is known, with where it was read, or unknown, with why. There is no third
 * state: nothing is guessed, and a default is never dressed up as a reading.
 */

/** Why a value is not there. */
export type UnknownReason =
  /** The tool or file that would tell does not exist here. */
  | 'absent'
  /** It exists; this user may not read it. */
  | 'denied'
  /** It did not answer in time and was ended. */
  | 'timeout'
  /** It answered, and said that it does not know (`[N/A]`, `ERR!`). */
  | 'not-reported'
  /** It answered in a form this build cannot read. */
  | 'unreadable'
  /** It ran and failed; `detail` has its first line. */
  | 'failed'
  /** No probe looked. */
  | 'not-probed';

export interface Known<T> {
  readonly known: true;
  readonly value: T;
  /** The command or path it was read from: `nvidia-smi --query-gpu=...`, `/proc/meminfo`. */
  readonly source: string;
}

export interface Unknown {
  readonly known: false;
  readonly reason: UnknownReason;
  /** One line for people. Never holds a host name, user name or key. */
  readonly detail: string;
  /** The command or path that was asked, if any. */
  readonly source?: string;
}

export type Fact<T> = Known<T> | Unknown;

export function known<T>(value: T, source: string): Known<T> {
  return { known: true, value, source };
}

export function unknown(reason: UnknownReason, detail: string, source?: string): Unknown {
  return source === undefined ? { known: false, reason, detail } : { known: false, reason, detail, source };
}

/** The value where it is known, else undefined. */
export function knownValue<T>(fact: Fact<T> | undefined): T | undefined {
  return fact?.known ? fact.value : undefined;
}
