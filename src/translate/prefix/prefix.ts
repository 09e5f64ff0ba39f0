/** Blocks become a chain of hashes: each covers everything before it, the model and the scope included. */
import type { GenerationRequest } from '../../contract/generation/request.ts';
import { type Prefix, toldOf } from '../../contract/link/prefix.ts';
import { lineageText, promptBlocks } from './prompt-blocks.ts';

export interface PrefixOrigin {
  /** Trust group: prompts of different ones have no hash in common. */
  readonly scope: string;
  /** As the client told it, in a header or in its metadata. */
  readonly sessionId: string | undefined;
}

/** `hash` gives 16 characters of base64url for a text. `toolsJson`: the request's tools as JSON. */
export function prefixOf(
  request: GenerationRequest,
  { scope, sessionId }: PrefixOrigin,
  hash: (text: string) => string,
  toolsJson: string = JSON.stringify(request.tools),
): Prefix {
  const blocks = promptBlocks(request, toolsJson);
  const whole = blocks.reduce((sum, { length }) => sum + length, 0);
  const hashes: string[] = [];
  const ends: number[] = [];
  let last = `${scope}\n${request.model}\n`;
  let read = 0;
  for (const block of blocks) {
    last = hash(last + block);
    read += block.length;
    hashes.push(last);
    ends.push(Math.floor((read / whole) * 1_000));
  }
  const lineage = hash(`${scope}\n${sessionId ?? ''}\n${lineageText(request)}`);
  return { lineage, blocks: toldOf(hashes), ends: toldOf(ends) };
}
