import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Template } from '@huggingface/jinja';
import { parseTemplate, runTemplate, SharedValue } from './run-template.ts';

const run = (source: string, variables: Readonly<Record<string, unknown>>): string =>
  runTemplate(parseTemplate(source), variables);

describe('`tojson` of a template', () => {
  const awkward = {
    texts: ['', 'é "x" \\ \n\u2028', '</tools>'],
    numbers: [0, -0, 1.5, 1e21, 3],
    others: [true, false, null, undefined, [], {}],
    7: 'a key that counts',
    'a "key"': { value: { type: 'object', value: [1] } },
  };

  it("prints what the template engine's own prints", () => {
    for (const source of ['{{ value | tojson }}', '{{ value.texts | tojson }}', '{{ [value, nothing] | tojson }}']) {
      const own = new Template(source).render({ value: awkward });
      assert.equal(run(source, { value: awkward }), own);
      assert.equal(run(source, { value: new SharedValue(awkward) }), own);
    }
  });

  it('is found wherever it stands, and goes on as any text does', () => {
    const source =
      "{% for v in value.texts %}{% if (v | tojson) == '\"\"' %}{{ {'a': (v | tojson) ~ '!'}['a'] | upper }}{% endif %}{% endfor %}";
    assert.equal(run(source, { value: awkward }), '""!');
    assert.equal(
      run('{{ value.texts | tojson(indent=1) }}', { value: awkward }),
      JSON.stringify(awkward.texts, null, 1),
    );
  });

  it('of a function is refused, as by the engine', () => {
    assert.throws(() => run('{{ range | tojson }}', {}));
    assert.throws(() => new Template('{{ range | tojson }}').render());
  });
});

describe('a value that is shared between renders', () => {
  const value = [{ name: 'look', function: { name: 'look', parameters: { type: 'object' } } }];
  const sources = [
    "{% set value[0].name = 'x' %}",
    "{% set value[0].function.name = 'x' %}",
    "{% set ns = namespace(value[0]) %}{% set ns.name = 'x' %}",
    '{% set ns = namespace(all=value) %}{% set ns.all = [] %}',
    "{% for v in value %}{% set v = {'name': 'x'} %}{% endfor %}",
    '{{ value.append(1) }}',
    '{{ value.pop() }}',
    "{{ value[0].update({'name': 'x'}) }}",
    "{{ value[0].pop('name') }}",
    "{{ value[0].setdefault('other', 1) }}",
    '{{ value | reverse | sort(attribute="name") | list | tojson }}',
  ];

  it('is as it was after every template, also one that tries to change it', () => {
    const shared = new SharedValue(value);
    const print = '{{ value | string }} {{ value[0].function | tojson }} {{ value | tojson(indent=2) }}';
    const before = run(print, { value: shared });
    for (const source of sources) {
      try {
        run(source, { value: shared });
      } catch {
        // Most of them are errors.
      }
      assert.equal(run(print, { value: shared }), before, source);
      assert.equal(before, run(print, { value }));
    }
  });
});
