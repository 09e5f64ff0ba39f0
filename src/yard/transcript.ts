/**
 * Stories of the yard as transcripts, for tests. A line is a time in ms and what happens; the
 * lines below it that begin with `>` are what the yard wants done.
 *
 *     0   A connects
 *         > A/1 is live                      session 1 of A
 *     1   A reports tiny ready 0/4          busy/slots; also: loading, failed; `draining` first
 *     2   r1 asks tiny
 *         > offer r1.1 to A                 request r1, attempt 1
 *     9   A accepts r1.1
 *         > assign r1.1 to A
 *
 * Between two lines the clock runs: the yard is woken when it asked to be, and a machine that
 * `beats` is heard every 5 s. Such a moment appears (as `clock` or `A is heard`) only if it had
 * effects. `runTranscript` writes the transcript that really came about, so that a difference
 * reads as a story too. The rules of `invariants.ts` are checked after every step.
 */
import { apiError, type ErrorCode, noRoom } from '../contract/errors.ts';
import { anyPlace } from '../contract/key-places.ts';
import { limits } from '../contract/limits.ts';
import type { CancelReason, DeclineReason, MachineModel } from '../contract/link/messages.ts';
import type { ServiceClass } from '../contract/service-class.ts';
import type { RequestOutcome, YardEffect, YardEvent } from './events.ts';
import { invariants } from './invariants.ts';
import { leaseOf } from './lease.ts';
import { createYard, step, type YardOptions } from './step.ts';

const beatMs = 5_000;

/** Plays the events of a script and returns the transcript of what happened. */
export function runTranscript(script: string, options: YardOptions = {}): string {
  const yard = createYard(options);
  const sessions = new Map<string, number>();
  /** Next beat of the machines that beat, ms. */
  const beats = new Map<string, number>();
  const transcript: string[] = [];

  const play = (text: string, event: YardEvent, nowMs: number, isHidden = false): void => {
    const effects = step(yard, event, nowMs);
    const broken = invariants(yard);
    if (broken.length > 0) throw new Error(`after "${nowMs} ${text}": ${broken.join('; ')}`);
    if (isHidden && effects.length === 0) return;
    transcript.push(`${nowMs} ${text}`, ...effects.map((effect) => `> ${describeEffect(effect)}`));
  };
  const runUntil = (untilMs: number): void => {
    for (;;) {
      const [beating, beatAtMs] = [...beats].toSorted((a, b) => a[1] - b[1])[0] ?? ['', Number.POSITIVE_INFINITY];
      const wakeAtMs = yard.wakeAtMs ?? Number.POSITIVE_INFINITY;
      const atMs = Math.min(beatAtMs, wakeAtMs);
      if (atMs >= untilMs) return;
      if (beatAtMs <= wakeAtMs) {
        beats.set(beating, beatAtMs + beatMs);
        play(`${beating} is heard`, { type: 'machine-heard', ...sessionOf(beating, sessions) }, beatAtMs, true);
      } else play('clock', { type: 'clock-advanced' }, wakeAtMs, true);
    }
  };

  for (const line of scriptLines(script)) {
    if (line.startsWith('>')) continue;
    const [, at, text] = /^(\d+) (.+)$/.exec(line) ?? [];
    if (at === undefined || text === undefined) throw new Error(`not a line of a transcript: ${line}`);
    const nowMs = Number(at);
    if (!text.startsWith('late ')) runUntil(nowMs);
    const beating = /^(\w+) (starts|stops) beating$/.exec(text);
    if (beating === null) {
      play(text, readEvent(text.replace(/^late /, ''), sessions), nowMs);
    } else {
      if (beating[2] === 'starts') beats.set(beating[1]!, nowMs + beatMs);
      else beats.delete(beating[1]!);
      transcript.push(`${nowMs} ${text}`);
    }
  }
  return transcript.join('\n');
}

