import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ApiFailure } from '../../contract/errors.ts';
import { awkwardSource, shippedTemplate, templateOf } from './fixtures/model.ts';

const abilities = (source: string | null) => {
  const { origin, family, certified, tools, thinking, thinkingSwitch } = templateOf(source);
  return { origin, family: family.id, certified, tools, thinking, thinkingSwitch };
};

describe('a chat template is probed for what it can do:', () => {
  it("the shipped model's template offers tools in Hermes form and a thinking switch", () => {
    const { family, certified, tools, thinking, thinkingSwitch } = shippedTemplate;
    assert.deepEqual([family.id, certified, tools, thinking, thinkingSwitch], ['hermes', true, true, true, true]);
  });

  it('a model without a template gets plain ChatML, without tools', () => {
    assert.deepEqual(abilities(null), {
      origin: 'default',
      family: 'plain',
      certified: true,
      tools: false,
      thinking: false,
      thinkingSwitch: false,
    });
    assert.equal(
      templateOf(null).render({ messages: [{ role: 'user', content: 'Hi' }], add_generation_prompt: true }),
      '<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n',
    );
  });

  it('a template that writes calls in another form is not certified, and offers no tools', () => {
    assert.deepEqual(abilities(awkwardSource), {
      origin: 'model',
      family: 'plain',
      certified: false,
      tools: false,
      thinking: true,
      thinkingSwitch: false,
    });
  });

  it('one that refuses every conversation with tools has none', () => {
    const { tools, certified } = templateOf(
      "{% if tools %}{{ raise_exception('no tools') }}{% endif %}{{ messages[0].content }}",
    );
    assert.deepEqual([tools, certified], [false, true]);
  });

  it('tools loaded later are printed as its own list prints them', () => {
    const tool = {
      type: 'function' as const,
      function: { name: 'a', description: 'é "x"', parameters: { type: 'object' } },
    };
    assert.equal(
      shippedTemplate.printTools([tool]),
      '<tools>\n{"name": "a", "description": "é \\"x\\"", "parameters": {"type": "object"}}\n</tools>',
    );
    const whole = templateOf('{% for t in tools %}{{ t | tojson }}{% endfor %}');
    assert.equal(
      whole.printTools([tool]),
      '{"type": "function", "function": {"name": "a", "description": "é \\"x\\"", "parameters": {"type": "object"}}}',
    );
  });
});

describe('a chat template is code from a model file:', () => {
  it('one that cannot be parsed fails the model, with a sentence', () => {
    assert.throws(
      () => templateOf('{% for m in %}'),
      (error) => error instanceof ApiFailure && error.error.code === 'model_load_failed',
    );
  });

  it('it has no clock', () => {
    assert.equal(
      templateOf("{{ strftime_now('%Y') if strftime_now is defined else 'no date' }}").render({}),
      'no date',
    );
  });

  it('it reads an unknown date when it does not ask whether there is a clock', () => {
    assert.equal(templateOf("{{ strftime_now('%Y') }}").render({}), 'unknown');
  });

  it('it may count, but not to a billion', () => {
    const template = templateOf('{% for i in range(limit) %}{{ i }}{% endfor %}');
    assert.equal(template.render({ limit: 3 }), '012');
    assert.throws(() => template.render({ limit: 1e9 }), /more than 100000 items/);
    assert.equal(templateOf('{% for i in range(5, 0, -2) %}{{ i }}{% endfor %}').render({}), '531');
  });

  it("it knows the model's own BOS and EOS", () => {
    assert.equal(templateOf('{{ bos_token }} {{ eos_token }}').render({}), '<|endoftext|> <|im_end|>');
  });
});
