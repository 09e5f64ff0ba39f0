/**
 * What a fake server's model says, and how its tokens are counted. The servers around it are told apart by how
 * they write the same answer to the wire.
 */

export interface FakeCall {
  readonly name: string;
  /** An object, or text as a model may botch it. */
  readonly arguments: Readonly<Record<string, unknown>> | string;
}

export interface FakeAnswer {
  readonly thinking?: string;
  readonly text?: string;
  readonly calls?: readonly FakeCall[];
  /** Ran into the limit. */
  readonly cut?: boolean;
  /** In mid-answer, behind so many pieces. */
  readonly fault?: { readonly kind: 'close' | 'hang' | 'error' | 'garbage'; readonly afterPieces: number };
  /** Between pieces, ms. */
  readonly pieceMs?: number;
  /** While the prompt is read, ms. */
  readonly prefillMs?: number;
  /** Characters of one piece; 4 as the tokens are. */
  readonly pieceChars?: number;
}

/** What came in, as far as a model sees it. */
export interface FakePrompt {
  readonly model: string;
  // biome-ignore lint/suspicious/noExplicitAny: JSON of a request under test
  readonly messages: readonly any[];
  // biome-ignore lint/suspicious/noExplicitAny: JSON of a request under test
  readonly tools: readonly any[];
  /** A call is required, and this server obeys. */
  readonly required: boolean;
  /** Undefined: as the template does by itself. */
  readonly thinks: boolean | undefined;
  /** The answer must fit this schema, and this server obeys. */
  readonly schema: unknown;
  readonly maxTokens: number;
}

export type FakeModel = (prompt: FakePrompt) => FakeAnswer;

/** What a model reads of a request, as text: enough to count it and to find its prefix again. A picture is 64 tokens. */
export const promptText = ({ messages, tools }: Pick<FakePrompt, 'messages' | 'tools'>): string =>
  `${tools.length === 0 ? '' : JSON.stringify(tools)}${messages.map((message) => `<${JSON.stringify(message, looked)}>`).join('')}`;

const looked = (key: string, value: unknown): unknown => {
  if (key === 'images' && Array.isArray(value)) return value.map(() => seen);
  return key === 'url' && String(value).startsWith('data:image/') ? seen : value;
};
const seen = 'p'.repeat(256);

/** Whether a request shows a picture, in OpenAI's form. */
export const showsPicture = (messages: FakePrompt['messages']): boolean =>
  messages.some(({ content }) => Array.isArray(content) && content.some(({ type }) => type === 'image_url'));

/** One token is four characters. */
export const tokensOf = (text: string): number => Math.ceil(text.length / 4);

/** A prefix cache of one conversation, as most servers have. */
export function createPrefixCache() {
  let last = '';
  return {
    /** Tokens of this prompt that were read before. */
    read(prompt: string): number {
      let same = 0;
      while (same < last.length && last[same] === prompt[same]) same += 1;
      last = prompt;
      return Math.min(Math.floor(same / 4), tokensOf(prompt) - 1);
    },
  };
}

/** A piece of an answer on its way to the wire. */
export type Piece =
  | { readonly kind: 'thinking' | 'text'; readonly text: string }
  /** `first`: with its name. */
  | {
      readonly kind: 'call';
      readonly index: number;
      readonly name: string;
      readonly json: string;
      readonly first: boolean;
    };

export interface PlannedAnswer {
  readonly pieces: readonly Piece[];
  readonly outputTokens: number;
  readonly finish: 'stop' | 'length' | 'tool_calls';
}

/** Cuts an answer into pieces, obeying the limit as an engine does: to the token. `wholeCalls`: a call is one piece. */
export function planAnswer(answer: FakeAnswer, maxTokens: number, wholeCalls: boolean): PlannedAnswer {
  const size = answer.pieceChars ?? 4;
  const pieces: Piece[] = [];
  let left = maxTokens * 4;
  let cut = answer.cut === true;
  const take = (text: string): string => {
    if (text.length > left) cut = true;
    const taken = text.slice(0, Math.max(0, left));
    left -= taken.length;
    return taken;
  };
  for (const kind of ['thinking', 'text'] as const) {
    for (const text of cutUp(take(answer[kind] ?? ''), size)) pieces.push({ kind, text });
  }
  (answer.calls ?? []).forEach(({ name, arguments: given }, index) => {
    const json = typeof given === 'string' ? given : JSON.stringify(given);
    const taken = take(json);
    // A server that shows only whole calls shows nothing of half a one.
    if (left <= 0 && taken !== json && wholeCalls) return;
    if (taken === '' && json !== '') return;
    const parts = wholeCalls ? [taken] : cutUp(taken, size);
    if (parts.length === 0) parts.push('');
    pieces.push(...parts.map((part, at) => ({ kind: 'call', index, name, json: part, first: at === 0 }) as const));
  });
  const finish = cut ? 'length' : (answer.calls ?? []).length > 0 ? 'tool_calls' : 'stop';
  return { pieces, outputTokens: Math.min(maxTokens, Math.ceil((maxTokens * 4 - left) / 4)), finish };
}

function cutUp(text: string, size: number): string[] {
  const pieces: string[] = [];
  const characters = [...text];
  for (let at = 0; at < characters.length; at += size) pieces.push(characters.slice(at, at + size).join(''));
  return pieces;
}