/** The script as `runTranscript` would write it: without indentation, empty lines and # comments. */
export function tidyTranscript(script: string): string {
  return scriptLines(script).join('\n');
}

function scriptLines(script: string): string[] {
  const lines = script.split('\n').map((line) => line.trim().replaceAll(/\s+/g, ' '));
  return lines.filter((line) => line !== '' && !line.startsWith('#'));
}

function sessionOf(machine: string, sessions: ReadonlyMap<string, number>): { machineId: string; sessionId: string } {
  // "A/1 reports" speaks for the first session of A, "A reports" for its newest.
  const [machineId = machine, session = sessions.get(machineId)] = machine.split('/');
  return { machineId, sessionId: `${machineId}/${session}` };
}

type Reader = (words: readonly string[], sessions: Map<string, number>) => YardEvent;

const readers: readonly (readonly [RegExp, Reader])[] = [
  [
    /^(\w+) connects( over http)?$/,
    ([machine = '', overHttp], sessions) => {
      sessions.set(machine, (sessions.get(machine) ?? 0) + 1);
      const lease = leaseOf(limits.heartbeatMs, overHttp === undefined ? 'websocket' : 'http');
      return { type: 'machine-connected', ...sessionOf(machine, sessions), name: machine, lease };
    },
  ],
  [
    /^(\S+) reports (draining, |pressed, )?(.+)$/,
    ([machine = '', state, models = ''], sessions) => ({
      type: 'machine-reported',
      ...sessionOf(machine, sessions),
      models: models === 'nothing' ? [] : models.split(', ').map(readModel),
      draining: state === 'draining, ',
      ...(state === 'pressed, ' ? { pressed: 'only 100 MiB of memory are left' } : {}),
    }),
  ],
  [
    /^(\S+) loads no (\S+?)(?:, not for (\d+))?$/,
    ([machine = '', model = '', retryAfterMs], sessions) => ({
      type: 'load-declined',
      ...sessionOf(machine, sessions),
      model,
      message: 'it needs 9.1 GB and 3.0 GB are free',
      ...(retryAfterMs === undefined ? {} : { retryAfterMs: Number(retryAfterMs) }),
    }),
  ],
  [/^(\S+) beats$/, ([machine = ''], sessions) => ({ type: 'machine-beat', ...sessionOf(machine, sessions) })],
  [/^(\S+) is heard$/, ([machine = ''], sessions) => ({ type: 'machine-heard', ...sessionOf(machine, sessions) })],
  [
    /^(\w+) is judged(?:: (\S+))?$/,
    ([machineId = '', finding]) => ({
      type: 'machine-judged',
      machineId,
      lastResortBecause: finding === undefined ? [] : [finding],
    }),
  ],
  [
    /^(\w+) is (held|released)$/,
    ([machineId = '', how]) => ({ type: 'machine-held', machineId, held: how === 'held' }),
  ],
  [
    /^(\w+) (?:has no labels|is labelled (\S+))$/,
    ([machineId = '', labels]) => ({
      type: 'machine-named',
      machineId,
      name: machineId,
      labels: labels === undefined ? [] : labels.split(','),
    }),
  ],
  [/^(\w+) is removed$/, ([machineId = '']) => ({ type: 'machine-removed', machineId })],
  [
    /^key (\w+) may use (\S+)$/,
    ([keyId = '', machines = '']) => ({
      type: 'key-placed',
      keyId,
      places: machines === 'all' ? null : { ...anyPlace, machines: machines.split(',') },
    }),
  ],
  [/^key (\w+) is revoked$/, ([keyId = '']) => ({ type: 'key-revoked', keyId })],
  [/^(\S+) is away$/, ([machine = ''], sessions) => ({ type: 'machine-away', ...sessionOf(machine, sessions) })],
  [
    /^(\S+) disconnects$/,
    ([machine = ''], sessions) => ({ type: 'machine-disconnected', ...sessionOf(machine, sessions) }),
  ],
  [
    /^(\S+) is stopped$/,
    ([machine = ''], sessions) => ({ type: 'machine-disconnected', ...sessionOf(machine, sessions), isFarewell: true }),
  ],
  [
    /^(\w+) asks (\S+)(?: with (\w+))?(?: as (interactive|background|batch))?(?: for (\d+) ms)?(?: under (\w+))?(?: on (machines|labels) (\S+))?(?: in (\d+) bytes)?$/,
    ([requestId = '', model = '', keyId = 'key', serviceClass, waitMs, fingerprint, wish, names = '', bytes]) => ({
      type: 'request-submitted',
      requestId,
      keyId,
      model,
      estimatedTokens: 100,
      ...(bytes === undefined ? {} : { offerBytes: Number(bytes) }),
      // The pattern has the classes.
      ...(serviceClass === undefined ? {} : { serviceClass: serviceClass as ServiceClass }),
      ...(waitMs === undefined ? {} : { waitMs: Number(waitMs) }),
      ...(fingerprint === undefined ? {} : { fingerprint }),
      ...(wish === undefined
        ? {}
        : {
            wishes: {
              machines: wish === 'machines' ? names.split(',') : null,
              labels: wish === 'labels' ? names.split(',') : [],
            },
          }),
    }),
  ],
  [
    /^(\w+) is withdrawn: (\S+)$/,
    // The words of a transcript are the vocabulary's own; a wrong one shows up in the effects.
    ([requestId = '', reason]) => ({ type: 'request-withdrawn', requestId, reason: reason as CancelReason }),
  ],
  [
    /^(\w+) accepts (\S+)$/,
    ([machineId = '', ticket = '']) => ({
      type: 'offer-accepted',
      machineId,
      ...readTicket(ticket),
      promptTokens: 100,
    }),
  ],
  [
    /^(\w+) declines (\S+): (.+)$/,
    ([machineId = '', ticket = '', reason = '']) => ({
      type: 'offer-declined',
      machineId,
      ...readTicket(ticket),
      reason: readDecline(reason),
    }),
  ],
  [
    /^(\S+) is (loading|prefilling|streaming)$/,
    ([ticket = '', phase]) => ({
      type: 'ticket-progressed',
      ...readTicket(ticket),
      phase: phase as 'loading' | 'prefilling' | 'streaming',
    }),
  ],
  [/^(\S+) shows content$/, ([ticket = '']) => ({ type: 'content-shown', ...readTicket(ticket) })],
  [
    /^(\S+) ends$/,
    ([ticket = '']) => ({
      type: 'ticket-ended',
      ...readTicket(ticket),
      error: null,
      usage: { readTokens: 100, outputTokens: 256 },
    }),
  ],
  [
    /^(\S+) fails: (\w+)(?: under (\w+))?$/,
    ([ticket = '', code, fingerprint]) => ({
      type: 'ticket-ended',
      ...readTicket(ticket),
      error: apiError(code as ErrorCode, `${code} was seen`),
      ...(fingerprint === undefined ? {} : { fingerprint }),
    }),
  ],
  [
    /^(\w+) has stopped (\S+)$/,
    ([machineId = '', ticket = '']) => ({ type: 'ticket-cancelled', machineId, ...readTicket(ticket) }),
  ],
  [
    /^at least (\d+) of (\S+)$/,
    ([machines, model = '']) => ({ type: 'minimums-set', minimums: new Map([[model, Number(machines)]]) }),
  ],
  [/^no minimums$/, () => ({ type: 'minimums-set', minimums: new Map() })],
  [/^drain$/, () => ({ type: 'drain-started' })],
  [/^clock$/, () => ({ type: 'clock-advanced' })],
];

