/** Finding servers, telling them apart, and following them as they come and go. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { AttachedModels } from '../../src/agent/attached/attached-models.ts';
import { attachServer } from '../../src/engines/attached/attach-server.ts';
import { readAttachFlag } from '../../src/engines/attached/attach-target.ts';
import { findWindowsSide, usualAddresses } from '../../src/engines/attached/usual-addresses.ts';
import { silentLog } from '../../src/transport/log/log.ts';
import { asking, attach, tell } from './attach.ts';
import { startFakeServer } from './fakes/fake-server.ts';
import { startFakeLlamaServer } from './fakes/llama-server.ts';
import { startFakeLmStudio } from './fakes/lm-studio.ts';
import { startFakeMlxLm } from './fakes/mlx-lm.ts';
import { startFakeOllama } from './fakes/ollama.ts';
import { openAiKinds, startFakeOpenAi } from './fakes/openai-servers.ts';

const options = { timeoutMs: 2_000, guessing: false, signal: new AbortController().signal };

describe('each server is told apart by what it answers, not by its port:', () => {
  const servers = {
    ollama: () => startFakeOllama(),
    'lm-studio': () => startFakeLmStudio(),
    'llama-server': () => startFakeLlamaServer(),
    'mlx-lm': () => startFakeMlxLm(),
    ...Object.fromEntries(
      (Object.keys(openAiKinds) as (keyof typeof openAiKinds)[]).map((id) => [id, () => startFakeOpenAi(id)]),
    ),
  };
  for (const [kind, start] of Object.entries(servers)) {
    test(kind, async () => {
      await using fake = await start();
      const found = await attachServer({ url: fake.url }, options);
      assert.ok(found.kind === 'server');
      assert.equal(found.server.kind, kind);
    });
  }

  test('a web server of another kind is none of them, and nobody at all is nobody', async () => {
    await using other = await startFakeServer(({ json }) => json(200, { hello: 'world' }));
    const found = await attachServer({ url: other.url }, options);
    assert.equal(found.kind, 'unusable');
    await other.kill();
    assert.deepEqual(await attachServer({ url: other.url }, options), { kind: 'absent' });
  });

  test('a gateway of ours is none either: attached to itself it would ask itself', async () => {
    await using gateway = await startFakeServer(({ path, json }) =>
      path === '/v1/models'
        ? json(200, { data: [{ type: 'model', id: 'tiny', display_name: 'Tiny' }] })
        : json(404, {}),
    );
    // An empty OpenAI list is what is left of it; it has no models to serve.
    await using attached = attach(gateway.url);
    const found = await attachServer({ url: gateway.url }, options);
    assert.ok(found.kind !== 'server' || (await found.server.list(options.signal)).length === 0);
    assert.deepEqual(attached.list(), []);
  });

  test('an unnamed OpenAI-compatible server is only taken where its address was given', async () => {
    await using fake = await startFakeOpenAi('openai');
    assert.equal((await attachServer({ url: fake.url }, { ...options, guessing: true })).kind, 'unusable');
  });

  test('a server that wants a key says so; with the key it serves', async () => {
    await using fake = await startFakeOpenAi('tabby', { key: 'sesame' });
    assert.deepEqual(await attachServer({ url: fake.url }, options), {
      kind: 'unusable',
      why: 'it wants a key, or another one than it was given',
    });
    await using attached = attach(fake.url, { key: 'sesame' });
    const { shown } = await tell(await attached.ready(), asking());
    assert.deepEqual(shown, ['text: Hello.']);
  });
});

describe('models come and go with their server:', () => {
  test('one that vanishes is unlisted, what it was doing fails with a precise error, and it comes back by itself', async () => {
    await using fake = await startFakeLlamaServer();
    await using attached = attach(fake.url);
    const model = await attached.ready();
    fake.say(() => ({ text: 'never', prefillMs: 60_000 }));
    const reading = Promise.withResolvers<void>();
    const telling = tell(model, asking(), { onEvents: () => reading.resolve() });
    await reading.promise;
    await fake.kill();
    const { error } = await telling;
    assert.equal(error?.code, 'engine_failed');
    assert.match(error.message, /llama-server b11549-abcdef closed the connection in the middle of its answer/);
    await attached.when(({ length }) => length === 0);
    await fake.restart();
    fake.say(() => ({ text: 'Back.' }));
    assert.deepEqual((await tell(await attached.ready(), asking())).shown, ['text: Back.']);
  });

  test('another kind of server on the same port is another server', async () => {
    const route = { now: 'ollama' };
    await using fake = await startFakeServer(({ path, json, response }) => {
      if (route.now === 'ollama') {
        if (path === '/') return void response.end('Ollama is running');
        if (path === '/api/tags') return json(200, { models: [{ name: 'a:1b', digest: 'd' }] });
        if (path === '/api/show') return json(200, { capabilities: ['completion'], model_info: {} });
        return json(path === '/api/version' ? 200 : 404, { version: '1' });
      }
      if (path === '/v1/models') return json(200, { data: [{ id: 'b', object: 'model', owned_by: 'vllm' }] });
      return json(404, {});
    });
    await using attached = attach(fake.url);
    await attached.when(([first]) => first?.id === 'a-1b');
    route.now = 'vllm';
    const [listed] = await attached.when(([first]) => first?.id === 'b');
    assert.equal(listed?.attached?.server, 'vLLM');
  });
});

describe('names:', () => {
  test('two servers with a model of one name are told apart; one server at two addresses is one', async () => {
    await using ollama = await startFakeOllama({ models: [{ name: 'qwen3:8b' }] });
    await using other = await startFakeOpenAi('vllm', { model: 'qwen/qwen3-8b-awq' });
    const mirrored = ollama.url.replace('127.0.0.1', 'localhost');
    await using attached = attach([ollama.url, mirrored, other.url]);
    const models = await attached.when(({ length }) => length >= 2);
    assert.deepEqual(
      models.map(({ id }) => id),
      ['qwen3-8b-q4', 'qwen3-8b-q4-vllm'],
    );
  });

  test('found where servers usually listen, without being named', async () => {
    await using fake = await startFakeOllama();
    const found = Promise.withResolvers<void>();
    const models = new AttachedModels({
      wishes: { auto: true, targets: [] },
      log: silentLog,
      isTaken: (id) => id === 'qwen3-8b-q4',
      onChange: () => found.resolve(),
      addresses: [fake.url],
    });
    models.start();
    await found.promise;
    // The machine's own model has the name already.
    assert.deepEqual(
      models.describe(() => 0).map(({ id }) => id),
      ['qwen3-8b-q4-ollama'],
    );
    await models.close();
  });
});

describe('the Windows side of WSL2:', () => {
  const route = 'Iface\tDestination\tGateway\tFlags\neth0\t00000000\t016013AC\t0003\neth0\t006013AC\t00000000\t0001\n';
  const files = (version: string) => (path: string) => (path === '/proc/version' ? version : route);
  test('is the default gateway', () => {
    const wsl2 = 'Linux version 6.6.87.2-microsoft-standard-WSL2 (root@buildkitsandbox)';
    assert.equal(findWindowsSide(files(wsl2)), '172.19.96.1');
    assert.ok(usualAddresses('172.19.96.1').includes('http://172.19.96.1:11434'));
    assert.ok(usualAddresses('172.19.96.1').includes('http://127.0.0.1:11434'));
  });
  test('is nowhere else', () => {
    assert.equal(findWindowsSide(files('Linux version 6.8.0-generic')), null);
    assert.equal(findWindowsSide(files('Linux version 4.4.0-19041-Microsoft')), null);
  });
});

describe('--attach', () => {
  const secrets = { env: (name: string) => (name === 'KEY' ? ' sesame ' : undefined), file: () => 'from-file\n' };
  const read = (text: string) => readAttachFlag(text, secrets);
  test('takes auto, addresses, and wishes behind a #', () => {
    assert.deepEqual(read('auto'), { auto: true, targets: [] });
    const { targets } = read('auto, http://127.0.0.1:8000/v1/#key=env:KEY&window=9000&slots=2&probe=off');
    assert.deepEqual(targets, [
      { url: 'http://127.0.0.1:8000', key: 'sesame', window: 9_000, slots: 2, probe: 'off', guessed: false },
    ]);
    assert.equal(read('https://box.example/openai#key=file:/run/key').targets[0]?.key, 'from-file');
    assert.equal(read('http://10.0.0.5:1234#plain-http=allow').targets[0]?.url, 'http://10.0.0.5:1234');
  });
  test('says what is wrong and what to write instead, and repeats no secret', () => {
    const wrong: [string, RegExp][] = [
      ['', /needs "auto", or addresses/],
      ['ollama', /neither "auto" nor an address/],
      ['http://u:hunter2@127.0.0.1:1', /password on the command line .* #key=env:NAME/],
      ['http://127.0.0.1:1#key=hunter2', /key on the command line .* #key=file:PATH/],
      ['http://127.0.0.1:1#key=env:MISSING', /variable MISSING is not set/],
      ['http://127.0.0.1:1#windows=5', /#windows is not known/],
      ['http://127.0.0.1:1#window=big', /#window is a whole number/],
      ['http://127.0.0.1:1#probe=maybe', /#probe is loaded, all or off/],
      ['http://10.0.0.5:1234', /unencrypted to another machine/],
    ];
    for (const [text, message] of wrong) {
      assert.throws(
        () => read(text),
        (error: Error) => message.test(error.message) && !error.message.includes('hunter2'),
        text,
      );
    }
  });
});
