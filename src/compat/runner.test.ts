import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CompatCase } from './compat-case.ts';
import { runCases } from './runner.ts';
import { Mismatch, pass, Refused, type Verdict } from './verdict.ts';

const server = { url: 'http://127.0.0.1:9', key: undefined, model: 'm' };
const limits = { concurrency: 2, caseTimeMs: 40 };

function caseOf(run: CompatCase['run'], more: Partial<CompatCase> = {}): CompatCase {
  const about = { name: 'x', group: 'limits', title: '', contract: '', evidence: 'recall' } as const;
  return { ...about, ...more, run };
}
async function verdict(compatCase: CompatCase): Promise<Verdict | undefined> {
  return (await runCases([compatCase], server, limits))[0]?.verdict;
}
const throwing = (error: Error) => caseOf(() => Promise.reject(error));

test('what a case returns is its verdict', async () => {
  assert.deepEqual(await verdict(caseOf(async () => pass)), pass);
});

test('a mismatch is a failure that says what was expected and seen', async () => {
  assert.deepEqual(await verdict(throwing(new Mismatch('this', 'that'))), {
    status: 'fail',
    expected: 'this',
    seen: 'that',
  });
});

test('a part that is absent from an answer is a failure, not a crash', async () => {
  const seen = await verdict(throwing(new TypeError("reading 'usage'")));
  assert.equal(seen?.status, 'fail');
});

for (const [what, error, refusable, status] of [
  ['a refusal is a failure', new Refused(400, 'no images'), undefined, 'fail'],
  ['a refusal that names an optional feature is unsupported', new Refused(400, 'no images'), /image/, 'unsupported'],
  ['a refusal of an optional feature that names nothing is a failure', new Refused(400, 'bad'), /image/, 'fail'],
  ['a server error is no refusal', new Refused(500, 'no images'), /image/, 'fail'],
] as const) {
  test(what, async () => {
    const seen = await verdict(caseOf(() => Promise.reject(error), refusable === undefined ? {} : { refusable }));
    assert.equal(seen?.status, status);
  });
}

test('a case is given up when its time is over, whether it listens or not', async () => {
  const seen = await verdict(caseOf(() => new Promise(() => {})));
  assert.deepEqual(seen, { status: 'fail', expected: 'an answer within 40 ms', seen: 'none' });
});

test('shared answers are asked for once, and not by the clock of one case', async () => {
  let asked = 0;
  const shared = caseOf(async (target) => {
    await target.once('answer', async () => ++asked);
    return pass;
  });
  await runCases([shared, { ...shared, name: 'y' }], server, limits);
  assert.equal(asked, 1);
});

test('no more run at once than asked for, and those that want to be alone come last, alone', async () => {
  let running = 0;
  let most = 0;
  const seen: string[] = [];
  const counting = (name: string, alone: boolean) =>
    caseOf(
      async () => {
        running++;
        if (alone) assert.equal(running, 1);
        most = Math.max(most, running);
        await new Promise(setImmediate);
        seen.push(name);
        running--;
        return pass;
      },
      { name, alone },
    );
  const cases = [counting('a', true), counting('b', false), counting('c', false), counting('d', false)];
  const results = await runCases(cases, server, limits);
  assert.deepEqual(
    results.map(({ verdict: { status }, case: { name } }) => `${name} ${status}`),
    ['a pass', 'b pass', 'c pass', 'd pass'],
  );
  assert.equal(most, 2);
  assert.equal(seen.at(-1), 'a');
});
