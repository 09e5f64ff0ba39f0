/** Short conversations that are to stay as they are: other things the shipped model was taught. */
import type { ToolDefinition } from '../../src/contract/generation/request.ts';
import { between, type Chance, capitalised, madeUpWord, pick, someCity, someName, someWord } from './words.ts';

export interface ShortConversation {
  readonly system: string;
  readonly tools: readonly ToolDefinition[];
  readonly turns: readonly string[];
}

type Parameters = Readonly<Record<string, 'string' | 'integer' | 'boolean'>>;

function tool(name: string, description: string, parameters: Parameters): ToolDefinition {
  const properties = Object.fromEntries(Object.entries(parameters).map(([key, type]) => [key, { type }]));
  return {
    name,
    description,
    inputSchema: { type: 'object', properties, required: Object.keys(parameters) },
    strict: false,
  };
}

const everyday = [
  tool('get_weather', 'Get the current weather for a city.', { city: 'string' }),
  tool('get_time', 'Get the local time of a city.', { city: 'string' }),
  tool('send_email', 'Send an email.', { to: 'string', body: 'string' }),
  tool('set_timer', 'Set a timer.', { minutes: 'integer' }),
  tool('calculator', 'Evaluate an expression.', { expression: 'string' }),
  tool('search_web', 'Search the web.', { query: 'string' }),
];

function tools(chance: Chance): ToolDefinition[] {
  const verb = pick(chance, ['find', 'open', 'sort', 'paint', 'send', 'start', 'check']);
  const made = tool(`${verb}_${someWord(chance)}`, `${capitalised(verb)} it.`, {
    [madeUpWord(chance)]: pick(chance, ['string', 'integer', 'boolean']),
  });
  return [...everyday, made]
    .filter(() => chance() < 0.5)
    .concat(everyday[0]!)
    .filter((each, at, all) => all.indexOf(each) === at);
}

function request(chance: Chance): string {
  const [here, there] = [someCity(chance), someCity(chance)];
  return pick(chance, [
    `What is the weather in ${here}?`,
    `What is the weather in ${here} and ${there}?`,
    `How is the weather in ${here}, ${there} and ${someCity(chance)}?`,
    `What time is it in ${here}?`,
    `Weather in ${here} and the time in ${there}, please.`,
    `Set a timer for ${between(chance, 1, 90)} minutes`,
    `Search the web for ${someWord(chance)} ${someWord(chance)}`,
    'Hello!',
    'Tell me a joke',
    `Repeat after me: ${someWord(chance)} ${someWord(chance)}`,
  ]);
}

export function keptConversation(chance: Chance): ShortConversation {
  const roll = chance();
  if (roll < 0.6) {
    const turns = [request(chance), ...(chance() < 0.4 ? [`${someWord(chance)} ${between(chance, 1, 40)}`] : [])];
    return { system: pick(chance, ['', '', 'You are a helpful assistant.']), tools: tools(chance), turns };
  }
  if (roll < 0.85) {
    const instruction = pick(chance, [
      'Answer only with JSON with the keys name, age and city.',
      'Reply with a JSON object that matches this schema: {"type": "object", "properties": {"name": {"type": "string"}, "age": {"type": "integer"}}, "required": ["name", "age"]}',
      'Extract name and city as JSON.',
    ]);
    const told = `${someName(chance)} is ${between(chance, 5, 90)} years old and lives in ${someCity(chance)}.`;
    return chance() < 0.5
      ? { system: instruction, tools: [], turns: [told] }
      : { system: '', tools: [], turns: [`${instruction}\n${told}`] };
  }
  return {
    system: 'You are a helpful assistant.',
    tools: [],
    turns: [pick(chance, ['What is my name?', 'Where do I live?', 'What is your name?', 'Hello', 'Count to 5.'])],
  };
}
