/**
 * Every family on the real engine: a scripted model with a template of the family calls a tool badly, and
 * under the family's grammar well. What is shown is what a client gets.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cutUniquely } from '../../test/support/scripted-gguf.ts';
import { loadScripted } from '../../test/support/scripted-gguf-run.ts';
import type { GenerationEvent } from '../contract/generation/events.ts';
import type { GenerationRequest } from '../contract/generation/request.ts';
import { families } from '../translate/families/families.ts';
import { templateOf } from '../translate/families/fixtures/read-fixtures.ts';
import { generation } from '../translate/prompt/fixtures/model.ts';
import { readTemplate } from '../translate/prompt/template.ts';
import { generateAnswer } from './generate-answer.ts';
import { preparePrompt } from './prompt.ts';
import type { RawModel } from './raw-model.ts';

interface Script {
  /** Said before the call, and how it is shown; the forms without a tag have none. */
  readonly words: string;
  readonly shown?: 'text' | 'thinking';
  /** A call, up to where it goes wrong, how it then goes wrong, and how it should have gone on. */
  readonly call: string;
  readonly wrong: string;
  readonly right: string;
}

const json = (call: string, close: string): Omit<Script, 'words'> => ({
  call: `${call}{"of": `,
  wrong: `Paris${close}`,
  right: `"Paris"${close}`,
});

const dsml = (list: string): Omit<Script, 'words'> => ({
  call: `<｜DSML｜${list}>\n<｜DSML｜invoke name="find">\n`,
  wrong: `Paris\n</｜DSML｜invoke>\n</｜DSML｜${list}>`,
  right: `<｜DSML｜parameter name="of" string="true">Paris</｜DSML｜parameter>\n</｜DSML｜invoke>\n</｜DSML｜${list}>`,
});

const scripts: Readonly<Record<string, Script>> = {
  hermes: { words: 'I look.', ...json('<tool_call>\n{"name": "find", "arguments": ', '}}\n</tool_call>') },
  'qwen3-coder': {
    words: 'I look.',
    call: '<tool_call>\n<function=find>\n',
    wrong: 'Paris\n</function>\n</tool_call>',
    right: '<parameter=of>\nParis\n</parameter>\n</function>\n</tool_call>',
  },
  llama3: { words: '', ...json('{"name": "find", "parameters": ', '}}') },
  'mistral-list': {
    words: 'I look.',
    ...json('[TOOL_CALLS][{"name": "find", "arguments": ', '}, "id": "abc123def"}]'),
  },
  'mistral-named': { words: 'I look.', ...json('[TOOL_CALLS]find[ARGS]', '}') },
  'glm-lines': {
    words: 'I look.',
    call: '<tool_call>find\n',
    wrong: 'Paris\n</tool_call>',
    right: '<arg_key>of</arg_key>\n<arg_value>Paris</arg_value>\n</tool_call>',
  },
  'glm-dense': {
    words: 'I look.',
    call: '<tool_call>find',
    wrong: ' Paris</tool_call>',
    right: '<arg_key>of</arg_key><arg_value>Paris</arg_value></tool_call>',
  },
  'deepseek-v3': {
    words: 'I look.',
    ...json(
      '<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>find\n```json\n',
      '}\n```<｜tool▁call▁end｜><｜tool▁calls▁end｜>',
    ),
  },
  'deepseek-v3.1': {
    words: 'I look.',
    ...json(
      '<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>find<｜tool▁sep｜>',
      '}<｜tool▁call▁end｜><｜tool▁calls▁end｜>',
    ),
  },
  'deepseek-v3.2': { words: 'I look.', ...dsml('function_calls') },
  'deepseek-v4': { words: 'I look.', ...dsml('tool_calls') },
  harmony: {
    words: '<|channel|>analysis<|message|>I look.<|end|>',
    shown: 'thinking',
    ...json('<|start|>assistant<|channel|>commentary to=functions.find <|constrain|>json<|message|>', '}'),
  },
  'kimi-k2': {
    words: 'I look.',
    ...json(
      '<|tool_calls_section_begin|><|tool_call_begin|>functions.find:0<|tool_call_argument_begin|>',
      '}<|tool_call_end|><|tool_calls_section_end|>',
    ),
  },
  // A bare word would be read as text.
  'gemma-4': { words: 'I look.', ...json('<|tool_call>call:find', '}<tool_call|>'), wrong: ', }<tool_call|>' },
};

/** The same call in a forced answer: without words before it, and cut differently. */
const forcedText = ({ call, right }: Script): string => (call + right).replace('<|start|>assistant', '');

async function load(id: string, script: Script): Promise<RawModel & AsyncDisposable> {
  const seen = new Set<string>();
  const until = [...cutUniquely(script.words, 7, seen), ...cutUniquely(script.call, 6, seen)];
  const engine = await loadScripted(
    {
      pieces: [...until, ...cutUniquely(script.wrong, 5, seen)],
      otherwise: [
        { after: until.length - 1, pieces: cutUniquely(script.right, 5, seen) },
        { after: -1, pieces: cutUniquely(forcedText(script), 11, seen) },
      ],
      template: templateOf(id) ?? '',
    },
    { window: 4_096, slots: 1 },
  );
  return { engine, template: readTemplate(engine.model), sampling: {}, [Symbol.asyncDispose]: () => engine.close() };
}

