/**
 * Engine child: the only program that loads native code. One model per process; it speaks the
 * messages of `contract/engine/raw` over the IPC channel of `child_process.fork` and is gone as soon
 * as that channel closes.
 */
import type { EngineFailure, FromEngine, RawEvent, ToEngine } from '../../contract/engine/raw.ts';
import { EngineError } from '../../contract/engine/raw.ts';
import { Gate } from './gate.ts';
import type { LoadedEngine } from './load-model.ts';
import { loadModel } from './load-model.ts';
import { restFor, TokenizingTurns } from './tokenizing-turns.ts';

let loaded: LoadedEngine | null = null;
const running = new Map<number, { readonly stopping: AbortController; readonly gate: Gate }>();
const turns = new TokenizingTurns({
  isGenerating: () => running.size > 0,
  nowMs: () => performance.now(),
  rest: restFor,
});
/** Events of this turn of the event loop; one message per call and turn. */
const outbox = new Map<number, RawEvent[]>();

function send(message: FromEngine): void {
  process.send?.(message);
}

function flush(): void {
  for (const [callId, events] of outbox) send({ type: 'events', callId, events });
  outbox.clear();
}

function emit(callId: number, event: RawEvent): void {
  if (outbox.size === 0) setImmediate(flush);
  const events = outbox.get(callId);
  if (events === undefined) outbox.set(callId, [event]);
  else events.push(event);
}

function failureOf(error: unknown): EngineFailure {
  if (error instanceof EngineError) return error.failure;
  return { code: 'internal', message: error instanceof Error ? error.message : 'unknown error' };
}

async function receive(message: ToEngine): Promise<void> {
  switch (message.type) {
    case 'load':
      try {
        loaded = await loadModel(message.options, (fraction) => send({ type: 'load-progress', fraction }));
        send({ type: 'loaded', model: loaded.model });
      } catch (error) {
        send({ type: 'load-failed', failure: failureOf(error) });
      }
      return;
    case 'tokenize':
      try {
        if (loaded === null) throw new Error('No model is loaded yet.');
        const { callId, segments, purpose = 'generate' } = message;
        const tokens = await turns.tokens(callId, loaded.vocabulary.tokenizing(segments), purpose);
        send({ type: 'tokenized', callId, tokens });
      } catch (error) {
        send({ type: 'failed', callId: message.callId, failure: failureOf(error) });
      }
      return;
    case 'generate': {
      const { callId } = message;
      const engine = loaded?.engine ?? null;
      if (engine === null) {
        emit(callId, { type: 'error', failure: { code: 'internal', message: 'No weights are loaded.' } });
        return;
      }
      const stopping = new AbortController();
      const gate = new Gate();
      running.set(callId, { stopping, gate });
      await engine.generate(message.request, stopping.signal, gate, (event) => emit(callId, event));
      running.delete(callId);
      return;
    }
    case 'cancel':
      running.get(message.callId)?.stopping.abort();
      running.get(message.callId)?.gate.open();
      turns.drop(message.callId);
      return;
    case 'pause': {
      const paused = running.get(message.callId);
      // What is to stop must not wait before it sees that.
      if (paused?.stopping.signal.aborted === false) paused.gate.close();
      return;
    }
    case 'resume':
      running.get(message.callId)?.gate.open();
      return;
    case 'ping':
      send({ type: 'pong', callId: message.callId });
      return;
    case 'close':
      process.exit(0);
  }
}

process.on('message', (message: ToEngine) => void receive(message));
// The parent is gone. Not process.exit: that would wait for native work still running.
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
// Ctrl-C in a terminal reaches the whole group; the parent decides when an engine ends.
process.on('SIGINT', () => {});
