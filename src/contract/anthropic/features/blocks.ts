/** Content blocks of a request (messages-api §4.2), as `block.TYPE`; inside a tool result as `result.TYPE`. */
import { degraded, type FeatureRows, ignored, refused, row, supported } from './feature.ts';

/** Claude Code takes a block that is refused so out of the conversation, and goes on. */
const blind = refused(
  'image blocks cannot be read: this model reads text only. Remove the image, describe it in words, or name a model that sees (capabilities.image_input in /v1/models).',
);

const flattened = supported('history: its text is kept');

export const blockFeatures = {
  'block.text': row('`text`', supported()),
  'block.image': row(
    '`image`, source `base64`',
    supported('JPEG, PNG, GIF or WebP, passed on as it is; its tokens are estimated'),
    { vision: blind },
  ),
  'block.image.url': row(
    '`image`, source `url`',
    refused('images are not fetched from addresses here. Send the image itself (base64).'),
    { vision: blind },
  ),
  'block.image.file': row(
    '`image`, source `file`',
    refused('there is no files API here. Send the image itself (base64).'),
    { vision: blind },
  ),
  'block.document.text': row('`document`, source `text`', supported()),
  'block.document.content': row('`document`, source `content`', supported()),
  'block.document.content.image': row(
    'an image inside a `content` document',
    degraded('Images in documents were replaced by a sentence: of documents only text is read.'),
  ),
  'block.document.pdf': row(
    '`document`, source `base64` (PDF)',
    degraded('Of a PDF only its text was read; pictures and layout were left out.'),
  ),
  'block.document.url': row(
    '`document`, source `url`',
    refused('documents are not fetched from addresses here. Send the document itself (base64 PDF, or text).'),
  ),
  'block.document.file': row(
    '`document`, source `file`',
    refused('there is no files API here. Send the document itself (base64 PDF, or text).'),
  ),
  'block.citations': row('`citations: {enabled: true}`', ignored('citations: answers cite nothing.')),
  'block.search_result': row('`search_result`', supported('as text')),
  'block.thinking': row('`thinking`', supported('any signature, also none')),
  'block.redacted_thinking': row(
    '`redacted_thinking`',
    degraded('Redacted thinking was left out of the history: it can only be read where it was made.'),
  ),
  'block.tool_use': row('`tool_use`', supported()),
  'block.tool_result': row('`tool_result`', supported('also with `is_error`')),
  'result.text': row('`tool_result` with `text`', supported()),
  'result.search_result': row('`tool_result` with `search_result`', supported('as text')),
  'result.document': row('`tool_result` with a `document` of text', supported()),
  'result.document.pdf': row(
    '`tool_result` with a PDF',
    degraded('Of a PDF only its text was read; pictures and layout were left out.'),
  ),
  'result.document.other': row(
    '`tool_result` with a `document` at a URL or in a file',
    degraded('A document in a tool result was replaced by a sentence: it is not fetched here.'),
  ),
  'result.image': row('`tool_result` with an `image`', supported('shown to the model behind the results'), {
    vision: degraded('An image in a tool result was replaced by a sentence: this model reads text only.'),
  }),
  'result.image.other': row(
    '`tool_result` with an `image` at a URL, in a file, or damaged',
    degraded('An image in a tool result was replaced by a sentence: it is not base64, or cannot be read.'),
  ),
  'result.tool_reference': row('`tool_result` with `tool_reference`', supported('shows a deferred tool from there on')),
  'result.tool_reference.unresolved': row(
    '`tool_reference` to a tool that was not sent',
    degraded('A reference to a tool that is not in `tools` was told to the model as unavailable.'),
  ),
  'block.server_tool_use': row('`server_tool_use`', flattened),
  'block.web_search_tool_result': row('`web_search_tool_result`', flattened),
  'block.web_fetch_tool_result': row('`web_fetch_tool_result`', flattened),
  'block.code_execution_tool_result': row('`code_execution_tool_result`', flattened),
  'block.bash_code_execution_tool_result': row('`bash_code_execution_tool_result`', flattened),
  'block.text_editor_code_execution_tool_result': row('`text_editor_code_execution_tool_result`', flattened),
  'block.tool_search_tool_result': row('`tool_search_tool_result`', flattened),
  'block.advisor_tool_result': row('`advisor_tool_result`', flattened),
  'block.mcp_tool_use': row('`mcp_tool_use`', flattened),
  'block.mcp_tool_result': row('`mcp_tool_result`', flattened),
  'block.mcp_tool_listing': row(
    '`mcp_tool_listing`',
    ignored('Blocks of the history that say nothing to a model were left out.'),
  ),
  'block.browser_state': row('`browser_state`', flattened),
  'block.compaction': row('`compaction`', flattened),
  'block.fallback': row('`fallback`', ignored('Blocks of the history that say nothing to a model were left out.')),
  'block.tool_addition': row('`tool_addition`', supported('in `system` messages')),
  'block.tool_removal': row('`tool_removal`', supported('in `system` messages')),
  'block.container_upload': row(
    '`container_upload`',
    refused('container_upload needs code execution, which nothing in this yard runs. Send the content as text.'),
  ),
  'block.unknown': row(
    'a block of another type, in the history',
    degraded('Blocks of unknown types were left out of the history, or kept as their text.'),
  ),
} as const satisfies FeatureRows;
