/** Every case, in the order of the report. A test keeps this list and the folders of `cases/` in step. */
import { idPrefix } from './cases/response/id-prefix.ts';
import { idsUnique } from './cases/response/ids-unique.ts';
import { maxTokensReason } from './cases/response/max-tokens-reason.ts';
import { messageShape } from './cases/response/message-shape.ts';
import { modelEchoed } from './cases/response/model-echoed.ts';
import { noEmptyText } from './cases/response/no-empty-text.ts';
import { noRefusal } from './cases/response/no-refusal.ts';
import { stopReasonKnown } from './cases/response/stop-reason-known.ts';
import { stopSequence } from './cases/response/stop-sequence.ts';
import { stopSequenceNull } from './cases/response/stop-sequence-null.ts';
import { textBlockShape } from './cases/response/text-block-shape.ts';
import { arrivesInPieces } from './cases/streaming/arrives-in-pieces.ts';
import { blocksStopped } from './cases/streaming/blocks-stopped.ts';
import { deltasFitBlock } from './cases/streaming/deltas-fit-block.ts';
import { earlyErrorsAreStatuses } from './cases/streaming/early-errors-are-statuses.ts';
import { eventDataJson } from './cases/streaming/event-data-json.ts';
import { eventLines } from './cases/streaming/event-lines.ts';
import { eventNamesAgree } from './cases/streaming/event-names-agree.ts';
import { indexesDense } from './cases/streaming/indexes-dense.ts';
import { knownEvents } from './cases/streaming/known-events.ts';
import { lastEventEnded } from './cases/streaming/last-event-ended.ts';
import { messageDelta } from './cases/streaming/message-delta.ts';
import { messageStartFirst } from './cases/streaming/message-start-first.ts';
import { messageStartShape } from './cases/streaming/message-start-shape.ts';
import { messageStopLast } from './cases/streaming/message-stop-last.ts';
import { oneBlockAtATime } from './cases/streaming/one-block-at-a-time.ts';
import { pingsShaped } from './cases/streaming/pings-shaped.ts';
import { streamClosed } from './cases/streaming/stream-closed.ts';
import { streamContentType } from './cases/streaming/stream-content-type.ts';
import { streamMaxTokens } from './cases/streaming/stream-max-tokens.ts';
import { streamSamePrompt } from './cases/streaming/stream-same-prompt.ts';
import { streamStopSequence } from './cases/streaming/stream-stop-sequence.ts';
import { streamTextWhole } from './cases/streaming/stream-text-whole.ts';
import { textStartsEmpty } from './cases/streaming/text-starts-empty.ts';
import { thinkingStreamed } from './cases/streaming/thinking-streamed.ts';
import { toolInputStreamed } from './cases/streaming/tool-input-streamed.ts';
import { toolWithoutArguments } from './cases/streaming/tool-without-arguments.ts';
import { usageAtEnd } from './cases/streaming/usage-at-end.ts';
import { usageAtStart } from './cases/streaming/usage-at-start.ts';
import type { CompatCase } from './compat-case.ts';

export const allCases: readonly CompatCase[] = [
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
  streamContentType,
  eventLines,
  eventNamesAgree,
  eventDataJson,
  knownEvents,
  messageStartFirst,
  messageStartShape,
  usageAtStart,
  indexesDense,
  oneBlockAtATime,
  blocksStopped,
  textStartsEmpty,
  deltasFitBlock,
  messageDelta,
  usageAtEnd,
  messageStopLast,
  lastEventEnded,
  streamClosed,
  arrivesInPieces,
  toolInputStreamed,
  toolWithoutArguments,
  thinkingStreamed,
  earlyErrorsAreStatuses,
  streamMaxTokens,
  streamStopSequence,
  streamSamePrompt,
  streamTextWhole,
  pingsShaped,
];
