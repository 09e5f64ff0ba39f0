/**
 * Requests that clients make beside what their user waits for, told by what they ask:
 *
 * - `title`: a name for the conversation. Claude Code wants an object with a `title` and nothing else and has no
 *   tools for it; opencode says so in a sentence of its own.
 * - `sub-agent`: a turn of an agent that another one started. Claude Code says so in its attribution line, when
 *   that is on.
 *
 * What compacts a conversation or searches the web is none: its user waits for that.
 */
import type { MessagesRequest } from '../../contract/anthropic/request.ts';

export type SideCall = 'title' | 'sub-agent';

/** Claude Code's attribution line, first of its system prompt. */
const subAgentLine = /^x-anthropic-billing-header:[^\n]*\bcc_is_subagent=true\b/;
const opencodeTitle = 'Generate a title for this conversation:\n';

/** Null for everything else. */
export function recogniseSideCall(asked: MessagesRequest): SideCall | null {
  if (systemTexts(asked).some((text) => subAgentLine.test(text))) return 'sub-agent';
  const hasTools = (asked.tools ?? []).length > 0;
  if (hasTools || asked.messages.length !== 1) return null;
  return wantsOnlyTitle(asked) || firstText(asked) === opencodeTitle ? 'title' : null;
}

function wantsOnlyTitle({ output_config, output_format }: MessagesRequest): boolean {
  const schema: Readonly<Record<string, unknown>> | undefined = (output_config?.format ?? output_format)?.schema;
  const { properties } = schema ?? {};
  if (typeof properties !== 'object' || properties === null) return false;
  const names = Object.keys(properties);
  return names.length === 1 && names[0] === 'title';
}

const systemTexts = ({ system }: MessagesRequest): readonly string[] =>
  typeof system === 'string' ? [system] : (system ?? []).map(({ text }) => text);

function firstText({ messages }: MessagesRequest): string | undefined {
  const content = messages[0]?.content;
  if (typeof content === 'string') return content;
  const first = content?.[0];
  return first?.type === 'text' ? first.text : undefined;
}
