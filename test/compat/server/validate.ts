/** What the scripted server refuses, in the words of the real API. */

import { otherModel, theModel } from './about.ts';
import { type ApiAnswer, failure, invalid, type Json } from './answers.ts';

type Fault = ApiAnswer | null;

const isObject = (value: Json): boolean => typeof value === 'object' && value !== null && !Array.isArray(value);

export function faultOf(body: Json, purpose: 'create' | 'count'): Fault {
  if (!isObject(body)) return invalid('The request body is not a JSON object');
  const required = purpose === 'create' ? ['model', 'max_tokens', 'messages'] : ['model', 'messages'];
  for (const field of required) if (body[field] === undefined) return invalid(`${field}: Field required`);
  if (purpose === 'create' && !(Number.isInteger(body.max_tokens) && body.max_tokens >= 0)) {
    return invalid('max_tokens: Input should be a valid integer, 0 or more');
  }
  if (!Array.isArray(body.messages)) return invalid('messages: Input should be a valid list');
  if (body.messages.length === 0) return invalid('messages: at least one message is required');
  return figures(body) ?? tools(body) ?? conversation(body.messages) ?? knownModel(body.model);
}

const knownModel = (model: Json): Fault =>
  [theModel, otherModel].includes(model) ? null : failure(404, 'not_found_error', `model: ${model}`);

function figures({ temperature, thinking, max_tokens, mcp_servers, stop_sequences }: Json): Fault {
  if (temperature < 0 || temperature > 1) return invalid('temperature: range: 0..1');
  if (mcp_servers?.length > 0) return invalid('mcp_servers: not supported');
  if (stop_sequences !== undefined && !Array.isArray(stop_sequences))
    return invalid('stop_sequences: Input should be a valid list');
  if (thinking?.type !== 'enabled') return null;
  if (thinking.budget_tokens < 1024) {
    return invalid('thinking.enabled.budget_tokens: Input should be greater than or equal to 1024');
  }
  return thinking.budget_tokens >= max_tokens
    ? invalid('`max_tokens` must be greater than `thinking.budget_tokens`')
    : null;
}

function tools({ tools = [], tool_choice }: Json): Fault {
  const names = tools.map(({ name }: Json) => name);
  if (new Set(names).size < names.length) return invalid('tools: Tool names must be unique.');
  for (const [index, { name, type, input_schema }] of tools.entries()) {
    if (!/^[a-zA-Z0-9_-]{1,128}$/.test(name)) return invalid(`tools.${index}.custom.name: String should match pattern`);
    if (/^teleport/.test(type ?? '')) return invalid(`tools.${index}.type: unknown tool type`);
    if (/^computer_/.test(type ?? '')) return invalid(`tools.${index}: computer tools are not supported`);
    if (input_schema !== undefined && input_schema.type !== 'object') {
      return invalid(`tools.${index}.custom.input_schema.type: Input should be 'object'`);
    }
    if (type === undefined && input_schema === undefined)
      return invalid(`tools.${index}.custom.input_schema: Field required`);
  }
  if (tool_choice?.type === 'tool' && !names.includes(tool_choice.name)) {
    return invalid(`tool_choice.tool.name: tool ${tool_choice.name} is not in tools`);
  }
  if (['any', 'tool'].includes(tool_choice?.type) && names.length === 0) return invalid('tool_choice: tools is empty');
  return null;
}

const knownBlocks =
  /^(text|thinking|redacted_thinking|tool_use|tool_result|search_result|document|server_tool_use|\w+_tool_result)$/;

function conversation(messages: Json): Fault {
  const seen = new Set<string>();
  let open: string[] = [];
  for (const [at, { role, content }] of messages.entries()) {
    if (!['user', 'assistant', 'system'].includes(role))
      return invalid(`messages.${at}.role: Input should be 'user' or 'assistant'`);
    const blocks = typeof content === 'string' ? [{ type: 'text', text: content }] : content;
    if (!Array.isArray(blocks)) return invalid(`messages.${at}.content: Input should be a valid string or list`);
    if (role === 'system') continue;
    const results = blocks
      .filter(({ type }: Json) => type === 'tool_result')
      .map(({ tool_use_id }: Json) => tool_use_id);
    const missing = open.filter((id) => !results.includes(id));
    if (missing.length > 0) {
      return invalid(
        `messages.${at - 1}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${missing.join(', ')}.`,
      );
    }
    for (const [index, block] of blocks.entries()) {
      const fault = blockFault(block, `messages.${at}.content.${index}`, { seen, open });
      if (fault !== null) return fault;
    }
    open = blocks.filter(({ type }: Json) => type === 'tool_use').map(({ id }: Json) => id);
  }
  if (open.length > 0) {
    return invalid(
      `messages.${messages.length - 1}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${open.join(', ')}.`,
    );
  }
  const last = messages.at(-1);
  if (last.role === 'assistant' && typeof last.content === 'string' && /\s$/.test(last.content)) {
    return invalid('messages: final assistant content cannot end with trailing whitespace');
  }
  return null;
}

function blockFault(block: Json, path: string, { seen, open }: { seen: Set<string>; open: string[] }): Fault {
  switch (block?.type) {
    case 'text':
      if (typeof block.text !== 'string') return invalid(`${path}.text: Field required`);
      return block.text === '' ? invalid('messages: text content blocks must be non-empty') : null;
    case 'tool_use':
      if (seen.has(block.id)) return invalid(`${path}: \`tool_use\` ids must be unique`);
      seen.add(block.id);
      return isObject(block.input) ? null : invalid(`${path}.tool_use.input: Input should be a valid dictionary`);
    case 'tool_result':
      return open.includes(block.tool_use_id)
        ? null
        : invalid(`${path}: unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${block.tool_use_id}.`);
    case 'image':
      return invalid(`${path}: image blocks are not supported by this model`);
    case 'document':
      return ['text', 'content'].includes(block.source?.type)
        ? null
        : invalid(`${path}.source: document type not supported`);
    default:
      return knownBlocks.test(block?.type ?? '')
        ? null
        : invalid(`${path}: Input tag '${block?.type}' found using 'type' does not match any of the expected tags`);
  }
}
