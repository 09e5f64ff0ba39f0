/**
 * What the yard knows: machines, tickets, queues. Plain data, owned and changed by `step` alone;
 * everybody else reads it through `view.ts`.
 */
import type { RequestNeeds } from '../contract/generation/request-needs.ts';
import { limits } from '../contract/limits.ts';
import type { MachineModel } from '../contract/link/messages.ts';
import type { Prefix } from '../contract/link/prefix.ts';
import type { ServiceClass } from '../contract/service-class.ts';
import { createDeadline, type Deadline, Deadlines } from './deadlines.ts';
import type { YardEffect } from './events.ts';
import type { Lease } from './lease.ts';
import type { Load } from './loads/load.ts';
import type { Demand } from './queue/demand.ts';
import type { FairQueue } from './queue/fair-queue.ts';
import type { Invitations } from './queue/invitations.ts';
import type { KeysSeen } from './queue/last-slot.ts';
import type { Stretch } from './queue/past.ts';
import type { ServiceTime } from './queue/service-times.ts';
import type { Average } from './routing/average.ts';
import type { Called, CalledMachines } from './routing/called.ts';
import type { Circle } from './routing/circles.ts';
import type { ModelFleet, Spot } from './routing/fleet.ts';
import type { Overflow } from './routing/overflow.ts';
import type { Penalty } from './routing/penalties.ts';
import type { Sparing } from './routing/still-spares.ts';
import type { Holders, SlotMemory } from './routing/warmth.ts';
import type { Suspect } from './suspects.ts';
import type { YardLimits, YardOptions } from './yard-limits.ts';

/** What a deadline is about; `step` says what happens when it is due. */
export type DeadlineSubject =
  /** live -> suspect -> lost -> gone. */
  | { readonly kind: 'lease'; readonly machineId: string }
  /** Longest wait in the queue; runs on while offers are out, until one is accepted. */
  | { readonly kind: 'wait'; readonly requestId: string }
  /** The answer to an offer, then progress. */
  | { readonly kind: 'answer'; readonly requestId: string }
  /** The offer is unanswered: a second machine may be asked too. */
  | { readonly kind: 'hedge'; readonly requestId: string }
  /** A machine that failed often may be tried again. */
  | { readonly kind: 'trial'; readonly machineId: string }
  /** A machine that declined as busy was left alone for a moment; it may be asked again. */
  | { readonly kind: 'quiet'; readonly machineId: string; readonly model: string }
  /** A request has waited long enough for a machine it hoped for, or so that others keep their slots. */
  | { readonly kind: 'hope'; readonly requestId: string }
  /** Nobody serves the model: how long those go on hoping who wait for it, and may go to a circle's machines or everywhere (null). */
  | { readonly kind: 'absence'; readonly model: string; readonly circleKey: string | null }
  /** Batch requests may be at their turn, by time alone. */
  | { readonly kind: 'calm'; readonly model: string }
  /** Somebody for whom the last slot was left may be gone. */
  | { readonly kind: 'last-slot'; readonly model: string }
  /** A machine was asked to load a model and does not answer, or is to be asked again. */
  | { readonly kind: 'load'; readonly machineId: string; readonly model: string }
  /** A model is loaded on too few machines. */
  | { readonly kind: 'minimum'; readonly model: string }
  /** Positions have changed and are told soon. */
  | { readonly kind: 'positions' };
export type YardDeadline = Deadline<DeadlineSubject>;

