import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FewAtOnce } from './few-at-once.ts';

test('so many are begun at a time, the others in their order; one that leaves takes nobody’s place', async () => {
  const few = new FewAtOnce(2);
  const begun: string[] = [];
  const works = new Map<string, PromiseWithResolvers<void>>();
  const run = (name: string, signal?: AbortSignal): Promise<void> => {
    const work = Promise.withResolvers<void>();
    works.set(name, work);
    return few.run(() => {
      begun.push(name);
      return work.promise;
    }, signal);
  };
  const leaving = new AbortController();
  const [a, b] = [run('a'), run('b')];
  const c = run('c', leaving.signal);
  const d = run('d');
  assert.deepEqual(begun, ['a', 'b']);
  leaving.abort(new Error('left'));
  await assert.rejects(c, /left/);
  works.get('a')?.reject(new Error('failed'));
  await assert.rejects(a, /failed/);
  assert.deepEqual(begun, ['a', 'b', 'd']);
  for (const name of ['b', 'd']) works.get(name)?.resolve();
  await Promise.all([b, d]);
  const e = run('e');
  const f = run('f');
  assert.deepEqual(begun.slice(3), ['e', 'f'], 'both places are free again');
  for (const name of ['e', 'f']) works.get(name)?.resolve();
  await Promise.all([e, f]);
});
