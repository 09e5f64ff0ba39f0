import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { noNeeds } from '../../contract/generation/request-needs.ts';
import { checkAlias, tierOf } from './aliases.ts';
import type { AllowList } from './allowed-models.ts';
import type { NamedModel } from './named-model.ts';
import { listModels, type NameBook, resolveModel } from './resolve-model.ts';
import { namedModel } from './test-models.ts';

const models = [
  namedModel('llama3.3-70b-q2', { outlook: 'loading', warm: false, readyInMs: 20_000 }),
  namedModel('qwen3-14b-q4', { warm: false, readyInMs: 5_000 }),
  namedModel('qwen3-8b-q4', { otherNames: ['qwen3:8b', 'my-qwen'], digests: ['aabbccdd00', 'ee11'] }),
  namedModel('qwen3-1.7b-q8', { window: 8_192 }),
];
const aliases = new Map([
  ['coder', 'qwen3-8b-q4'],
  ['gpt-4', 'coder'],
  ['gone', 'devstral-24b-q4'],
  ['qwen3-1.7b-q8', 'qwen3-14b-q4'],
]);
const book = (change: Partial<NameBook> = {}): NameBook => ({ models, aliases, allowed: null, ...change });

function resolved(asked: string, change: Partial<NameBook> = {}): string {
  const found = resolveModel(asked, book(change));
  return found.ok ? found.model.id : found.error.code;
}
function message(asked: string, change: Partial<NameBook> = {}): string {
  const found = resolveModel(asked, book(change));
  return found.ok ? '' : found.error.message;
}

describe('a name', () => {
  const names: readonly (readonly [sentence: string, asked: string, id: string])[] = [
    ['that is an id means that model', 'qwen3-1.7b-q8', 'qwen3-1.7b-q8'],
    ['that is an id means that model while it loads too', 'llama3.3-70b-q2', 'llama3.3-70b-q2'],
    ['with a digest means the model that has it', 'qwen3-8b-q4@aabbccdd', 'qwen3-8b-q4'],
    ['with a digest that its model does not have is an error', 'qwen3-8b-q4@99999999', 'model_not_found'],
    ['with the prefix claude-yard- means the same model', 'claude-yard-qwen3-8b-q4', 'qwen3-8b-q4'],
    ['with the prefix claude-yard- and no such model is an error', 'claude-yard-tinny', 'model_not_found'],
    ['with the prefix claude-yard- is no choice', 'claude-yard-auto', 'model_not_found'],
    ['of the owner’s means what it stands for', 'coder', 'qwen3-8b-q4'],
    ['of the owner’s may stand for another', 'gpt-4', 'qwen3-8b-q4'],
    ['of the owner’s has a twin too', 'claude-yard-coder', 'qwen3-8b-q4'],
    ['of the owner’s that stands for nothing served is an error', 'gone', 'model_not_found'],
    ['that a server has for a model means it', 'qwen3:8b', 'qwen3-8b-q4'],
    ['auto means the best in memory', 'auto', 'qwen3-8b-q4'],
    ['default means the same', 'default', 'qwen3-8b-q4'],
    ['large means the best', 'large', 'qwen3-14b-q4'],
    ['small means the least in memory', 'small', 'qwen3-1.7b-q8'],
    ['of Anthropic’s largest line means large', 'claude-opus-4-6[1m]', 'qwen3-14b-q4'],
    ['of Anthropic’s smallest line means small', 'claude-haiku-4-5', 'qwen3-1.7b-q8'],
    ['of Anthropic’s middle line means default', 'claude-sonnet-4-5-20250929', 'qwen3-8b-q4'],
    ['of Anthropic’s with the line behind means the same', 'claude-3-5-haiku-20241022', 'qwen3-1.7b-q8'],
    ['of a line nobody knows means default', 'claude-fable-1', 'qwen3-8b-q4'],
    ['of somebody else’s is an error', 'gpt-5', 'model_not_found'],
    ['that is half a name is an error', 'llama', 'model_not_found'],
    ['in another case is an error', 'Qwen3-8B-Q4', 'model_not_found'],
    ['that is empty is an error', '', 'model_not_found'],
  ];
  for (const [sentence, asked, id] of names) test(sentence, () => assert.equal(resolved(asked), id));

  test('that is an id wins over what it would mean otherwise', () => {
    const named = (id: string) => resolved(id, { models: [...models, namedModel(id)] });
    for (const id of ['claude-mine', 'claude-yard-qwen3-8b-q4', 'auto', 'small', 'coder']) assert.equal(named(id), id);
  });

  test('of a tier means what the owner says it does, and so do Anthropic’s for it', () => {
    const changed = { aliases: new Map([['small', 'qwen3-14b-q4']]) };
    assert.equal(resolved('small', changed), 'qwen3-14b-q4');
    assert.equal(resolved('claude-haiku-4-5', changed), 'qwen3-14b-q4');
    assert.equal(resolved('claude-opus-4-6', { aliases: new Map([['claude-opus-4-6', 'small']]) }), 'qwen3-1.7b-q8');
    assert.equal(resolved('default', { aliases: new Map([['default', 'large']]) }), 'qwen3-14b-q4');
  });

  test('that leaves the choice open is chosen for the request', () => {
    const wish = { needs: { ...noNeeds, estimatedTokens: 10_000 }, patienceMs: 1_000 };
    const found = resolveModel('claude-haiku-4-5', book(), wish);
    assert.equal(found.ok && found.model.id, 'qwen3-8b-q4', 'the small one has no room for it');
    const own = resolveModel('qwen3-1.7b-q8', book(), wish);
    assert.equal(own.ok && own.model.id, 'qwen3-1.7b-q8', 'its own name is no choice');
  });

  test('cannot be looked up before any machine has reported: that is no 404', () => {
    assert.equal(resolved('qwen3-8b-q4', { models: [] }), 'no_machine');
    assert.equal(resolved('auto', { models: [] }), 'no_machine');
  });

  test('that is unknown is named in the error, with what is near and what there is', () => {
    assert.equal(
      message('qwen3-8b-q5'),
      'model: qwen3-8b-q5 is not served here. Did you mean qwen3-8b-q4 or qwen3-14b-q4? ' +
        'Available: qwen3-8b-q4, qwen3-1.7b-q8, qwen3-14b-q4, llama3.3-70b-q2. "auto" uses qwen3-8b-q4; claude-* names are served too.',
    );
    assert.match(message('llama'), /Did you mean llama3\.3-70b-q2\?/);
    assert.match(message('codr'), /Did you mean coder\?/);
    assert.match(message('QWEN3-8B-Q4'), /Did you mean qwen3-8b-q4/);
    assert.match(message('claude-yard-qwen3-8b-q5'), /Did you mean claude-yard-qwen3-8b-q4 or /);
    assert.match(message('claude-yard-auto'), /Did you mean auto\?/);
    assert.match(message('auto '), /Did you mean auto\?/);
    assert.match(message('defalt'), /Did you mean default\?/);
    assert.doesNotMatch(message('gpt-5', { aliases: new Map() }), /Did you mean/);
    assert.match(
      message('gone'),
      /^model: gone is not served here\. It is an alias of devstral-24b-q4, which no machine has\./,
    );
  });

  test('that has a slip in claude-yard-, or a model’s id behind claude-, is answered by no other model', () => {
    for (const slip of [
      'claude-yrad-qwen3-8b-q4',
      'claude-yad-auto',
      'claude_yard-qwen3-8b-q4',
      'claude-qwen3-8b-q4',
    ]) {
      assert.match(message(slip), /^model: .* is not served here\./, slip);
    }
    assert.match(message('claude-yrad-qwen3-8b-q4'), /Did you mean claude-yard-qwen3-8b-q4 or /);
    assert.equal(resolved('claude-sonnet-4-5'), resolved('default'));
    assert.equal(resolved('claude-sonnet-4-5', { models: [...models, namedModel('sonnet-4-5')] }), resolved('default'));
    assert.equal(resolved('claude-3-5-haiku-latest'), resolved('small'));
  });

  test('of any length and any number of models make a readable error', () => {
    const many = Array.from({ length: 500 }, (_, index) => namedModel(`model-${index}`));
    const text = message('x'.repeat(1_000_000), { models: many });
    assert.ok(text.length < 450, `${text.length} characters`);
    assert.match(text, /and 490 more \(GET \/v1\/models\)/);
  });
});

