/**
 * Finds the rows of the feature table that a request uses, and obeys them: the first refused one is
 * an error, the degraded and ignored ones become notes for the caller. What only the conversation as a
 * whole can tell (a forced tool that was left out, say) `canonicalise` notes by the same table.
 */

import type { ModelTraits } from '../../contract/anthropic/features/feature.ts';
import { type FeatureId, isFeature, refusalOf } from '../../contract/anthropic/features/features.ts';
import { toolTypes } from '../../contract/anthropic/features/tools.ts';
import type { MessagesRequest } from '../../contract/anthropic/request.ts';
import { type ApiError, apiError } from '../../contract/errors.ts';
import { limits } from '../../contract/limits.ts';
import { readPicture } from '../pictures/read-picture.ts';
import { FeatureNotes } from './feature-notes.ts';
import { type BlockUse, useBlocks } from './use-blocks.ts';

export type Judgement =
  | { readonly ok: true; readonly notes: FeatureNotes; readonly hasPdf: boolean }
  | { readonly ok: false; readonly error: ApiError };

/** Judges a request that has the right shape, for the model that will serve it. */
export function judgeFeatures(request: MessagesRequest, traits: ModelTraits): Judgement {
  // A model without tools may be told of tools it is not to call.
  const able = request.tool_choice?.type === 'none' ? { ...traits, tools: true } : traits;
  const notes = new FeatureNotes(able);
  let error: ApiError | undefined;
  let hasPdf = false;
  const use: BlockUse = (id, path, detail) => {
    if (id === 'block.document.pdf' || id === 'result.document.pdf') hasPdf = true;
    error ??= refusalOf(id, able, path);
    notes.add(id, detail);
  };
  useFields(request, use);
  useThinking(request, use);
  useTools(request, use);
  useBlocks(request, use);
  if (error === undefined && able.vision) error = pictureError(request) ?? undefined;
  return error === undefined ? { ok: true, notes, hasPdf } : { ok: false, error };
}

/** The first picture of a user that cannot be passed on. Results of tools are not refused for theirs. */
function pictureError({ messages }: MessagesRequest): ApiError | null {
  const blocks = messages.flatMap(({ role, content }, at) =>
    role !== 'user' || typeof content === 'string' || !content
      ? []
      : content.flatMap((block, index) =>
          block.type === 'image' ? [{ block, path: `messages.${at}.content.${index}` }] : [],
        ),
  );
  const longest = blocks.length > limits.fewPictures ? limits.pictureSideOfManyPixels : limits.pictureSidePixels;
  for (const { block, path } of blocks) {
    const read = readPicture(block.source, longest);
    if (read.ok) continue;
    const source = `${path}.image.source${block.source.type === 'base64' ? '.base64' : ''}`;
    return apiError('invalid_request', `${source}${read.field}: ${read.problem}`, {
      ...(read.errorCode === undefined ? {} : { errorCode: read.errorCode }),
    });
  }
  return null;
}

const isSet = (value: unknown): boolean => value !== undefined && value !== null;
const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function useFields(request: MessagesRequest, use: BlockUse): void {
  const fields: Readonly<Record<string, unknown>> = request;
  for (const name of Object.keys(fields)) {
    const value = fields[name];
    if (!isSet(value) || isDefault(name, value)) continue;
    const id = `parameter.${name}`;
    if (isFeature(id)) use(id, name);
    else use('parameter.unknown', name, name);
  }
  if (request.max_tokens === 0) use('parameter.max_tokens.0', 'max_tokens');
  const config: unknown = request.output_config;
  if (isObject(config)) {
    for (const part of ['format', 'effort', 'task_budget'] as const) {
      if (isSet(config[part])) use(`parameter.output_config.${part}`, `output_config.${part}`);
    }
  }
  const last = request.messages.at(-1);
  if (last?.role === 'assistant' && last.content.length > 0) {
    use('parameter.prefill', '');
    if (isSet(request.output_config?.format) || isSet(request.output_format)) use('parameter.prefill.format', '');
  }
}

/** Values that ask for what happens anyway. */
const isDefault = (name: string, value: unknown): boolean =>
  (name === 'speed' && value === 'standard') || (name === 'mcp_servers' && Array.isArray(value) && value.length === 0);

function useThinking({ thinking }: MessagesRequest, use: BlockUse): void {
  if (!isSet(thinking)) return;
  const { type, budget_tokens, display, block_binding } = thinking as Readonly<Record<string, unknown>>; // checked
  const form = `thinking.${String(type)}`;
  use(formIds.has(form) && isFeature(form) ? form : 'thinking.unknown', 'thinking');
  if (type === 'enabled' && isSet(budget_tokens)) use('thinking.budget_tokens', 'thinking.budget_tokens');
  if (isSet(block_binding)) use('thinking.block_binding', 'thinking.block_binding');
  if (!isSet(display) || type === 'disabled') return;
  use(display === 'omitted' ? 'thinking.display.omitted' : 'thinking.display.summarized', 'thinking.display');
}
const formIds: ReadonlySet<string> = new Set([
  'thinking.enabled',
  'thinking.adaptive',
  'thinking.disabled',
  'thinking.between_tools',
]);

function useTools({ tools, tool_choice }: MessagesRequest, use: BlockUse): void {
  for (const [index, tool] of (tools ?? []).entries()) {
    const path = `tools.${index}`;
    if ('input_schema' in tool) use('tool.custom', path);
    else use(toolFeature(tool.type), `${path}.type`);
    if (tool.strict === true) use('tool.strict', `${path}.strict`);
    if (tool.defer_loading === true) use('tool.defer_loading', `${path}.defer_loading`);
    const { input_examples, allowed_callers, eager_input_streaming } = tool as Readonly<Record<string, unknown>>; // open
    if (isSet(input_examples)) use('tool.input_examples', `${path}.input_examples`);
    if (isSet(allowed_callers)) use('tool.allowed_callers', `${path}.allowed_callers`);
    if (eager_input_streaming === true) use('tool.eager_input_streaming', `${path}.eager_input_streaming`);
  }
  if (tool_choice === undefined || tool_choice === null) return;
  use(`tool_choice.${tool_choice.type}`, 'tool_choice');
  if ('disable_parallel_tool_use' in tool_choice && tool_choice.disable_parallel_tool_use === true) {
    use('tool_choice.disable_parallel_tool_use', 'tool_choice.disable_parallel_tool_use');
  }
}

/** The row of a tool that is named by its type. */
export const toolFeature = (type: string): FeatureId =>
  toolTypes.find(({ pattern }) => pattern.test(type))?.feature ?? 'tool.unknown';