export interface Machine {
  readonly machineId: string;
  /** Rises with every machine that comes: among equals the one known longest is taken. */
  readonly order: number;
  name: string;
  /** What its owner calls it besides; requests may ask for one. */
  labels: readonly string[];
  /** The current or, when lost, the last session. */
  sessionId: string;
  /** `lost`: not connected; remembered for `machineGoneMs` so that its models keep their names. */
  status: 'live' | 'suspect' | 'lost';
  draining: boolean;
  /** Its owner keeps it from new work. */
  held: boolean;
  /** Why it takes no tickets for want of memory; null while it does. */
  pressed: string | null;
  /** As last reported, by model id. */
  models: Map<string, ServedModel>;
  /**
   * What it had in its former session, until it tells of models in this one: an agent that has just started links
   * before it has read its files. Their names are still known, so that nobody is told to give up.
   */
  formerModels: readonly MachineModel[];
  /** Models for which it is among the absentees. */
  absentFrom: ReadonlySet<string>;
  /** Slots of this machine that our offers and tickets hold, by `holdKey`. */
  readonly holds: Map<string, Hold>;
  readonly lease: YardDeadline;
  /** How long it may be silent. */
  patience: Lease;
  readonly standing: Standing;
  /** From an offer to its answer, ms: network, rendering and counting. */
  readonly answerMs: Average;
  /** When a ticket of ours last left it, ms. */
  workedAtMs: number;
  slowedBy: readonly Penalty[];
  /** What its work is multiplied by for that. */
  slowdown: number;
  /** What it belongs to of what requests are confined to. */
  readonly circles: Set<Circle>;
  /** What it can be found by; null: it was not noted yet. See `routing/called.ts`. */
  called: Called | null;
  /** The yard's machines that may have to change their places: see `routing/fleet.ts`. */
  readonly touched: Set<Machine>;
}

/** How a machine has done lately; see `standing.ts`. */
export interface Standing {
  /** Its faults within the breaker's window, ms. */
  faultsMs: number[];
  /** Losses of its link within the hour before the last one, ms. */
  dropsMs: number[];
  /** Lost its link too often; looked at again with each report. */
  unsteady: boolean;
  /** `open`: others are preferred until `trial` is due. `trial`: one ticket at a time until one is answered. */
  breaker: 'closed' | 'open' | 'trial';
  readonly trial: YardDeadline;
  /** Codes of findings for which others are preferred. */
  findings: readonly string[];
  /** Of those by which our own engine does not run there. */
  noEngineBecause: readonly string[];
}

/** A model on one machine. */
export interface ServedModel {
  readonly machine: Machine;
  /** As last reported, under its name in the yard; its `slots` and `busySlots` only count through the two fields below. */
  report: MachineModel;
  /** What the machine itself calls it. */
  ownName: string;
  /** The machine has it under these names too (two names at an Ollama): one model all the same. */
  twinNames: readonly string[];
  slots: number;
  /** So many it will have once it is loaded, as it told last; a machine that loads it tells none. 0: it never told. */
  plannedSlots: number;
  /** Busy with work that is not ours (another gateway's, or ours of a session that has ended). */
  foreignBusy: number;
  /** It said it was busy: no offer until it reports or one of our tickets there ends ... */
  waitsForNews: boolean;
  /** ... and not before this is over. */
  readonly quiet: YardDeadline;
  /** Why it declined with `model-unavailable`, or to load it, since its last report. */
  unavailable: string | null;
  readonly spot: Spot;
  /** What its slots hold, by slot, as the agent said. */
  readonly memories: Map<number, SlotMemory>;
  /** How long a ticket has its slot, ms. */
  readonly turnMs: Average;
  /** Requests that wait for it although others have room. */
  hopes: number;
  readonly load: Load;
}

/**
 * A slot we count as taken by a ticket. Once the attempt is void: `cancelling` while the slot may
 * still be busy, `unconfirmed` when the machine's figures say that it is not (it counts no more)
 * but the machine has not said so of this ticket: an offer may still be on its way.
 */
export interface Hold {
  readonly ticket: Ticket;
  /** The ticket may be several attempts further by now. */
  readonly attempt: number;
  stage: 'offered' | 'accepted' | 'cancelling' | 'unconfirmed';
  /** Since when, and as foreseen: its first token and its end, ms. */
  readonly sinceMs: number;
  readonly firstAtMs: number;
  readonly endAtMs: number;
  /** What it is expected to go on from, or to overwrite. */
  readonly memory: SlotMemory | null;
}

/** Whether the attempt that holds the slot is void. */
export function isVoid(hold: Hold): boolean {
  return hold.stage === 'cancelling' || hold.stage === 'unconfirmed';
}

export function holdKey(requestId: string, attempt: number): string {
  return `${requestId}/${attempt}`;
}

