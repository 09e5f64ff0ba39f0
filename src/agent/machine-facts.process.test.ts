/** What an agent knows of its machine reaches the gateway it serves, and stays fresh. */
import assert from 'node:assert/strict';
import { totalmem } from 'node:os';
import { test } from 'node:test';
import { setTimeout as passed } from 'node:timers/promises';
import { startLiveYard } from '../../test/support/live-yard.ts';
import type { Fact } from '../contract/machine/fact.ts';

interface Shown {
  readonly machines: readonly {
    readonly name: string;
    readonly ageMs: number;
    readonly facts: Record<string, Fact<unknown>>;
  }[];
}

test('the gateway knows the machine soon after it has linked', { skip: process.platform !== 'linux' }, async () => {
  await using yard = await startLiveYard({ engine: { rules: [], otherwise: 'hello' } });
  const look = async (): Promise<Shown['machines'][number] | undefined> => {
    const answer = await fetch(`${yard.url}/metalyard/machines/facts`, {
      headers: { authorization: 'Bearer admin-token-of-the-test' },
    });
    return ((await answer.json()) as Shown).machines[0];
  };
  // They follow the probes and a look at the way, which take tenths of a second.
  let machine = await look();
  while (machine?.facts['memory.total_bytes'] === undefined || machine.facts['clock.offset_ms'] === undefined) {
    await passed(50);
    machine = await look();
  }
  assert.equal(machine.name, 'box');
  const total = machine.facts['memory.total_bytes'];
  assert.ok(total.known && Math.abs((total.value as number) - totalmem()) < totalmem() / 100);
  assert.ok(machine.facts['os.family']?.known, 'facts that do not change are kept beside live ones');
  const offset = machine.facts['clock.offset_ms'];
  assert.ok(offset.known && Math.abs(offset.value as number) < 5_000, 'both ends have one clock here');
  assert.ok(machine.ageMs < 15_000);
});
