import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { listModels, type ModelOutlook, type NamedModel, resolveModel } from './model-names.ts';

const model = (id: string, createdAtMs: number, outlook: ModelOutlook = 'ready'): NamedModel => ({
  id,
  createdAtMs,
  outlook,
});
const available = [model('qwen3-8b-q4', 200), model('tiny-3m-q8', 100), model('llama3-70b-q2', 900, 'loading')];

function resolved(asked: string, models: readonly NamedModel[] = available): string {
  const found = resolveModel(asked, models);
  return found.ok ? found.id : found.error.code;
}

function message(asked: string, models: readonly NamedModel[] = available): string {
  const found = resolveModel(asked, models);
  return found.ok ? '' : found.error.message;
}

describe('a model name', () => {
  const names: readonly (readonly [sentence: string, asked: string, id: string])[] = [
    ['that is an id means that model', 'tiny-3m-q8', 'tiny-3m-q8'],
    ['that is an id means that model while it loads too', 'llama3-70b-q2', 'llama3-70b-q2'],
    ['with the prefix claude-yard- means the same model', 'claude-yard-tiny-3m-q8', 'tiny-3m-q8'],
    ['auto means the default: ready before newer', 'auto', 'qwen3-8b-q4'],
    ['default means the default', 'default', 'qwen3-8b-q4'],
    ['of Anthropic’s means the default', 'claude-sonnet-4-5-20250929', 'qwen3-8b-q4'],
    ['of Anthropic’s with a suffix means the default', 'claude-opus-4-6[1m]', 'qwen3-8b-q4'],
    ['with the prefix claude-yard- and no such model is an error', 'claude-yard-tinny', 'model_not_found'],
    ['of somebody else’s is an error', 'gpt-4', 'model_not_found'],
    ['in another case is an error', 'Tiny-3M-Q8', 'model_not_found'],
    ['that is empty is an error', '', 'model_not_found'],
  ];
  for (const [sentence, asked, id] of names) test(sentence, () => assert.equal(resolved(asked), id));

  test('that is an id wins over what it would mean otherwise', () => {
    assert.equal(resolved('claude-mine', [model('big', 9), model('claude-mine', 1)]), 'claude-mine');
    assert.equal(resolved('claude-yard-x', [model('x', 9), model('claude-yard-x', 1)]), 'claude-yard-x');
    assert.equal(resolved('auto', [model('big', 9), model('auto', 1)]), 'auto');
  });

  test('cannot be looked up before any machine has reported: that is no 404', () => {
    assert.equal(resolved('tiny-3m-q8', []), 'no_machine');
    assert.equal(resolved('auto', []), 'no_machine');
  });

  test('that is unknown is named in the error, with what is near and what there is', () => {
    assert.equal(
      message('tiny-3m-q4'),
      'model: tiny-3m-q4 is not served here. Did you mean tiny-3m-q8? ' +
        'Available: qwen3-8b-q4, tiny-3m-q8, llama3-70b-q2. "auto" and claude-* names use qwen3-8b-q4.',
    );
    assert.match(message('qwen3'), /Did you mean qwen3-8b-q4\?/);
    assert.match(message('TINY-3M-Q8'), /Did you mean tiny-3m-q8\?/);
    assert.doesNotMatch(message('gpt-4'), /Did you mean/);
  });

  test('of any length and any number of models make a readable error', () => {
    const many = Array.from({ length: 500 }, (_, index) => model(`model-${index}`, index));
    const text = message('x'.repeat(1_000_000), many);
    assert.ok(text.length < 400, `${text.length} characters`);
    assert.match(text, /and 490 more \(GET \/v1\/models\)/);
  });
});

describe('a key that may not use all models', () => {
  const allowed = ['tiny-3m-q8', 'llama*'];
  const forKey = (asked: string): string => {
    const found = resolveModel(asked, available, allowed);
    return found.ok ? found.id : `${found.error.code}: ${found.error.message}`;
  };
  test('gets those it may', () => {
    assert.equal(forKey('tiny-3m-q8'), 'tiny-3m-q8');
    assert.equal(forKey('claude-yard-llama3-70b-q2'), 'llama3-70b-q2');
    assert.equal(forKey('auto'), 'tiny-3m-q8');
  });
  test('is refused the others, and told its own', () => {
    assert.equal(
      forKey('qwen3-8b-q4'),
      'permission: model: qwen3-8b-q4 is not among the models this API key may use. It may use: tiny-3m-q8, llama3-70b-q2.',
    );
  });
  test('is not told of the others by a name that is wrong', () => {
    assert.match(forKey('qwen3-8b'), /^model_not_found: (?!.*qwen3-8b-q4)/);
  });
});

test('the default is ready before loading before failed before absent, then the newest, then the first by id', () => {
  const worse = [model('d', 9, 'absent'), model('c', 8, 'failed'), model('b', 7, 'loading')];
  assert.equal(resolved('auto', worse), 'b');
  assert.equal(resolved('auto', worse.slice(0, 2)), 'c');
  assert.equal(resolved('auto', [...worse, model('old', 1), model('z-new', 2), model('a-new', 2)]), 'a-new');
});

test('a model in memory is the default before a newer one that would have to be loaded', () => {
  const cold = { ...model('new', 9), attached: { loaded: false } };
  const warm = { ...model('old', 1), attached: { loaded: true } };
  assert.equal(resolved('auto', [cold, warm]), 'old');
  assert.equal(resolved('auto', [cold]), 'new');
});

test('the list shows each model and its twin, the default first', () => {
  assert.deepEqual(
    listModels(available).map((entry) => [entry.listedId, entry.model.id]),
    [
      ['qwen3-8b-q4', 'qwen3-8b-q4'],
      ['claude-yard-qwen3-8b-q4', 'qwen3-8b-q4'],
      ['tiny-3m-q8', 'tiny-3m-q8'],
      ['claude-yard-tiny-3m-q8', 'tiny-3m-q8'],
      ['llama3-70b-q2', 'llama3-70b-q2'],
      ['claude-yard-llama3-70b-q2', 'llama3-70b-q2'],
    ],
  );
});