function readEvent(text: string, sessions: Map<string, number>): YardEvent {
  for (const [pattern, read] of readers) {
    const words = pattern.exec(text);
    if (words !== null) return read(words.slice(1), sessions);
  }
  throw new Error(`no event reads like this: ${text}`);
}

function readTicket(ticket: string): { requestId: string; attempt: number } {
  const [requestId = '', attempt] = ticket.split('.');
  return { requestId, attempt: Number(attempt) };
}

function readModel(text: string): MachineModel {
  const [, id, status, busySlots, slots, window, more] =
    /^(\S+) (available|loading|ready|failed)(?: (\d+)\/(\d+))?(?: window (\d+))?(?: (in free room|giving way|pinned|kept|for want of room))?$/.exec(
      text,
    ) ?? [];
  if (id === undefined) throw new Error(`no model reads like this: ${text}`);
  return {
    id,
    digest: id,
    displayName: id,
    status: status as MachineModel['status'],
    ...(status === 'failed' ? { failure: failureOf(more) } : {}),
    ...(more === 'in free room' ? { room: 'free' } : {}),
    ...(more === 'giving way' ? { givesWay: true } : {}),
    ...(more === 'pinned' ? { pinned: true } : {}),
    ...(more === 'kept' ? { kept: true } : {}),
    window: Number(window ?? 8_192),
    slots: Number(slots ?? 0),
    busySlots: Number(busySlots ?? 0),
    thinking: true,
    tools: true,
    createdAtMs: 0,
  };
}

