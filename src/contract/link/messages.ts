/**
 * The agent protocol: every message that crosses the link, both ways, defined once. One JSON object per WebSocket text
 * frame. Both ends check what they receive with the compiled schemas below; an unknown `type` is ignored and counted.
 *
 * The order of things: gateway `challenge` -> agent `hello` -> gateway `welcome` (or `refused`),
 * then tickets. From `welcome` on frames are numbered and survive reconnects (`session/lanes.ts`). Every message of a ticket carries
 * `requestId` and `attempt`; output of an attempt that is no longer current is dropped (fencing). No message carries a wall-clock instant.
 */
import { type Static, Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { ApiErrorSchema } from '../errors.ts';
import { GenerationEventSchema } from '../generation/events.ts';
import type { GenerationRequest } from '../generation/request.ts';
import { FactsSchema } from '../machine/facts-schema.ts';
import { AttachedModelSchema } from './attached-model.ts';
import { ChallengeSchema, HeartbeatMs, HelloSchema, RefusedSchema, WelcomeSchema } from './handshake.ts';
import { LoadTimesSchema } from './load-times.ts';
import { HeldPromptSchema, PaceSchema, PrefixSchema } from './prefix.ts';

/** Versions this build speaks, [lowest, highest]. */
export const linkProtocol: readonly [number, number] = [1, 4];
/** From this version on an agent says `beat` where a report would say nothing new. */
export const beatProtocol = 2;
/** From this version on it beats at the moment it is told (`beatInMs`, `shiftMs`). */
export const momentProtocol = 3;
/** Since this version a message that was begun may end without its rest (`d9-`). */
export const givenUpProtocol = 4;

const Count = Type.Integer({ minimum: 0 });
const Attempt = Type.Integer({ minimum: 1 });
/** Of one answer's output: UTF-16 units of text, and the events that carry it (`session/credit.ts`). */
const OutputAmountSchema = Type.Object({ chars: Count, deltas: Count });
const Ticket = { requestId: Type.String(), attempt: Attempt };
/** Canonical and built by the gateway itself; checked there, so only its outline is checked here. */
const Request = Type.Unsafe<GenerationRequest>(
  Type.Object({ model: Type.String(), messages: Type.Array(Type.Unknown()) }),
);

/** The copy of a model on one machine. */
export const ArtefactSchema = Type.Object({
  /** `gguf`, or the kind of the attached server (`ollama`, `mlx-lm`): digests of two formats say nothing about each other. */
  format: Type.String(),
  /** The file's name, or what its server calls it. */
  name: Type.String(),
  /** As its header or server writes it: "Q4_K_M". */
  quantisation: Type.Optional(Type.String()),
  /** Weights, of all experts. */
  parameters: Type.Optional(Count),
  /** Weights used for each token, where it is a mixture of experts. */
  activeParameters: Type.Optional(Count),
});
export type Artefact = Static<typeof ArtefactSchema>;

/** A model as a machine offers it. */
export const MachineModelSchema = Type.Object({
  /** `family-size-quant`, as `contract/model-name.ts` makes it. The yard may call it otherwise: `yard/names/model-naming.ts`. */
  id: Type.String(),
  /** Identity: SHA-256 over GGUF header, tensor table, file size and template; of a model at a server, what that tells. */
  digest: Type.String(),
  artefact: Type.Optional(ArtefactSchema),
  displayName: Type.String(),
  /** `available`: on disk and not loaded; travels in `report.available` alone. */
  status: Type.Union([
    Type.Literal('available'),
    Type.Literal('loading'),
    Type.Literal('ready'),
    Type.Literal('failed'),
  ]),
  /** Why it failed: shown to clients. */
  failure: Type.Optional(ApiErrorSchema),
  /** 0..1 while loading. */
  loadFraction: Type.Optional(Type.Number()),
  /** Memory it takes, weights and KV cache: as loaded, or as it would be. Absent where its engine is not ours. */
  bytes: Type.Optional(Count),
  /** How long the next load will take, ms; while it loads, this one: as `loadTimes` has it for its kind, else guessed. */
  loadMs: Type.Optional(Count),
  /** Absent: its agent is older and tells one figure, or no load by an attached server was seen. */
  loadTimes: Type.Optional(LoadTimesSchema),
  /** Of one that is available: whether there is room for it now, or only when others are unloaded. */
  room: Type.Optional(Type.Union([Type.Literal('free'), Type.Literal('taken')])),
  /** It is not unloaded for others. */
  pinned: Type.Optional(Type.Boolean()),
  /** Nor is this one: the gateway said `keep`. */
  kept: Type.Optional(Type.Boolean()),
  /** It takes nothing new: it is unloaded for another model as soon as it is idle. */
  givesWay: Type.Optional(Type.Boolean()),
  /** Context window of one slot, tokens. 0 until known. */
  window: Count,
  /** Requests served at once. */
  slots: Count,
  busySlots: Count,
  thinking: Type.Boolean(),
  tools: Type.Boolean(),
  /** It can see pictures; absent: it cannot, or nobody knows. */
  vision: Type.Optional(Type.Boolean()),
  /** How its engine is spoken to; `raw` when absent. Decides what `contract/anthropic/features` promises. */
  tier: Type.Optional(Type.Union([Type.Literal('raw'), Type.Literal('chat')])),
  /** Its engine can be held to a JSON schema; absent: as its tier can (raw: yes, chat: no). */
  schemas: Type.Optional(Type.Boolean()),
  attached: Type.Optional(AttachedModelSchema),
  /** Absent until its agent knows anything of it. */
  pace: Type.Optional(PaceSchema),
  /** Epoch milliseconds of the model file, for `created_at`; shown only, never acted on. */
  createdAtMs: Count,
});
export type MachineModel = Static<typeof MachineModelSchema>;

// --- gateway -> agent

export const OfferSchema = Type.Object({
  type: Type.Literal('offer'),
  ...Ticket,
  /** Answer within this many ms of receipt; later the offer is void. */
  offerMs: Count,
  /** KV cache is shared only between requests of one scope (an API key's trust group). */
  scope: Type.String(),
  /** What the prompt begins with, to be given back in `slots`. */
  prefix: Type.Optional(PrefixSchema),
  /** So much output may be on its way and not taken. Absent: as much as there is. */
  credit: Type.Optional(OutputAmountSchema),
  /** What the machine itself calls the model of the request, where the yard calls it otherwise. */
  model: Type.Optional(Type.String()),
  request: Request,
});
export const CancelSchema = Type.Object({
  type: Type.Literal('cancel'),
  ...Ticket,
  reason: Type.Union([
    Type.Literal('client-left'),
    Type.Literal('superseded'),
    Type.Literal('deadline'),
    Type.Literal('slow-client'),
    Type.Literal('draining'),
  ]),
});
export type CancelReason = Static<typeof CancelSchema>['reason'];
/** Of this attempt's output so much has been taken, in all. Told while the client reads. */
export const CreditSchema = Type.Object({ type: Type.Literal('credit'), ...Ticket, taken: OutputAmountSchema });
export const CountSchema = Type.Object({
  type: Type.Literal('count'),
  countId: Type.String(),
  /** As in `offer`. */
  model: Type.Optional(Type.String()),
  request: Request,
});
/** The engine crash under this ticket was the request's doing: it does not count towards quarantine. */
export const PardonSchema = Type.Object({ type: Type.Literal('pardon'), ...Ticket });
/** Make this model ready. Told again while somebody waits for it; the answer is the next report, or `load-declined`. */
export const LoadSchema = Type.Object({ type: Type.Literal('load'), model: Type.String() });
/** What the owner wants of a model here: give its memory back once it is idle, or keep it loaded, or no longer. */
export const ModelWishSchema = Type.Object({
  type: Type.Literal('model-wish'),
  model: Type.String(),
  wish: Type.Union([Type.Literal('unload'), Type.Literal('pin'), Type.Literal('unpin')]),
});
export type ModelWish = Static<typeof ModelWishSchema>['wish'];
/** Whether this copy is one of those the owner wants loaded at all times: then it is not unloaded for others. */
export const KeepSchema = Type.Object({ type: Type.Literal('keep'), model: Type.String(), isKept: Type.Boolean() });
/**
 * Beat at this pace from now on: the fleet has grown or shrunk. The next `report` or `beat` says that it does. `shiftMs`: the
 * next one, and those after it, come so much later (negative: earlier) than they would. `beatInMs`, with a new pace: from the next
 * heartbeat to the one after it, which is the first at that pace.
 */
export const HeartbeatSchema = Type.Object({
  type: Type.Literal('heartbeat'),
  heartbeatMs: HeartbeatMs,
  shiftMs: Type.Optional(Type.Integer()),
  beatInMs: Type.Optional(Count),
});
export const GoawaySchema = Type.Object({ type: Type.Literal('goaway'), message: Type.String() });

// --- agent -> gateway

/** Either end: the session is over, and not to be resumed. */
export const EndSchema = Type.Object({ type: Type.Literal('end'), reason: Type.String() });
/** The reason of an agent that its owner stops: nothing has gone wrong. Agents of all versions say it in these words. */
export const farewell = 'the agent is closing';
/** The answer to `heartbeat`: so long until the next sign of life. */
const NewPace = { heartbeatMs: Type.Optional(HeartbeatMs) };
/** What the machine has and how it is: when a session begins, and at once when that has changed. Renews the lease. */
export const ReportSchema = Type.Object({
  type: Type.Literal('report'),
  ...NewPace,
  models: Type.Array(MachineModelSchema),
  /** Models that could be loaded. Apart from the others, so that a gateway that knows no such status reads the rest. */
  available: Type.Optional(Type.Array(MachineModelSchema)),
  /** No new tickets, please; running ones go on. */
  draining: Type.Boolean(),
  /** The machine is short of memory and takes no tickets; why, as a sentence. */
  pressed: Type.Optional(Type.String()),
  /** Of the facts those that change, all of them as they are now: memory, pressure, heat, power, driver. */
  live: Type.Optional(FactsSchema),
});
/** The agent's heartbeat: all is as its last report of this session says. Renews the lease as that one did. */
export const BeatSchema = Type.Object({
  type: Type.Literal('beat'),
  ...NewPace,
  /** Of the facts that change those that are not as they were told last. */
  live: Type.Optional(FactsSchema),
});
/**
 * All that is known of the machine: once the probes have looked, and again when much may have changed
 * (a driver was updated). Not part of `hello`, which is read before it is known who sends it.
 */
export const MachineFactsSchema = Type.Object({ type: Type.Literal('facts'), facts: FactsSchema });
export const AcceptSchema = Type.Object({
  type: Type.Literal('accept'),
  ...Ticket,
  /** Exact, template included. */
  promptTokens: Count,
  window: Count,
  /** After the room rule. */
  maxTokens: Count,
});
export const DeclineReasonSchema = Type.Union([
  Type.Object({ code: Type.Literal('busy'), busySlots: Count, slots: Count }),
  Type.Object({ code: Type.Literal('draining') }),
  Type.Object({ code: Type.Literal('model-unavailable'), message: Type.String() }),
  /** `maximum` = window - answer room: what the prompt may hold. */
  Type.Object({ code: Type.Literal('context-overflow'), tokens: Count, maximum: Count, window: Count }),
  /** The request itself cannot be served by this model (a template refusal, an unsupported feature). */
  Type.Object({ code: Type.Literal('refused'), error: ApiErrorSchema }),
]);
export type DeclineReason = Static<typeof DeclineReasonSchema>;
export const DeclineSchema = Type.Object({ type: Type.Literal('decline'), ...Ticket, reason: DeclineReasonSchema });
/** Output of a ticket, in order. The last one holds a terminal event. */
export const OutputSchema = Type.Object({
  type: Type.Literal('output'),
  ...Ticket,
  events: Type.Array(GenerationEventSchema),
});
/**
 * What slots of a model hold now: of each ticket that ends, before its last word, and of all slots when a session
 * begins. A slot that is not named is as it was. A model that is not ready holds nothing.
 */
export const SlotsSchema = Type.Object({
  type: Type.Literal('slots'),
  model: Type.String(),
  slots: Type.Array(HeldPromptSchema, { maxItems: 1_024 }),
  /** As in the report, and newer. */
  pace: Type.Optional(PaceSchema),
});
/** Answer to `cancel`: the engine has stopped and the slot is free. */
export const CancelledSchema = Type.Object({ type: Type.Literal('cancelled'), ...Ticket });
/** The machine does not load the model now; why, with the numbers and the remedy. */
export const LoadDeclinedSchema = Type.Object({
  type: Type.Literal('load-declined'),
  model: Type.String(),
  message: Type.String(),
  /** When it is worth asking again, ms; absent: not before something changes there. */
  retryAfterMs: Type.Optional(Count),
});
export const CountedSchema = Type.Object({
  type: Type.Literal('counted'),
  countId: Type.String(),
  result: Type.Union([Type.Object({ tokens: Count }), Type.Object({ error: ApiErrorSchema })]),
});

export const GatewayMessageSchema = Type.Union([
  ChallengeSchema,
  WelcomeSchema,
  RefusedSchema,
  OfferSchema,
  CancelSchema,
  CreditSchema,
  CountSchema,
  PardonSchema,
  LoadSchema,
  ModelWishSchema,
  KeepSchema,
  HeartbeatSchema,
  GoawaySchema,
  EndSchema,
]);
export type GatewayMessage = Static<typeof GatewayMessageSchema>;

export const AgentMessageSchema = Type.Union([
  HelloSchema,
  ReportSchema,
  BeatSchema,
  MachineFactsSchema,
  AcceptSchema,
  DeclineSchema,
  OutputSchema,
  SlotsSchema,
  CancelledSchema,
  CountedSchema,
  LoadDeclinedSchema,
  EndSchema,
]);
export type AgentMessage = Static<typeof AgentMessageSchema>;

interface Check {
  Check(value: unknown): boolean;
}
const gatewayChecks = {
  challenge: Compile(ChallengeSchema),
  welcome: Compile(WelcomeSchema),
  refused: Compile(RefusedSchema),
  offer: Compile(OfferSchema),
  cancel: Compile(CancelSchema),
  credit: Compile(CreditSchema),
  count: Compile(CountSchema),
  pardon: Compile(PardonSchema),
  load: Compile(LoadSchema),
  'model-wish': Compile(ModelWishSchema),
  keep: Compile(KeepSchema),
  heartbeat: Compile(HeartbeatSchema),
  goaway: Compile(GoawaySchema),
  end: Compile(EndSchema),
} satisfies Record<GatewayMessage['type'], Check>;
const agentChecks = {
  hello: Compile(HelloSchema),
  report: Compile(ReportSchema),
  beat: Compile(BeatSchema),
  facts: Compile(MachineFactsSchema),
  accept: Compile(AcceptSchema),
  decline: Compile(DeclineSchema),
  output: Compile(OutputSchema),
  slots: Compile(SlotsSchema),
  cancelled: Compile(CancelledSchema),
  counted: Compile(CountedSchema),
  'load-declined': Compile(LoadDeclinedSchema),
  end: Compile(EndSchema),
} satisfies Record<AgentMessage['type'], Check>;

/** A frame that was understood, one to ignore, or one that breaks the protocol. */
export type Read<Message> =
  | { readonly kind: 'message'; readonly message: Message }
  | { readonly kind: 'unknown'; readonly type: string }
  | { readonly kind: 'malformed'; readonly why: string };

function readWith<Message>(checks: Readonly<Record<string, Check>>, frame: string): Read<Message> {
  let value: unknown;
  try {
    value = JSON.parse(frame);
  } catch {
    return { kind: 'malformed', why: 'not JSON' };
  }
  const type = typeof value === 'object' && value !== null && 'type' in value ? value.type : undefined;
  if (typeof type !== 'string') return { kind: 'malformed', why: 'no type' };
  const check = Object.hasOwn(checks, type) ? checks[type] : undefined;
  if (check === undefined) return { kind: 'unknown', type };
  // The check has just established the type.
  if (check.Check(value)) return { kind: 'message', message: value as Message };
  return { kind: 'malformed', why: `a field of "${type}" has the wrong shape` };
}

/** Reads a frame sent by a gateway. */
export const readGatewayMessage = (frame: string): Read<GatewayMessage> => readWith(gatewayChecks, frame);
/** Reads a frame sent by an agent. */
export const readAgentMessage = (frame: string): Read<AgentMessage> => readWith(agentChecks, frame);
