/** The cases of `streaming/`, in the order of the report. */
import type { CompatCase } from '../compat-case.ts';
import { arrivesInPieces } from './streaming/arrives-in-pieces.ts';
import { blocksStopped } from './streaming/blocks-stopped.ts';
import { deltasFitBlock } from './streaming/deltas-fit-block.ts';
import { earlyErrorsAreStatuses } from './streaming/early-errors-are-statuses.ts';
import { eventDataJson } from './streaming/event-data-json.ts';
import { eventLines } from './streaming/event-lines.ts';
import { eventNamesAgree } from './streaming/event-names-agree.ts';
import { indexesDense } from './streaming/indexes-dense.ts';
import { knownEvents } from './streaming/known-events.ts';
import { lastEventEnded } from './streaming/last-event-ended.ts';
import { messageDelta } from './streaming/message-delta.ts';
import { messageStartFirst } from './streaming/message-start-first.ts';
import { messageStartShape } from './streaming/message-start-shape.ts';
import { messageStopLast } from './streaming/message-stop-last.ts';
import { oneBlockAtATime } from './streaming/one-block-at-a-time.ts';
import { pingsShaped } from './streaming/pings-shaped.ts';
import { streamClosed } from './streaming/stream-closed.ts';
import { streamContentType } from './streaming/stream-content-type.ts';
import { streamMaxTokens } from './streaming/stream-max-tokens.ts';
import { streamSamePrompt } from './streaming/stream-same-prompt.ts';
import { streamStopSequence } from './streaming/stream-stop-sequence.ts';
import { streamTextWhole } from './streaming/stream-text-whole.ts';
import { textStartsEmpty } from './streaming/text-starts-empty.ts';
import { thinkingStreamed } from './streaming/thinking-streamed.ts';
import { toolInputStreamed } from './streaming/tool-input-streamed.ts';
import { toolWithoutArguments } from './streaming/tool-without-arguments.ts';
import { usageAtEnd } from './streaming/usage-at-end.ts';
import { usageAtStart } from './streaming/usage-at-start.ts';

export const streamingCases: readonly CompatCase[] = [
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
