/** Recorded sessions of real clients, through to the prompt of the shipped model. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import type { GenerationRequest } from '../../contract/generation/request.ts';
import { secret, shippedTemplate } from '../prompt/fixtures/model.ts';
import { renderPrompt } from '../prompt/render-prompt.ts';
import { canonicalise } from './canonicalise.ts';
import { parseBody } from './parse-body.ts';
import { readMessagesRequest } from './read-request.ts';

interface Recording {
  readonly requests: readonly { readonly url: string; readonly body: Record<string, unknown> | null }[];
}

const folder = new URL('./fixtures/captures/', import.meta.url);
const recordings = readdirSync(folder).map((file) => {
  const { requests } = JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as Recording;
  return { file, requests: requests.filter(({ body }) => body !== null) };
});

function canonical(url: string, body: unknown): GenerationRequest {
  const parsed = parseBody(new TextEncoder().encode(JSON.stringify(body)));
  assert.ok(parsed.ok);
  const read = readMessagesRequest(parsed.value, { purpose: url.includes('count_tokens') ? 'count' : 'create' });
  assert.ok(read.ok, read.ok ? '' : read.error.message);
  return canonicalise(read.request).request;
}

function promptOf(request: GenerationRequest): string {
  const rendered = renderPrompt(shippedTemplate, request, secret);
  assert.ok(rendered.ok, rendered.ok ? '' : rendered.error.message);
  assert.equal(rendered.prompt.segments.length, 1);
  return rendered.prompt.segments[0]!.text;
}

describe('every recorded body is understood and rendered:', () => {
  for (const { file, requests } of recordings) {
    it(`${file} (${requests.length})`, () => {
      for (const { url, body } of requests) {
        const request = canonical(url, body);
        const prompt = promptOf(request);
        assert.doesNotMatch(prompt, /x-anthropic-billing-header|DeferredToolPlaceholder/);
        assert.ok(prompt.endsWith('<|im_start|>assistant\n') || prompt.endsWith('<think>\n'));
        assert.ok(request.messages.length > 0);
      }
    });
  }
});

/** Which requests of a recording are turns of one conversation. */
const sessions: readonly [file: string, from: number][] = [
  ['cc-print-bash-read.json', 0],
  ['cc-print-toolsearch.json', 0],
  ['opencode-run.json', 1],
  ['pi-print.json', 0],
  ['pi-print-reasoning.json', 0],
  ['ai-sdk-streamtext.json', 0],
];

describe('a later turn of a recorded session only appends:', () => {
  for (const [file, from] of sessions) {
    it(file, (context) => {
      const turns = recordings.find((recording) => recording.file === file)!.requests.slice(from);
      assert.ok(turns.length > 1);
      const requests = turns.map(({ url, body }) => canonical(url, body));
      for (const [at, request] of requests.slice(1).entries()) {
        const before = requests[at]!;
        assert.deepEqual(request.messages.slice(0, before.messages.length), before.messages);
        assert.deepEqual(request.tools, before.tools);
        const [prompt, next] = [promptOf(before), promptOf(request)];
        let common = 0;
        while (common < prompt.length && prompt[common] === next[common]) common++;
        context.diagnostic(`turn ${at + 2}: ${common} of ${prompt.length} characters of the turn before are a prefix`);
        assert.equal(common, prompt.length);
      }
    });
  }
});
