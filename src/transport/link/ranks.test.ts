import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Ranks } from './ranks.ts';

test('property: the largest is as large as any, whatever came and went', () => {
  const change = fc.record({ name: fc.constantFrom('a', 'b', 'c', 'd'), isMore: fc.boolean() });
  fc.assert(
    fc.property(fc.array(change, { maxLength: 80 }), (changes) => {
      const ranks = new Ranks();
      const sizes = new Map<string, number>();
      for (const { name, isMore } of changes) {
        const size = sizes.get(name) ?? 0;
        if (!isMore && size === 0) continue;
        ranks.change(name, isMore ? 1 : -1);
        sizes.set(name, size + (isMore ? 1 : -1));
        const most = Math.max(0, ...sizes.values());
        const largest = ranks.largest();
        assert.equal(largest?.size ?? 0, most);
        if (largest !== undefined) assert.equal(sizes.get(largest.name), most);
        assert.equal(ranks.sizeOf(name), sizes.get(name));
      }
    }),
  );
});
