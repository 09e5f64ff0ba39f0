/**
 * The yard's own errors: what was seen, what it means, when to come back. Machines are named as
 * their owners named them. When to come back is a prediction where one could be made, else advice.
 */
import { type ApiError, apiError } from '../contract/errors.ts';
import { retryAfterMs } from './queue/retry-advice.ts';
import type { Confines } from './routing/circles.ts';
import type { Overflow } from './routing/overflow.ts';
import type { StandingReason, UnsuitableReason } from './routing/reasons.ts';
import type { Machine, Ticket, YardState } from './state.ts';

/** Where nothing was measured, come back in so many ms. */
const unmeasuredWaitMs = 5_000;
/** Another machine can have it at once: those that one machine left behind are spread over most of a second. */
const otherMachineMs = 2_000;

/** A load is under way, or was declined without a time. */
const unknownLoadMs = 10_000;

const seconds = (ms: number): string => `${ms / 1_000} s`;

/** Seconds for a sentence. */
const about = (ms: number): string => `${Math.ceil(ms / 1_000)} s`;

/** `waiting`: without this one. `predictedMs`: how long it would have waited, or null when nothing was measured. */
export function queueFull(
  { requestId, model }: Ticket,
  { waiting, most, of }: { readonly waiting: number; readonly most: number; readonly of: 'key' | 'model' },
  predictedMs: number | null,
): ApiError {
  const whose = of === 'key' ? 'of this key ' : '';
  const seen = `${waiting} requests ${whose}are waiting for ${model} already and ${most} may`;
  return apiError('queue_full', `Every slot is busy: ${seen}. Come back later, or add a machine.`, {
    retryAfterMs: retryAfterMs(predictedMs ?? unmeasuredWaitMs, requestId),
  });
}

/** It would wait for longer than its client does: told at once. */
export function queueTooLong({ requestId, model, waitMs }: Ticket, predictedMs: number): ApiError {
  const seen = `Requests that wait for ${model} take about ${about(predictedMs)} until they begin`;
  return apiError(
    'queue_too_long',
    `${seen}, and this one may wait ${about(waitMs)}. Come back later, or add a machine.`,
    {
      retryAfterMs: retryAfterMs(predictedMs - waitMs, requestId),
    },
  );
}

/** A refusal that asks nobody to come back. */
export function overloaded({ message }: ApiError): ApiError {
  return apiError(
    'overloaded',
    `${message} This key was turned away too often to be asked to try again: wait for half a minute, or send less.`,
  );
}

/** `seen`: who could not have it, and why; '' when that was not looked at. */
export function queueTimeout({ requestId, model, waitMs }: Ticket, seen = ''): ApiError {
  const why = seen === '' ? '' : ` (${seen})`;
  const text = `No slot for ${model} became free within ${seconds(waitMs)}${why}. Come back later, or add a machine.`;
  return apiError('queue_timeout', text, { retryAfterMs: retryAfterMs(unmeasuredWaitMs, requestId) });
}

/** `seen`: why no machine loads it yet; null where one does. `untilMs`: nobody does before then; null: that is not known. */
export function modelLoading(
  { limits, nowMs }: YardState,
  { requestId, model, waitMs, waitsForLoad }: Ticket,
  seen: string | null,
  untilMs: number | null = null,
): ApiError {
  const what = seen === null ? 'is still being loaded' : `is not loaded (${seen})`;
  const waited = seconds(waitsForLoad ? limits.loadWaitMs : waitMs);
  return apiError('model_loading', `${model} ${what} after ${waited} of waiting. Come back later.`, {
    retryAfterMs: retryAfterMs(untilMs === null ? unknownLoadMs : untilMs - nowMs, requestId),
  });
}

/** No machine will load it before the request has waited for as long as it may: told at once. `seen`: why. */
export function loadsTooLate(
  { nowMs }: YardState,
  { requestId, model, wait }: Ticket,
  seen: string,
  untilMs: number,
): ApiError {
  const when = `no machine can load it for about ${about(untilMs - nowMs)}`;
  return apiError(
    'model_loading',
    `${model} is not loaded, and ${when} (${seen}); this request may wait for another ${about(wait.atMs - nowMs)}. Come back later, or ask for a model that is loaded.`,
    { retryAfterMs: retryAfterMs(untilMs - nowMs, requestId) },
  );
}

export function modelLoadFailed(machine: Machine, model: string, failure: ApiError | undefined): ApiError {
  const why = failure?.message ?? 'it gave no reason';
  return apiError('model_load_failed', `${model} could not be loaded on ${machine.name}: ${why}`, {
    pool: { machine: machine.name },
  });
}