const request = (changes: Partial<GenerationRequest> = {}): GenerationRequest =>
  generation({
    messages: [{ role: 'user', text: 'Where is it?' }],
    tools: [
      {
        name: 'find',
        description: 'Finds.',
        inputSchema: { type: 'object', properties: { of: { type: 'string' } }, required: ['of'] },
        strict: false,
      },
    ],
    thinking: { mode: 'auto', show: true },
    sampling: { temperature: 0 },
    maxTokens: 200,
    ...changes,
  });

interface Heard {
  readonly blocks: readonly string[];
  readonly end: GenerationEvent | undefined;
  /** Grammars of the generations it took; undefined for a free one. */
  readonly grammars: readonly (string | undefined)[];
}

async function ask(model: RawModel, asked: GenerationRequest): Promise<Heard> {
  const { signal } = new AbortController();
  const prompt = await preparePrompt(model, asked, signal);
  assert.ok(prompt.ok);
  const grammars: (string | undefined)[] = [];
  const watched: RawModel = {
    ...model,
    engine: {
      ...model.engine,
      model: model.engine.model,
      generate: (generationAsked, stop) => {
        grammars.push(generationAsked.grammar);
        return model.engine.generate(generationAsked, stop);
      },
    },
  };
  const blocks: string[] = [];
  let end: GenerationEvent | undefined;
  for await (const events of generateAnswer(
    watched,
    { request: asked, use: { scope: 'test' } },
    prompt.prompt,
    signal,
  )) {
    for (const event of events) {
      if (event.type === 'block-start') {
        blocks.push(event.block.kind === 'tool-use' ? `${event.block.name}: ` : `${event.block.kind}: `);
      } else if (event.type === 'block-delta') blocks[blocks.length - 1] += event.text;
      else if (event.type === 'generation-end' || event.type === 'generation-error') end = event;
    }
  }
  return { blocks, end, grammars };
}

/** The ids told with the answer, up to the first delta and in all; and what the engine says when it reads prompt and first ids again. */
async function readAgain(model: RawModel, asked: GenerationRequest) {
  const { signal } = new AbortController();
  const prepared = await preparePrompt(model, asked, signal);
  assert.ok(prepared.ok);
  const { tokens, maxTokens } = prepared.prompt;
  const deltas: (readonly number[])[] = [];
  const task = { request: asked, use: { scope: 'test' } };
  for await (const events of generateAnswer(model, task, prepared.prompt, signal)) {
    for (const event of events) if (event.type === 'block-delta') deltas.push(event.tokens ?? []);
  }
  const [first = [], all] = [deltas[0], deltas.flat()];
  const again = [...first];
  const rest = { tokens: [...tokens, ...first], maxTokens: maxTokens - first.length, temperature: 0 };
  for await (const event of model.engine.generate(rest, signal)) {
    if (event.type === 'piece') again.push(...event.tokens);
  }
  return { deltas: deltas.length, all, again: again.slice(0, all.length) };
}

test('prompt and the ids told so far, read again, go on where the answer stood', async () => {
  await using model = await load('hermes', scripts.hermes!);
  const { deltas, all, again } = await readAgain(model, request({ tools: [] }));
  assert.ok(deltas > 1, `${deltas} deltas`);
  assert.deepEqual(again, all);
});

assert.deepEqual(
  Object.keys(scripts),
  families.map(({ id }) => id),
  'every family has its script',
);

for (const [id, script] of Object.entries(scripts)) {
  test(`${id}: a broken call is made again under its grammar, and a forced one is made at once`, async () => {
    await using model = await load(id, script);
    assert.equal(model.template.family.id, id);
    const call = 'find: {"of":"Paris"}';

    const repaired = await ask(model, request());
    const words = script.words === '' ? [] : [`${script.shown ?? 'text'}: I look.`];
    assert.deepEqual(repaired.blocks, [...words, call]);
    assert.ok(repaired.end?.type === 'generation-end' && repaired.end.stopReason === 'tool-use');
    assert.deepEqual(
      repaired.grammars.map((grammar) => grammar !== undefined),
      [false, true],
    );

    const forced = await ask(model, request({ toolChoice: { type: 'tool', name: 'find' } }));
    // Reasoning in messages of its own may come before a forced call, words may not.
    assert.deepEqual(forced.blocks, script.shown === 'thinking' ? [...words, call] : [call]);
    assert.ok(forced.end?.type === 'generation-end' && forced.end.stopReason === 'tool-use');
    assert.equal(forced.grammars.length, 1);

    const silent = await ask(model, request({ tools: [] }));
    assert.ok(
      silent.blocks.every((block) => model.template.family.tags.every((tag) => !block.includes(tag))),
      `a tag was shown: ${silent.blocks.join('\n')}`,
    );
  });
}
