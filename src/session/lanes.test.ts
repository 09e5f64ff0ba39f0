/** Whatever connections do, each message arrives once and in order, or the session says that it cannot. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { IncomingLanes, type JsonText, type LaneLimits, OutgoingLanes } from './lanes.ts';

const limits: LaneLimits = { frameBytes: 64, windowBytes: 256, heldBytes: 100_000 };

const wire = ({ head, payload }: { head: string; payload: JsonText }): string =>
  head + (typeof payload === 'string' ? payload : new TextDecoder('utf-8', { fatal: true }).decode(payload));

test('a short message is one frame, and is confirmed', () => {
  const sender = new OutgoingLanes(limits);
  const receiver = new IncomingLanes(1_000);
  sender.push('c', ['{"type":', '"report"}']);
  const frame = wire(sender.take()!);
  assert.equal(frame, 'c1 {"type":"report"}');
  assert.deepEqual(receiver.receive(frame), { kind: 'message', lane: 'c', text: '{"type":"report"}' });
  assert.equal(receiver.confirmation(), 'a 1 0');
  assert.equal(receiver.confirmation(), null);
  assert.deepEqual(new IncomingLanes(1_000).receive('a 1 0'), { kind: 'confirmed', received: { c: 1, d: 0 } });
  assert.ok(sender.confirm({ c: 1, d: 0 }));
  assert.equal(sender.heldBytes, 0);
});

test('texts of more bytes than characters stand before bytes', () => {
  const sender = new OutgoingLanes(limits);
  sender.push('d', ['{"model":"千问","request":', new TextEncoder().encode('{}'), '}']);
  assert.equal(wire(sender.take()!), 'd1 {"model":"千问","request":{}}');
});

test('control overtakes data that waits', () => {
  const sender = new OutgoingLanes(limits);
  sender.push('d', ['x'.repeat(200)]);
  assert.match(wire(sender.take()!), /^d1\+ x{64}$/);
  sender.push('c', ['{}']);
  assert.equal(wire(sender.take()!), 'c1 {}');
  assert.match(wire(sender.take()!), /^d2\+ x{64}$/);
});

test('no more data is on its way than the window holds', () => {
  const sender = new OutgoingLanes(limits);
  sender.push('d', ['x'.repeat(1_000)]);
  let taken = 0;
  while (sender.take() !== null) taken += 1;
  assert.equal(taken, 4);
  sender.confirm({ c: 0, d: 1 });
  assert.notEqual(sender.take(), null);
  assert.equal(sender.take(), null);
  // Control is never held up.
  sender.push('c', ['{}']);
  assert.notEqual(sender.take(), null);
});

test('more than can be kept ends the session', () => {
  const sender = new OutgoingLanes({ ...limits, heldBytes: 100 });
  assert.equal(sender.push('d', ['x'.repeat(90)]), true);
  assert.equal(sender.push('d', ['x'.repeat(20)]), false);
});

test('what was never sent can be withdrawn: nothing of it travels, its memory comes back, numbers have no gap', () => {
  const sender = new OutgoingLanes(limits);
  sender.push('d', ['x'.repeat(100)], 'first');
  sender.push('d', [new TextEncoder().encode('y'.repeat(1_000))], 'second');
  sender.push('d', ['z'], 'third');
  assert.match(wire(sender.take()!), /^d1\+ x{64}$/);
  sender.withdraw('second', false);
  assert.equal(sender.heldBytes, 101);
  assert.match(wire(sender.take()!), /^d2 x{36}$/);
  assert.equal(wire(sender.take()!), 'd3 z');
  assert.equal(sender.take(), null);
});

test('of a message that has begun the rest is withdrawn only if the other end understands that it does not go on', () => {
  for (const canGiveUp of [false, true]) {
    const sender = new OutgoingLanes(limits);
    const receiver = new IncomingLanes(1_000);
    sender.push('d', [new TextEncoder().encode('y'.repeat(300))], 'begun');
    sender.push('d', ['{}'], 'next');
    const frames = [wire(sender.take()!)];
    sender.withdraw('begun', canGiveUp);
    assert.equal(sender.heldBytes, canGiveUp ? 66 : 302);
    for (let frame = sender.take(); frame !== null; frame = sender.take()) {
      frames.push(wire(frame));
      sender.confirm({ c: 0, d: frames.length });
    }
    const heard = frames.map((frame) => receiver.receive(frame)).filter(({ kind }) => kind === 'message');
    const texts = heard.map((arrival) => ('text' in arrival ? arrival.text : ''));
    assert.deepEqual(texts, canGiveUp ? ['{}'] : ['y'.repeat(300), '{}']);
    if (canGiveUp) assert.deepEqual(frames.slice(1), ['d2- ', 'd3 {}']);
    assert.equal(sender.heldBytes, 0);
  }
});

test('what was on its way when it was withdrawn is sent again after a break, and given up again', () => {
  const sender = new OutgoingLanes(limits);
  sender.push('d', ['y'.repeat(300)], 'begun');
  const before = [wire(sender.take()!), wire(sender.take()!)];
  sender.withdraw('begun', true);
  assert.equal(wire(sender.take()!), 'd3- ');
  assert.ok(sender.rewind({ c: 0, d: 1 }));
  assert.deepEqual([wire(sender.take()!), wire(sender.take()!), sender.take()], [before[1], 'd3- ', null]);
});

test('a gap, a confirmation of what was never sent, and an endless message are noticed', () => {
  const receiver = new IncomingLanes(100);
  assert.equal(receiver.receive('c2 {}').kind, 'broken');
  assert.equal(receiver.receive('d1+ xx').kind, 'part');
  assert.equal(receiver.receive(`d2+ ${'x'.repeat(99)}`).kind, 'unacceptable');
  const sender = new OutgoingLanes(limits);
  sender.push('c', ['{}']);
  assert.equal(sender.confirm({ c: 1, d: 0 }), false, 'it was not even taken');
  sender.take();
  assert.equal(sender.confirm({ c: 2, d: 0 }), false);
});

test('frames without a number are the handshake', () => {
  assert.deepEqual(new IncomingLanes(100).receive('{"type":"hello"}'), {
    kind: 'unnumbered',
    text: '{"type":"hello"}',
  });
  assert.equal(new IncomingLanes(100).receive('c99999999999999999999 {}').kind, 'unnumbered');
});

test('property: over connections that break anywhere, every message arrives once and in its lane in order', () => {
  const message = fc.record({
    lane: fc.constantFrom('c' as const, 'd' as const),
    text: fc.string({ unit: 'grapheme', maxLength: 300 }),
    asBytes: fc.boolean(),
  });
  /** What happens next: a message is sent, frames travel (and how many get lost with the connection), a break. */
  const event = fc.oneof(
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('send' as const), message }) },
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('travel' as const), frames: fc.nat(8) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('confirm' as const) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('break' as const), lost: fc.nat(6) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('withdraw' as const), which: fc.nat(60) }) },
  );
  fc.assert(
    fc.property(fc.array(event, { maxLength: 60 }), fc.boolean(), (events, canGiveUp) => {
      const sender = new OutgoingLanes(limits);
      const receiver = new IncomingLanes(10_000);
      const sent: Record<'c' | 'd', string[]> = { c: [], d: [] };
      /** Positions in `sent.d`: may arrive, whole and in their turn, or not. */
      const withdrawn = new Set<number>();
      const arrived: Record<'c' | 'd', string[]> = { c: [], d: [] };
      const travel = (): boolean => {
        const frame = sender.take();
        if (frame === null) return false;
        const arrival = receiver.receive(wire(frame));
        assert.notEqual(arrival.kind, 'broken');
        assert.notEqual(arrival.kind, 'unnumbered');
        if (arrival.kind === 'message') arrived[arrival.lane].push(arrival.text);
        return true;
      };
      for (const next of events) {
        if (next.kind === 'send') {
          const { lane, text, asBytes } = next.message;
          sent[lane].push(text);
          const key = lane === 'd' ? String(sent.d.length - 1) : undefined;
          assert.ok(sender.push(lane, [asBytes ? new TextEncoder().encode(text) : text], key));
        } else if (next.kind === 'withdraw') {
          if (next.which >= sent.d.length) continue;
          withdrawn.add(next.which);
          sender.withdraw(String(next.which), canGiveUp);
        } else if (next.kind === 'travel') for (let count = 0; count < next.frames; count += 1) travel();
        else if (next.kind === 'confirm') assert.ok(sender.confirm(receiver.received));
        else {
          for (let lost = 0; lost < next.lost; lost += 1) sender.take();
          assert.ok(sender.rewind(receiver.received));
        }
      }
      do assert.ok(sender.confirm(receiver.received));
      while (travel());
      const whole = (texts: readonly string[]) => texts.filter((text) => text !== '');
      assert.deepEqual(whole(arrived.c), whole(sent.c));
      const heard = whole(arrived.d);
      for (const [index, text] of sent.d.entries()) {
        if (text === '') continue;
        if (heard[0] === text) heard.shift();
        else assert.ok(withdrawn.has(index), `message ${index} has arrived`);
      }
      assert.deepEqual(heard, []);
      assert.equal(sender.heldBytes, 0);
    }),
    { numRuns: 300 },
  );
});
