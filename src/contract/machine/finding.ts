/**
 * What the check of a landmine says about a machine's facts. A finding says what was seen, what it
 * means, what to type; its code is stable and names its page in `docs/landmines/`.
 */

/** How bad: `blocks` - nothing can be served; `breaks` - a device or engine cannot be used; `slows`; `warns` - will bite later; `notes`. */
export type Severity = 'blocks' | 'breaks' | 'slows' | 'warns' | 'notes';

/** What the scheduler does about it. Doctor prints the same words the router acts on. */
export type Effect =
  /** Our own engine does not run there: nothing is loaded in it. What runs all the same, and attached servers, are not touched. */
  | { kind: 'no-engine' }
  /** This backend is not used on this machine. */
  | { kind: 'no-backend'; backend: 'cuda' | 'rocm' | 'vulkan' | 'metal' }
  /** Bytes of the GPU's (or, without `gpu`, the machine's) memory that are never budgeted. */
  | { kind: 'reserve-memory'; bytes: number; gpu?: number }
  /** Its agent takes no new tickets as long as it sees the same, and says so; `unloads`: it gives the memory of its models back. */
  | { kind: 'paused'; unloads: boolean }
  /** Its work costs its owner more than time, or slows as it goes on: it counts as longer than it takes. */
  | { kind: 'dearer'; because: 'hot' | 'battery' }
  /** Expect this share of the usual speed, 0..1. */
  | { kind: 'slower'; factor: number }
  /** Chosen only when nothing better is there. */
  | { kind: 'last-resort' };

export interface Command {
  /** What to type, whole. */
  text: string;
  shell: 'sh' | 'powershell' | 'cmd';
  /** Needs root or administrator. */
  privileged?: boolean;
}

export interface Finding {
  code: string;
  severity: Severity;
  title: string;
  /** One sentence with the values seen. */
  seen: string;
  /** One or two sentences. */
  means: string;
  /** What a person does, in order: sentences and commands. */
  remedy: readonly (string | Command)[];
  effect?: Effect;
}

export type CheckResult =
  | { kind: 'ok' }
  | { kind: 'finding'; finding: Finding }
  /** This kind of machine cannot have it. */
  | { kind: 'not-applicable' }
  /** A fact it needs is unknown. */
  | { kind: 'not-checked'; why: string }
  /** The check itself failed: our fault. */
  | { kind: 'crashed'; error: string };
