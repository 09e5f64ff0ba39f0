import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type EnginePlan, fitModel, type MachineRoom, type ModelSize } from './fit.ts';

const gb = 1e9;
const usable = (bytes: number) => ({ bytes, says: 'as the test says' });
const tiny: ModelSize = { weightBytes: 3e6, kvBytesPerToken: 4_608, trainedWindow: 65_536 };
/** Qwen2.5 7B at Q4_K_M: 28 layers, 4 KV heads of 128. */
const qwen7b: ModelSize = { weightBytes: 4.7 * gb, kvBytesPerToken: 57_344, trainedWindow: 32_768 };

function planned(model: ModelSize, room: MachineRoom): EnginePlan {
  const fit = fitModel(model, room);
  assert.ok(fit.ok, fit.ok ? '' : fit.failure.message);
  return fit.plan;
}

test('with room enough: four slots of the trained window, at most 65,536 unless asked for', () => {
  assert.deepEqual(planned(tiny, { memory: usable(16 * gb), cores: 2 }), { window: 65_536, slots: 4, threads: 2 });
  const long = { ...tiny, trainedWindow: 1_000_000 };
  assert.equal(planned(long, { memory: usable(64 * gb), cores: 8 }).window, 65_536);
  assert.equal(planned(long, { memory: usable(64 * gb), cores: 8, window: 200_000 }).window, 200_000);
});

test('with less room the window shrinks first, then slots go, and never below 4,096 tokens', () => {
  const windowsAndSlots = [13, 10.4, 8, 6.4, 5.6, 5.2].map((free) => {
    const { window, slots } = planned(qwen7b, { memory: usable(free * gb), cores: 8 });
    return `${free} GB: ${slots} x ${window}`;
  });
  assert.deepEqual(windowsAndSlots, [
    '13 GB: 4 x 32768',
    '10.4 GB: 4 x 24576',
    '8 GB: 4 x 14336',
    '6.4 GB: 3 x 9216',
    '5.6 GB: 1 x 15360',
    '5.2 GB: 1 x 8192',
  ]);
});

test('a model that does not fit is refused with the numbers and the remedy', () => {
  const fit = fitModel(qwen7b, { memory: usable(3.2 * gb), cores: 8 });
  assert.deepEqual(fit, {
    ok: false,
    failure: {
      code: 'memory',
      message:
        'The model needs 4.9 GB (weights 4.7 GB, the rest for 1 x 4096 tokens), but only 3.2 GB may be used: ' +
        'as the test says. Close other programs, or choose a smaller model or a stronger quantisation.',
    },
  });
});

test("the owner's wishes are kept or refused, never changed", () => {
  const room = { memory: usable(8 * gb), cores: 8 };
  assert.deepEqual(planned(qwen7b, { ...room, window: 32_768, threads: 3 }), { window: 32_768, slots: 1, threads: 3 });
  const tooMuch = fitModel(qwen7b, { ...room, window: 32_768, slots: 4 });
  assert.ok(!tooMuch.ok && tooMuch.failure.code === 'memory');
  const tooLong = fitModel(qwen7b, { ...room, window: 40_000 });
  assert.ok(!tooLong.ok && tooLong.failure.code === 'context-too-large');
});

test('threads: all cores, but four at most for a tiny model', () => {
  const threads = (model: ModelSize, cores: number) => planned(model, { memory: usable(64 * gb), cores }).threads;
  assert.deepEqual(
    [1, 2, 4, 16].map((cores) => threads(tiny, cores)),
    [1, 2, 4, 4],
  );
  assert.deepEqual(
    [1, 2, 4, 16].map((cores) => threads(qwen7b, cores)),
    [1, 2, 4, 16],
  );
});

test('a model trained for less than 4,096 tokens gets what it was trained for', () => {
  const short = { ...tiny, trainedWindow: 2_048 };
  assert.deepEqual(planned(short, { memory: usable(16 * gb), cores: 1 }), { window: 2_048, slots: 4, threads: 1 });
});

test('whatever the machine: a plan is within the budget, and a refusal means the least would not fit', () => {
  const size = fc.record({
    weightBytes: fc.integer({ min: 1e6, max: 50e9 }),
    kvBytesPerToken: fc.integer({ min: 0, max: 1e6 }),
    trainedWindow: fc.integer({ min: 0, max: 2e6 }),
  });
  const room = fc.record({
    memory: fc.integer({ min: 0, max: 128e9 }).map(usable),
    cores: fc.integer({ min: 0, max: 64 }),
  });
  fc.assert(
    fc.property(size, room, (model, machine) => {
      const fit = fitModel(model, machine);
      const allowed = machine.memory.bytes;
      if (fit.ok) {
        const { window, slots, threads } = fit.plan;
        assert.ok(model.weightBytes + slots * window * model.kvBytesPerToken <= allowed);
        assert.ok(window >= 1 && window <= 65_536 && slots >= 1 && slots <= 4 && threads >= 1);
      } else {
        const least = Math.min(4_096, model.trainedWindow || 4_096);
        assert.ok(model.weightBytes + least * model.kvBytesPerToken > allowed);
      }
    }),
  );
});