describe('a key that may not use all models', () => {
  const forKey = (asked: string, allowed: AllowList = ['small', 'llama*']): string => {
    const found = resolveModel(asked, book({ allowed }));
    return found.ok ? found.model.id : `${found.error.code}: ${found.error.message}`;
  };
  test('gets those it may, by all their names', () => {
    assert.equal(forKey('qwen3-1.7b-q8'), 'qwen3-1.7b-q8');
    assert.equal(forKey('claude-yard-llama3.3-70b-q2'), 'llama3.3-70b-q2');
    assert.equal(forKey('gpt-4', ['coder']), 'qwen3-8b-q4');
    assert.equal(forKey('qwen3-8b-q4', ['coder']), 'qwen3-8b-q4');
    assert.equal(forKey('qwen3-8b-q4', ['qwen3:8b']), 'qwen3-8b-q4');
  });
  test('has its choices made among them', () => {
    assert.equal(forKey('auto'), 'qwen3-1.7b-q8');
    assert.equal(forKey('claude-opus-4-6'), 'qwen3-1.7b-q8');
  });
  test('is refused the others, and told its own', () => {
    assert.equal(
      forKey('qwen3-8b-q4'),
      'permission: model: qwen3-8b-q4 is not among the models this API key may use. It may use: qwen3-1.7b-q8, llama3.3-70b-q2.',
    );
    assert.match(forKey('gpt-4'), /^permission: /);
    assert.match(forKey('auto', ['unheard']), /^permission: .* None of the models it may use is served now\.$/);
  });
  test('is not told of the others by a name that is wrong', () => {
    assert.match(forKey('qwen3-8b'), /^model_not_found: (?!.*qwen3-8b-q4)/);
    assert.match(forKey('codr'), /^model_not_found: (?!.*coder)/);
  });
});

