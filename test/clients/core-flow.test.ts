/**
 * Both generations of the TypeScript SDK and the Vercel AI SDK: a whole task through the tool loop each brings, begun while
 * the yard is full, and a model nobody serves.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import {
  chargedBy,
  flowAnswer,
  flowPrompt,
  flowScript,
  messageRequests,
  noteAfter,
  noteBefore,
  noteFile,
  type TokenSums,
  unknownModel,
} from '../support/core-flow.ts';
import { type Overload, throughOverload } from '../support/crowd.ts';
import { importClient, installClients } from '../support/install-clients.ts';
import { type RecordingProxy, startRecordingProxy } from '../support/recording-proxy.ts';
import { startYard, type Yard } from '../support/start-yard.ts';

interface Asked {
  /** Of the proxy. */
  readonly url: string;
  readonly key: string;
  readonly model: string;
}

interface Told {
  readonly status: number;
  readonly message: string;
}

/** What a program does with the library. The tools work on the note of one folder. */
interface Library {
  readonly name: string;
  /** Statuses of the requests of the task, in order. */
  readonly statuses: readonly number[];
  mend(asked: Asked, tools: NoteTools): Promise<{ readonly text: string; readonly usage: TokenSums }>;
  /** The error a person's `catch` would see. */
  askUnknown(asked: Asked): Promise<Told>;
}

interface NoteTools {
  readNote(input: { path: string }): string;
  replaceText(input: { path: string; old: string; new: string }): string;
}

const calls = {
  read: { name: 'read_note', input: { path: noteFile } },
  edit: { name: 'replace_text', input: { path: noteFile, old: 'green', new: 'ripe' } },
};
const text = { type: 'string' } as const;
const schemas = {
  read_note: { type: 'object', properties: { path: text }, required: ['path'] },
  replace_text: { type: 'object', properties: { path: text, old: text, new: text }, required: ['path', 'old', 'new'] },
} as const;

/** `directory`: where the SDK is installed. */
async function anthropicSdk(name: string, directory: string, statuses: readonly number[]): Promise<Library> {
  const { default: Anthropic } = await importClient(directory, '@anthropic-ai/sdk');
  const { betaTool } = await importClient(directory, '@anthropic-ai/sdk/helpers/beta/json-schema');
  const open = ({ url, key }: Asked) => new Anthropic({ baseURL: url, apiKey: key });
  return {
    name,
    statuses,
    async mend(asked, { readNote, replaceText }) {
      const runner = open(asked).beta.messages.toolRunner({
        model: asked.model,
        max_tokens: 4_096,
        messages: [{ role: 'user', content: flowPrompt }],
        stream: true,
        tools: [
          betaTool({ name: 'read_note', description: 'Reads.', inputSchema: schemas.read_note, run: readNote }),
          betaTool({
            name: 'replace_text',
            description: 'Edits.',
            inputSchema: schemas.replace_text,
            run: replaceText,
          }),
        ],
      });
      const usage = { input: 0, cached: 0, output: 0 };
      let answer = '';
      for await (const stream of runner) {
        answer = '';
        stream.on('text', (piece: string) => (answer += piece));
        const message = await stream.finalMessage();
        usage.input += message.usage.input_tokens;
        usage.cached += message.usage.cache_read_input_tokens ?? 0;
        usage.output += message.usage.output_tokens;
      }
      return { text: answer, usage };
    },
    async askUnknown(asked) {
      const messages = [{ role: 'user', content: flowPrompt }];
      const error = await refusal(open(asked).messages.create({ model: asked.model, max_tokens: 100, messages }));
      assert.ok(error instanceof Anthropic.NotFoundError);
      return { status: error.status, message: error.error.error.message };
    },
  };
}

async function aiSdk(directory: string): Promise<Library> {
  const { createAnthropic } = await importClient(directory, '@ai-sdk/anthropic');
  const { APICallError, jsonSchema, stepCountIs, streamText, tool } = await importClient(directory, 'ai');
  const open = ({ url, key, model }: Asked) => createAnthropic({ baseURL: `${url}/v1`, apiKey: key })(model);
  return {
    name: 'AI SDK 6.0.326',
    statuses: [529, 200, 200, 200],
    async mend(asked, { readNote, replaceText }) {
      const stream = streamText({
        model: open(asked),
        prompt: flowPrompt,
        maxOutputTokens: 4_096,
        stopWhen: stepCountIs(5),
        tools: {
          read_note: tool({ description: 'Reads.', inputSchema: jsonSchema(schemas.read_note), execute: readNote }),
          replace_text: tool({
            description: 'Edits.',
            inputSchema: jsonSchema(schemas.replace_text),
            execute: replaceText,
          }),
        },
      });
      const { inputTokenDetails: input, outputTokens: output } = await stream.totalUsage;
      return {
        text: await stream.text,
        usage: { input: input.noCacheTokens, cached: input.cacheReadTokens, output },
      };
    },
    async askUnknown(asked) {
      const stream = streamText({ model: open(asked), prompt: flowPrompt, onError: () => {} });
      const parts = [];
      for await (const part of stream.fullStream) parts.push(part);
      const error = parts.find(({ type }) => type === 'error')?.error;
      assert.ok(APICallError.isInstance(error));
      assert.equal(error.isRetryable, false);
      return { status: error.statusCode, message: error.message };
    },
  };
}

