import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readAgentMessage } from '../contract/link/messages.ts';
import { known, unknown } from '../contract/machine/fact.ts';
import { silentLog } from '../transport/log/log.ts';
import { MachineFacts, mostFactsChars } from './machine-facts.ts';

const box = { machineId: 'mch_1', name: 'box' };
const total = known(16 * 1024 ** 3, '/proc/meminfo');
const available = (bytes: number) => known(bytes, '/proc/meminfo');

test('what changes is laid over all that is known, and its age is told', () => {
  const facts = new MachineFacts(silentLog);
  facts.whole(box, { 'memory.total_bytes': total, 'memory.available_bytes': available(8) }, 1_000);
  facts.live(box, { 'memory.available_bytes': available(4) }, 6_000);
  assert.deepEqual(facts.all(7_500), [
    { ...box, ageMs: 1_500, facts: { 'memory.total_bytes': total, 'memory.available_bytes': available(4) } },
  ]);
});

test('told anew, a machine has only what it says now', () => {
  const facts = new MachineFacts(silentLog);
  facts.whole(box, { 'memory.total_bytes': total, 'nvidia.driver': known('595.80', 'nvidia-smi') }, 0);
  facts.live(box, { 'memory.available_bytes': available(4) }, 0);
  facts.whole(box, { 'nvidia.driver': unknown('absent', 'gone') }, 0);
  assert.deepEqual(Object.keys(facts.all(0)[0]!.facts), ['nvidia.driver']);
});

test('a machine that says far too much is not kept', () => {
  const facts = new MachineFacts(silentLog);
  facts.whole(box, { 'cpu.name': known('x'.repeat(mostFactsChars), 'test') }, 0);
  assert.deepEqual(facts.all(0), []);
});

test('facts of a newer agent are taken in, misshapen ones are not', () => {
  const frame = (facts: unknown) => readAgentMessage(JSON.stringify({ type: 'facts', facts }));
  assert.equal(frame({ 'of.tomorrow': { known: true, value: [1], source: 'x' } }).kind, 'message');
  assert.equal(frame({ 'of.tomorrow': { known: false, reason: 'a-new-one', detail: 'x' } }).kind, 'message');
  assert.equal(frame({ 'cpu.name': 'Ryzen' }).kind, 'malformed');
  assert.equal(frame({ 'cpu.name': { known: true, value: 'Ryzen' } }).kind, 'malformed');
});
