/**
 * Claude Code's settings. Measured with 2.1.330: the variables in `env` of a settings file win over the environment's
 * own; of the files, the project's wins over the user's, and the local one over both. In a folder below the root of a
 * repository, the root's local file wins over all of these. That managed settings win over everything is Anthropic's
 * documentation.
 */
import { join } from 'node:path';
import { environmentLayer, fileLayers, find, type Layer, type Setting, variable } from './layers.ts';
import { anyProxy } from './proxies.ts';
import type { ClientSetup, Credential, NamedModel, Overridden } from './setup.ts';
import { repositoryRoot, type World } from './world.ts';

/** It resolves these itself, to what the DEFAULT variables name. */
const alias = /^(default|best|opus|sonnet|haiku|opusplan)$/;
const modelVariables = [
  'ANTHROPIC_MODEL',
  'ANTHROPIC_DEFAULT_OPUS_MODEL',
  'ANTHROPIC_DEFAULT_SONNET_MODEL',
  'ANTHROPIC_DEFAULT_HAIKU_MODEL',
  'ANTHROPIC_SMALL_FAST_MODEL',
  'CLAUDE_CODE_SUBAGENT_MODEL',
];
const windowVariable = 'CLAUDE_CODE_MAX_CONTEXT_TOKENS';
const attributionVariable = 'CLAUDE_CODE_ATTRIBUTION_HEADER';
const compared = [
  'ANTHROPIC_BASE_URL',
  'ANTHROPIC_AUTH_TOKEN',
  'ANTHROPIC_API_KEY',
  ...modelVariables,
  windowVariable,
  attributionVariable,
];

const managedFiles: Partial<Record<NodeJS.Platform, string>> = {
  linux: '/etc/claude-code/managed-settings.json',
  darwin: '/Library/Application Support/ClaudeCode/managed-settings.json',
  win32: 'C:\\Program Files\\ClaudeCode\\managed-settings.json',
};

export function claudeCodeSetup(world: World): ClientSetup {
  const ownFolder = world.environment.CLAUDE_CONFIG_DIR || join(world.home, '.claude');
  const root = repositoryRoot(world);
  const files = [
    join(ownFolder, 'settings.json'),
    join(world.folder, '.claude/settings.json'),
    join(world.folder, '.claude/settings.local.json'),
    ...(root === undefined ? [] : [join(root, '.claude/settings.local.json')]),
    ...(managedFiles[world.platform] === undefined ? [] : [managedFiles[world.platform] ?? '']),
  ];
  // A home folder can be the project folder.
  const { layers: fromFiles, unreadable } = fileLayers(world, [...new Set(files)], JSON.parse);
  const layers = [environmentLayer(world), ...fromFiles];
  const get = (name: string): Setting | undefined => find(layers, 'env', name).setting;

  const models = modelVariables.flatMap((name) => namedModel(get(name)));
  // The key `model` of the files counts where the variable is absent.
  const main = get('ANTHROPIC_MODEL') ?? find(fromFiles, 'model').setting;
  const named = get('ANTHROPIC_MODEL') === undefined ? [...namedModel(main), ...models] : models;
  const windowModel = (main && namedModel(main)[0]?.id) ?? named[0]?.id;
  const window = get(windowVariable);
  const baseUrl = get('ANTHROPIC_BASE_URL');
  const attribution = get(attributionVariable);
  return {
    client: 'claude-code',
    ...(baseUrl === undefined ? {} : { baseUrl }),
    baseUrlPlace: variable('ANTHROPIC_BASE_URL'),
    credentials: credentials(world, layers, fromFiles),
    keyPlace: variable('ANTHROPIC_AUTH_TOKEN'),
    models: named,
    modelPlace: variable('ANTHROPIC_MODEL'),
    windows:
      windowModel === undefined
        ? []
        : [
            {
              model: windowModel,
              ...(window === undefined ? {} : { setting: window }),
              place: window?.place ?? variable(windowVariable),
              assumed: 'one million tokens for a name it does not know',
            },
          ],
    overridden: compared.flatMap((name) => overriddenIn(layers, name)),
    unreadable,
    unreadableMeans: 'ignores the whole file',
    detours: ['CLAUDE_CODE_USE_BEDROCK', 'CLAUDE_CODE_USE_VERTEX', 'CLAUDE_CODE_USE_FOUNDRY'].flatMap((name) => {
      const setting = get(name);
      return setting !== undefined && !/^(0|false|no|off)$/i.test(setting.value) ? [setting] : [];
    }),
    attribution: {
      ...(attribution === undefined ? {} : { setting: attribution }),
      place: attribution?.place ?? variable(attributionVariable),
    },
    ...anyProxy(layers),
    noProxyRanges: true,
  };
}

/** `[1m]` behind a name asks for a larger window of the same model. */
function namedModel(setting: Setting | undefined): NamedModel[] {
  const id = setting?.value.replace(/\[1m\]$/, '');
  return setting === undefined || id === undefined || alias.test(id)
    ? []
    : [{ id, place: setting.place, chosen: true }];
}

/** Measured: a key it keeps from a login, and what `apiKeyHelper` prints, go along with ANTHROPIC_AUTH_TOKEN. */
function credentials(world: World, layers: readonly Layer[], fromFiles: readonly Layer[]): Credential[] {
  const found: Credential[] = [];
  const token = find(layers, 'env', 'ANTHROPIC_AUTH_TOKEN').setting;
  const key = find(layers, 'env', 'ANTHROPIC_API_KEY').setting;
  if (token) found.push({ place: token.place, header: 'authorization', secret: token.value });
  if (key) found.push({ place: key.place, header: 'x-api-key', secret: key.value });
  const helper = find(fromFiles, 'apiKeyHelper').setting;
  if (helper) found.push({ place: helper.place, header: token ? 'x-api-key' : 'authorization' });
  // With a key in the environment or a helper, the kept one is not sent.
  const kept = key || helper ? undefined : keptKey(world);
  if (kept) found.push({ place: kept.place, header: 'x-api-key', secret: kept.value });
  return found;
}

function keptKey(world: World): Setting | undefined {
  const folder = world.environment.CLAUDE_CONFIG_DIR || world.home;
  return find(fileLayers(world, [join(folder, '.claude.json')], JSON.parse).layers, 'primaryApiKey').setting;
}

/** That one file wins over another is as it should be; a variable that was set is meant to have an effect. */
function overriddenIn(layers: readonly Layer[], name: string): Overridden[] {
  const { strongest, hidden } = find(layers, 'env', name);
  const loser = hidden.find(({ place }) => place.kind === 'variable');
  return strongest === undefined || loser === undefined ? [] : [{ name, winner: strongest, loser: loser.place }];
}
