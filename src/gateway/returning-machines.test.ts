/** What a gateway that has just started says of models it does not know yet. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { ApiFailure, apiError } from '../contract/errors.ts';
import { limits } from '../contract/limits.ts';
import { realTime } from '../transport/time.ts';
import { ReturningMachines } from './returning-machines.ts';

function returning(context: TestContext, expected: readonly string[]) {
  const { timers } = context.mock;
  timers.enable({ apis: ['setTimeout'] });
  let now = 0;
  const machines = new ReturningMachines({ expected, time: { ...realTime, nowMs: () => now } });
  const known = new Set<string>();
  return {
    machines,
    known,
    ask: (model: string) =>
      machines.await(async () => {
        if (known.has(model)) return model;
        throw new ApiFailure(apiError('model_not_found', `${model} is not served here.`));
      }),
    pass(ms: number) {
      now += ms;
      timers.tick(ms);
    },
  };
}

const code = (expected: string) => (error: unknown) => error instanceof ApiFailure && error.error.code === expected;

test('a request waits for the machine that has its model', async (context) => {
  const { machines, known, ask } = returning(context, ['a', 'b']);
  const asking = ask('tiny');
  machines.heard('a');
  known.add('tiny');
  machines.heard('b');
  assert.equal(await asking, 'tiny');
});

test('once all have told their models, an unknown one is a 404 at once', async (context) => {
  const { machines, ask } = returning(context, ['a']);
  const asking = ask('gpt-4');
  machines.heard('a');
  await assert.rejects(asking, code('model_not_found'));
  await assert.rejects(ask('gpt-4'), code('model_not_found'));
});

test('a machine that does not come back is waited for, and then it is told so: no 404', async (context) => {
  const { ask, pass } = returning(context, ['a']);
  const asking = assert.rejects(ask('tiny'), code('no_machine'));
  // The first attempt is over.
  await new Promise(setImmediate);
  pass(limits.restartWaitMs);
  await asking;
  pass(limits.restartGraceMs);
  await assert.rejects(ask('tiny'), code('model_not_found'));
});

test('other failures are told at once', async (context) => {
  const { machines } = returning(context, ['a']);
  const failing = machines.await(async () => {
    throw new ApiFailure(apiError('invalid_request', 'messages: missing.'));
  });
  await assert.rejects(failing, code('invalid_request'));
});
