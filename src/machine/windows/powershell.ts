/** Runs a PowerShell script that prints JSON. Property names are never translated; texts may be. */
import type { ProbeIo } from '../io/probe-io.ts';
import { toolTimeoutMs } from '../probe.ts';
import type { Reading } from '../reading.ts';

/** `label` stands for the script in the sources of facts. */
export async function powershell(io: ProbeIo, label: string, script: string): Promise<Reading> {
  const whole = `$ProgressPreference='SilentlyContinue';[Console]::OutputEncoding=[Text.Encoding]::UTF8;${script}`;
  const reading = await io.run('powershell', ['-NoProfile', '-NonInteractive', '-Command', whole], toolTimeoutMs);
  return { ...reading, source: label };
}
