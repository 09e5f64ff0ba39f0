import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { apiError, noRoom } from '../contract/errors.ts';
import type { MachineModel } from '../contract/link/messages.ts';
import type { YardEffect, YardEvent } from './events.ts';
import { story } from './fixtures/story.ts';
import { createYard, step } from './step.ts';

describe('a request that is kept to machines, and waits for its turn among batch', () => {
  story(
    'is refused as soon as its machine says that there is no room, though another one serves the model',
    `
    0      A connects
           > A/1 is live
    1      A reports big ready 0/1
    2      B connects
           > B/1 is live
    3      B reports big available
    4      A starts beating
    4      B starts beating
    10     r1 asks big as batch on machines B
           > load big on B
           > r1 is number 1
    20     B reports big failed for want of room
           > r1 is rejected: model_no_room
    `,
  );

  story(
    'and is refused when its machine says no to the load and names no time',
    `
    0      A connects
           > A/1 is live
    1      A reports big ready 0/1
    2      B connects
           > B/1 is live
    3      B reports big available
    10     r1 asks big as batch on machines B
           > load big on B
           > r1 is number 1
    20     B loads no big
           > r1 is rejected: no_machine, come back in 5919
    # Asked anew, whatever it said before.
    2000   B beats
    3000   r2 asks big as batch on machines B
           > load big on B
           > r2 is number 1
    3010   B reports big loading
    6000   B reports big ready 0/1
           > offer r2.1 to B
    `,
  );

  story(
    'is told within seconds that its machine is gone, which has its lease and a moment to come back',
    `
    0      A connects
           > A/1 is live
    1      A reports big ready 0/1
    2      B connects
           > B/1 is live
    3      B reports big ready 1/1
    4      A starts beating
    10     r1 asks big as batch on machines B
           > r1 is number 1
    100    B disconnects
           > B/1 is lost
    5100   clock
           > r1 is rejected: no_machine, come back in 5919
    `,
  );

  story(
    'waits on when its machine is back in time',
    `
    0      A connects
           > A/1 is live
    1      A reports big ready 0/1
    2      B connects
           > B/1 is live
    3      B reports big ready 1/1
    4      A starts beating
    10     r1 asks big as batch on machines B
           > r1 is number 1
    100    B disconnects
           > B/1 is lost
    4000   B connects
           > B/2 is live
    4001   B starts beating
    4002   B reports big loading
    30000  B reports big ready 0/1
           > offer r1.1 to B
    `,
  );

  story(
    'is told when the label it asked for is taken from the last machine that had it',
    `
    0      A connects
           > A/1 is live
    1      A reports big ready 0/1
    2      B connects
           > B/1 is live
    3      B reports big ready 1/1
    4      A starts beating
    4      B starts beating
    5      B is labelled quiet,cellar
    10     r1 asks big as batch on labels quiet
           > r1 is number 1
    20     B is labelled cellar
    5020   clock
           > r1 is rejected: no_machine, come back in 5919
    `,
  );

  story(
    'is told when its machine is kept from new work, goes, or runs short of memory, and does not recover',
    `
    0      A connects
           > A/1 is live
    1      A reports big ready 0/1
    2      B connects
           > B/1 is live
    3      B reports big ready 1/1
    4      A starts beating
    4      B starts beating
    10     r1 asks big as batch on machines B
           > r1 is number 1
    20     B is held
    4000   B is released
    4010   B reports pressed, big ready 1/1
    9010   clock
           > r1 is rejected: no_machine, come back in 29593
    `,
  );

  story(
    'does not wait for a machine that says the same no every few seconds',
    `
    0      A connects
           > A/1 is live
    1      A reports big ready 0/1
    2      B connects
           > B/1 is live
    3      B reports big available
    4      C connects
           > C/1 is live
    5      C reports big available
    6      A starts beating
    10     C disconnects
           > C/1 is lost
    20     r1 asks big as batch on machines B,C
           > load big on B
           > r1 is number 1
    # C may come back.
    30     B loads no big
    2000   B beats
           > load big on B
    2010   B loads no big
    4000   B beats
           > load big on B
    4010   B loads no big
    5030   clock
           > r1 is rejected: no_machine, come back in 5919
    `,
  );
});

describe('a request that may go everywhere', () => {
  story(
    'waits for a machine that is short of memory although the model is broken on another one, and is told to come back',
    `
    0      A connects
           > A/1 is live
    1      A reports big failed
    2      B connects
           > B/1 is live
    3      B reports pressed, big ready 0/1
    4      A starts beating
    4      B starts beating
    10     r1 asks big
           > r1 is number 1
    2000   B reports big ready 0/1
           > offer r1.1 to B
    2010   B accepts r1.1
           > assign r1.1 to B
    3000   B reports pressed, big ready 1/1
    3010   r2 asks big
           > r2 is number 1
    8010   clock
           > r2 is rejected: no_machine, come back in 25124
    `,
  );

  story(
    'does not wait for a machine that says the same no every few seconds either, nor with each report',
    `
    0      A connects
           > A/1 is live
    1      A reports big available
    10     r1 asks big as batch
           > load big on A
           > r1 is number 1
    20     A loads no big
    2000   A beats
           > load big on A
    2010   A loads no big
    4000   A reports big available
           > load big on A
    4010   A loads no big
    5020   clock
           > r1 is rejected: no_machine, come back in 5919
    `,
  );

  story(
    'has another machine load the model while one that said no is asked again',
    `
    0      A connects
           > A/1 is live
    1      A reports big available
    10     r1 asks big as batch
           > load big on A
           > r1 is number 1
    20     A loads no big
    2000   A beats
           > load big on A
    2010   B connects
           > B/1 is live
    2020   B reports big available
           > load big on B
    `,
  );
});

