/** What to paste so that a client uses this gateway. */
import type { MachineModel } from '../contract/link/messages.ts';
import { longestPrompt } from '../translate/room-rule.ts';
import { shippedModelId } from './package-files.ts';
import { bashWord, shellText, usualShell } from './shell-text.ts';

/** Stands for a key that was shown earlier and cannot be shown again. */
export const keyPlaceholder = 'YOUR_KEY';

export interface Connection {
  /** Base URL without `/v1`. */
  readonly url: string;
  /** The API key, or a placeholder that says where it is. */
  readonly key: string;
  readonly model: Pick<MachineModel, 'id' | 'window' | 'slots'>;
  /** What to use in place of Anthropic's larger and smaller lines; otherwise the model. Their windows are no smaller. */
  readonly tiers?: { readonly large: TierModel; readonly small: TierModel };
}
type TierModel = Pick<MachineModel, 'id' | 'window'>;

/** Claude Code's own prompt, before anything was asked, is this long (measured, about). */
const claudeCodePromptTokens = 11_000;

/** Left for an answer: a quarter of the window. */
export const answerTokens = ({ window }: Pick<MachineModel, 'window'>): number => Math.floor(window / 4);

/**
 * Claude Code 2.1.330 compacts a conversation this many tokens, and those of an answer (20,000 at most), before the
 * end of the window it is told. Measured; test/clients/claude-code-compaction.test.ts finds out when that changes.
 */
const compactionMargin = 13_000;
const compactionAnswerTokens = 20_000;
/** The compaction itself is a request of the whole conversation and its instructions, 1,700 tokens. */
const compactionPromptTokens = 2_000;

/**
 * The window to tell Claude Code, so that it compacts shortly before a prompt no longer fits. The real one would
 * let it use hardly more than a third of 32,768 tokens, or nothing at all beyond its own prompt.
 */
export function claudeCodeWindow(model: Pick<MachineModel, 'window'>): number {
  const answer = answerTokens(model);
  const compactAt = longestPrompt(answer, model.window) - compactionPromptTokens;
  return compactAt + Math.min(answer, compactionAnswerTokens) + compactionMargin;
}

/**
 * Variables for Claude Code. It assumes a window of 1,000,000 tokens for a model it does not know, and would
 * learn of the real one only by the 400 that makes it compact.
 */
export function claudeCodeVariables({ url, key, model, tiers }: Connection): readonly (readonly [string, string])[] {
  return [
    ['ANTHROPIC_BASE_URL', url],
    ['ANTHROPIC_AUTH_TOKEN', key],
    ['ANTHROPIC_MODEL', model.id],
    ['ANTHROPIC_DEFAULT_OPUS_MODEL', tiers?.large.id ?? model.id],
    ['ANTHROPIC_DEFAULT_SONNET_MODEL', model.id],
    ['ANTHROPIC_DEFAULT_HAIKU_MODEL', tiers?.small.id ?? model.id],
    ['CLAUDE_CODE_MAX_CONTEXT_TOKENS', String(claudeCodeWindow(model))],
    ['CLAUDE_CODE_MAX_OUTPUT_TOKENS', String(answerTokens(model))],
    ['CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC', '1'],
    ['CLAUDE_CODE_ATTRIBUTION_HEADER', '0'],
  ];
}

/** The same as commands of a shell. */
export function claudeCodeBlock(connection: Connection, platform: NodeJS.Platform): string {
  return `${shellText(usualShell(platform), claudeCodeVariables(connection))}\nclaude`;
}

/** Says so when a window is too small for Claude Code; null when it is not. */
export function claudeCodeWarning({ model }: Connection): string | null {
  if (model.window >= 2 * claudeCodePromptTokens) return null;
  return (
    `A window of ${model.window} tokens is too small for Claude Code, whose own prompt takes about ` +
    `${claudeCodePromptTokens}. Start with a larger --context-window.`
  );
}

/** What to expect of the model that comes with Metalyard; null for any other. */
export function shippedModelNote({ model }: Connection): string | null {
  if (model.id !== shippedModelId) return null;
  return (
    "This model came with Metalyard: it proves the path and is not clever. Claude Code's full prompt is about 26,000 of " +
    'its tokens, all read before the first word: a matter of minutes on a CPU. For a first try in seconds: ' +
    "claude --bare --tools '' -p Hello"
  );
}

export function sdkSnippet({ url, key, model }: Connection): string {
  return `import Anthropic from '@anthropic-ai/sdk';
const client = new Anthropic({
  baseURL: '${url}',
  apiKey: '${key}',
});
const message = await client.messages.create({
  model: '${model.id}',
  max_tokens: 200,
  messages: [{ role: 'user', content: 'Say hello.' }],
});`;
}

/** A request by hand: curl, or what PowerShell has in its place. */
export function requestSnippet({ url, key, model }: Connection, platform: NodeJS.Platform): string {
  const body = `{"model":"${model.id}","max_tokens":200,
  "messages":[{"role":"user","content":"Say hello."}]}`;
  if (platform === 'win32') {
    return `Invoke-RestMethod -Method Post ${url}/v1/messages \`
  -Headers @{ 'x-api-key' = '${key}' } \`
  -ContentType application/json -Body '${body}'`;
  }
  return `curl ${bashWord(`${url}/v1/messages`)} \\
  -H 'x-api-key: ${key}' \\
  -H 'anthropic-version: 2023-06-01' -H 'content-type: application/json' \\
  -d '${body}'`;
}
