/** A failed test as people read it: told when it fails, and again at the very end. */
import { relative } from 'node:path';
import type { TestEvent } from 'node:test/reporters';
import { inspect } from 'node:util';

export interface FailedTest {
  /** With the names of the groups it stands in. */
  readonly name: string;
  /** `file:line`, or what else there is to look at. */
  readonly place: string;
  /** The cause as it was shown, as long as it may be. */
  readonly error: string;
}

/** Makes a function that is given every event of a run, and returns what failed just now. */
export function watchFailures(): (event: TestEvent) => FailedTest | null {
  /** Names of the tests that are told of now, the outermost first. */
  let names: string[] = [];
  return (event) => {
    if (event.type === 'test:start') names = [...names.slice(0, event.data.nesting), event.data.name];
    if (event.type !== 'test:fail') return null;
    const { name, nesting, file, line, details } = event.data;
    const { error } = details;
    // A group fails because of its tests, which have been told of.
    if ('failureType' in error && error.failureType === 'subtestsFailed') return null;
    return {
      name: [...names.slice(0, nesting), name].join(' > '),
      place: file === undefined ? 'no file' : `${relative(process.cwd(), file)}:${line ?? 1}`,
      error: inspect(error.cause ?? error),
    };
  };
}

/** The beginning of an error. */
export const shortened = (failed: FailedTest): FailedTest => ({ ...failed, error: firstLines(failed.error) });

const shownLines = 15;
const shownCharacters = 240;

function firstLines(text: string): string {
  const lines = text.split('\n');
  const shown = lines.slice(0, shownLines).map((line) => cut(line));
  const left = lines.slice(shownLines);
  if (left.length === 0) return shown.join('\n');
  const ours = left.find((line) => line.includes(' at ') && line.includes('file://'));
  return [...shown, `... ${left.length} more lines where it failed`, ...(ours === undefined ? [] : [ours])].join('\n');
}

/** The end of what a program printed, where it says why it failed. */
export function lastLines(text: string): string {
  const lines = text.split('\n').filter((line) => line.trim() !== '' && !line.includes('node:internal'));
  return lines
    .slice(-shownLines)
    .map((line) => cut(line))
    .join('\n');
}

const cut = (line: string): string => (line.length > shownCharacters ? `${line.slice(0, shownCharacters)}...` : line);
