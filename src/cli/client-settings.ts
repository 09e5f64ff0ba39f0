/**
 * What makes each client use this gateway. Which base URL ends in `/v1` and which credential a client
 * sends was measured with Claude Code 2.1, the TypeScript SDK 0.137 and 1.12, AI SDK 6, opencode 1.18 and
 * pi 0.73. A client that was not measured is not here; neither is one that needs another API than Messages.
 */
import {
  answerTokens,
  type Connection,
  claudeCodeVariables,
  claudeCodeWarning,
  shippedModelNote,
} from './connect-text.ts';

export const clients = ['claude-code', 'anthropic-sdk', 'ai-sdk', 'opencode', 'pi'] as const;
export type Client = (typeof clients)[number];

export interface VariableSettings {
  readonly form: 'variables';
  readonly set: readonly (readonly [string, string])[];
  /** Variables that would send requests elsewhere, or a second credential with each. */
  readonly unset: readonly string[];
  readonly notes: readonly string[];
}

/** A client that reads no variables of this kind: the content of its file. */
export interface FileSettings {
  readonly form: 'file';
  readonly text: string;
  readonly notes: readonly string[];
}

export const claudeCodeSettings = (connection: Connection): VariableSettings => {
  return {
    form: 'variables',
    set: claudeCodeVariables(connection),
    unset: ['ANTHROPIC_API_KEY', 'CLAUDE_CODE_USE_BEDROCK', 'CLAUDE_CODE_USE_VERTEX'],
    notes: [claudeCodeWarning(connection), shippedModelNote(connection)].filter((note) => note !== null),
  };
};

export function clientSettings(client: Client, connection: Connection): VariableSettings | FileSettings {
  const { url, key, model } = connection;
  switch (client) {
    case 'claude-code':
      return claudeCodeSettings(connection);
    case 'anthropic-sdk':
      return {
        form: 'variables',
        set: [
          ['ANTHROPIC_BASE_URL', url],
          ['ANTHROPIC_API_KEY', key],
        ],
        unset: ['ANTHROPIC_AUTH_TOKEN'],
        notes: [`The model is named in each request: ${model.id}, window ${model.window} tokens.`],
      };
    case 'ai-sdk':
      return {
        form: 'variables',
        set: [
          ['ANTHROPIC_BASE_URL', `${url}/v1`],
          ['ANTHROPIC_API_KEY', key],
        ],
        unset: [],
        notes: [
          `The model is named in code: anthropic('${model.id}'), window ${model.window} tokens.`,
          'An answer ends after 4096 tokens unless maxOutputTokens says otherwise.',
        ],
      };
    case 'opencode':
      return {
        form: 'variables',
        set: [['OPENCODE_CONFIG_CONTENT', JSON.stringify(opencodeConfig(connection))]],
        unset: [],
        notes: ["The value can also be the content of a project's opencode.json."],
      };
    case 'pi':
      return {
        form: 'file',
        text: JSON.stringify(piModels(connection), null, 2),
        notes: [
          'pi reads models from a file: put this into ~/.pi/agent/models.json, beside the providers it may have.',
          `Then: pi --provider metalyard --model ${model.id}`,
        ],
      };
  }
}

/** Of opencode.ai/docs/config and /docs/providers; it speaks through the AI SDK, hence the `/v1`. */
const opencodeConfig = ({ url, key, model, tiers }: Connection) => ({
  $schema: 'https://opencode.ai/config.json',
  provider: {
    metalyard: {
      npm: '@ai-sdk/anthropic',
      name: 'Metalyard',
      options: { baseURL: `${url}/v1`, apiKey: key },
      models: Object.fromEntries(
        [model, tiers?.large ?? model, tiers?.small ?? model].map((each) => [
          each.id,
          { name: each.id, limit: { context: each.window, output: answerTokens(each) } },
        ]),
      ),
    },
  },
  model: `metalyard/${model.id}`,
  // Titles.
  small_model: `metalyard/${tiers?.small.id ?? model.id}`,
});

/** Of pi's docs/models.md. */
const piModels = ({ url, key, model }: Connection) => ({
  providers: {
    metalyard: {
      baseUrl: url,
      api: 'anthropic-messages',
      apiKey: key,
      models: [{ id: model.id, contextWindow: model.window, maxTokens: answerTokens(model) }],
    },
  },
});
