/** The result of a run as JSON: what `--json` prints and `--diff` reads. */
import type { Group } from '../compat-case.ts';
import type { CaseResult } from '../runner.ts';
import { type Verdict, type VerdictStatus, verdictStatuses } from '../verdict.ts';
import type { Server } from '../wire/target.ts';
import { cleanText } from './clean-text.ts';

export interface ResultFile {
  readonly format: 'metalyard-compat/1';
  /** Version of Metalyard, whose cases they are. */
  readonly version: string;
  readonly url: string;
  readonly model: string;
  /** RFC 3339. */
  readonly startedAt: string;
  readonly counts: Readonly<Record<VerdictStatus, number>>;
  readonly results: readonly ResultLine[];
}

export interface ResultLine {
  readonly name: string;
  readonly group: Group;
  readonly title: string;
  readonly contract: string;
  readonly evidence: string;
  readonly status: VerdictStatus;
  /** Why, for everything but a pass. */
  readonly detail: string | null;
  readonly durationMs: number;
}

export function resultFile(
  results: readonly CaseResult[],
  about: { readonly server: Server; readonly version: string; readonly startedAt: string },
): ResultFile {
  const lines = results.map(({ case: { name, group, title, contract, evidence }, verdict, durationMs }) => {
    const detail = detailOf(verdict);
    return { name, group, title, contract, evidence, status: verdict.status, detail, durationMs };
  });
  const counted = verdictStatuses.map((status) => [status, lines.filter((line) => line.status === status).length]);
  return {
    format: 'metalyard-compat/1',
    version: about.version,
    url: about.server.url,
    model: about.server.model,
    startedAt: about.startedAt,
    counts: Object.fromEntries(counted) as Record<VerdictStatus, number>, // one entry for each status
    results: lines,
  };
}

function detailOf(verdict: Verdict): string | null {
  switch (verdict.status) {
    case 'pass':
      return null;
    case 'fail':
      return cleanText(`expected ${verdict.expected}; seen: ${verdict.seen}`);
    case 'degraded':
      return cleanText(verdict.how);
    case 'unsupported':
      return cleanText(verdict.said);
    case 'not-applicable':
      return cleanText(verdict.why);
  }
}

/** Reads a file that `--json` wrote; throws an Error with a sentence when it is none. */
export function parseResultFile(text: string, name: string): ResultFile {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  if ((value as ResultFile | undefined)?.format !== 'metalyard-compat/1') {
    throw new Error(`${name} is no result of \`metalyard compat --json\`.`);
  }
  return value as ResultFile; // ours, by its format line
}
