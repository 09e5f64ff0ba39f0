/**
 * A reporter of `node:test` that writes down what happens as it happens, a line of JSON each, for `scripts/run-suites.ts`: of
 * a process that is killed everything is known until then.
 */
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import type { TestEvent } from 'node:test/reporters';
import { type FailedTest, shortened, watchFailures } from './failed-test.ts';
import { watchOwnEnd } from './own-end.ts';

export interface SuiteCounts {
  readonly passed: number;
  /** Cancelled tests (a timeout) included. */
  readonly failed: number;
  /** What failed, in the order it did. */
  readonly failures: readonly FailedTest[];
  /** Full names of what did not run, each with its reason. */
  readonly skipped: readonly string[];
}

/** What is known of a process of tests. */
export interface ProcessCounts extends SuiteCounts {
  /** It told its totals, which is the last thing a process does. */
  readonly isWhole: boolean;
  /** Names of tests that had begun and not ended, the outermost first; none: all that were known had ended. */
  readonly open: readonly string[];
}

type Line =
  | { readonly began: string; readonly nesting: number }
  | { readonly ended: number }
  | { readonly passed: true }
  | { readonly failed: FailedTest | null }
  | { readonly skipped: string }
  | { readonly totals: { readonly passed: number; readonly failed: number } };

export default async function* suiteCounts(source: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const justFailed = watchFailures();
  const watchEnd = watchOwnEnd();
  for await (const event of source) {
    watchEnd(event);
    const failure = justFailed(event);
    for (const line of linesOf(event, failure === null ? null : shortened(failure))) yield `${JSON.stringify(line)}\n`;
  }
}

function linesOf({ type, data }: TestEvent, failure: FailedTest | null): Line[] {
  switch (type) {
    case 'test:dequeue': {
      const place = data.nesting === 0 && data.file !== undefined ? ` (${relative('.', data.file)})` : '';
      return [{ began: `${data.name}${place}`, nesting: data.nesting }];
    }
    case 'test:complete':
      return [{ ended: data.nesting }];
    case 'test:pass': {
      const { skip, todo, name, details } = data;
      if (skip !== undefined && skip !== false)
        return [{ skipped: `${name} (${skip === true ? 'no reason given' : skip})` }];
      // The runner's totals leave out groups, and what is still to be done.
      return details.type === 'suite' || (todo !== undefined && todo !== false) ? [] : [{ passed: true }];
    }
    case 'test:fail':
      return data.details.type === 'suite' && failure === null ? [] : [{ failed: failure }];
    case 'test:summary': {
      const { counts } = data;
      const failed = counts.tests - counts.passed - counts.skipped - counts.todo;
      return [{ totals: { passed: counts.passed, failed } }];
    }
    default:
      return [];
  }
}

/** Reads what the reporter wrote; nothing, when the process did not even come to that. */
export function readCounts(file: string): ProcessCounts {
  let passed = 0;
  let failed = 0;
  let isWhole = false;
  let open: string[] = [];
  const failures: FailedTest[] = [];
  const skipped: string[] = [];
  for (const line of linesIn(file)) {
    if ('began' in line) open = [...open.slice(0, line.nesting), line.began];
    if ('ended' in line) open = open.slice(0, line.ended);
    if ('passed' in line) passed += 1;
    if ('skipped' in line) skipped.push(line.skipped);
    if ('failed' in line) {
      failed += 1;
      if (line.failed !== null) failures.push(line.failed);
    }
    if ('totals' in line) {
      ({ passed, failed } = line.totals);
      isWhole = true;
    }
  }
  return { passed, failed, failures, skipped, isWhole, open };
}

function linesIn(file: string): Line[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return [];
  }
  // Behind the last line break is nothing, or a line that was being written.
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line));
}
