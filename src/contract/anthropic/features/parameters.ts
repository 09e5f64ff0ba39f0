/** Fields of the body (messages-api §4.1, §4.7, §4.8), as `parameter.NAME`. */
import { degraded, type FeatureRows, ignored, refused, row, supported } from './feature.ts';

export const parameterFeatures = {
  'parameter.model': row(
    '`model`',
    supported(
      'ids of `/v1/models`, aliases, `auto`; `claude-opus*`, `claude-sonnet*` and `claude-haiku*` are the tiers large, default and small, other `claude-*` names default',
    ),
  ),
  'parameter.max_tokens': row(
    '`max_tokens`',
    supported('clamped to what the window holds, and said in a note; never a reason to refuse'),
  ),
  'parameter.max_tokens.0': row('`max_tokens: 0`', supported('the prompt is read, nothing is generated')),
  'parameter.messages': row('`messages`', supported('`user`, `assistant` and `system` in any order')),
  'parameter.prefill': row('last message of `assistant` (prefill)', supported('the answer continues it'), {
    raw: refused(
      'This model does not support assistant message prefill. The conversation must end with a user message.',
    ),
  }),
  'parameter.prefill.format': row(
    'prefill together with a JSON format',
    refused('A prefill cannot be combined with a JSON schema for the answer. Leave one of them out.'),
  ),
  'parameter.system': row('`system`', supported('string or text blocks')),
  'parameter.stream': row('`stream`', supported('both; prefer `true` for anything long')),
  'parameter.tools': row('`tools`', supported('an empty list too')),
  'parameter.tool_choice': row('`tool_choice`', supported()),
  'parameter.stop_sequences': row('`stop_sequences`', supported('at most 16 of 256 characters each')),
  'parameter.thinking': row('`thinking`', supported('each form has a row of its own')),
  'parameter.temperature': row('`temperature`', supported('0 to 1')),
  'parameter.top_p': row('`top_p`', supported()),
  'parameter.top_k': row('`top_k`', supported()),
  'parameter.metadata': row('`metadata.user_id`', supported('a hint for routing, never for access')),
  'parameter.cache_control': row(
    '`cache_control` (anywhere)',
    supported('not needed: every prefix is cached, and hits are reported as `cache_read_input_tokens`'),
  ),
  'parameter.output_config': row('`output_config`', supported('its parts have rows of their own')),
  'parameter.output_config.format': row(
    '`output_config.format`',
    supported('the answer is held to the schema by a grammar'),
    { schemas: refused('this model is served by an engine that cannot be held to a schema. Ask for JSON in words.') },
  ),
  'parameter.output_format': row('`output_format`', supported('the older name of `output_config.format`'), {
    schemas: refused('this model is served by an engine that cannot be held to a schema. Ask for JSON in words.'),
  }),
  'parameter.output_config.effort': row(
    '`output_config.effort`',
    ignored('effort: these models know no levels of it.'),
  ),
  'parameter.output_config.task_budget': row(
    '`output_config.task_budget`',
    ignored('task_budget: the model is not told of it.'),
  ),
  'parameter.output_config.in_conversation': row(
    '`output_config` on a `system` message',
    ignored('output_config inside messages: only the one of the request counts.'),
  ),
  'parameter.schema_keywords': row(
    'JSON Schema keywords no grammar can hold (`pattern`, `if`, `not`, ...)',
    degraded('Schema keywords that are not enforced, at most checked'),
  ),
  'parameter.context_management': row(
    '`context_management`',
    ignored('context_management: nothing is cleared (applied_edits is empty); prompts that do not fit are refused.'),
  ),
  'parameter.service_tier': row('`service_tier`', supported('every answer is `standard`')),
  'parameter.speed': row('`speed: "fast"`', ignored('speed: the machines of this yard have one speed.')),
  'parameter.inference_geo': row(
    '`inference_geo`',
    ignored('inference_geo: requests run on the machines of this yard, wherever they stand.'),
  ),
  'parameter.container': row('`container`', ignored('container: nothing here runs code.')),
  'parameter.diagnostics': row(
    '`diagnostics`',
    ignored('diagnostics: none are made; the field is null in the answer.'),
  ),
  'parameter.billing_policy': row('`billing_policy`', ignored('billing_policy: nothing is billed.')),
  'parameter.fallbacks': row('`fallbacks`', ignored('fallbacks: the model asked for answers, or none does.')),
  'parameter.fallback_credit_token': row(
    '`fallback_credit_token`',
    ignored('fallback_credit_token: nothing is billed.'),
  ),
  'parameter.safeguards': row('`safeguards`', ignored('safeguards: no classifier watches tool calls here.')),
  'parameter.compaction': row(
    '`compaction`',
    refused('server-side compaction is not available here. Summarise at the client.'),
  ),
  'parameter.mcp_servers': row(
    '`mcp_servers`',
    refused('this gateway connects to no MCP servers. Connect them at the client and send their tools.'),
  ),
  'parameter.thread': row(
    '`thread`',
    refused(
      'message threads are not kept here. Send the whole conversation in `messages`.',
      'thread_unsupported_request',
    ),
  ),
  'parameter.unknown': row('any other field', ignored('Fields that are unknown here are ignored')),
} as const satisfies FeatureRows;