/** What a promise is rejected with. */
// biome-ignore lint/suspicious/noExplicitAny: the error of a foreign library
async function refusal(promise: Promise<unknown>): Promise<any> {
  return promise.then(
    () => assert.fail('it was not refused'),
    (error) => error,
  );
}

const root = join(import.meta.dirname, '../..');
const installed = await installClients([
  '@anthropic-ai/sdk@0.137.0',
  'ai@6.0.326',
  '@ai-sdk/anthropic@3.0.139',
  'zod@4.6.7',
]);
const skip = installed.ok ? false : installed.reason;
const libraries = [
  // Its tool runner asks for a thread kept by the server; it is told that there is none, and goes on without.
  await anthropicSdk('SDK 1.12.0', root, [400, 529, 200, 200, 200]),
  ...(installed.ok
    ? [await anthropicSdk('SDK 0.137.0', installed.directory, [529, 200, 200, 200]), await aiSdk(installed.directory)]
    : []),
];

/** A busy machine included. */
const timeoutMs = 240_000;

describe('a task of three turns, begun while the yard is full', { timeout: timeoutMs }, () => {
  const scratch = mkdtempSync(join(tmpdir(), 'metalyard-core-flow-'));
  const folders = libraries.map((_, index) => join(scratch, `note-${index}-`)).map((prefix) => mkdtempSync(prefix));
  let yard: Yard;
  let proxies: RecordingProxy[] = [];
  let overload: Overload<readonly { readonly text: string; readonly usage: TokenSums }[]>;

  // All at once: each waits out the same full yard.
  before(async () => {
    yard = await startYard({ engine: flowScript(calls) });
    proxies = await Promise.all(libraries.map(() => startRecordingProxy(yard.url)));
    overload = await throughOverload(yard, proxies, () =>
      Promise.all(libraries.map((library, index) => library.mend(asked(index), noteTools(folders[index] ?? '')))),
    );
  });
  after(async () => {
    for (const proxy of proxies) await proxy.close();
    await yard?.stop();
    rmSync(scratch, { recursive: true, force: true });
  });

  const asked = (index: number, model = yard.model): Asked => ({
    url: proxies[index]?.url ?? '',
    key: yard.key,
    model,
  });

  for (const [index, library] of libraries.entries()) {
    test(`${library.name}: the note is mended, the answer whole, the usage ours`, async (t) => {
      const { text, usage } = overload.outcome[index]!;
      assert.equal(text, flowAnswer);
      assert.equal(readFileSync(join(folders[index]!, noteFile), 'utf8'), noteAfter);
      const requests = messageRequests(proxies[index]!).filter(({ body }) => body.tools !== undefined);
      assert.deepEqual(
        requests.map(({ status }) => status),
        library.statuses,
      );
      assert.ok(overload.heeded[index], 'it waited as long as retry-after asked');
      assert.deepEqual(usage, await chargedBy(requests.slice(-3)));
      t.diagnostic(`${JSON.stringify(usage)}, waited ${Math.round(overload.waitedMs[index]!)} ms`);
    });

    test(`${library.name}: a model nobody serves is an error with our words, and asked for once`, async () => {
      const seen = proxies[index]!.requests.length;
      const { status, message } = await library.askUnknown(asked(index, unknownModel));
      assert.equal(status, 404);
      assert.match(message, new RegExp(`^model: ${unknownModel} is not served here\\. Available: `));
      assert.equal(proxies[index]!.requests.length - seen, 1);
    });
  }
});

test('SDK 0.137.0 and AI SDK 6.0.326 were there to be tested', { skip }, () => {
  assert.equal(libraries.length, 3);
});

function noteTools(folder: string): NoteTools {
  writeFileSync(join(folder, noteFile), noteBefore);
  return {
    readNote: ({ path }) => readFileSync(join(folder, path), 'utf8'),
    replaceText(input) {
      const file = join(folder, input.path);
      writeFileSync(file, readFileSync(file, 'utf8').replace(input.old, input.new));
      return 'Replaced.';
    },
  };
}
