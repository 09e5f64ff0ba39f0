/**
 * Lists of tools in the form that templates are given. A list that is known again is the same object (`agent/known-tools.ts`):
 * what was made of it for a template is kept with it, because making it and printing it take longer than all else in a prompt.
 */
import type { ToolDefinition } from '../../contract/generation/request.ts';
import { SharedValue } from './run-template.ts';
import { type TemplateTool, templateTool } from './template-variables.ts';

export interface ToolForm {
  readonly tools: readonly TemplateTool[];
  /** The same for the template engine; null where there are none: templates ask `is not none`, as in transformers. */
  readonly variable: SharedValue | null;
}

/** For one template. */
export class ToolForms {
  readonly #kept = new WeakMap<readonly ToolDefinition[], ToolForm>();

  /** `protect`: applied to all that came from the client. What it changes is made anew for each prompt, as its marks are. */
  of(list: readonly ToolDefinition[], protect: <Value>(value: Value) => Value): ToolForm {
    const kept = this.#kept.get(list);
    if (kept !== undefined) return kept;
    const given = list.map(templateTool);
    const tools = given.map(protect);
    const form = { tools, variable: tools.length === 0 ? null : new SharedValue(tools) };
    if (tools.every((tool, at) => tool === given[at])) this.#kept.set(list, form);
    return form;
  }
}