export interface Ticket {
  readonly requestId: string;
  readonly keyId: string;
  readonly model: string;
  readonly estimatedTokens: number;
  /** What an offer of it sends to a machine, bytes. */
  readonly offerBytes: number;
  readonly maxTokens: number;
  /** What its prompt begins with; null where nobody told. */
  readonly prefix: Prefix | null;
  readonly needs: RequestNeeds;
  /** Those that may have it; null: all. Changes with what its key may use. */
  circle: Circle | null;
  /** Its key works no more: what runs ends where it is, and is not begun again. */
  isRevoked: boolean;
  /** Nobody had seen its key lately when it came. */
  readonly isNewcomer: boolean;
  /** Where it counts as wanted. */
  readonly countedIn: Demand[];
  /** When it came to the queue, the last time, ms. */
  sinceMs: number;
  /** The full machine it waits for although another has room, and how many waited for that one before it. */
  hopesFor: ServedModel | null;
  hopesAhead: number;
  /** It waits so that a conversation keeps its slot; null: it does not, or that is to be looked at anew. */
  spares: Sparing | null;
  readonly serviceClass: ServiceClass;
  /** Share of its key beside others. */
  readonly weight: number;
  /** Order of submission. */
  readonly sequence: number;
  readonly submittedAtMs: number;
  /** Estimated prompt and expected answer, tokens. */
  readonly costTokens: number;
  /** The answer that was counted on in `costTokens`, tokens. */
  readonly expectedOutputTokens: number;
  /** Longest wait in the queue, ms. */
  readonly waitMs: number;
  /** When the present attempt was accepted, ms; null before. */
  acceptedAtMs: number | null;
  state: TicketState;
  /** The one that counts; 0 before the first. Everything said of another attempt is stale. */
  attempt: number;
  /** The highest number given out. */
  lastAttempt: number;
  /** A second offer that is out too: whoever accepts first has the ticket. */
  hedge: { readonly machine: Machine; readonly attempt: number } | null;
  /** Attempts that failed. Declines for want of room are not failures. */
  failedTries: number;
  /** The largest window it turned out not to fit; null: none did so far. */
  tooLong: Overflow | null;
  /** Machines it failed on: used again only when no other serves the model. */
  readonly avoid: Set<string>;
  contentShown: boolean;
  /** The position last told; 0 before the first time. */
  toldPosition: number;
  /** It has been given more time because its model is being loaded. */
  waitsForLoad: boolean;
  readonly wait: YardDeadline;
  readonly answer: YardDeadline;
  readonly hedging: YardDeadline;
  readonly hope: YardDeadline;
}

export type TicketState =
  | { readonly phase: 'queued' }
  | { readonly phase: 'offered' | 'accepted' | 'prefilling' | 'streaming'; readonly machine: Machine };

/** Those who wait for one model. Exists while somebody waits or is served. */
export interface ModelQueue {
  readonly model: string;
  readonly lanes: Readonly<Record<ServiceClass, FairQueue<Ticket>>>;
  readonly absence: YardDeadline;
  readonly calm: YardDeadline;
  readonly lastSlot: YardDeadline;
  /** By key, requests that have their turn and did not end: slots that it holds. */
  readonly held: Map<string, number>;
  /** Those of them who may not go everywhere, by where they may. */
  readonly confined: Map<Circle, Confined>;
  /** Turns of others while background requests waited, and while batch did, since the last of their own. */
  passedBackground: number;
  passedBatch: number;
  /** When a request that is not batch last came, began or ended, ms. */
  livelyAtMs: number;
  /** What they wait for has changed: all are told for how long, whether they have moved or not. */
  tellsAll: boolean;
  /** What they have waited for, the latest last (`queue/past.ts`). */
  readonly past: Stretch[];
}

/** Those who wait for a model and are kept to the machines of one circle. */
export interface Confined {
  waiting: number;
  readonly absence: YardDeadline;
}

