import assert from 'node:assert/strict';
import { test } from 'node:test';
import { linkPasses } from './link-pass.ts';

const ours = linkPasses(Buffer.from('a secret of this gateway'));
const pass = ours.of('mch_0123456789abcdef');

test('a pass names the machine it was given to', () => {
  assert.equal(ours.machineOf(pass), 'mch_0123456789abcdef');
});

for (const [what, text] of [
  ['of another gateway', linkPasses(Buffer.from('another secret')).of('mch_0123456789abcdef')],
  ['of another machine', pass.replace('mch_0', 'mch_1')],
  ['cut short', pass.slice(0, -4)],
  ['with more behind it', `${pass}AAAA`],
  ['that is empty', ''],
  ['that is no text of ours', 'Bearer x.y.z'],
] as const) {
  test(`a pass ${what} is none`, () => assert.equal(ours.machineOf(text), undefined));
}