/** A machine has the model on disk, and its memory is the owner's word for others. */
export function modelHasNoRoom(machine: Machine, model: string, why: string): ApiError {
  return apiError('model_no_room', `${machine.name} has no room for ${model}: ${why}`, {
    pool: { machine: machine.name },
  });
}

interface Remedy {
  /** A sentence. `who`: the machines it is about. */
  readonly says: (who: string) => string;
  /** An agent that is started elsewhere helps as well. */
  readonly orElsewhere: boolean;
  /** How soon it is worth coming back, ms; of several remedies that of the first. */
  readonly backMs: number;
}

/** What to do about what is in the way of a model on machines that have it: what helps at once first. */
const remedies: readonly (readonly [StandingReason, Remedy])[] = [
  ['held', { says: (who) => `Let ${who} work again (metalyard machines resume).`, orElsewhere: true, backMs: 30_000 }],
  [
    'pressed',
    {
      says: (who) => `Close programs on ${who}, or wait: once memory is free for a minute there, it serves again.`,
      orElsewhere: false,
      backMs: 30_000,
    },
  ],
  ['forbidden', { says: (who) => `Mend ${who} (metalyard doctor there says how).`, orElsewhere: true, backMs: 30_000 }],
  [
    'draining',
    {
      says: (who) => `Start the agent on ${who} again: it is being stopped.`,
      orElsewhere: true,
      backMs: 10_000,
    },
  ],
  [
    'silent',
    {
      says: (who) => `Wait for ${who}: what is silent may be back in a moment.`,
      orElsewhere: false,
      backMs: unmeasuredWaitMs,
    },
  ],
  ['failed', { says: (who) => `Mend what is broken on ${who}.`, orElsewhere: true, backMs: 10_000 }],
];

/** Why nobody serves a model. */
export interface Absence {
  /** Of machines that list it, or null where none is there. */
  readonly says: string | null;
  /** Who is kept from it by what, for a sentence. */
  readonly whoBy: ReadonlyMap<StandingReason, string>;
}

export function noMachine(yard: YardState, { requestId, model }: Ticket, { says, whoBy }: Absence): ApiError {
  const why = says ?? `waited ${seconds(yard.limits.modelAbsentMs)} for one to connect`;
  const helps: string[] = [];
  let elsewhere = false;
  let backMs: number | undefined;
  for (const [reason, remedy] of remedies) {
    const who = whoBy.get(reason);
    if (who === undefined) continue;
    helps.push(remedy.says(who));
    elsewhere ||= remedy.orElsewhere;
    backMs ??= remedy.backMs;
  }
  if (says === null) helps.push('Start the agent on a machine that has it.');
  else if (helps.length === 0) helps.push('Come back, or ask for another model.');
  else if (elsewhere) helps.push('Or start the agent on another machine that has it.');
  return apiError('no_machine', `No machine serves ${model} now (${why}). ${helps.join(' ')}`, {
    retryAfterMs: retryAfterMs(backMs ?? unmeasuredWaitMs, requestId),
  });
}

/** What keeps a request from a machine that is, or is not, of those it may go to. */
export type Hindrance =
  | StandingReason
  | UnsuitableReason
  /** It was asked to load the model, and will not. */
  | 'said-no'
  /** It had the model and is not connected. */
  | 'gone'
  /** It has other models. */
  | 'lacks-it'
  /** Nobody is called so. */
  | 'unknown';

/** What to do about what is in the way inside of what a request may use, and about that it may not use more. */
const remediesWithin: readonly (readonly [Hindrance, (who: string, keyId: string) => string])[] = [
  ['said-no', (who) => `Make room on ${who} as it says, or wait.`],
  ['gone', (who) => `Start the agent on ${who} again.`],
  ['giving-way', (who) => `Wait for ${who}, or ask for what it loads.`],
  ['unavailable', (who) => `Wait for ${who}, or look there (metalyard doctor).`],
  ['lacks-it', (who) => `Give ${who} the model (a file in the folder of its --models), or ask for one that it has.`],
  ['unknown', () => 'Ask for a machine that metalyard machines ls shows.'],
  ['other-machine', (who) => `Ask for ${who} (x-metalyard-machine), or for no machine at all.`],
  ['label', (who) => `Label ${who} so (metalyard machines label), or ask for other labels (x-metalyard-labels).`],
  ['key-machine', (who, keyId) => `Let the key run on ${who} (metalyard keys set ${keyId} --machines).`],
  [
    'key-label',
    (who, keyId) =>
      `Label ${who} so (metalyard machines label), or change the key (metalyard keys set ${keyId} --labels).`,
  ],
  [
    'not-trusted',
    (who, keyId) =>
      `Label ${who} trusted (metalyard machines label), or let the key run elsewhere (metalyard keys set ${keyId} --trusted-only no).`,
  ],
];

