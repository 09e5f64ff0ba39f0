/**
 * The agent: one per machine. Loads a model in an engine child, keeps a link to the gateway, serves
 * tickets. Dials out only, and never loads native code itself.
 */
import type { AttachWishes } from '../engines/attached/attach-target.ts';
import { startGuardian } from '../engines/guardian/guardian.ts';
import { nowMs } from '../transport/clock.ts';
import type { MachineIdentity } from '../transport/identity/machine-identity.ts';
import { redialDelayMs } from '../transport/link/dial.ts';
import type { Log } from '../transport/log/log.ts';
import { pause } from '../transport/pause.ts';
import { AttachedModels } from './attached/attached-models.ts';
import { ModelHost } from './model-host.ts';
import { modelShelf } from './model-shelf.ts';
import { openSession, type Session } from './session.ts';
import { Tickets } from './tickets.ts';

export interface AgentOptions {
  /** Base URL of the gateway. */
  readonly gatewayUrl: string;
  readonly identity: MachineIdentity;
  /** How people call this machine. */
  readonly name: string;
  /** GGUF file; without one, only attached servers are served. */
  readonly modelPath?: string;
  /** Servers that run already. */
  readonly attach?: AttachWishes;
  readonly version: string;
  readonly log: Log;
  /** Tokens per slot; otherwise what fits the machine. */
  readonly contextWindow?: number;
  readonly slots?: number;
  /** Another engine program that speaks the engine IPC (contract/engine). */
  readonly engineProgram?: string;
}

export interface Agent {
  /** No new tickets; resolves when the running ones have ended. */
  drain(): Promise<void>;
  /** Ends at once: the link, running tickets, the engine child. */
  close(): Promise<void>;
}

/** A session of this length forgives the failures before it, ms. */
const settledMs = 10_000;

/** Returns at once: the model loads and the gateway is dialled in the background. */
export function startAgent(options: AgentOptions): Agent {
  const { log } = options;
  const closing = new AbortController();
  let session: Session | undefined;
  let draining = false;

  const guardian = startGuardian();
  const onChange = () => session?.report();
  const host =
    options.modelPath === undefined
      ? null
      : new ModelHost({ ...options, modelPath: options.modelPath, guardian, onChange });
  const isTaken = (id: string) => host?.unavailableBecause(id) !== undefined;
  const attached =
    options.attach === undefined ? null : new AttachedModels({ wishes: options.attach, log, isTaken, onChange });
  const models = modelShelf([host, attached].filter((source) => source !== null));
  const tickets = new Tickets({ models, log, draining: () => draining });
  models.start();

  const linking = (async () => {
    let failures = 0;
    while (!closing.signal.aborted) {
      const dialledAtMs = nowMs();
      session = openSession({
        gatewayUrl: options.gatewayUrl,
        identity: options.identity,
        name: options.name,
        version: options.version,
        log,
        tickets,
        models: () => models.describe((model) => tickets.busySlots(model)),
        draining: () => draining,
      });
      const end = await session.ended;
      session = undefined;
      if (closing.signal.aborted) return;
      // A session that ended at once was no success: two agents with one key would flap for ever.
      const lasted = end.kind === 'closed' && end.wasOpen && nowMs() - dialledAtMs >= settledMs;
      failures = lasted ? 0 : failures + 1;
      // A refusal needs a person; asking every half minute is enough.
      const delayMs = end.kind === 'refused' ? 30_000 : redialDelayMs(failures, Math.random());
      log.warn('not linked to the gateway', { why: end.why, retryMs: delayMs });
      await pause(delayMs, closing.signal);
    }
  })();

  return {
    async drain() {
      draining = true;
      session?.report();
      await tickets.whenIdle();
    },
    async close() {
      closing.abort();
      session?.close();
      tickets.cancelAll();
      await Promise.all([linking, models.close()]);
      await guardian.close();
    },
  };
}
