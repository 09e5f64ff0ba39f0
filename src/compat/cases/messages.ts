/** The cases of `messages/`, in the order of the report. */
import type { CompatCase } from '../compat-case.ts';
import { cacheControl } from './messages/cache-control.ts';
import { claudeCodeRequest } from './messages/claude-code-request.ts';
import { clearAt } from './messages/clear-at.ts';
import { consecutiveTurns } from './messages/consecutive-turns.ts';
import { contentBlocks } from './messages/content-blocks.ts';
import { contentString } from './messages/content-string.ts';
import { contextManagement } from './messages/context-management.ts';
import { emptyTools } from './messages/empty-tools.ts';
import { maxTokensHuge } from './messages/max-tokens-huge.ts';
import { maxTokensZero } from './messages/max-tokens-zero.ts';
import { metadata } from './messages/metadata.ts';
import { nullOptions } from './messages/null-options.ts';
import { prefill } from './messages/prefill.ts';
import { samplingOptions } from './messages/sampling-options.ts';
import { serviceTier } from './messages/service-tier.ts';
import { severalTurns } from './messages/several-turns.ts';
import { streamFalse } from './messages/stream-false.ts';
import { systemBetweenTurns } from './messages/system-between-turns.ts';
import { systemBlocks } from './messages/system-blocks.ts';
import { systemInConversation } from './messages/system-in-conversation.ts';
import { systemString } from './messages/system-string.ts';
import { unknownFields } from './messages/unknown-fields.ts';

export const messagesCases: readonly CompatCase[] = [
  contentString,
  contentBlocks,
  systemString,
  systemBlocks,
  systemInConversation,
  systemBetweenTurns,
  clearAt,
  severalTurns,
  consecutiveTurns,
  prefill,
  emptyTools,
  nullOptions,
  streamFalse,
  cacheControl,
  metadata,
  serviceTier,
  samplingOptions,
  unknownFields,
  contextManagement,
  claudeCodeRequest,
  maxTokensZero,
  maxTokensHuge,
];
