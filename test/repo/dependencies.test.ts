/** What `npm install` brings: few packages, pinned, licensed, without programs that run at install. */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { importsOf, packageOf, programs, read, root } from './repository.ts';

interface Manifest {
  readonly private?: boolean;
  readonly engines: { readonly node: string };
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly optionalDependencies: Readonly<Record<string, string>>;
  readonly overrides: Readonly<Record<string, string>>;
}
interface Locked {
  readonly version?: string;
  readonly license?: string;
  readonly hasInstallScript?: boolean;
  readonly dev?: boolean;
  readonly resolved?: string;
  readonly integrity?: string;
  readonly name?: string;
}

const manifest: Manifest = JSON.parse(read('package.json'));
const locked: Readonly<Record<string, Locked>> = JSON.parse(read('package-lock.json')).packages;
const installed = Object.entries(locked).filter(([path]) => path !== '');

/** May say it has an install script, because we do not need it run (docs/decisions/003). */
const scriptsNotNeeded = ['node_modules/node-llama-cpp'];
const freeLicenses =
  /^\(?(MIT|MIT-0|ISC|Apache-2\.0|BSD-2-Clause|BSD-3-Clause|0BSD|BlueOak-1\.0\.0|CC0-1\.0|Unlicense|Python-2\.0)\b/;

test('there are at most 15 runtime dependencies', () => {
  assert.ok(Object.keys(manifest.dependencies).length <= 15);
});

test('every version is exact', () => {
  const groups = [manifest.dependencies, manifest.devDependencies, manifest.optionalDependencies];
  for (const [name, version] of groups.flatMap(Object.entries)) assert.match(version, /^\d+\.\d+\.\d+$/, name);
});

test('what the sources import is a dependency, and every dependency is imported', () => {
  const used = new Set(programs.flatMap((file) => importsOf(file).map(({ target }) => packageOf(target))));
  used.delete(undefined);
  assert.deepEqual([...used].sort(), Object.keys(manifest.dependencies).sort());
});

test('no package needs a script at install, and none is run', () => {
  const withScript = installed.filter(([, { hasInstallScript }]) => hasInstallScript).map(([path]) => path);
  assert.deepEqual(withScript, scriptsNotNeeded);
  assert.match(read('.npmrc'), /^ignore-scripts=true$/m);
});

test('every package is under a free licence', () => {
  const others = installed
    .filter(([, { license }]) => !freeLicenses.test(license ?? ''))
    .map(([path, { license }]) => `${path}: ${license}`);
  assert.deepEqual(others, []);
});

test('every runtime dependency comes with its licence, and has a line in the record of dependencies', () => {
  const record = read('docs/decisions/003-dependencies.md');
  for (const [name, version] of Object.entries(manifest.dependencies)) {
    const names = readdirSync(join(root, 'node_modules', name));
    assert.ok(
      names.some((file) => /^licen[cs]e/i.test(file)) || locked[`node_modules/${name}`]?.license !== undefined,
      `${name} names no licence`,
    );
    assert.ok(record.includes(`| \`${name}\` | ${version} |`), `${name} ${version} is not in the record`);
  }
});

test('the lock file names no host and has a hash for everything', () => {
  for (const [path, { resolved, integrity }] of installed) {
    assert.equal(resolved, undefined, path);
    assert.match(integrity ?? '', /^sha512-/, path);
  }
});

test('the pinned Node packages are new enough for users and have no install script', () => {
  assert.equal(manifest.engines.node, '>=22.23');
  for (const [name, version] of Object.entries(manifest.optionalDependencies)) {
    assert.match(name, /^node-(bin-)?(linux|darwin|win)-(x64|arm64)$/);
    assert.ok(Number(version.split('.')[0]) >= 24, `${name} ${version}`);
  }
});

test('an override only leaves a GPU build or a foreign platform out of the checkout', () => {
  for (const [name, target] of Object.entries(manifest.overrides)) {
    assert.match(name, /^@node-llama-cpp\//);
    assert.equal(target, 'npm:empty-npm-package@1.0.0', name);
  }
});

test('the repository itself cannot be published by accident', () => assert.equal(manifest.private, true));