test('what a kept request is told names the machine, what it said and what to type', () => {
  const yard = createYard();
  const tell = (event: YardEvent, nowMs: number) => step(yard, event, nowMs);
  const facts = { digest: 'd', displayName: 'Big', window: 8_192, thinking: false, tools: false, createdAtMs: 0 };
  type Told = Pick<MachineModel, 'status' | 'slots' | 'failure'>;
  const report = (name: string, told: Told, nowMs: number) => {
    const models = [{ id: 'big', busySlots: 0, ...told, ...facts }];
    return tell({ type: 'machine-reported', machineId: name, sessionId: name, models, draining: false }, nowMs);
  };
  for (const name of ['desk', 'cellar', 'attic', 'loft']) {
    tell({ type: 'machine-connected', machineId: name, sessionId: name, name }, 0);
    report(name, { status: name === 'loft' ? 'available' : 'ready', slots: 1 }, 0);
  }
  const failure = apiError('model_load_failed', 'small is pinned (metalyard models unpin)', { errorCode: noRoom });
  report('cellar', { status: 'failed', slots: 0, failure }, 1);
  tell({ type: 'machine-disconnected', machineId: 'attic', sessionId: 'attic' }, 2);
  const ask = (requestId: string, machine: string) => {
    const wishes = { machines: [machine], labels: [] };
    return tell(
      { type: 'request-submitted', requestId, keyId: 'key', model: 'big', estimatedTokens: 10, wishes },
      yard.nowMs,
    );
  };
  const toldBy = (effects: readonly YardEffect[]) =>
    JSON.stringify(effects.filter(({ type }) => type === 'request-ended'));
  assert.match(toldBy(ask('r1', 'cellar')), /cellar has no room for big: small is pinned \(metalyard models unpin\)/);
  assert.match(
    toldBy(ask('r2', 'shed')),
    /\(each of desk, cellar, loft is not the machine that was asked for; no machine called shed is connected\)\. Ask for a machine that metalyard machines ls shows\. Ask for desk, cellar, loft \(x-metalyard-machine\), or/,
  );
  ask('r3', 'loft');
  const declined = { machineId: 'loft', sessionId: 'loft', model: 'big', message: 'It needs 9 GB, and 3 are free' };
  assert.match(
    toldBy(tell({ type: 'load-declined', ...declined }, 3)),
    /\(loft: It needs 9 GB, and 3 are free\)\. Make room on loft as it says, or wait\. Or ask for other machines \(x-metalyard-machine, x-metalyard-labels\)\./,
  );
  ask('r4', 'attic');
  const told: string[] = [];
  while (yard.tickets.size > 0) told.push(toldBy(tell({ type: 'clock-advanced' }, yard.wakeAtMs ?? 0)));
  assert.equal(yard.nowMs, 5_003);
  assert.match(told.at(-1) ?? '', /\(attic is not connected\)\. Start the agent on attic again\. Or ask for other/);
});

