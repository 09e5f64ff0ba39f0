/** `--bundle`: a report to be shown to others, without names, keys or addresses. */
import { writeFileSync } from 'node:fs';
import { homedir, hostname, userInfo } from 'node:os';
import { redactFacts, redactTexts, type Surroundings } from './redact.ts';
import { type DoctorReport, examine, reportJson } from './report.ts';

/**
 * The checks are made again on the redacted facts, so that what a finding quotes is redacted too. Log,
 * prompts and keys are not in it at all.
 */
export function bundleText({ version, facts, tookMs }: DoctorReport, surroundings: Surroundings): string {
  const redacted = examine(version, redactFacts(facts, surroundings), tookMs);
  return `${JSON.stringify(redactTexts(reportJson(redacted), surroundings), null, 2)}\n`;
}

/** Returns the name of the file. Throws the error of the file system when it cannot be written. */
export function writeBundle(report: DoctorReport, file: string | undefined, nowMs: number): string {
  const name = file ?? `metalyard-doctor-${new Date(nowMs).toISOString().slice(0, 10)}.json`;
  writeFileSync(name, bundleText(report, here()), { mode: 0o600 });
  return name;
}

function here(): Surroundings {
  return { userName: userNameOf(), hostName: hostname(), home: homedir() };
}

/** Containers run under numbers without a name. */
function userNameOf(): string {
  try {
    return userInfo().username;
  } catch {
    return '';
  }
}