/**
 * Others may serve the model, and this request may not go there. `says`: of each machine that it may use, or could if it might, what
 * is in the way; '' when nobody is there. `whoBy`: who is kept from it by what.
 */
export function noMachineWithin(
  { requestId, model, keyId }: Ticket,
  { wishes }: Confines,
  says: string,
  whoBy: ReadonlyMap<Hindrance, string>,
): ApiError {
  const helps: string[] = [];
  let backMs: number | undefined;
  for (const [reason, remedy] of remedies) {
    const who = whoBy.get(reason);
    if (who === undefined) continue;
    helps.push(remedy.says(who));
    backMs ??= remedy.backMs;
  }
  let isOutside = false;
  for (const [hindrance, says] of remediesWithin) {
    const who = whoBy.get(hindrance);
    if (who === undefined) continue;
    helps.push(says(who, keyId));
    isOutside ||= outside.has(hindrance);
  }
  if (says === '') helps.push('Start the agent on a machine that has it.');
  if (!isOutside) {
    const others = 'ask for other machines (x-metalyard-machine, x-metalyard-labels)';
    helps.push(`Or ${wishes === null ? `let the key run elsewhere (metalyard keys set ${keyId})` : others}.`);
  }
  const why = says === '' ? 'none is connected' : says;
  return apiError(
    'no_machine',
    `No machine that may have this request serves ${model} now (${why}). ${helps.join(' ')}`,
    {
      retryAfterMs: retryAfterMs(backMs ?? unmeasuredWaitMs, requestId),
    },
  );
}

const outside: ReadonlySet<Hindrance> = new Set([
  'unknown',
  'other-machine',
  'label',
  'key-machine',
  'key-label',
  'not-trusted',
] as const);

/** Texts that are named one by one, for a sentence. */
const mostNamed = 4;

/** `a, b, c, d and 3 more`; '' of none. */
export function named(texts: readonly string[], between: string): string {
  const some = texts.slice(0, mostNamed).join(between);
  return texts.length > mostNamed ? `${some} and ${texts.length - mostNamed} more` : some;
}

export function modelUnavailable(machine: Machine, { requestId, model }: Ticket, why: string): ApiError {
  return apiError('no_machine', `${machine.name} cannot serve ${model} at the moment: ${why}`, {
    pool: { machine: machine.name },
    retryAfterMs: retryAfterMs(unmeasuredWaitMs, requestId),
  });
}

/** `offerMs`: how long the machine had. */
export function offerUnanswered(offerMs: number, machine: Machine, { requestId }: Ticket): ApiError {
  const waited = seconds(offerMs);
  return apiError('machine_lost', `${machine.name} did not answer an offer within ${waited}. Ask again.`, {
    pool: { machine: machine.name },
    retryAfterMs: retryAfterMs(otherMachineMs, requestId),
  });
}

export function machineLost(machine: Machine, { requestId }: Ticket): ApiError {
  return apiError('machine_lost', `The link to ${machine.name} was lost while it worked on this. Ask again.`, {
    pool: { machine: machine.name },
    retryAfterMs: retryAfterMs(otherMachineMs, requestId),
  });
}

export function stoppedByItself(machine: Machine, { requestId }: Ticket): ApiError {
  return apiError('machine_lost', `${machine.name} stopped its work on this by itself. Ask again.`, {
    pool: { machine: machine.name },
    retryAfterMs: retryAfterMs(otherMachineMs, requestId),
  });
}

export function engineStalled(machine: Machine, { requestId }: Ticket, phase: string, silentMs: number): ApiError {
  return apiError('engine_stalled', `${machine.name} showed no progress for ${seconds(silentMs)} (${phase}).`, {
    pool: { machine: machine.name },
    retryAfterMs: retryAfterMs(otherMachineMs, requestId),
  });
}

export function requestCrashesEngines(crashes: number): ApiError {
  const seen = `Engines crashed ${crashes} times while they worked on this very request`;
  return apiError(
    'request_crashes_engines',
    `${seen}, so it is not tried again. Change the request, or use another model.`,
  );
}

/** Its owner revoked the key while the request waited. */
export function keyRevoked(): ApiError {
  return apiError('authentication', 'This API key was revoked while the request waited. Ask with one that works.');
}

export function gatewayDraining(requestId: string): ApiError {
  return apiError('draining', 'This gateway is shutting down and takes no new work. Ask again in a moment.', {
    retryAfterMs: retryAfterMs(otherMachineMs, requestId),
  });
}

/** The text is Anthropic's own: clients compact their conversation when they read it. */
export function contextOverflow({ tokens, maximum, window }: Overflow): ApiError {
  return apiError('context_overflow', `prompt is too long: ${tokens} tokens > ${maximum} maximum`, {
    pool: { window },
  });
}