/** Copies of a model that stay loaded because its owner wants so many of them; see `loads/minimums.ts`. */
export interface Keeping {
  copies: Set<ServedModel>;
  /** Copies there were to choose from when that was looked at last, and machines that could load another one. */
  loaded: number;
  onDisk: number;
  /**
   * Machines that had copies a moment ago, by id: until `patience` is over nobody else is asked in their place. A gateway that
   * has just started does not know which they are.
   */
  readonly awaited: Set<string>;
  awaitsUnknown: boolean;
  readonly patience: YardDeadline;
  /** Something has changed besides: it is looked at whether a machine is to be asked. */
  mayAsk: boolean;
}

export interface YardState {
  /** Send `clock-advanced` when this moment has come; null: nothing to wait for. */
  wakeAtMs: number | null;

  // Everything below is the yard's own.
  readonly limits: YardLimits;
  readonly deadlines: Deadlines<DeadlineSubject>;
  readonly machines: Map<string, Machine>;
  /** Requests that have not ended. */
  readonly tickets: Map<string, Ticket>;
  readonly queues: Map<string, ModelQueue>;
  /** Requests waiting, all queues together. */
  waiting: number;
  /** By key. */
  readonly invitations: Map<string, Invitations>;
  /** By model, what was used last at the end. */
  readonly serviceTimes: Map<string, ServiceTime>;
  /** By model, of keys that asked to go everywhere; by model and circle, of those that may not. */
  readonly keysSeen: Map<string, KeysSeen>;
  readonly positions: YardDeadline;
  draining: boolean;
  submissions: number;
  /** Second offers spent beyond what requests have earned. */
  hedgesOwed: number;
  /** Retries spent beyond what its requests have earned, by key. */
  readonly retriesOwed: Map<string, number>;
  /** Requests under which engines crashed, by fingerprint, oldest first. */
  readonly suspects: Map<string, Suspect>;
  /** Machines by model, arranged for decisions. */
  readonly fleets: Map<string, ModelFleet>;
  /** Machines whose place there may have changed. */
  readonly touched: Set<Machine>;
  /** Those that did not fit a window and have not ended: few. */
  readonly tooLong: Set<Ticket>;
  /** Machines that may serve a model again, by model: see `absentees.ts`. */
  readonly absentees: Map<string, Set<Machine>>;
  /** Machines by name and label. */
  readonly called: CalledMachines;
  /** What requests are confined to, by their key, those used last at the end. */
  readonly circles: Map<string, Circle>;
  /** Which slots hold which blocks of prompts. */
  readonly warmth: Map<string, Holders>;
  /** Models that are to be loaded on so many machines at least. */
  minimums: ReadonlyMap<string, number>;
  /** By model, what is done for that. */
  readonly keeping: Map<string, Keeping>;
  machinesSeen: number;
  /** Rises when what `availableModels` tells may have changed. */
  modelsVersion: number;

  // The step under way.
  nowMs: number;
  effects: YardEffect[];
  /** Models for which room or demand has changed. */
  readonly unsettled: Set<string>;
  /** Tickets that came to a queue. */
  readonly arrivals: Ticket[];
}

/** An empty yard. Ids, time and events come from outside: see `step`. */
export function createYard(options: YardOptions = {}): YardState {
  return {
    wakeAtMs: null,
    limits: { ...limits, ...options.limits },
    deadlines: new Deadlines(),
    machines: new Map(),
    tickets: new Map(),
    queues: new Map(),
    waiting: 0,
    invitations: new Map(),
    serviceTimes: new Map(),
    keysSeen: new Map(),
    positions: createDeadline({ kind: 'positions' }),
    draining: false,
    submissions: 0,
    hedgesOwed: 0,
    retriesOwed: new Map(),
    suspects: new Map(),
    fleets: new Map(),
    touched: new Set(),
    tooLong: new Set(),
    absentees: new Map(),
    called: { names: new Map(), labels: new Map() },
    circles: new Map(),
    warmth: new Map(),
    minimums: new Map(),
    keeping: new Map(),
    machinesSeen: 0,
    modelsVersion: 0,
    nowMs: Number.NEGATIVE_INFINITY,
    effects: [],
    unsettled: new Set(),
    arrivals: [],
  };
}
