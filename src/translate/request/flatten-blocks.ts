/** Blocks a text model cannot be given as they are, as text it can read. */
import type {
  DocumentBlock,
  OtherBlock,
  SearchResultBlock,
  ToolResultContentBlock,
} from '../../contract/anthropic/blocks.ts';

/** Text blocks of one turn become one text; an empty line keeps them apart. */
export const joinTexts = (texts: readonly string[]): string => (texts.length === 1 ? texts[0]! : texts.join('\n\n'));

/** A document that carries its text. */
export function flattenDocument(block: DocumentBlock): string {
  const { source } = block;
  let text = '';
  if (source.type === 'text') text = source.data;
  else if (source.type === 'content') {
    text =
      typeof source.content === 'string'
        ? source.content
        : joinTexts(source.content.map((part) => (part.type === 'text' ? part.text : leftOut('An image'))));
  }
  return tagged('document', [
    ['title', block.title],
    ['context', block.context],
    ['text', text],
  ]);
}

export function flattenSearchResult(block: SearchResultBlock): string {
  return tagged('search_result', [
    ['source', block.source],
    ['title', block.title],
    ['text', joinTexts(block.content.map(({ text }) => text))],
  ]);
}

function tagged(tag: string, parts: readonly (readonly [string, string | null | undefined])[]): string {
  const lines = parts.flatMap(([name, value]) => {
    if (value === null || value === undefined || value === '') return [];
    return [name === 'text' ? value : `${name}: ${value}`];
  });
  return `<${tag}>\n${lines.join('\n')}\n</${tag}>`;
}

const leftOut = (what: string): string => `[${what} was here. You cannot see it: this model reads text only.]`;

/** For a model that sees. */
export const unreadableImage = '[An image was here. It cannot be shown to you.]';

/**
 * One block of a tool result. A picture becomes a sentence for the model instead of a refusal: it was
 * the tool that answered with it, and refusing would end the client's session for good.
 */
export function flattenResultBlock(block: Exclude<ToolResultContentBlock, { type: 'tool_reference' }>): string {
  switch (block.type) {
    case 'text':
      return block.text;
    case 'search_result':
      return flattenSearchResult(block);
    case 'document':
      if (block.source.type === 'text' || block.source.type === 'content') return flattenDocument(block);
      return leftOut('A document');
    case 'image':
      return leftOut('An image');
    default:
      return flattenOther(block);
  }
}

/** A block of an assistant turn that is neither its words nor a call of the client's tools. */
export function flattenHistory(block: DocumentBlock | SearchResultBlock | OtherBlock): string {
  if (block.type === 'document') return flattenDocument(block);
  return block.type === 'search_result' ? flattenSearchResult(block) : flattenOther(block);
}

/** Fields that carry meaning for a reader, in the order they are shown. */
const readable = [
  'name',
  'input',
  'title',
  'url',
  'text',
  'summary',
  'stdout',
  'stderr',
  'return_code',
  'error_code',
  'data',
];

/**
 * History of tools Anthropic ran (search hits, fetched pages, program output) and of beta blocks, as
 * lines of `field: value`. '' for blocks that say nothing to a model.
 */
export function flattenOther(block: OtherBlock): string {
  const label = block.type;
  if (label === 'fallback' || label === 'container_upload' || label === 'mcp_tool_listing') return '';
  const lines: string[] = [];
  collectReadable(block, lines, 0);
  if (lines.length === 0) return '';
  return `[${/^\w{1,64}$/.test(label) ? label : 'unknown'}]\n${lines.join('\n')}`;
}

function collectReadable(value: unknown, lines: string[], depth: number): void {
  if (depth > 8) return;
  if (Array.isArray(value)) {
    for (const item of value) collectReadable(item, lines, depth + 1);
    return;
  }
  if (typeof value !== 'object' || value === null) return;
  const fields = value as Readonly<Record<string, unknown>>; // an object, as just established
  for (const name of readable) {
    const field = fields[name];
    if (typeof field === 'string' && field !== '') lines.push(name === 'text' ? field : `${name}: ${field}`);
    else if (typeof field === 'number') lines.push(`${name}: ${field}`);
    else if (name === 'input' && typeof field === 'object' && field !== null)
      lines.push(`input: ${JSON.stringify(field)}`);
  }
  if (typeof fields.content === 'string') lines.push(fields.content);
  else collectReadable(fields.content, lines, depth + 1);
  collectReadable(fields.source, lines, depth + 1);
}
