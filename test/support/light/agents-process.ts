/**
 * Many machines in one process: each has a key, a session and heartbeats of its own and speaks the link with the
 * agent's own code. What they lack is an engine: an answer is one word.
 */
import { createPrivateKey } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as passed } from 'node:timers/promises';
import { linkToGateway } from '../../../src/agent/gateway-link.ts';
import type { ReadyModel } from '../../../src/agent/ready-model.ts';
import { watchWay } from '../../../src/agent/way-watch.ts';
import type { MachineModel } from '../../../src/contract/link/messages.ts';
import { known } from '../../../src/contract/machine/fact.ts';
import type { FactName, Facts } from '../../../src/contract/machine/facts.ts';
import { collectFacts } from '../../../src/machine/collect.ts';
import { nowMs } from '../../../src/transport/clock.ts';
import { machineIdentity } from '../../../src/transport/identity/machine-identity.ts';
import { type Log, silentLog } from '../../../src/transport/log/log.ts';
import { beatGridMs } from '../../../src/yard/beat-grid.ts';
import { PaceMeter } from '../../../src/yard/pace-meter.ts';
import { bareTickets } from '../bare-agent.ts';
import { type AgentsArguments, type FromAgents, type LightMachine, momentMs } from './messages.ts';

const { gatewayUrl, machinesFile, first }: AgentsArguments = JSON.parse(process.argv[2] ?? '');
const machines: readonly LightMachine[] = JSON.parse(readFileSync(machinesFile, 'utf8'));

const model: MachineModel = {
  id: 'light-1b-q8',
  digest: 'd'.repeat(64),
  displayName: 'Light',
  status: 'ready',
  window: 8_192,
  slots: 2,
  busySlots: 0,
  thinking: true,
  tools: true,
  createdAtMs: 0,
};
const usage = { promptTokens: 10, cachedTokens: 0, outputTokens: 1, thinkingTokens: 0 };
const ready: ReadyModel = {
  slots: model.slots,
  count: async () => ({ tokens: usage.promptTokens }),
  prepare: async () => ({
    ok: true,
    answer: {
      promptTokens: usage.promptTokens,
      window: model.window,
      maxTokens: 100,
      async *generate() {
        yield [
          { type: 'generation-start', promptTokens: usage.promptTokens, cachedTokens: 0 },
          { type: 'block-start', block: { kind: 'text' } },
          { type: 'block-delta', text: 'Light.' },
          { type: 'block-end' },
          { type: 'generation-end', stopReason: 'end-turn', stopSequence: null, usage },
        ];
      },
    },
  }),
};

/** What a machine on Linux says of itself with each heartbeat. */
const live: readonly FactName[] = [
  'memory.total_bytes',
  'memory.available_bytes',
  'memory.swap_total_bytes',
  'memory.swap_used_bytes',
  'memory.stall_10s',
  'memory.stall_full_10s',
  'cpu.stall_10s',
  'disk.stall_10s',
  'power.source',
  'thermal.max_celsius',
  'gpu.all',
];
/** Those of this computer, for all. */
const facts = await collectFacts({ version: '0.0.0' });
const liveFacts = (): Facts => ({
  ...Object.fromEntries(live.flatMap((name) => (facts[name] === undefined ? [] : [[name, facts[name]]]))),
  'memory.available_bytes': known(Math.round(Math.random() * 1e10), '/proc/meminfo'),
});
/** As a machine samples them: the same for a second. */
function sampled(): () => Facts {
  let last: Facts = {};
  let atMs = Number.NEGATIVE_INFINITY;
  return () => {
    if (nowMs() - atMs < 1_000) return last;
    atMs = nowMs();
    last = liveFacts();
    return last;
  };
}

/** They have all worked a while ago. */
const meter = new PaceMeter({ readPerS: 100, writePerS: 10 }, nowMs());
meter.begun('one', nowMs() - 3_000);
meter.started('one', 1_000, nowMs() - 2_000);
meter.ended('one', 50, nowMs() - 1_000);

/** Dialled and not yet linked, at most, of one process. */
const onTheWay = 100;

let linked = 0;
let withoutSocket = 0;
let reports = 0;
const moments: number[] = Array(beatGridMs / momentMs).fill(0);
function noteReport(): void {
  reports += 1;
  const moment = Math.floor(((performance.timeOrigin + performance.now()) % beatGridMs) / momentMs);
  moments[moment] = (moments[moment] ?? 0) + 1;
}
let told = -1;
function tell(): void {
  if (told === linked) return;
  told = linked;
  sayFigures();
}
function sayFigures(): void {
  const { user, system } = process.cpuUsage();
  process.send?.({ linked, withoutSocket, reports, moments, cpuMs: (user + system) / 1_000 } satisfies FromAgents);
}
setInterval(tell, 20);
process.on('message', sayFigures);
process.on('disconnect', () => process.exit(0));

const others = once(process, 'message');
for (const [index, { name, privateKey }] of machines.entries()) {
  if (index === first) await others;
  let isLinked = false;
  const sample = sampled();
  const note = (is: boolean): void => {
    if (is !== isLinked) linked += is ? 1 : -1;
    isLinked = is;
  };
  const log: Log = {
    ...silentLog,
    info(message) {
      if (message === 'linked to the gateway' || message === 'the session goes on') note(true);
    },
    warn(message) {
      if (message === 'not linked to the gateway') note(false);
      if (message === 'linking without a WebSocket') withoutSocket += 1;
    },
  };
  const way = watchWay({ gatewayUrl, trust: {}, log: silentLog, onFacts: () => link.report() });
  const link = linkToGateway({
    gatewayUrl,
    trust: {},
    way,
    identity: machineIdentity(
      createPrivateKey({ key: Buffer.from(privateKey, 'base64'), format: 'der', type: 'pkcs8' }),
    ),
    name,
    version: '0.0.0',
    log,
    tickets: bareTickets(() => ready, log),
    wishes: { load: () => undefined, wish: () => undefined, keep: () => {}, keepNone: () => {} },
    models() {
      noteReport();
      return [{ ...model, pace: meter.pace(nowMs()) }];
    },
    draining: () => false,
    pressedBecause: () => null,
    facts: () => facts,
    liveFacts: () => ({ ...sample(), ...way.facts }),
  });
  // A fleet does not come up at once: so many are on their way at a time.
  while (index - linked >= onTheWay) await passed(5);
}
