/** The cases of `response/`, in the order of the report. */
import type { CompatCase } from '../compat-case.ts';
import { idPrefix } from './response/id-prefix.ts';
import { idsUnique } from './response/ids-unique.ts';
import { maxTokensReason } from './response/max-tokens-reason.ts';
import { messageShape } from './response/message-shape.ts';
import { modelEchoed } from './response/model-echoed.ts';
import { noEmptyText } from './response/no-empty-text.ts';
import { noRefusal } from './response/no-refusal.ts';
import { stopReasonKnown } from './response/stop-reason-known.ts';
import { stopSequence } from './response/stop-sequence.ts';
import { stopSequenceNull } from './response/stop-sequence-null.ts';
import { textBlockShape } from './response/text-block-shape.ts';

export const responseCases: readonly CompatCase[] = [
  messageShape,
  modelEchoed,
  idPrefix,
  idsUnique,
  stopReasonKnown,
  maxTokensReason,
  stopSequence,
  stopSequenceNull,
  textBlockShape,
  noEmptyText,
  noRefusal,
];
