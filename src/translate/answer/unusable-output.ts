/** Output that cannot be shown as what was asked for, and what the client is told then. */
import { type ApiError, apiError } from '../../contract/errors.ts';
import { inputCheck } from './tool-input-check.ts';

/** Whether a text is JSON of this schema. */
export function jsonFits(text: string, schema: unknown): boolean {
  try {
    return inputCheck(schema)(JSON.parse(text));
  } catch {
    return false;
  }
}

export const unusableJson = (): ApiError =>
  apiError(
    'output_unusable',
    'The model ended its answer with text that is not JSON of the requested schema. Try again, simplify `output_config.format`, or use a larger model.',
  );

export const offSchema = (tool: string): ApiError =>
  apiError(
    'output_unusable',
    `The model called the strict tool "${tool}" with arguments that do not fit its schema, and so did its second try. Try again, simplify the schema, or use a larger model.`,
  );
