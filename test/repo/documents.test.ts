/** What the documents say about the repository is true where a program can tell. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import type { Command } from 'commander';
import { commandTree } from '../../src/cli/command-tree.ts';
import { limits } from '../../src/contract/limits.ts';
import { readAgentMessage, readGatewayMessage } from '../../src/contract/link/messages.ts';
import { files, read, root } from './repository.ts';

const documents = files.filter((file) => file.endsWith('.md') && !file.includes('/fixtures/'));
const ours = documents.filter((file) => !file.startsWith('models/'));

/** GitHub's anchor of a heading. */
const anchor = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[`*]/g, '')
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replace(/\s/g, '-');
const anchorsOf = (file: string): string[] =>
  [...read(file).matchAll(/^#+\s+(.*)$/gm)].map(([, title = '']) => anchor(title));

test('every link in a document leads somewhere', () => {
  const broken = documents.flatMap((file) =>
    [...read(file).matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, link = '']) => {
      if (/^(https?|mailto):/.test(link)) return [];
      const [path = '', fragment] = link.split('#');
      const target = path === '' ? file : join(dirname(file), path);
      if (!existsSync(join(root, target))) return [`${file}: ${link}`];
      if (fragment !== undefined && !anchorsOf(target).includes(fragment))
        return [`${file}: ${link} (no such heading)`];
      return [];
    }),
  );
  assert.deepEqual(broken, []);
});

test('files named in a document exist', () => {
  const missing = ours.flatMap((file) =>
    [...read(file).matchAll(/`((?:src|test|scripts|docs|models|\.ci)\/[\w./-]*)`/g)]
      .map(([, path = '']) => path)
      .filter((path) => !existsSync(join(root, path)))
      .map((path) => `${file}: ${path}`),
  );
  assert.deepEqual(missing, []);
});

test('npm commands named in a document are scripts of the package', () => {
  const scripts = Object.keys(JSON.parse(read('package.json')).scripts);
  const unknown = ours.flatMap((file) =>
    [...read(file).matchAll(/\bnpm (?:run )?(?!ci\b|install\b|pack\b|run\b)([a-z][\w:-]*)/g)]
      .filter(
        ([whole, name = '']) =>
          (whole.startsWith('npm run ') || ['start', 'test'].includes(name)) && !scripts.includes(name),
      )
      .map(([whole]) => `${file}: ${whole}`),
  );
  assert.deepEqual(unknown, []);
});

const commands = new Map<string, Command>();
(function collect(command: Command, path: string): void {
  for (const sub of command.commands) {
    const name = `${path}${sub.name()}`;
    commands.set(name, sub);
    collect(sub, `${name} `);
  }
})(commandTree(), '');

test('metalyard commands and flags named in a document exist', () => {
  const flags = new Set([...commands.values()].flatMap(({ options }) => options.map(({ long }) => long)));
  for (const common of ['--help', '--version']) flags.add(common);
  const wrong = ours.flatMap((file) =>
    [...read(file).matchAll(/`(?:npx )?metalyard ([^`]*)`/g)].flatMap(([whole, rest = '']) => {
      const words = rest.split(/\s+/);
      const names = (words[0] ?? '').split('|');
      const badNames = names.filter((name) => !name.startsWith('-') && !commands.has(name));
      const badFlags = words.filter((word) => word.startsWith('--') && !flags.has(word));
      return [...badNames, ...badFlags].map((bad) => `${file}: ${bad} in ${whole}`);
    }),
  );
  assert.deepEqual(wrong, []);
});

test('every variable METALYARD_* named in a document is one', () => {
  const known = new Set([...commands.values()].flatMap(({ options }) => options.map(({ envVar }) => envVar)));
  const unknown = ours.flatMap((file) =>
    [...read(file).matchAll(/\bMETALYARD_[A-Z_]*[A-Z]\b/g)]
      .map(([name]) => name)
      .filter(
        (name) => !known.has(name) && !files.some((other) => /^scripts\//.test(other) && read(other).includes(name)),
      )
      .map((name) => `${file}: ${name}`),
  );
  assert.deepEqual(unknown, []);
});

test('a flag and its variable are the same word, and every flag has a description', () => {
  for (const [name, command] of commands) {
    for (const { long, envVar, description } of command.options) {
      assert.ok(description, `${name} ${long}`);
      if (envVar !== undefined) {
        assert.equal(envVar, `METALYARD_${long?.slice(2).toUpperCase().replaceAll('-', '_')}`, `${name} ${long}`);
      }
    }
  }
});

test('docs/operations.md has every flag', () => {
  const text = read('docs/operations.md');
  const missing = [...commands.values()]
    .flatMap(({ options }) => options.filter(({ hidden }) => !hidden).map(({ long }) => long ?? ''))
    .filter((long) => !text.includes(`\`${long}`));
  assert.deepEqual([...new Set(missing)], []);
});

test('docs/operations.md has every limit with its value', () => {
  const rows = new Map(
    [...read('docs/operations.md').matchAll(/^\| `(\w+)` \| ([\d.,]+) \|/gm)].map(([, name = '', value = '']) => [
      name,
      Number(value.replaceAll(',', '')),
    ]),
  );
  assert.deepEqual(Object.fromEntries(rows), { ...limits });
});

test('docs/protocol.md has every message of the link', () => {
  const source = read('src/contract/link/messages.ts');
  const types = [...source.matchAll(/type: Type\.Literal\('([\w-]+)'\)/g)].map(([, type = '']) => type);
  // A type both readers call unknown belongs to something inside a message.
  const messages = types.filter((type) => {
    const frame = JSON.stringify({ type });
    return readAgentMessage(frame).kind !== 'unknown' || readGatewayMessage(frame).kind !== 'unknown';
  });
  assert.ok(messages.length >= 14, messages.join());
  const text = read('docs/protocol.md');
  assert.deepEqual(
    messages.filter((type) => !text.includes(`| \`${type}\` |`)),
    [],
  );
});

test('the README fits one screen', () => {
  const lines = read('README.md').trimEnd().split('\n');
  assert.ok(lines.length <= 80, `${lines.length} lines`);
});
