/**
 * What the yard is told and what it wants done. `step(state, event, nowMs)` is the only way in.
 * Time is integer ms of a monotonic clock; ids are made outside. Deltas never enter: the gateway
 * tells of progress at most once a second per ticket.
 *
 * A request and its ticket share one id. `attempt` rises with every offer and fences old output.
 */
import type { ApiError } from '../contract/errors.ts';
import type { RequestNeeds } from '../contract/generation/request-needs.ts';
import type { KeyPlaces } from '../contract/key-places.ts';
import type { CancelReason, DeclineReason, MachineModel } from '../contract/link/messages.ts';
import type { HeldPrompt, Pace, Prefix } from '../contract/link/prefix.ts';
import type { ServiceClass } from '../contract/service-class.ts';
import type { Lease } from './lease.ts';
import type { Wishes } from './routing/circles.ts';
import type { Decision } from './routing/decision.ts';
import type { Penalty } from './routing/penalties.ts';

export type YardEvent =
  /** `lease`: the usual one when absent. */
  | {
      readonly type: 'machine-connected';
      readonly machineId: string;
      readonly sessionId: string;
      readonly name: string;
      readonly labels?: readonly string[];
      readonly lease?: Lease;
    }
  /** What the machine has and how it is; renews the lease. */
  | {
      readonly type: 'machine-reported';
      readonly machineId: string;
      readonly sessionId: string;
      readonly models: readonly MachineModel[];
      readonly draining: boolean;
      /** Why it takes no tickets for want of memory. */
      readonly pressed?: string;
    }
  /** The agent's heartbeat: all is as it reported last; renews the lease. */
  | { readonly type: 'machine-beat'; readonly machineId: string; readonly sessionId: string }
  /** It does not load a model it was asked to load. */
  | {
      readonly type: 'load-declined';
      readonly machineId: string;
      readonly sessionId: string;
      readonly model: string;
      readonly message: string;
      /** When to ask again, ms; absent: not before it reports again. */
      readonly retryAfterMs?: number;
    }
  /**
   * Any frame renews the lease. Told of every kind of frame but reports and beats, those that make a ticket
   * event too; once a second per machine is enough.
   */
  | {
      readonly type: 'machine-heard';
      readonly machineId: string;
      readonly sessionId: string;
      /** From now on: it is linked in another way. */
      readonly lease?: Lease;
    }
  /** What is known to be wrong with it, by codes of findings (`landmines/`). */
  | {
      readonly type: 'machine-judged';
      readonly machineId: string;
      /** Others are preferred while this is not empty. */
      readonly lastResortBecause: readonly string[];
      /** Nothing is to be loaded in our own engine there while this is not empty. */
      readonly noEngineBecause?: readonly string[];
      /** What makes its work slower, or dearer to its owner, than was measured. */
      readonly slowedBy?: readonly Penalty[];
    }
  /** Its owner calls it so now. */
  | {
      readonly type: 'machine-named';
      readonly machineId: string;
      readonly name: string;
      readonly labels: readonly string[];
    }
  /** What slots of one of its models hold now; those that are not named are as they were. */
  | {
      readonly type: 'slots-told';
      readonly machineId: string;
      readonly sessionId: string;
      readonly model: string;
      readonly slots: readonly HeldPrompt[];
      readonly pace?: Pace;
    }
  /** Its owner removed it: it is not awaited, and its models are nobody's. */
  | { readonly type: 'machine-removed'; readonly machineId: string }
  /** Its owner keeps it from new work (`metalyard machines drain`), or lets it work again. */
  | { readonly type: 'machine-held'; readonly machineId: string; readonly held: boolean }
  /** Its connection is gone, and may come back: nothing is offered, and its lease runs on. */
  | { readonly type: 'machine-away'; readonly machineId: string; readonly sessionId: string }
  /** Its session is over. `isFarewell`: its owner has stopped it, so that nothing speaks against the machine. */
  | {
      readonly type: 'machine-disconnected';
      readonly machineId: string;
      readonly sessionId: string;
      readonly isFarewell?: boolean;
    }
  | {
      readonly type: 'request-submitted';
      readonly requestId: string;
      readonly keyId: string;
      /** Resolved model id (`resolveModel`). */
      readonly model: string;
      /** From bytes, learned; for filtering only. */
      readonly estimatedTokens: number;
      /** What an offer of it sends to a machine, bytes; none unless told. */
      readonly offerBytes?: number;
      /** As the client asked; bounds what the answer is expected to cost. */
      readonly maxTokens?: number;
      /** `interactive` unless said otherwise. */
      readonly serviceClass?: ServiceClass;
      /** Share of the key beside others; 1 unless said otherwise. */
      readonly weight?: number;
      /** How long the client waits for its turn, ms; otherwise as long as its class does. */
      readonly waitMs?: number;
      readonly prefix?: Prefix;
      /** What a copy of the model must be able to do; absent: nothing in particular. */
      readonly needs?: RequestNeeds;
      /** Which machines its client asks for, and which its key may use; absent: all. */
      readonly wishes?: Wishes;
      readonly places?: KeyPlaces;
      /** The same for the same canonical request. Needed only while `hasSuspects`. */
      readonly fingerprint?: string;
    }
  /** Its owner changed on which machines a key's requests may run (null: all): those that wait go by it too. */
  | { readonly type: 'key-placed'; readonly keyId: string; readonly places: KeyPlaces | null }
  /** It works no more: its requests that wait are refused. */
  | { readonly type: 'key-revoked'; readonly keyId: string }
  | { readonly type: 'request-withdrawn'; readonly requestId: string; readonly reason: CancelReason }
  | {
      readonly type: 'offer-accepted';
      readonly machineId: string;
      readonly requestId: string;
      readonly attempt: number;
      readonly promptTokens: number;
    }
  | {
      readonly type: 'offer-declined';
      readonly machineId: string;
      readonly requestId: string;
      readonly attempt: number;
      readonly reason: DeclineReason;
    }
  | {
      readonly type: 'ticket-progressed';
      readonly requestId: string;
      readonly attempt: number;
      readonly phase: 'loading' | 'prefilling' | 'streaming';
    }
  /** The first content went to the client: from now on a lost attempt cannot be repeated unseen. */
  | { readonly type: 'content-shown'; readonly requestId: string; readonly attempt: number }
  | {
      readonly type: 'ticket-ended';
      readonly requestId: string;
      readonly attempt: number;
      /** null: answered. */
      readonly error: ApiError | null;
      /** Tokens that were read and written, when the machine told. */
      readonly usage?: { readonly readTokens: number; readonly outputTokens: number };
      /** As in `request-submitted`; needed when the engine crashed. */
      readonly fingerprint?: string;
    }
  /** The agent confirmed a cancel: its slot is free. */
  | {
      readonly type: 'ticket-cancelled';
      readonly machineId: string;
      readonly requestId: string;
      readonly attempt: number;
    }
  /** All models that are to be loaded on so many machines at least, anew. */
  | { readonly type: 'minimums-set'; readonly minimums: ReadonlyMap<string, number> }
  | { readonly type: 'drain-started' }
  /** Time has passed (`state.wakeAtMs` was reached). */
  | { readonly type: 'clock-advanced' };

