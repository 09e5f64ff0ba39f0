import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiFailure } from '../../contract/errors.ts';
import { pageOf } from './page.ts';

const items = ['a', 'b', 'c', 'd'].map((id) => ({ id }));
const ids = (query: Record<string, unknown>) => {
  const page = pageOf(items, query);
  return [page.data.map(({ id }) => id).join(''), page.has_more, page.first_id, page.last_id];
};

test('a page holds everything when it can', () => assert.deepEqual(ids({}), ['abcd', false, 'a', 'd']));
test('a page says when there is more', () => assert.deepEqual(ids({ limit: '3' }), ['abc', true, 'a', 'c']));
test('the next page starts after the cursor', () =>
  assert.deepEqual(ids({ limit: '3', after_id: 'c' }), ['d', false, 'd', 'd']));
test('the page before a cursor ends at it', () =>
  assert.deepEqual(ids({ limit: '2', before_id: 'd' }), ['bc', true, 'b', 'c']));
test('an unknown cursor gives an empty page', () => assert.deepEqual(ids({ after_id: 'x' }), ['', false, null, null]));
for (const limit of ['0', '1001', 'x', '1.5']) {
  test(`limit ${limit} is refused by name`, () => {
    assert.throws(
      () => pageOf(items, { limit }),
      (error: unknown) => {
        return error instanceof ApiFailure && error.error.message.startsWith('limit:');
      },
    );
  });
}
