/** From body bytes to a canonical request, or the error that says what is wrong with them. */

import { ApiFailure } from '../../contract/errors.ts';
import type { GenerationRequest } from '../../contract/generation/request.ts';
import { canonicalise } from '../../translate/request/canonicalise.ts';
import { estimateTokens } from '../../translate/request/estimate-tokens.ts';
import { parseBody } from '../../translate/request/parse-body.ts';
import { readMessagesRequest } from '../../translate/request/read-request.ts';
import { type NamedModel, resolveModel } from '../../yard/model-names.ts';

export interface PreparedRequest {
  /** Resolved id of the model that will serve it. */
  readonly model: string;
  readonly stream: boolean;
  readonly estimatedTokens: number;
  /** The canonical request, serialised once for every attempt. */
  readonly requestJson: string;
  /** What was changed or ignored, for the log. Never prompt text. */
  readonly notes: readonly string[];
}

/** Throws `ApiFailure`. `models` is what the yard can serve at this moment. */
export function prepareRequest(
  body: Uint8Array,
  purpose: 'create' | 'count',
  models: readonly NamedModel[],
  verifySignature: (thinking: string, signature: string) => boolean,
): PreparedRequest {
  const parsed = parseBody(body);
  if (!parsed.ok) throw new ApiFailure(parsed.error);
  const read = readMessagesRequest(parsed.value, { purpose });
  if (!read.ok) throw new ApiFailure(read.error);
  const resolved = resolveModel(read.request.model, models);
  if (!resolved.ok) throw new ApiFailure(resolved.error);
  const { request, stream, notes } = canonicalise(read.request, { verifySignature });
  const canonical: GenerationRequest = { ...request, model: resolved.id };
  return {
    model: resolved.id,
    stream,
    estimatedTokens: estimateTokens(body.byteLength),
    requestJson: JSON.stringify(canonical),
    notes,
  };
}