const failureOf = (why: string | undefined) =>
  why === 'for want of room'
    ? apiError('model_load_failed', 'other is pinned', { errorCode: noRoom })
    : apiError('model_load_failed', 'the file is truncated');

function readDecline(text: string): DeclineReason {
  const [code, one, other] = text.split(/ (\d+)(?:\/|>)(\d+)$/);
  switch (code) {
    case 'busy':
      return { code, busySlots: Number(one), slots: Number(other) };
    case 'draining':
      return { code };
    case 'model-unavailable':
      return { code, message: 'it is being unloaded' };
    case 'context-overflow':
      return { code, tokens: Number(one), maximum: Number(other), window: (Number(other) * 8) / 7 };
    case 'refused':
      return { code, error: apiError('unsupported_feature', 'this model has no tools') };
    default:
      throw new Error(`no decline reads like this: ${text}`);
  }
}

function describeEffect(effect: YardEffect): string {
  switch (effect.type) {
    case 'send-offer':
      return `offer ${effect.requestId}.${effect.attempt} to ${effect.machineId}`;
    case 'send-cancel':
      return `cancel ${effect.requestId}.${effect.attempt} on ${effect.machineId}: ${effect.reason}`;
    case 'send-pardon':
      return `pardon ${effect.requestId}.${effect.attempt} on ${effect.machineId}`;
    case 'send-load':
      return `load ${effect.model} on ${effect.machineId}`;
    case 'send-keep':
      return `${effect.isKept ? 'keep' : 'do not keep'} ${effect.model} on ${effect.machineId}`;
    case 'request-queued':
      return `${effect.requestId} is number ${effect.position}${effect.etaMs === undefined ? '' : `, for about ${effect.etaMs}`}`;
    case 'request-assigned':
      return `assign ${effect.requestId}.${effect.attempt} to ${effect.machineId}`;
    case 'attempt-discarded':
      return `discard ${effect.requestId}.${effect.attempt}`;
    case 'request-ended':
      return `${effect.requestId} ${describeOutcome(effect.outcome)}`;
    case 'machine-changed':
      return `${effect.sessionId} is ${effect.status}`;
    default:
      return effect satisfies never;
  }
}

function describeOutcome(outcome: RequestOutcome): string {
  switch (outcome.kind) {
    case 'answered':
      return 'is answered';
    case 'cancelled':
      return `is cancelled: ${outcome.reason}`;
    case 'rejected':
    case 'failed': {
      const { code, retryAfterMs } = outcome.error;
      return `is ${outcome.kind}: ${code}${retryAfterMs === undefined ? '' : `, come back in ${retryAfterMs}`}`;
    }
    default:
      return outcome satisfies never;
  }
}