describe('a request that may not go everywhere is told of each machine what is in the way, and what to do about it:', () => {
  const facts = { digest: 'd', displayName: 'Big', window: 8_192, thinking: false, tools: false, createdAtMs: 0 };
  const big: MachineModel = { id: 'big', status: 'ready', slots: 1, busySlots: 0, ...facts };
  type Kept = Partial<Extract<YardEvent, { type: 'request-submitted' }>>;
  /** `desk` has the model, `cellar` the label `quiet` and another model; what is said to a request that is kept so. */
  function told(kept: Kept, before: (tell: (event: YardEvent) => unknown) => void = () => {}): string {
    const yard = createYard();
    const tell = (event: YardEvent): YardEffect[] => step(yard, event, 1);
    const join = (machineId: string, labels: readonly string[], models: readonly MachineModel[]): void => {
      tell({ type: 'machine-connected', machineId, sessionId: machineId, name: machineId, labels });
      tell({ type: 'machine-reported', machineId, sessionId: machineId, models, draining: false });
    };
    join('desk', ['fast'], [big]);
    join('cellar', ['quiet'], [{ ...big, id: 'small', digest: 'other' }]);
    before(tell);
    const ask = { requestId: 'r1', keyId: 'key_a', model: 'big', estimatedTokens: 10 };
    let effects = tell({ type: 'request-submitted', ...ask, ...kept });
    while (yard.tickets.size > 0) effects = step(yard, { type: 'clock-advanced' }, yard.wakeAtMs ?? 0);
    const [end] = effects.filter((effect) => effect.type === 'request-ended');
    assert.ok(end?.outcome.kind === 'rejected');
    assert.equal(end.outcome.error.code, 'no_machine');
    return end.outcome.error.message.replace(/^No machine that may have this request serves big now /, '');
  }
  const places = { machines: null, labels: [], trustedOnly: false };
  const cases: readonly (readonly [string, string, string])[] = [
    [
      'the machine that was asked for has other models',
      told({ wishes: { machines: ['cellar'], labels: [] } }),
      '(desk is not the machine that was asked for; cellar does not have it). Give cellar the model (a file in the folder of its --models), ' +
        'or ask for one that it has. Ask for desk (x-metalyard-machine), or for no machine at all.',
    ],
    [
      'a label that was asked for',
      told({ wishes: { machines: null, labels: ['fast', 'quiet'] } }),
      '(desk lacks a label that was asked for (quiet)). Label desk so (metalyard machines label), or ask for other labels (x-metalyard-labels).',
    ],
    [
      'a label that the key needs',
      told({ places: { ...places, labels: ['quiet'] } }),
      '(desk lacks a label that this key needs (quiet); cellar does not have it). Give cellar the model (a file in the folder of its --models), ' +
        'or ask for one that it has. Label desk so (metalyard machines label), or change the key (metalyard keys set key_a --labels).',
    ],
    [
      'trust',
      told({ places: { ...places, trustedOnly: true } }),
      '(desk is not labelled trusted, as this key needs it). Label desk trusted (metalyard machines label), ' +
        'or let the key run elsewhere (metalyard keys set key_a --trusted-only no).',
    ],
    [
      'the machines of the key',
      told({ places: { ...places, machines: ['cellar'] } }),
      '(desk is not among the machines of this key; cellar does not have it). Give cellar the model (a file in the folder of its --models), ' +
        'or ask for one that it has. Let the key run on desk (metalyard keys set key_a --machines).',
    ],
    [
      'the owner of the only machine that is left to the key',
      told({ places: { ...places, machines: ['desk'] } }, (tell) =>
        tell({ type: 'machine-held', machineId: 'desk', held: true }),
      ),
      '(desk is kept from new work). Let desk work again (metalyard machines resume). Or let the key run elsewhere (metalyard keys set key_a).',
    ],
  ];
  for (const [name, said, expected] of cases) test(name, () => assert.equal(said, expected));
});

test('where several things are in the way every remedy is told, that of a person first, each with its machine', () => {
  const yard = createYard();
  const tell = (event: YardEvent, nowMs: number): YardEffect[] => step(yard, event, nowMs);
  const facts = { digest: 'd', displayName: 'Big', window: 8_192, thinking: false, tools: false, createdAtMs: 0 };
  const models: MachineModel[] = [{ id: 'big', status: 'ready', slots: 1, busySlots: 0, ...facts }];
  for (const machineId of ['attic', 'cellar', 'shed']) {
    tell({ type: 'machine-connected', machineId, sessionId: machineId, name: machineId }, 1);
    const pressed = machineId === 'attic' ? { pressed: 'its owner plays' } : {};
    tell({ type: 'machine-reported', machineId, sessionId: machineId, models, draining: false, ...pressed }, 1);
  }
  for (const machineId of ['cellar', 'shed']) tell({ type: 'machine-held', machineId, held: true }, 2);
  tell({ type: 'request-submitted', requestId: 'r1', keyId: 'k', model: 'big', estimatedTokens: 100 }, 3);
  const ends: string[] = [];
  while (yard.tickets.size > 0)
    for (const effect of tell({ type: 'clock-advanced' }, yard.wakeAtMs ?? 0))
      if (effect.type === 'request-ended' && effect.outcome.kind === 'rejected')
        ends.push(effect.outcome.error.message);
  assert.match(
    ends.join(),
    /Let cellar and 1 more work again \(metalyard machines resume\)\. Close programs on attic, or wait: .* Or start the agent on another/,
  );
});

describe('a request for a model that is broken on one machine waits for the other one, which', () => {
  const states: readonly (readonly [string, string, number])[] = [
    ['is held by its owner', 'B is held', 29_593],
    ['is short of memory', 'B reports pressed, tiny ready 0/1', 29_593],
    ['is draining', 'B reports draining, tiny ready 0/1', 11_837],
  ];
  for (const [state, said, comeBackMs] of states) {
    story(
      state,
      `
      0      A connects
             > A/1 is live
      0      B connects
             > B/1 is live
      1      A reports tiny failed
      1      B reports tiny ready 0/1
      2      ${said}
      3      A starts beating
      3      B starts beating
      10     r1 asks tiny
             > r1 is number 1
      5010   clock
             > r1 is rejected: no_machine, come back in ${comeBackMs}
      `,
    );
  }
});
