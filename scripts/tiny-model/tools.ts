/** Tools as coding agents declare them, with descriptions of any length, and requests for them. */
import type { ToolDefinition } from '../../src/contract/generation/request.ts';
import { filler } from './filler.ts';
import { between, type Chance, logUniform, madeUpWord, pick, someWord } from './words.ts';

interface ToolPlan {
  readonly name: string;
  readonly about: string;
  readonly required: readonly string[];
  readonly optional: readonly string[];
}

const agentTools: readonly ToolPlan[] = [
  { name: 'Bash', about: 'Run a shell command.', required: ['command'], optional: ['description', 'timeout'] },
  { name: 'Read', about: 'Read a file.', required: ['file_path'], optional: ['offset', 'limit'] },
  { name: 'Write', about: 'Write a file.', required: ['file_path', 'content'], optional: [] },
  {
    name: 'Edit',
    about: 'Edit a file.',
    required: ['file_path', 'old_string', 'new_string'],
    optional: ['replace_all'],
  },
  { name: 'Glob', about: 'Find files by pattern.', required: ['pattern'], optional: ['path'] },
  { name: 'Grep', about: 'Search in files.', required: ['pattern'], optional: ['path', 'glob'] },
  { name: 'Task', about: 'Start a helper.', required: ['description', 'prompt'], optional: [] },
  { name: 'Skill', about: 'Use a skill.', required: ['skill'], optional: ['args'] },
  { name: 'ToolSearch', about: 'Find more tools.', required: ['query'], optional: ['max_results'] },
];

const toolOf = (
  { name, about, required, optional }: ToolPlan,
  description: (of: string) => string,
): ToolDefinition => ({
  name,
  description: description(about),
  inputSchema: {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    type: 'object',
    properties: Object.fromEntries(
      [...required, ...optional].map((key) => [key, { description: description(`The ${key}.`), type: 'string' }]),
    ),
    required,
    additionalProperties: false,
  },
  strict: false,
});

export interface AgentRequest {
  readonly text: string;
  readonly expects: string;
  readonly needs: readonly string[];
}

/** What is asked for, and the tool that an answer must call. */
export function toolRequest(chance: Chance): AgentRequest {
  const file = `${someWord(chance)}.${pick(chance, ['txt', 'md', 'json', 'py'])}`;
  return pick(chance, [
    { text: `Read the file ${file}`, expects: 'Read', needs: ['Read'] },
    { text: `Run the command: echo ${someWord(chance)}`, expects: 'Bash', needs: ['Bash'] },
    { text: `Create a file ${file} with the text ${someWord(chance)}`, expects: 'Write', needs: ['Write'] },
  ]);
}

/** The same tools twice: as short as the model knows them, and as long as agents write them. */
export function toolsTwice(
  chance: Chance,
  needs: readonly string[],
  fillerCharacters: number,
): { readonly short: readonly ToolDefinition[]; readonly long: readonly ToolDefinition[] } {
  const others = agentTools.filter(({ name }) => !needs.includes(name) && chance() < 0.5);
  const plans = [...agentTools.filter(({ name }) => needs.includes(name)), ...others];
  const order = plans
    .map((plan) => ({ plan, at: chance() }))
    .sort((a, b) => a.at - b.at)
    .map(({ plan }) => plan);
  const each = fillerCharacters / Math.max(1, order.length);
  const lengthen = (about: string) =>
    chance() < 0.5 ? about : `${about} ${filler(chance, Math.min(each, logUniform(chance, 20, 1_500)))}`;
  const long = order.map((plan) => toolOf(plan, lengthen));
  if (chance() < 0.5) {
    const strange = {
      name: madeUpWord(chance),
      about: filler(chance, between(chance, 20, 200)),
      required: [madeUpWord(chance)],
      optional: [],
    };
    long.splice(
      between(chance, 0, long.length),
      0,
      toolOf(strange, (about) => about),
    );
  }
  return { short: order.map((plan) => toolOf(plan, (about) => about)), long };
}
