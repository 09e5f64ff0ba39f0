import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type KnownModel, yardName } from './model-naming.ts';

const copy = (id: string, digest: string, format = 'gguf'): KnownModel => ({
  id,
  digest,
  artefact: { format, name: id },
});

test('a model keeps its name where nothing speaks against it', () => {
  assert.equal(yardName(copy('a', '11'), [copy('b', '22')]), 'a');
  assert.equal(yardName(copy('a', '11'), [copy('a', '11')]), 'a');
});

test('the same digest is the same model, whatever it is called', () => {
  assert.equal(yardName(copy('mine', '11'), [copy('b', '22'), copy('a', '11')]), 'a');
});

test('the same name with another digest is another model', () => {
  assert.equal(yardName(copy('a', '2222222222'), [copy('a', '11')]), 'a@22222222');
  const both = [copy('a', '11'), copy('a@22222222', '2222222222')];
  assert.equal(yardName(copy('a', '2222222222'), both), 'a@22222222', 'as on the machine that had it before');
});

test('a machine’s own earlier file does not keep the name from its new one', () => {
  assert.equal(yardName(copy('a', '22'), [copy('a', '11')], []), 'a');
});

test('copies in other formats meet under one name', () => {
  assert.equal(yardName(copy('a', '22', 'ollama'), [copy('a', '11'), copy('a', '33', 'mlx-lm')]), 'a');
});

test('a file without a digest has its own name', () => {
  assert.equal(yardName(copy('a', ''), [copy('a', '11'), copy('b', '')]), 'a');
  assert.equal(yardName(copy('a', '11'), [copy('a', '')]), 'a');
});

test('a name that means something of its own is no model’s', () => {
  for (const name of ['auto', 'default', 'large', 'small', 'claude-sonnet-4', 'claude-yard-tiny']) {
    assert.equal(yardName(copy(name, '11'), []), `model-${name}`);
    assert.equal(yardName(copy(name, ''), []), `model-${name}`, 'a file that could not be read');
    assert.equal(yardName(copy(name, '2222222222'), [copy(`model-${name}`, '11')]), `model-${name}@22222222`);
  }
  assert.equal(yardName(copy('auto-8b', '11'), []), 'auto-8b');
});
