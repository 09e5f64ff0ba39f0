/**
 * Tools named by a `type` instead of a schema. Some run at the client and only lack a schema, which
 * a local model needs: given here. Others run at Anthropic: nothing in a yard runs them.
 */
import type { ToolDefinition } from '../../contract/generation/request.ts';

type Parameters = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

const text = (description: string) => ({ type: 'string', description });
const oneOf = (values: readonly string[], description: string) => ({ type: 'string', enum: values, description });
const line = (description: string) => ({ type: 'integer', description });
const lineRange = {
  type: 'array',
  items: { type: 'integer' },
  minItems: 2,
  maxItems: 2,
  description: 'First and last line to show, from 1; -1 as the last means the end of the file.',
};

interface KnownTool {
  /** The dated type: `bash_20250124`. */
  readonly type: RegExp;
  readonly name: string;
  readonly description: string;
  readonly parameters: Parameters;
  readonly required: readonly string[];
}

const editorCommands = ['view', 'create', 'str_replace', 'insert'] as const;
const editorParameters: Parameters = {
  path: text('Path of the file or directory.'),
  view_range: lineRange,
  file_text: text('For create: the whole content of the new file.'),
  old_str: text('For str_replace: the text to replace; it must occur exactly once.'),
  new_str: text('For str_replace: the new text. For insert (older form): the text to insert.'),
  insert_line: line('For insert: the text goes after this line; 0 is the top of the file.'),
  insert_text: text('For insert: the text to insert.'),
};

const clientTools: readonly KnownTool[] = [
  {
    type: /^bash_\d{8}$/,
    name: 'bash',
    description: 'Runs a command in a persistent bash shell and returns its output.',
    parameters: {
      command: text('The command to run.'),
      restart: { type: 'boolean', description: 'True to restart the shell instead of running a command.' },
    },
    required: [],
  },
  {
    type: /^text_editor_(?:20241022|20250124)$/,
    name: 'str_replace_editor',
    description: 'Views, creates and edits text files.',
    parameters: { command: oneOf([...editorCommands, 'undo_edit'], 'What to do.'), ...editorParameters },
    required: ['command', 'path'],
  },
  {
    type: /^text_editor_\d{8}$/,
    name: 'str_replace_based_edit_tool',
    description: 'Views, creates and edits text files.',
    parameters: { command: oneOf(editorCommands, 'What to do.'), ...editorParameters },
    required: ['command', 'path'],
  },
  {
    type: /^memory_\d{8}$/,
    name: 'memory',
    description: 'Keeps notes as files under /memories, for this and later conversations.',
    parameters: {
      command: oneOf([...editorCommands, 'delete', 'rename'], 'What to do.'),
      ...editorParameters,
      old_path: text('For rename: the present path.'),
      new_path: text('For rename: the new path.'),
    },
    required: ['command'],
  },
];

/** Whether the client runs tools of this type, so that only their schema is missing. */
export const isClientTool = (type: string): boolean => clientTools.some((tool) => tool.type.test(type));

/** The definition of a client tool that came without a schema. */
export function defineClientTool(type: string, name: string | undefined, strict: boolean): ToolDefinition {
  const known = clientTools.find((tool) => tool.type.test(type));
  if (known === undefined) throw new Error(`no schema is known for the tool type ${type}`);
  return {
    name: name ?? known.name,
    description: known.description,
    inputSchema: { type: 'object', properties: known.parameters, required: known.required },
    strict,
  };
}

/** The name a typed tool goes by when it gives none. */
export const defaultToolName = (type: string): string | undefined =>
  clientTools.find((tool) => tool.type.test(type))?.name;
