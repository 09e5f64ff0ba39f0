/**
 * The pass a gateway gave this machine, kept over restarts in the data directory: without it a machine whose agent was started again
 * stands at the door among strangers. It opens nothing, and is shown to no other gateway. A file that cannot be read is begun anew.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { Type } from 'typebox';
import { Value } from 'typebox/value';
import type { Log } from '../transport/log/log.ts';

const PassSchema = Type.Object({ gatewayUrl: Type.String(), pass: Type.String() });

export interface KeptPass {
  /** Of this gateway; undefined before it has let the machine in. */
  readonly current: string | undefined;
  /** One that could not be written is good until the agent ends. */
  keep(pass: string): void;
}

/** Without a file, a pass is good until the agent ends. */
export function keptPass(file: string | undefined, gatewayUrl: string, log: Pick<Log, 'warn'>): KeptPass {
  let current = file === undefined ? undefined : read(file, gatewayUrl);
  return {
    get current() {
      return current;
    },
    keep(pass) {
      if (pass === current) return;
      current = pass;
      if (file === undefined) return;
      try {
        // Renamed into place: a crash leaves the old file or the new one.
        writeFileSync(`${file}.new`, `${JSON.stringify({ gatewayUrl, pass }, null, 2)}\n`, { mode: 0o600 });
        renameSync(`${file}.new`, file);
      } catch (error) {
        log.warn('the pass of the gateway is not kept', { error: error instanceof Error ? error.message : error });
      }
    },
  };
}

function read(file: string, gatewayUrl: string): string | undefined {
  try {
    const stored: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return Value.Check(PassSchema, stored) && stored.gatewayUrl === gatewayUrl ? stored.pass : undefined;
  } catch {
    return undefined;
  }
}
