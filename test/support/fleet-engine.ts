/** The engine of a machine of the tests: a script, or the real one. */
import { descendants } from './processes.ts';
import type { ScriptedConfig } from './scripted/config.ts';
import { writeScriptedEngine } from './scripted-engine.ts';

/** The embedded engine with the shipped model, one thread each: several share a computer. */
export interface RealEngine {
  readonly real: { readonly window: number; readonly slots: number };
}

export type FleetEngine = ScriptedConfig | RealEngine;

/** Flags of `metalyard agent`; a script is written into `directory`. */
export function engineFlags(directory: string, engine: FleetEngine): readonly string[] {
  if (!('real' in engine)) return ['--engine-program', writeScriptedEngine(directory, engine)];
  const { window, slots } = engine.real;
  return ['--context-window', String(window), '--slots', String(slots), '--threads', '1'];
}

/** Engines that are alive, of any kind, of an agent or of a yard. */
export function enginePidsOf(pid: number): number[] {
  return descendants(pid, /embedded\/child\.|scripted-engine\.mjs/);
}