test('tiers by Anthropic’s lines', () => {
  const names = {
    'claude-opus': 'large',
    'claude-haikus-1': 'default',
    'claude-3-opus-20240229': 'large',
    auto: undefined,
    large: 'large',
    opus: undefined,
  };
  for (const [name, tier] of Object.entries(names)) assert.equal(tierOf(name), tier, name);
});

test('the list shows each model and its twin, those that answer at once first', () => {
  const ids = (list: readonly NamedModel[]) => listModels(list).map(({ listedId }) => listedId);
  assert.deepEqual(ids(models.slice(1)), [
    'qwen3-8b-q4',
    'claude-yard-qwen3-8b-q4',
    'qwen3-1.7b-q8',
    'claude-yard-qwen3-1.7b-q8',
    'qwen3-14b-q4',
    'claude-yard-qwen3-14b-q4',
  ]);
});

describe('of a request that may not run everywhere', () => {
  const reachable = [namedModel('qwen3-1.7b-q8', { window: 4_096 })];

  test('what it leaves open is chosen from where it may run', () => {
    assert.equal(resolved('auto'), 'qwen3-8b-q4');
    for (const asked of ['auto', 'large', 'claude-opus-4-8'])
      assert.equal(resolved(asked, { reachable }), 'qwen3-1.7b-q8');
    const found = resolveModel('qwen3-1.7b-q8', book({ reachable }));
    assert.ok(found.ok && found.model.window === 4_096, 'as it is there');
  });

  test('what it names is found all the same: the yard says why it cannot be had', () => {
    assert.equal(resolved('coder', { reachable }), 'qwen3-8b-q4');
    assert.equal(resolved('auto', { reachable: [] }), 'qwen3-8b-q4');
    assert.equal(resolved('auto', { reachable, allowed: ['qwen3-14b-q4'] }), 'qwen3-14b-q4');
  });
});

const words = [
  'auto',
  'large',
  'default',
  'small',
  'claude-opus-4',
  'claude-sonnet-9',
  'claude-haiku-4',
  'claude-2',
  'a',
  'b',
];
const someName = fc.constantFrom(...words, ...models.map(({ id }) => id), 'claude-yard-qwen3-8b-q4', 'gpt-4');
const someAliases = fc.array(fc.tuple(someName, someName), { maxLength: 8 });

test('whatever stands for what, every name has an answer: a model, or an error that names it', () => {
  fc.assert(
    fc.property(
      someAliases,
      someName,
      fc.option(fc.array(someName, { minLength: 1, maxLength: 3 })),
      (pairs, asked, allowed) => {
        const found = resolveModel(asked, book({ aliases: new Map(pairs), allowed }));
        assert.ok(found.ok || found.error.message.startsWith(`model: ${asked} `), JSON.stringify(found));
      },
    ),
    { numRuns: 500 },
  );
});

test('tiers and names of Anthropic that stand for each other are what they would be without, and cannot be set', () => {
  const loops: readonly (readonly (readonly [string, string])[])[] = [
    [['default', 'claude-sonnet-9']],
    [['small', 'claude-haiku-4']],
    [
      ['default', 'claude-opus-4'],
      ['large', 'claude-sonnet-4'],
    ],
    [
      ['default', 'coder'],
      ['coder', 'claude-3'],
    ],
  ];
  for (const pairs of loops) {
    const looped = new Map(pairs);
    for (const name of ['claude-sonnet-9', 'claude-opus-4', 'claude-haiku-4', 'default', 'large']) {
      assert.notEqual(resolved(name, { aliases: looped }), 'model_not_found', `${name} of ${JSON.stringify(pairs)}`);
    }
    assert.match(message('gpt-4o', { aliases: looped }), /^model: gpt-4o is not served here/);
    const [name, target] = pairs.at(-1)!; // none is empty
    const check = checkAlias({ name, target }, new Map(pairs.slice(0, -1)), null);
    assert.ok(
      !check.ok && check.why.startsWith(`it would lead back to itself: ${name} -> ${target} -> `),
      JSON.stringify(check),
    );
    assert.ok(!check.ok && check.why.endsWith(` -> ${name}`), JSON.stringify(check));
  }
});

test('aliases that were set one after the other never lead in a circle', () => {
  fc.assert(
    fc.property(someAliases, (pairs) => {
      const kept = new Map<string, string>();
      for (const [name, target] of pairs) {
        if (
          !checkAlias(
            { name, target },
            kept,
            models.map(({ id }) => id),
          ).ok
        )
          continue;
        kept.set(name, target);
        let steps = 0;
        for (let at: string | undefined = name; at !== undefined; steps += 1) {
          const tier = tierOf(at);
          at = kept.get(at) ?? (tier !== at && tier !== undefined && kept.has(tier) ? tier : undefined);
          assert.ok(steps < 20, JSON.stringify([...kept]));
        }
      }
    }),
    { numRuns: 300 },
  );
});
