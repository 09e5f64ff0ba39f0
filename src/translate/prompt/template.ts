/** A model's chat template, parsed and probed once per loaded model. */
import type { LoadedModel } from '../../contract/engine/raw.ts';
import { ApiFailure, apiError } from '../../contract/errors.ts';
import type { Family } from '../families/family.ts';
import { arrangeMessages } from './arrange-messages.ts';
import { type ControlGuard, createControlGuard } from './control-guard.ts';
import { defaultTemplate } from './default-template.ts';
import { probeTemplate } from './probe-template.ts';
import { type ParsedTemplate, parseTemplate, runTemplate } from './run-template.ts';
import { plainJson } from './template-json.ts';
import type { TemplateMessage, TemplateTool } from './template-variables.ts';
import { ToolForms } from './tool-forms.ts';

export interface ChatTemplate {
  /** Where it comes from; `default` when the model file has none. */
  readonly origin: 'model' | 'default';
  /** How this model writes, and how it is to be read. */
  readonly family: Family;
  /**
   * False: the template lists tools, but writes calls in a form we have no parser for. Such a model
   * is served without tools on the raw tier.
   */
  readonly certified: boolean;
  /** Tools can be offered and their calls read. */
  readonly tools: boolean;
  /** The model can reason, in a form that is known. */
  readonly thinking: boolean;
  /** Whether thinking can be turned on and off. */
  readonly thinkingSwitch: boolean;
  readonly source: string;
  readonly guard: ControlGuard;
  /** Tools as it is given them, by the lists they stand in. */
  readonly toolForms: ToolForms;
  /** Runs it with these variables added to the model's own. May throw. */
  render(variables: Readonly<Record<string, unknown>>): string;
  /** Puts messages the way this template wants them. */
  arrange(messages: readonly TemplateMessage[]): readonly TemplateMessage[];
  /** For a template without a place for tools: tells of them in the system prompt. */
  readonly listTools: ((tools: readonly TemplateTool[]) => string) | undefined;
  /** Tools loaded in mid-conversation, printed as the template prints its own list. */
  printTools(tools: readonly TemplateTool[]): string;
}

/** Throws `ApiFailure` (`model_load_failed`) when the template cannot be parsed: without it the model would be misread. */
export function readTemplate(
  model: Pick<LoadedModel, 'chatTemplate' | 'bosText' | 'eosText' | 'controlTexts'>,
): ChatTemplate {
  const source = model.chatTemplate ?? defaultTemplate;
  const template = parse(source);
  const texts = { bos_token: model.bosText, eos_token: model.eosText };
  const abilities = probeTemplate(template, texts);
  const { family, form } = abilities;
  const listTools = abilities.listsTools ? undefined : family.calls?.listTools;
  const tools = family.calls !== null && (abilities.listsTools || listTools !== undefined);
  return {
    origin: model.chatTemplate === null ? 'default' : 'model',
    family,
    certified: tools || !abilities.listsTools,
    tools,
    thinking: abilities.thinking,
    thinkingSwitch: abilities.thinking && abilities.thinkingSwitch,
    source,
    guard: createControlGuard(model.controlTexts),
    toolForms: new ToolForms(),
    render: (variables) => runTemplate(template, { ...texts, ...variables }),
    arrange: (messages) => arrangeMessages(messages, family, form),
    listTools,
    printTools: (loaded) => {
      const lines = loaded.map((tool) => plainJson(abilities.bareTools ? tool.function : tool));
      return (abilities.toolsTag ? ['<tools>', ...lines, '</tools>'] : lines).join('\n');
    },
  };
}

function parse(source: string): ParsedTemplate {
  try {
    return parseTemplate(source);
  } catch (cause) {
    throw new ApiFailure(
      apiError(
        'model_load_failed',
        'The chat template inside the model file cannot be read, so no conversation can be put to the model. Use another build of the model, or serve it through an engine that brings its own template.',
      ),
      { cause },
    );
  }
}
