/**
 * What the real engine does not do when a test wants it: it has no memory left, talks nonsense, or gets no further while
 * everything else goes on. Scripted engines on three machines; what is done to real ones: `ladder.test.ts`.
 */
import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { limits } from '../../src/contract/limits.ts';
import { ask, turn } from '../support/ask.ts';
import { type Fleet, startFleet } from '../support/fleet.ts';

const answer = 'It was answered all the same.';
const talk = 'It went on and on. ';
/** `garbage` ends its engine, and what else runs there: it has its machines to itself. */
const together = ['stall', 'memory'] as const;
const alone = ['garbage'] as const;
type Fault = (typeof together)[number] | (typeof alone)[number];
const all: readonly Fault[] = [...together, ...alone];
/** One for all machines: the fault happens once. */
const onceFile = (directory: string, kind: Fault): string => join(dirname(directory), kind);

// Two fleets at the same time, which mostly wait.
describe('faults of an engine', { concurrency: true }, () => {
  for (const carriage of ['WebSockets', 'plain requests'] as const)
    describe(`over ${carriage}`, { concurrency: 1 }, () => {
      let fleet: Fleet;
      before(async () => {
        fleet = await startFleet(
          3,
          (directory) => ({
            slots: 4,
            window: 16_384,
            rules: all.flatMap((kind) => [
              {
                prompt: `before: ${kind}`,
                say: answer,
                fault: { kind, afterTokens: 0, onceFile: onceFile(directory, kind) },
              },
              { prompt: `after: ${kind}`, say: talk, repeat: 10, tokensPerSecond: 20, fault: { kind, afterTokens: 8 } },
            ]),
          }),
          { withoutSockets: carriage === 'plain requests' },
        );
      });
      after(() => fleet?.[Symbol.asyncDispose]());

      /** Nobody notices what happens before the first content. */
      async function unseen(kind: Fault): Promise<void> {
        const file = onceFile(fleet.machines[0]?.directory ?? '', kind);
        writeFileSync(file, '');
        const response = await ask(fleet, turn(fleet.model, `before: ${kind}`, { stream: true }));
        const events = await response.text();
        assert.equal(response.status, 200, events);
        assert.equal(events.match(/^event: message_start$/gm)?.length, 1, events);
        assert.equal(events.match(/^event: message_stop$/gm)?.length, 1, events);
        const shown = [...events.matchAll(/"text_delta","text":"([^"]*)"/g)].map(([, piece]) => piece).join('');
        assert.equal(shown, answer);
        assert.ok(!existsSync(file), 'it really happened');
        const { attempts } = await fleet.explain(response.headers.get('request-id') ?? '');
        assert.equal(attempts.filter(({ lostBecause }) => lostBecause !== null).length, 1);
      }

      /** After it the client is told in time, and not that it was the end. */
      async function told(kind: Fault): Promise<void> {
        const startedMs = performance.now();
        const response = await ask(fleet, turn(fleet.model, `after: ${kind}`, { stream: true }));
        const events = await response.text();
        assert.match(events, /text_delta/);
        assert.match(events, /event: error\ndata: .*"(overloaded_error|api_error|timeout_error)"/);
        assert.doesNotMatch(events, /event: message_stop/);
        const toldMs = performance.now() - startedMs;
        // The longest wait there is: an engine that shows no progress.
        assert.ok(toldMs < limits.decodeProgressMs + 15_000, `${toldMs} ms`);
      }

      describe('that leave it alive', { concurrency: true }, () => {
        for (const kind of together) {
          test(`before the first content: ${kind}`, () => unseen(kind));
          test(`after it: ${kind}`, () => told(kind));
        }
      });
      for (const kind of alone) {
        test(`before the first content: ${kind}`, async () => {
          await fleet.whenReady();
          await unseen(kind);
        });
        test(`after it: ${kind}`, async () => {
          await fleet.whenReady();
          await told(kind);
        });
      }
    });
});
