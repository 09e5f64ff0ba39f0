/** `metalyard models` as its owner types it, beside a running yard with a scripted engine. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { turn } from '../../test/support/ask.ts';
import { startYard, type YardStatus } from '../../test/support/start-yard.ts';

const program = fileURLToPath(new URL('./main.ts', import.meta.url));

test('a model is pinned, kept, unloaded and loaded by name, and each refusal names what to type', async () => {
  await using yard = await startYard({ engine: {} });
  const run = (...args: string[]): Promise<{ code: number; out: string; err: string }> =>
    new Promise((resolve) => {
      const all = [program, 'models', ...args, '--data-dir', join(yard.directory, 'data')];
      execFile(process.execPath, all, { env: { ...process.env, NO_COLOR: '1' } }, (error, out, err) =>
        resolve({ code: error === null ? 0 : Number(error.code), out, err }),
      );
    });
  const { model } = yard;
  const is = (status: string) => (now: YardStatus) => now.machines[0]?.models[0]?.status === status;

  assert.match((await run('pin', model)).out, /: keeps it loaded\.\n$/);
  assert.match((await run('ls')).out, /\(Q8_0, pinned\)/);
  const pinned = await run('unload', model);
  assert.equal(pinned.code, 1);
  assert.match(pinned.out, new RegExp(`is pinned here: unpin it first \\(metalyard models unpin ${model}\\)`));
  assert.match((await run('unpin', model)).out, /unloads it for others when it must/);

  const two = await run('min', model, '2');
  assert.equal(two.code, 0, two.err);
  assert.match(two.out, new RegExp(`^${model} stays loaded on 2 machines at least\\.\n`));
  await yard.whenStatus(({ machines }) => machines[0]?.models[0]?.kept === true);
  assert.match(
    (await run('ls')).out,
    /\(Q8_0, kept\)[\s\S]*to stay loaded[\s\S]*no other machine has it and takes work/,
  );
  assert.match((await run('unload', model)).out, /lower its minimum first \(metalyard models min \S+ 0\)/);
  assert.equal(
    (await run('min', model, '0')).out,
    `${model} is loaded where it is asked for, and unloaded for others.\n`,
  );

  assert.match((await run('unload', model)).out, /unloads it as soon as it is idle/);
  await yard.whenStatus(is('available'));
  const { max_tokens: _none, ...question } = turn(model, 'How long is this?');
  const counted = await fetch(`${yard.url}/v1/messages/count_tokens`, {
    method: 'POST',
    headers: { 'x-api-key': yard.key, 'content-type': 'application/json' },
    body: JSON.stringify(question),
  });
  assert.equal(counted.status, 200, 'prompts are counted while nothing is loaded');
  assert.match((await run('load', model)).out, /is loading it, or has it loaded/);
  await yard.whenStatus(is('ready'));

  assert.match((await run('min', 'nobody-has-it', '1')).err, /No machine has told of nobody-has-it/);
  assert.match((await run('min', model, 'some')).err, /Give a whole number from 0 to/);
});
