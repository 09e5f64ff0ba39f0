/**
 * Three machines of different speeds with the real engine, and twelve conversations at once: where the product sends them,
 * against taking turns. The machines are agents of the real command line on this computer; two are slowed by stopping their
 * engine for a part of every 40 ms. Taking turns is done with the header that asks for a machine. Rounds of both follow each
 * other in one run, each with conversations of its own.
 *
 *     npm run bench:fleet
 *     npm run bench:fleet -- --rounds 1 --turns 3
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { startGateway } from '../src/gateway/gateway.ts';
import { machineHeader } from '../src/gateway/http/read-wishes.ts';
import { loadMachineIdentity } from '../src/transport/identity/machine-identity.ts';
import { silentLog } from '../src/transport/log/log.ts';
import { openStore } from '../src/transport/store/store.ts';
import { descendants, until } from '../test/support/processes.ts';

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '2' }, turns: { type: 'string', default: '4' } },
});
const [rounds, turns, conversations] = [Number(values.rounds), Number(values.turns), 12];
/** Part of the time its engine may run. */
const machines = [
  { name: 'full-speed', share: 1 },
  { name: 'half-speed', share: 0.5 },
  { name: 'quarter-speed', share: 0.25 },
];
const cycleMs = 40;
const startMs = 60_000;
const cli = join(import.meta.dirname, '../src/cli/main.ts');

interface Told {
  readonly machine: string;
  readonly ttft_ms: number;
  readonly predicted_ttft_ms: number;
  readonly cached_tokens: number;
  readonly prompt_tokens: number;
}

const scratch = mkdtempSync(join(tmpdir(), 'metalyard-bench-fleet-'));
const store = await openStore(join(scratch, 'gateway'));
const { secret } = await store.keys.create('bench');
const gateway = await startGateway({
  store,
  log: silentLog,
  host: '127.0.0.1',
  port: 0,
  version: '0.0.0',
  adminToken: 'bench',
});
const children: ChildProcess[] = [];
let isOver = false;
try {
  for (const { name } of machines) {
    const directory = join(scratch, name);
    mkdirSync(directory, { mode: 0o700 });
    const { machineId, publicKey } = loadMachineIdentity(join(directory, 'machine-key.pem'));
    await store.machines.approve({ machineId, publicKey, name });
    const flags = ['--gateway', gateway.url, '--data-dir', directory, '--name', name];
    const size = ['--context-window', '8192', '--slots', '4'];
    children.push(spawn(process.execPath, [cli, 'agent', ...flags, ...size], { stdio: 'ignore' }));
  }
  await until('all machines are ready', startMs, async () => (await readyMachines()) === machines.length);
  const throttles = children.map((child, at) => throttle(child, machines[at]!.share));
  const found = { metalyard: [] as Told[], 'taking turns': [] as Told[] };
  for (let round = 0; round < rounds; round += 1) {
    for (const rule of Object.keys(found) as (keyof typeof found)[]) {
      let asked = 0;
      const machineFor = (): string | undefined =>
        rule === 'metalyard' ? undefined : machines[asked++ % machines.length]!.name;
      const startedMs = performance.now();
      const talks = Array.from({ length: conversations }, (_, at) => converse(`${rule} ${round} ${at}`, machineFor));
      found[rule].push(...(await Promise.all(talks)).flat());
      console.log(`round ${round + 1}, ${rule}: ${((performance.now() - startedMs) / 1_000).toFixed(1)} s`);
    }
  }
  isOver = true;
  await Promise.all(throttles);
  print(found);
} finally {
  isOver = true;
  for (const child of children) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  await gateway.close();
  await store.close();
  rmSync(scratch, { recursive: true, force: true });
}

async function readyMachines(): Promise<number> {
  const response = await fetch(new URL('/metalyard/status', gateway.url), {
    headers: { authorization: 'Bearer bench' },
  });
  // Ours.
  const status = (await response.json()) as { machines: { models: { status: string }[] }[] };
  return status.machines.filter(({ models }) => models.some((model) => model.status === 'ready')).length;
}

/** Lets the engine of an agent run for a part of the time, until the run is over; it is left running. */
async function throttle(agent: ChildProcess, share: number): Promise<void> {
  if (share === 1) return;
  const engines = descendants(agent.pid ?? 0, /embedded\/child/);
  if (engines.length === 0) throw new Error('no engine was found to be slowed');
  const signal = (what: NodeJS.Signals): void => {
    for (const engine of engines) process.kill(engine, what);
  };
  while (!isOver) {
    signal('SIGCONT');
    await pause(cycleMs * share);
    if (!isOver) signal('SIGSTOP');
    await pause(cycleMs * (1 - share));
  }
  signal('SIGCONT');
}

async function converse(name: string, machineFor: () => string | undefined): Promise<Told[]> {
  const system = `This is ${name}. ${'The yard has many machines and every one of them is different. '.repeat(60)}`;
  const messages: { role: 'user' | 'assistant'; content: string }[] = [];
  const told: Told[] = [];
  for (let turn = 0; turn < turns; turn += 1) {
    messages.push({
      role: 'user',
      content: `Turn ${turn} of ${name}: say hello. ${'A result of a tool. '.repeat(10)}`,
    });
    const machine = machineFor();
    const response = await fetch(new URL('/v1/messages', gateway.url), {
      method: 'POST',
      headers: {
        'x-api-key': secret,
        'content-type': 'application/json',
        ...(machine === undefined ? {} : { [machineHeader]: machine }),
      },
      body: JSON.stringify({ model: 'auto', max_tokens: 24, stream: true, system, messages }),
    });
    const events = await response.text();
    const [, json] = /^: metalyard (.+)$/m.exec(events) ?? [];
    if (json === undefined) throw new Error(`no answer: ${response.status} ${events.slice(0, 300)}`);
    told.push(JSON.parse(json));
    const text = [...events.matchAll(/"text_delta","text":("(?:[^"\\]|\\.)*")/g)].map(([, piece]) =>
      JSON.parse(piece!),
    );
    messages.push({ role: 'assistant', content: text.join('') || 'Hello.' });
    await pause(100 + Math.random() * 300);
  }
  return told;
}

function print(found: Readonly<Record<string, readonly Told[]>>): void {
  console.log('\nrule          requests  mean TTFT s  p95 s  cached  predicted  by machine');
  for (const [rule, told] of Object.entries(found)) {
    const sum = (of: (one: Told) => number): number => told.reduce((total, one) => total + of(one), 0);
    const sorted = told.map(({ ttft_ms }) => ttft_ms).toSorted((a, b) => a - b);
    const mean = sum(({ ttft_ms }) => ttft_ms) / told.length / 1_000;
    const p95 = (sorted[Math.floor(sorted.length * 0.95)] ?? 0) / 1_000;
    const cached = sum(({ cached_tokens }) => cached_tokens) / sum(({ prompt_tokens }) => prompt_tokens);
    const predicted = sum(({ predicted_ttft_ms }) => predicted_ttft_ms) / told.length / 1_000;
    const by = machines.map(({ name }) => `${name} ${told.filter(({ machine }) => machine === name).length}`);
    console.log(
      `${rule.padEnd(12)}  ${String(told.length).padStart(8)}  ${mean.toFixed(2).padStart(11)}  ${p95.toFixed(2).padStart(5)}  ` +
        `${`${(cached * 100).toFixed(1)} %`.padStart(6)}  ${predicted.toFixed(2).padStart(9)}  ${by.join(', ')}`,
    );
  }
}