export type RequestOutcome =
  | { readonly kind: 'answered' }
  /** Never started, or given up before any content: the error says when to retry. */
  | { readonly kind: 'rejected'; readonly error: ApiError }
  | { readonly kind: 'cancelled'; readonly reason: CancelReason }
  /** Content had been shown. */
  | { readonly kind: 'failed'; readonly error: ApiError };

export type YardEffect =
  | {
      readonly type: 'send-offer';
      readonly machineId: string;
      readonly sessionId: string;
      readonly requestId: string;
      readonly attempt: number;
      readonly offerMs: number;
      /** Why there. */
      readonly decision: Decision;
    }
  | {
      readonly type: 'send-cancel';
      readonly machineId: string;
      readonly sessionId: string;
      readonly requestId: string;
      readonly attempt: number;
      readonly reason: CancelReason;
    }
  /** An engine crash under this ticket was the request's doing: it does not count against the model there. */
  | {
      readonly type: 'send-pardon';
      readonly machineId: string;
      readonly sessionId: string;
      readonly requestId: string;
      readonly attempt: number;
    }
  /** Somebody waits for the model: the machine is to make it ready, if it can. */
  | {
      readonly type: 'send-load';
      readonly machineId: string;
      readonly sessionId: string;
      readonly model: string;
    }
  /** Whether the machine's copy is one of those that stay loaded (`loads/minimums.ts`). */
  | {
      readonly type: 'send-keep';
      readonly machineId: string;
      readonly sessionId: string;
      readonly model: string;
      readonly isKept: boolean;
    }
  /**
   * Position in its model's queue, 1 is next, and for about how long it waits, if that is known. Sent at once to a
   * newcomer, within a second of a change later.
   */
  | { readonly type: 'request-queued'; readonly requestId: string; readonly position: number; readonly etaMs?: number }
  /** Output of this attempt, and of no other, belongs to the request from now on. */
  | {
      readonly type: 'request-assigned';
      readonly requestId: string;
      readonly attempt: number;
      readonly machineId: string;
      readonly sessionId: string;
    }
  /** The attempt is void; nothing of it was shown. Its held-back output must be discarded. */
  | { readonly type: 'attempt-discarded'; readonly requestId: string; readonly attempt: number; readonly why: string }
  /** Exactly once per request. */
  | { readonly type: 'request-ended'; readonly requestId: string; readonly outcome: RequestOutcome }
  /** For the log; `lost` also means: close its session. */
  | {
      readonly type: 'machine-changed';
      readonly machineId: string;
      readonly sessionId: string;
      readonly status: 'live' | 'suspect' | 'lost';
    };
