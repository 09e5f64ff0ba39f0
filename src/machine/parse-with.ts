/** Joins what each text of a probe says, and says of the rest why it is not known. */
import type { FactName, Facts } from '../contract/machine/facts.ts';
import type { MutableFacts } from './probe.ts';
import { type Reading, unknownFrom } from './reading.ts';
import { tidyReadings } from './text/tidy.ts';

/**
 * `names`: facts that are unknown, with a reason, when no text has them. A probe may give others,
 * which stay away when there is nothing to tell (no battery, no limit).
 */
export function parseWith(
  names: readonly FactName[],
  parseText: (text: string, source: string, reading: Reading) => Facts,
): (readings: readonly Reading[]) => Facts {
  return (given) => {
    const readings = tidyReadings(given);
    const readable = readings.filter(({ failure }) => failure === undefined);
    const facts = mergeFacts(readable.map((reading) => parseText(reading.text, reading.source, reading)));
    const blamed = readings.find(({ failure }) => failure !== undefined) ?? readings[0];
    if (blamed === undefined) return facts;
    const missing = names.filter((name) => facts[name] === undefined).map((name) => [name, unknownFrom(blamed)]);
    return { ...facts, ...Object.fromEntries(missing) };
  };
}

/** The first known value of each fact; else the first reason why not. */
export function mergeFacts(all: readonly Facts[]): Facts {
  const merged: Record<string, unknown> = {};
  for (const facts of all) {
    for (const [name, fact] of Object.entries(facts)) {
      const before = merged[name] as { known: boolean } | undefined;
      if (before === undefined || (!before.known && fact.known)) merged[name] = fact;
    }
  }
  // Every entry came from `Facts` under its own name.
  return merged as MutableFacts;
}
