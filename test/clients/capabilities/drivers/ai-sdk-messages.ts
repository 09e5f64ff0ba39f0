/** A conversation of the Messages API in the words of the Vercel AI SDK. */
import type { Question, ToolResult, Turn } from '../client.ts';

export function systemForAiSdk(system: NonNullable<Question['system']>) {
  if (typeof system === 'string') return system;
  return system.map(({ text, cache_control }) => ({
    role: 'system',
    content: text,
    ...(cache_control ? { providerOptions: { anthropic: { cacheControl: cache_control } } } : {}),
  }));
}

export function messagesForAiSdk(turns: readonly Turn[]) {
  // Its tool results name their tool; ours name the call.
  const toolNames = new Map<string, string>();
  for (const { content } of turns) {
    if (typeof content === 'string') continue;
    for (const block of content) if (block.type === 'tool_use') toolNames.set(block.id, block.name);
  }
  return turns.flatMap(({ role, content }): object[] =>
    typeof content === 'string' ? [{ role, content }] : content.map((block) => messageFor(role, block, toolNames)),
  );
}

type Block = Exclude<Turn['content'], string>[number];

/** Messages of one role in a row become one turn on the wire. */
function messageFor(role: Turn['role'], block: Block, toolNames: ReadonlyMap<string, string>): object {
  switch (block.type) {
    case 'text':
      return { role, content: [{ type: 'text', text: block.text }] };
    case 'thinking': {
      const providerOptions = { anthropic: { signature: block.signature } };
      return { role, content: [{ type: 'reasoning', text: block.thinking, providerOptions }] };
    }
    case 'tool_use':
      return { role, content: [{ type: 'tool-call', toolCallId: block.id, toolName: block.name, input: block.input }] };
    case 'tool_result': {
      const { tool_use_id: toolCallId } = block;
      const toolName = toolNames.get(toolCallId) ?? 'unknown';
      return { role: 'tool', content: [{ type: 'tool-result', toolCallId, toolName, output: outputFor(block) }] };
    }
  }
}

function outputFor({ content, is_error }: ToolResult) {
  if (typeof content === 'string') return { type: is_error ? 'error-text' : 'text', value: content };
  if (is_error) throw new Error('The AI SDK tells errors as text, not as blocks.');
  return { type: 'content', value: content.map(resultPartFor) };
}

function resultPartFor(part: Exclude<ToolResult['content'], string>[number]) {
  if (part.type === 'text') return { type: 'text', text: part.text };
  return { type: 'custom', providerOptions: { anthropic: { type: 'tool-reference', toolName: part.tool_name } } };
}
