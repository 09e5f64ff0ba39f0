/** A model's chat template, parsed and probed once per loaded model. */
import { Template } from '@huggingface/jinja';
import type { LoadedModel } from '../../contract/engine/raw.ts';
import { ApiFailure, apiError } from '../../contract/errors.ts';
import { type ControlGuard, createControlGuard } from './control-guard.ts';
import { defaultTemplate } from './default-template.ts';
import { probeTemplate } from './probe-template.ts';
import { type ParsedTemplate, runTemplate } from './run-template.ts';
import type { TemplateTool } from './template-variables.ts';

export interface ChatTemplate {
  /** Where it comes from; `default` when the model file has none. */
  readonly origin: 'model' | 'default';
  /** How this model's raw output is to be read. */
  readonly outputSyntax: 'hermes' | 'plain';
  /**
   * False: the template lists tools, but writes calls in a form we have no parser for. Such a model
   * is served without tools on the raw tier.
   */
  readonly certified: boolean;
  /** Tools can be offered and their calls read. */
  readonly tools: boolean;
  /** The model can reason in `<think>` tags. */
  readonly thinking: boolean;
  /** Whether thinking can be turned on and off. */
  readonly thinkingSwitch: boolean;
  readonly source: string;
  readonly guard: ControlGuard;
  /** Runs it with these variables added to the model's own. May throw. */
  render(variables: Readonly<Record<string, unknown>>): string;
  /** Tools loaded in mid-conversation, printed as the template prints its own list. */
  printTools(tools: readonly TemplateTool[]): string;
}

const oneTool = parse('{{ tool | tojson }}');

/** Throws `ApiFailure` (`model_load_failed`) when the template cannot be parsed: without it the model would be misread. */
export function readTemplate(
  model: Pick<LoadedModel, 'chatTemplate' | 'bosText' | 'eosText' | 'controlTexts'>,
): ChatTemplate {
  const source = model.chatTemplate ?? defaultTemplate;
  const template = parse(source);
  const texts = { bos_token: model.bosText, eos_token: model.eosText };
  const abilities = probeTemplate(template, texts);
  const tools = abilities.rendersTools && abilities.hermesCalls;
  return {
    origin: model.chatTemplate === null ? 'default' : 'model',
    outputSyntax: tools ? 'hermes' : 'plain',
    certified: tools || !abilities.rendersTools,
    tools,
    thinking: abilities.thinkTags,
    thinkingSwitch: abilities.thinkTags && abilities.thinkingSwitch,
    source,
    guard: createControlGuard(model.controlTexts),
    render: (variables) => runTemplate(template, { ...texts, ...variables }),
    printTools: (loaded) => {
      const lines = loaded.map((tool) => runTemplate(oneTool, { tool: abilities.bareTools ? tool.function : tool }));
      return (abilities.toolsTag ? ['<tools>', ...lines, '</tools>'] : lines).join('\n');
    },
  };
}

function parse(source: string): ParsedTemplate {
  try {
    return { source, template: new Template(source) };
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
