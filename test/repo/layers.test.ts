/** Lower layers never import higher ones; pure layers never touch the world. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { importsOf, packageOf, programs, read, root } from './repository.ts';

interface Layer {
  /** Other layers it may import. */
  readonly mayImport: readonly string[];
  /** Packages it may import, or null for any. */
  readonly packages: readonly string[] | null;
  /** No Node modules, clocks, randomness, timers or output. */
  readonly pure: boolean;
}

/** Lowest first. A folder of `src/` that is not here has no layer, and fails. */
const layers: Readonly<Record<string, Layer>> = {
  contract: { mayImport: [], packages: ['typebox'], pure: true },
  yard: { mayImport: ['contract'], packages: [], pure: true },
  // What travels over a link, whoever carries it.
  session: { mayImport: ['contract'], packages: [], pure: true },
  translate: {
    mayImport: ['contract'],
    packages: ['@cfworker/json-schema', '@huggingface/jinja', 'typebox'],
    pure: true,
  },
  landmines: { mayImport: ['contract'], packages: [], pure: true },
  // The governor goes by the same signs of short memory as the findings.
  machine: { mayImport: ['contract', 'landmines'], packages: null, pure: false },
  engines: { mayImport: ['contract'], packages: null, pure: false },
  // The yard's outcome of a request is what log and ledger keep.
  transport: { mayImport: ['contract', 'yard', 'session'], packages: null, pure: false },
  gateway: {
    mayImport: ['contract', 'yard', 'session', 'translate', 'landmines', 'transport'],
    packages: null,
    pure: false,
  },
  agent: {
    mayImport: ['contract', 'yard', 'session', 'translate', 'landmines', 'machine', 'engines', 'transport'],
    packages: null,
    pure: false,
  },
  // Runs the cores of agent and gateway themselves, and is pure but for that.
  simulation: { mayImport: ['contract', 'yard', 'session', 'transport', 'gateway', 'agent'], packages: [], pure: true },
  // Must be able to disagree with the rest.
  compat: { mayImport: ['contract'], packages: [], pure: false },
  cli: {
    mayImport: [
      'contract',
      'yard',
      'translate',
      'landmines',
      'machine',
      'engines',
      'transport',
      'gateway',
      'agent',
      'compat',
    ],
    packages: null,
    pure: false,
  },
};

/** The world, as seen by pure code: anything that answers differently the second time. */
const impure =
  /\b(Date\.now|new Date\(\)|Math\.random|performance\.|setTimeout|setInterval|setImmediate|queueMicrotask|process\.|console\.|fetch\(|crypto\.)/;

const layerOf = (file: string): string => file.split('/')[1] ?? '';
/** Comments may name what code may not use. */
const withoutComments = (text: string): string =>
  text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '$1');

test('every folder of src/ is a layer', () => {
  const unknown = programs.filter((file) => !Object.hasOwn(layers, layerOf(file)));
  assert.deepEqual(unknown, [], 'give the folder a place in the list of layers');
});

for (const [name, layer] of Object.entries(layers)) {
  const own = programs.filter((file) => layerOf(file) === name);
  if (own.length === 0) continue;

  test(`${name} imports only ${layer.mayImport.join(', ') || 'itself'}`, () => {
    const forbidden = own.flatMap((file) =>
      importsOf(file)
        .filter(({ target }) => target.startsWith('src/'))
        .filter(({ target }) => layerOf(target) !== name && !layer.mayImport.includes(layerOf(target)))
        .map(({ target }) => `${file} imports ${target}`),
    );
    assert.deepEqual(forbidden, []);
  });

  const { packages } = layer;
  if (packages !== null) {
    test(`${name} uses no package but ${packages.join(', ') || 'none'}`, () => {
      const forbidden = own.flatMap((file) =>
        importsOf(file)
          .map(({ target }) => packageOf(target))
          .filter((used) => used !== undefined && !packages.includes(used))
          .map((used) => `${file} imports ${used}`),
      );
      assert.deepEqual(forbidden, []);
    });
  }

  if (layer.pure) {
    test(`${name} is pure`, () => {
      const touching = own.flatMap((file) => [
        ...importsOf(file)
          .filter(({ target }) => target.startsWith('node:'))
          .map(({ target }) => `${file} imports ${target}`),
        ...[...withoutComments(read(file)).matchAll(new RegExp(impure, 'g'))].map(([use]) => `${file} uses ${use}`),
      ]);
      assert.deepEqual(touching, []);
    });
  }
}

test('no program imports a test, a fixture or a script', () => {
  const known = new Set(programs);
  const outside = programs.flatMap((file) =>
    importsOf(file)
      .filter(({ target }) => target.endsWith('.ts') && !known.has(target))
      .map(
        ({ target }) => `${file} imports ${target}${existsSync(join(root, target)) ? '' : ', which does not exist'}`,
      ),
  );
  assert.deepEqual(outside, []);
});

test('no process but the engine child loads native code', () => {
  // Everything that `metalyard` can load into its own process, whichever command runs.
  const reached = new Set<string>();
  const waiting = ['src/cli/main.ts'];
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (reached.has(file) || !existsSync(join(root, file))) continue;
    reached.add(file);
    for (const { target, typeOnly } of importsOf(file)) if (!typeOnly && target.endsWith('.ts')) waiting.push(target);
  }
  assert.ok(reached.size > 20, `only ${reached.size} files found: the walk is broken`);
  const native = [...reached].filter((file) =>
    importsOf(file).some(({ target, typeOnly }) => target.startsWith('node-llama-cpp') && !typeOnly),
  );
  assert.deepEqual(native, []);
});
