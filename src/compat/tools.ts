/** Tools whose every allowed input is short, so that forced calls end soon and can be checked. */
import { type Fields, user } from './vocabulary.ts';

export const colours = ['red', 'green', 'blue'];

export const colourTool = {
  name: 'pick_colour',
  description: 'Picks a colour.',
  input_schema: {
    type: 'object',
    properties: { colour: { type: 'string', enum: colours } },
    required: ['colour'],
    additionalProperties: false,
  },
};

export const sizeTool = {
  name: 'pick_size',
  description: 'Picks a size.',
  input_schema: {
    type: 'object',
    properties: { size: { type: 'string', enum: ['small', 'large'] } },
    required: ['size'],
    additionalProperties: false,
  },
};

/** Takes no arguments. */
export const bellTool = {
  name: 'ring_bell',
  description: 'Rings the bell.',
  input_schema: { type: 'object', properties: {}, additionalProperties: false },
};

/** Fields of a request that can only be answered with a call of this tool. */
export const forced = (tool: Fields & { readonly name: string }, more: Fields = {}): Fields => ({
  tools: [tool],
  tool_choice: { type: 'tool', name: tool.name },
  max_tokens: 512,
  ...more,
});

/** A finished call in a conversation: the assistant's turn and the user's with its result. */
export function callAndResult(result: Fields, call: Fields = {}): readonly Fields[] {
  const id = 'toolu_01compat';
  return [
    {
      role: 'assistant',
      content: [{ type: 'tool_use', id, name: colourTool.name, input: { colour: 'red' }, ...call }],
    },
    { role: 'user', content: [{ type: 'tool_result', tool_use_id: id, ...result }] },
  ];
}

export const emptySchema = { type: 'object', properties: {} };

export const question = user('Pick a colour.');
export const withColourTool: Fields = { tools: [colourTool], max_tokens: 1 };
