/**
 * Steps that must not grow with the fleet, in one that has the same model everywhere: what each takes as CPU time of this process.
 */
import type { MachineModel } from '../../src/contract/link/messages.ts';
import type { YardEvent } from '../../src/yard/events.ts';
import { createYard, step, type YardState } from '../../src/yard/step.ts';

const slots = 4;
const waiting = 1_000;
/** Each is done so often, and as often before to warm the code up. */
const times = 200;

export interface StepCost {
  readonly name: string;
  /** Of each time, us. */
  readonly us: readonly number[];
}

/** By what is done. `machines`: how many there are. */
export function measureSteps(machines: number): readonly StepCost[] {
  return [comesBack(machines), ...unloaded(machines), ...crowded(machines)];
}

class Fleet {
  readonly yard: YardState = createYard({ limits: { queueWaitMs: 600_000 } });
  nowMs = 0;

  constructor(machines: number, changes: Partial<MachineModel>) {
    for (let index = 0; index < machines; index += 1) this.join(index, changes);
  }

  tell(event: YardEvent) {
    return step(this.yard, event, this.nowMs);
  }

  join(index: number, changes: Partial<MachineModel>): void {
    const machineId = `m${index}`;
    this.tell({ type: 'machine-connected', machineId, sessionId: machineId, name: machineId });
    this.report(index, changes);
  }

  report(index: number, changes: Partial<MachineModel>) {
    const machineId = `m${index}`;
    const model: MachineModel = {
      ...{
        id: 'model',
        digest: 'model',
        displayName: 'model',
        status: 'ready',
        createdAtMs: 0,
        thinking: true,
        tools: true,
      },
      ...{ window: 65_536, slots, busySlots: 0, room: 'free', loadMs: 20_000 + (index % 100) * 100 },
      ...{ pace: { readPerS: 300 + (index % 7) * 400, writePerS: 30, startMs: 60, wakeMs: 0, confidence: 0.9 } },
      ...changes,
    };
    return this.tell({ type: 'machine-reported', machineId, sessionId: machineId, models: [model], draining: false });
  }

  ask(requestId: string) {
    const asked = { requestId, keyId: `key${requestId}`, model: 'model', estimatedTokens: 5_000 };
    return this.tell({ type: 'request-submitted', ...asked });
  }
}

/** Nothing but the steps themselves is timed. */
function timed(name: string, work: (round: number) => void, before: (round: number) => void = () => {}): StepCost {
  const us: number[] = [];
  for (let round = 0; round < 2 * times; round += 1) {
    before(round);
    const from = process.cpuUsage();
    work(round);
    const { user, system } = process.cpuUsage(from);
    if (round >= times) us.push(user + system);
  }
  return { name, us };
}

function comesBack(machines: number): StepCost {
  const fleet = new Fleet(machines, {});
  return timed('a machine comes back and tells of its model', (round) => fleet.join(round, {}));
}

/** Every machine has the model on disk alone. */
function unloaded(machines: number): readonly StepCost[] {
  const onDisk = { status: 'available', slots: 0 } as const;
  const fleet = new Fleet(machines, onDisk);
  let asked = '';
  const first = timed(
    'a request for a model that is loaded nowhere',
    (round) => {
      const load = fleet.ask(`r${round}`).find((effect) => effect.type === 'send-load');
      asked = load?.machineId ?? asked;
    },
    (round) => {
      fleet.nowMs += 1;
      if (round === 0) return;
      fleet.tell({ type: 'request-withdrawn', requestId: `r${round - 1}`, reason: 'client-left' });
      const declined = { machineId: asked, sessionId: asked, model: 'model', message: 'busy', retryAfterMs: 60_000 };
      fleet.tell({ type: 'load-declined', ...declined });
    },
  );
  const another = timed(
    'another one while a machine was asked to load it',
    (round) => fleet.ask(`s${round}`),
    (round) => {
      if (round > 0) fleet.tell({ type: 'request-withdrawn', requestId: `s${round - 1}`, reason: 'client-left' });
    },
  );
  const beats = timed('a heartbeat while somebody waits for that', (round) => fleet.report(round, onDisk));
  return [first, another, beats];
}

/** Every slot is taken. */
function crowded(machines: number): readonly StepCost[] {
  const fleet = new Fleet(machines, { busySlots: slots });
  const burst = timed('one of a burst of requests, every slot taken', (round) => fleet.ask(`r${round}`));
  for (let more = 2 * times; more < waiting; more += 1) fleet.ask(`r${more}`);
  if (fleet.yard.waiting !== waiting) throw new Error(`${fleet.yard.waiting} wait`);
  const beat = timed(`a heartbeat with ${waiting} waiting, load as before`, (round) => {
    fleet.tell({ type: 'machine-beat', machineId: `m${round}`, sessionId: `m${round}` });
  });
  const changed = timed(`the same, a slot less is taken`, (round) => fleet.report(round, { busySlots: slots - 1 }));
  const gone = timed(`a machine goes away with ${waiting - 2 * times} waiting`, (round) => {
    const name = `m${machines - 1 - round}`;
    fleet.tell({ type: 'machine-disconnected', machineId: name, sessionId: name });
  });
  return [burst, beat, changed, gone];
}
