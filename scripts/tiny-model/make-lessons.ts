/**
 * Makes lessons for the shipped model from the model itself: a conversation as it knows them with the
 * answers it gives there, and the same conversation as coding agents send it, with long tools,
 * reminders around the question and a long system prompt. `train.py` then teaches it to answer the
 * second as it answers the first.
 *
 *     node scripts/tiny-model/make-lessons.ts MODEL.gguf LESSONS.jsonl COUNT SEED
 */
import { createWriteStream } from 'node:fs';
import type { RawEngine } from '../../src/contract/engine/raw.ts';
import type { GenerationRequest, PromptMessage, ToolDefinition } from '../../src/contract/generation/request.ts';
import { loadEmbeddedEngine } from '../../src/engines/embedded/embedded-engine.ts';
import { renderPrompt } from '../../src/translate/prompt/render-prompt.ts';
import { type ChatTemplate, readTemplate } from '../../src/translate/prompt/template.ts';
import { filler } from './filler.ts';
import { keptConversation } from './keep.ts';
import { fact, question, systemFact } from './questions.ts';
import { toolRequest, toolsTwice } from './tools.ts';
import { type Chance, chanceFrom, logUniform, madeUpWord, pick, someWord } from './words.ts';

/** A conversation twice; only the two system prompts, tools and user texts differ. */
interface Lesson {
  readonly plain: Side;
  readonly long: Side;
  /** A tool that the first answer must call. */
  readonly expects?: string;
}
interface Side {
  readonly system: string;
  readonly tools: readonly ToolDefinition[];
  /** One per turn; a result of a tool after the first when there is one. */
  readonly turns: readonly string[];
}

const longestAnswer = 120;

const reminder = (chance: Chance, characters: number): string =>
  `<system-reminder>\n${filler(chance, characters)}\n</system-reminder>`;

/** The user's words among what an agent adds to them. */
function wrapped(chance: Chance, text: string): string {
  const parts: string[] = [text];
  if (chance() < 0.4) parts.unshift(reminder(chance, logUniform(chance, 40, 1_200)));
  if (chance() < 0.7) parts.push(reminder(chance, logUniform(chance, 60, 3_600)));
  if (chance() < 0.1) parts.push(reminder(chance, logUniform(chance, 40, 600)));
  return parts.join('\n\n');
}

function longSystem(chance: Chance, own: string): string {
  if (chance() < 0.35) return own;
  const around = filler(chance, logUniform(chance, 60, 2_200));
  if (own === '') return around;
  // Far from the end a fact is more than the model can keep.
  return `${around}\n${own}`;
}

function makeLesson(chance: Chance): Lesson {
  if (chance() < 0.25) {
    const kept = keptConversation(chance);
    return { plain: kept, long: kept };
  }
  const roll = chance();
  if (roll < 0.22) {
    const { text, needs, expects } = toolRequest(chance);
    const tools = toolsTwice(chance, needs, 2_500);
    const turns = chance() < 0.5 ? [text] : [text, `${someWord(chance)} ${madeUpWord(chance)}`];
    return {
      expects,
      plain: { system: '', tools: tools.short, turns },
      long: {
        system: longSystem(chance, ''),
        tools: tools.long,
        turns: turns.map((turn, at) => (at === 0 ? wrapped(chance, turn) : turn)),
      },
    };
  }
  let system = '';
  let turns: string[];
  if (roll < 0.3) {
    const { tell, ask } = systemFact(chance);
    system = tell;
    turns = [ask];
  } else if (roll < 0.4) {
    const { tell, ask } = fact(chance);
    turns = chance() < 0.5 ? [tell, ask] : [tell, question(chance), ask];
  } else turns = Array.from({ length: pick(chance, [1, 1, 1, 2, 3]) }, () => question(chance));
  return {
    plain: { system, tools: [], turns },
    long: {
      system: longSystem(chance, system),
      tools: chance() < 0.4 ? toolsTwice(chance, [], 2_000).long : [],
      turns: turns.map((turn) => wrapped(chance, turn)),
    },
  };
}

class Teacher {
  readonly #engine: RawEngine;
  readonly #template: ChatTemplate;

  constructor(engine: RawEngine) {
    this.#engine = engine;
    this.#template = readTemplate(engine.model);
  }

