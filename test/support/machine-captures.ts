/** Stored outputs of real machines, and what a probe must make of them. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { FactName } from '../../src/contract/machine/facts.ts';
import type { Probe } from '../../src/machine/probe.ts';
import type { Reading } from '../../src/machine/reading.ts';
import { decodeText } from '../../src/machine/text/decode.ts';

export const captureFolder = fileURLToPath(new URL('../../src/machine/fixtures/', import.meta.url));

/** Every fact that is known, as its bare value. All others must be unknown or absent. */
export type Expected = { readonly [Name in FactName]?: unknown };

export function capture(file: string): string {
  return decodeText(readFileSync(`${captureFolder}${file}`));
}

export function reading(file: string, exitCode?: number): Reading {
  return { source: file, text: capture(file), ...(exitCode === undefined ? {} : { exitCode }) };
}

/** The probe knows exactly this from the file, and says of everything where it comes from. */
export function assertReading(probe: Probe, file: string, expected: Expected, exitCode?: number): void {
  const facts = probe.parse([reading(file, exitCode)]);
  assert.deepEqual(bare(facts), expected);
  for (const fact of Object.values(facts)) {
    if (fact.known) assert.equal(fact.source, file);
    else assert.ok(fact.reason !== 'not-probed' && fact.detail !== '');
  }
}

/** Known facts as values, at every depth; unknown ones left out. */
export function bare(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(bare);
  if (typeof value !== 'object' || value === null) return value;
  if ('known' in value && 'value' in value) return bare(value.value);
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, part]) => !(typeof part === 'object' && part !== null && 'known' in part && part.known === false))
      .map(([name, part]) => [name, bare(part)]),
  );
}
