/** Tools and how they may be called (messages-api §4.5), as `tool.KIND` and `tool_choice.FORM`. */
import { degraded, type FeatureRows, ignored, refused, row, supported } from './feature.ts';

const noTools = {
  tools: refused(
    'this model cannot be offered tools: its chat template has no place for them, or its way of writing calls is not certified here. Ask a model that has tools, or leave them out.',
  ),
};
const schemaGiven = supported('run by the client; the schema is supplied here');
const notRun = (what: string) =>
  ignored(`${what} was left out: nothing in this yard runs it. The model was told so and answers in plain text.`);
const screenshots = refused('this tool answers with screenshots, and models here read text only. Leave it out.');

export const toolFeatures = {
  'tool.custom': row('custom tools', supported('any JSON Schema of an object'), noTools),
  'tool.bash': row('`bash_*`', schemaGiven, noTools),
  'tool.text_editor': row('`text_editor_*`', schemaGiven, noTools),
  'tool.memory': row('`memory_*`', schemaGiven, noTools),
  'tool.computer': row('`computer_*`, `computer_toolset_*`', screenshots),
  'tool.browser': row('`browser_toolset_*`', screenshots),
  'tool.web_search': row('`web_search_*`', notRun('web_search')),
  'tool.web_fetch': row('`web_fetch_*`', notRun('web_fetch')),
  'tool.code_execution': row('`code_execution_*`', notRun('code_execution')),
  'tool.advisor': row('`advisor_*`', notRun('advisor')),
  'tool.tool_search': row(
    '`tool_search_tool_regex*`, `tool_search_tool_bm25*`',
    degraded('Tool search was left out: deferred tools are all shown from the start.'),
  ),
  'tool.mcp_toolset': row(
    '`mcp_toolset`',
    refused('this gateway connects to no MCP servers. Connect them at the client and send their tools.'),
  ),
  'tool.unknown': row(
    'any other tool type',
    refused('no schema is known here for a tool of this type. Send it as a custom tool with an input_schema.'),
  ),
  'tool.strict': row('`strict: true`', supported('a call off its schema is made again under a grammar, or fails'), {
    raw: refused('strict needs an engine that can be held to a schema; this model is attached by chat completions.'),
  }),
  'tool.defer_loading': row('`defer_loading`', supported('hidden until a `tool_reference` names it')),
  'tool.input_examples': row('`input_examples`', supported('added to the description')),
  'tool.allowed_callers': row(
    '`allowed_callers`',
    ignored('allowed_callers: nothing here runs code, so every tool is called by the model itself.'),
  ),
  'tool.eager_input_streaming': row(
    '`eager_input_streaming`',
    ignored('eager_input_streaming: the input of a call is shown whole, once it is checked.'),
  ),
  'tool_choice.auto': row('`{type: "auto"}`', supported()),
  'tool_choice.any': row('`{type: "any"}`', supported('held by a grammar'), {
    raw: degraded('tool_choice any: the engine of this model is asked for a call, and may not obey.'),
  }),
  'tool_choice.tool': row('`{type: "tool", name}`', supported('held by a grammar'), {
    raw: degraded('tool_choice tool: the engine of this model is asked for a call, and may not obey.'),
  }),
  'tool_choice.none': row('`{type: "none"}`', supported()),
  'tool_choice.disable_parallel_tool_use': row('`disable_parallel_tool_use`', supported('one call at most')),
  'tool_choice.unavailable': row(
    'a forced tool that was left out',
    degraded('tool_choice was not applied: the tool it asks for was left out.'),
  ),
} as const satisfies FeatureRows;

export type ToolFeatureId = keyof typeof toolFeatures;

/** Which row a tool's `type` belongs to; first match. */
export const toolTypes: readonly { readonly pattern: RegExp; readonly feature: ToolFeatureId }[] = [
  { pattern: /^bash_\d{8}$/, feature: 'tool.bash' },
  { pattern: /^text_editor_\d{8}$/, feature: 'tool.text_editor' },
  { pattern: /^memory_\d{8}$/, feature: 'tool.memory' },
  { pattern: /^computer(?:_toolset)?_\d{8}$/, feature: 'tool.computer' },
  { pattern: /^browser_toolset_\d{8}$/, feature: 'tool.browser' },
  { pattern: /^web_search(?:_\d{8})?$/, feature: 'tool.web_search' },
  { pattern: /^web_fetch(?:_\d{8})?$/, feature: 'tool.web_fetch' },
  { pattern: /^code_execution(?:_\d{8})?$/, feature: 'tool.code_execution' },
  { pattern: /^advisor(?:_\d{8})?$/, feature: 'tool.advisor' },
  { pattern: /^tool_search_tool_(?:regex|bm25)(?:_\d{8})?$/, feature: 'tool.tool_search' },
  { pattern: /^mcp_toolset$/, feature: 'tool.mcp_toolset' },
];
