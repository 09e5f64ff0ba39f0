/**
 * A probe reads one thing about a machine. Reading (commands, files) and parsing (text to facts) are
 * apart: a parser takes text only, so that a stored output of any machine can be read anywhere.
 */
import type { FactName, Facts, OperatingSystem } from '../contract/machine/facts.ts';
import type { ProbeIo } from './io/probe-io.ts';
import type { Reading } from './reading.ts';

export interface Probe {
  /** Stable, for people to type: `nvidia-smi`, `linux-memory`. */
  readonly name: string;
  /** What it is about, a few words. */
  readonly title: string;
  /** Commands with their arguments and files it reads. */
  readonly reads: readonly string[];
  readonly platforms: readonly OperatingSystem[];
  /** Costs more than a look: run only when it is asked for by name. */
  readonly onDemand?: boolean;
  /** For the whole probe; a tool that has not answered by then is ended. */
  readonly timeoutMs: number;
  /** Facts it may give. */
  readonly facts: readonly FactName[];
  read(io: ProbeIo): Promise<readonly Reading[]>;
  /** Never throws on any text; what it cannot read becomes unknown or stays away. */
  parse(readings: readonly Reading[]): Facts;
}

/** A probe under construction of its facts. */
export type MutableFacts = { -readonly [Name in keyof Facts]: Facts[Name] };

export const everywhere: readonly OperatingSystem[] = ['linux', 'windows', 'macos'];
/** Tools that talk to a driver: a GPU that fell off its bus makes them hang. */
export const toolTimeoutMs = 10_000;
/** Files of /proc and /sys answer at once, or never. */
export const fileTimeoutMs = 2_000;
