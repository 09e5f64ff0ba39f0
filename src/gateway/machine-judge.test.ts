import assert from 'node:assert/strict';
import { test } from 'node:test';
import { known } from '../contract/machine/fact.ts';
import type { Facts, FactTable } from '../contract/machine/facts.ts';
import { silentLog } from '../transport/log/log.ts';
import { MachineFacts } from './machine-facts.ts';
import { MachineJudge, notJudged } from './machine-judge.ts';

const asFacts = (table: Partial<FactTable>): Facts =>
  Object.fromEntries(Object.entries(table).map(([name, value]) => [name, known(value, 'test')]));
const idle: Partial<FactTable> = {
  'os.family': 'linux',
  'memory.total_bytes': 16e9,
  'memory.available_bytes': 8e9,
  'memory.stall_10s': 0,
  'memory.stall_full_10s': 0,
};
const machine = (machineId = 'm') => ({ machineId, name: machineId, judgement: notJudged() }) as const;

function court() {
  const told: unknown[] = [];
  const facts = new MachineFacts(silentLog);
  const judge = new MachineJudge(facts, silentLog, ({ lastResortBecause, slowedBy = [] }) => {
    told.push([...lastResortBecause, ...slowedBy]);
  });
  return { judge, facts, told };
}

test('a machine is judged when it has told its facts, and when one has changed that it was judged by', () => {
  const { judge, facts, told } = court();
  const a = machine();
  judge.whole(a, asFacts(idle), 0);
  assert.deepEqual(told, [[]]);
  judge.changed(a, asFacts({ 'memory.available_bytes': 7e9 }), 30_000);
  assert.equal(told.length, 1, 'free memory decides nothing on a machine at ease');
  assert.deepEqual(facts.of('m')?.['memory.available_bytes'], known(7e9, 'test'));
  assert.deepEqual(facts.of('m')?.['memory.total_bytes'], known(16e9, 'test'));
  judge.changed(a, asFacts({ 'power.source': 'battery' }), 60_000);
  assert.deepEqual(told[1], ['battery'], 'nobody had told before');
});

test('what has changed is judged once in a while, not with every word', () => {
  const { judge, told } = court();
  const a = machine();
  judge.whole(a, asFacts(idle), 0);
  judge.changed(a, asFacts({ 'power.source': 'battery' }), 1_000);
  judge.heard(a, 24_999);
  assert.equal(told.length, 1);
  judge.heard(a, 25_000);
  assert.deepEqual(told[1], ['battery'], 'although it was not told again');
  judge.heard(a, 60_000);
  assert.equal(told.length, 2);
  judge.live(a, asFacts({ 'power.source': 'ac' }), 60_000);
  assert.deepEqual(told[2], []);
  judge.whole(a, asFacts({ ...idle, 'power.source': 'battery' }), 60_001);
  assert.deepEqual(told[3], ['battery'], 'all facts are judged at once');
});

test('of memory its agent tells what follows: nothing is judged anew when its figures change', () => {
  const { judge, told } = court();
  const a = machine();
  judge.whole(a, asFacts({ ...idle, 'memory.pressure': 'critical' }), 0);
  judge.changed(a, asFacts({ 'memory.available_bytes': 7e9 }), 30_000);
  assert.deepEqual(told, [[]]);
});

test('machines that are alike share what they are judged by', () => {
  const { judge } = court();
  const [a, b] = [machine('a'), machine('b')];
  judge.whole(a, asFacts(idle), 0);
  judge.whole(b, asFacts({ ...idle, 'memory.available_bytes': 7e9 }), 0);
  assert.equal(a.judgement.judgedBy, b.judgement.judgedBy);
});