  async prompt(side: Side, messages: readonly PromptMessage[], thinks: boolean): Promise<Uint32Array> {
    const request: GenerationRequest = {
      model: '',
      messages: [...(side.system === '' ? [] : [{ role: 'system' as const, text: side.system }]), ...messages],
      tools: side.tools,
      toolChoice: { type: 'auto' },
      parallelToolCalls: true,
      thinking: { mode: thinks ? 'on' : 'off', show: true },
      output: { type: 'text' },
      sampling: {},
      stopSequences: [],
      maxTokens: longestAnswer,
    };
    const rendered = renderPrompt(this.#template, request, 'lessonsecret1');
    if (!rendered.ok) throw new Error(rendered.error.message);
    return this.#engine.tokenize(rendered.prompt.segments);
  }

  async answer(tokens: Uint32Array): Promise<{ readonly text: string; readonly tokens: readonly number[] } | null> {
    let text = '';
    const written: number[] = [];
    for await (const event of this.#engine.generate(
      { tokens, maxTokens: longestAnswer, temperature: 0 },
      new AbortController().signal,
    )) {
      if (event.type === 'piece') {
        text += event.text;
        written.push(...event.tokens);
      } else if (event.type === 'error') throw new Error(event.failure.message);
      else if (event.type === 'end' && event.reason !== 'end-of-generation') return null;
    }
    return { text, tokens: written };
  }

  end(): Promise<Uint32Array> {
    return this.#engine.tokenize([{ text: '<|im_end|>', special: true }]);
  }
}

function messagesOf(side: Side, answers: readonly string[]): PromptMessage[] {
  return side.turns.flatMap((text, at): PromptMessage[] => {
    const before = answers[at - 1];
    const call = before === undefined ? null : readCall(before);
    const asked: PromptMessage =
      call === null
        ? { role: 'user', text }
        : { role: 'tool', toolCallId: 'call', toolName: call.name, text, isError: false };
    const answer = answers[at];
    if (answer === undefined) return [asked];
    const made = readCall(answer);
    return [
      asked,
      {
        role: 'assistant',
        text: made === null ? answer : '',
        ...(made === null ? {} : { toolCalls: [{ id: 'call', ...made }] }),
      },
    ];
  });
}

function readCall(answer: string): { name: string; input: Record<string, unknown> } | null {
  const found = /^<tool_call>\n(.*)\n<\/tool_call>$/s.exec(answer)?.[1];
  if (found === undefined) return null;
  try {
    const { name, arguments: input } = JSON.parse(found);
    return { name, input };
  } catch {
    return null;
  }
}

/** Both sides as token ids with the plain side's answers in them, or null when those are no use. */
async function teach(teacher: Teacher, lesson: Lesson, chance: Chance) {
  const answers: string[] = [];
  const thinks = lesson.plain.turns.length === 1 && chance() < 0.12;
  for (let at = 0; at < lesson.plain.turns.length; at++) {
    const sides = [lesson.plain, lesson.long].map((side) => ({ ...side, turns: side.turns.slice(0, at + 1) }));
    const [plain, long] = await Promise.all(
      sides.map((side) => teacher.prompt(side, messagesOf(side, answers), thinks)),
    );
    const answer = await teacher.answer(plain!);
    if (answer === null) return null;
    if (at === 0 && lesson.expects !== undefined && !thinks && readCall(answer.text)?.name !== lesson.expects)
      return null;
    if (at === lesson.plain.turns.length - 1) {
      const end = await teacher.end();
      return {
        plain: [...plain!, ...answer.tokens, ...end],
        long: [...long!, ...answer.tokens, ...end],
        text: answer.text,
      };
    }
    answers.push(answer.text);
  }
  return null;
}

const [modelPath, output, count, seed] = process.argv.slice(2);
if (modelPath === undefined || output === undefined) throw new Error('Usage: make-lessons.ts MODEL OUTPUT COUNT SEED');
const engine = await loadEmbeddedEngine({ modelPath, window: 8_192, slots: 4, threads: 1, gpu: 'off' });
const teacher = new Teacher(engine);
const chance = chanceFrom(Number(seed ?? 1));
const file = createWriteStream(output);
for (let made = 0; made < Number(count ?? 100); ) {
  const lesson = await teach(teacher, makeLesson(chance), chance);
  if (lesson === null || lesson.long.length > 3_072) continue;
  file.write(`${JSON.stringify(lesson)}\n`);
  made++;
}
await new Promise((done) => file.end(done));
await engine.close();
