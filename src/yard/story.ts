/** A test that is a transcript: what goes in, and with `>` what must come out. For tests only. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { YardOptions } from './step.ts';
import { runTranscript, tidyTranscript } from './transcript.ts';

export function story(name: string, script: string, options: YardOptions = {}): void {
  test(name, () => {
    assert.equal(runTranscript(script, options), tidyTranscript(script));
  });
}
