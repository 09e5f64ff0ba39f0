import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MachineModel } from '../../contract/link/messages.ts';
import type { GatewayStatus } from '../gateway-record.ts';
import { statusText } from './status.ts';

const model: MachineModel = {
  id: 'tiny-q8',
  digest: 'd',
  displayName: 'Tiny',
  status: 'ready',
  window: 65_536,
  slots: 4,
  busySlots: 1,
  thinking: true,
  tools: true,
  createdAtMs: 0,
};
const machine = {
  machineId: 'mch_1',
  name: 'studio',
  link: { agentVersion: '0.1.0', way: 'websocket', unknownMessages: 0 } as const,
  draining: false,
  held: false,
  doubts: null,
  pressed: null,
  models: [model],
};
const status: GatewayStatus = {
  gateway: { id: 'gw_1', epoch: 3, version: '0.1.0', uptimeMs: 3_720_000, draining: false },
  machines: [machine],
  models: [model],
  findings: [],
  requests: { active: 1 },
  queues: [],
  health: { looks: 10, broken: 0, lastBroken: null },
};
const show = (change: Partial<GatewayStatus>): string =>
  statusText({ url: 'http://127.0.0.1:8787', pid: 42 }, '/data', { ...status, ...change });

test('a machine at work', () => {
  assert.equal(
    show({}),
    `Metalyard 0.1.0 at http://127.0.0.1:8787 (process 42), up 1 h 2 min
Requests in hand: 1

machine  model    state  window  busy
studio   tiny-q8  ready  65536   1 of 4
`,
  );
});

test('how a machine is linked, and what the gateway does not understand of it', () => {
  const link = { agentVersion: '0.2.0', way: 'http', unknownMessages: 3 } as const;
  const text = show({ machines: [{ ...machine, link }] });
  assert.match(text, /^studio is linked by plain HTTP requests/m);
  assert.match(text, /^studio \(agent 0\.2\.0\) sent 3 messages that this gateway does not know: update the gateway/m);
});

test('a gateway that contradicts itself says so', () => {
  const text = show({ health: { looks: 10, broken: 2, lastBroken: 'req_1 is queued twice' } });
  assert.match(text, /^The gateway has found itself in contradiction 2 times.*req_1 is queued twice/m);
});

test('a model at an attached server says what its numbers are worth', () => {
  const attached = {
    server: 'Ollama 0.40.1',
    loaded: true,
    counting: 'estimated',
    cacheReporting: 'none',
    windowFrom: 'loaded',
    probe: { tools: 'native', cancel: 'yes' },
  } as const;
  const text = show({ machines: [{ ...machine, models: [{ ...model, attached }] }] });
  assert.match(text, /^ {2}tiny-q8 on .+: Ollama 0\.40\.1, loaded; window as loaded; counts estimated$/m);
  assert.match(text, /^ {4}tools native, cancel yes$/m);
  assert.match(text, /^ {4}what it holds of prompts is shared by all API keys$/m);
  const vllm = { ...model, attached, artefact: { format: 'vllm', name: 'tiny' } };
  assert.doesNotMatch(show({ machines: [{ ...machine, models: [vllm] }] }), /shared by all/);
});

test('machines that load, fail or leave are told apart', () => {
  const failure = { code: 'model_load_failed', message: 'The file is cut off.' } as const;
  const text = show({
    machines: [
      { ...machine, models: [{ ...model, status: 'loading', loadFraction: 0.426, window: 0, slots: 0, busySlots: 0 }] },
      { ...machine, name: 'attic', models: [{ ...model, id: 'big', status: 'failed', failure }] },
      { ...machine, name: 'barn', draining: true },
    ],
  });
  assert.match(text, /^studio {11}tiny-q8 {2}loading 42 % {2}- /m);
  assert.match(text, /^attic +big +failed/m);
  assert.match(text, /^barn \(draining\) /m);
  assert.match(text, /^big cannot be served: The file is cut off\.$/m);
});

test('without a machine it says what to do', () => {
  assert.match(show({ machines: [] }), /No machine is connected\. Start one: .*metalyard agent --data-dir '\/data'/);
});

test('says why other machines are preferred', () => {
  const text = show({ machines: [{ ...machine, doubts: 'failed 3 times' }] });
  assert.match(text, /Other machines are preferred to studio: failed 3 times\./);
});

test('what is wrong with machines, worst first, without what is only good to know', () => {
  const of = { machineId: 'mch_1', name: 'studio', seen: 'It was seen.' };
  const text = show({
    findings: [
      { ...of, code: 'on-battery', severity: 'warns', title: 'The machine runs on its battery' },
      { ...of, code: 'cpu-fallback', severity: 'breaks', title: 'A consequence', causedBy: 'nouveau-in-charge' },
      { ...of, code: 'modern-standby', severity: 'notes', title: 'Modern Standby' },
      { ...of, code: 'nouveau-in-charge', severity: 'breaks', title: 'nouveau holds the NVIDIA GPU' },
    ],
  });
  assert.equal(
    text.slice(text.indexOf('\nmachine  harm')),
    `
machine  harm    finding                          code
studio   breaks  nouveau holds the NVIDIA GPU     nouveau-in-charge
studio   warns   The machine runs on its battery  on-battery
More: npx metalyard machines show MACHINE --data-dir '/data'
`,
  );
});

test('who waits for which model, and for about how long', () => {
  const text = show({
    queues: [
      {
        model: 'big-8b-q4',
        waiting: { interactive: 12, background: 2, batch: 1 },
        firstMs: 7_400,
        lastMs: 200_000,
        longestMs: 41_000,
      },
      {
        model: 'tiny-q8',
        waiting: { interactive: 1, background: 0, batch: 0 },
        firstMs: null,
        lastMs: null,
        longestMs: 900,
      },
    ],
  });
  assert.ok(
    text.includes(`
waited for  requests                   the next has its turn  the last        longest wait so far
big-8b-q4   12, 2 background, 1 batch  in about 8 s           in about 3 min  41 s
tiny-q8     1                          not known yet          not known yet   0 s
`),
    text,
  );
});

test('a machine that its owner keeps from new work says so', () => {
  assert.match(show({ machines: [{ ...machine, held: true }] }), /^studio \(drained\) +tiny-q8 +ready/m);
});
