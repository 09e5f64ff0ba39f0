/** For tests: models of an address as the agent has them, without a gateway. */

import { AttachedModels } from '../../src/agent/attached/attached-models.ts';
import type { ReadyModel } from '../../src/agent/ready-model.ts';
import type { GenerationEvent } from '../../src/contract/generation/events.ts';
import type { GenerationRequest } from '../../src/contract/generation/request.ts';
import type { MachineModel } from '../../src/contract/link/messages.ts';
import type { AttachTarget } from '../../src/engines/attached/attach-target.ts';
import { nextPhase } from '../../src/translate/response/event-grammar.ts';
import { type Log, silentLog } from '../../src/transport/log/log.ts';

export interface Attached extends AsyncDisposable {
  readonly models: AttachedModels;
  list(): readonly MachineModel[];
  /** Resolves when the list holds what is asked for. */
  when(holds: (models: readonly MachineModel[]) => boolean): Promise<readonly MachineModel[]>;
  /** The first model, once there is one. */
  ready(): Promise<ReadyModel>;
}

export type TargetWishes = Partial<Omit<AttachTarget, 'url' | 'guessed'>>;

export function attach(url: string | readonly string[], wishes: TargetWishes & { readonly log?: Log } = {}): Attached {
  const { log = silentLog, ...rest } = wishes;
  const waiting = new Set<() => void>();
  const urls = typeof url === 'string' ? [url] : url;
  const models = new AttachedModels({
    wishes: { auto: false, targets: urls.map((each) => ({ probe: 'off', ...rest, url: each, guessed: false })) },
    log,
    isTaken: () => false,
    onChange: () => {
      for (const look of waiting) look();
    },
  });
  const list = () => models.describe(() => 0);
  const when: Attached['when'] = (holds) =>
    new Promise((resolve) => {
      const look = (): void => {
        const now = list();
        if (!holds(now)) return;
        waiting.delete(look);
        resolve(now);
      };
      waiting.add(look);
      look();
    });
  models.start();
  return {
    models,
    list,
    when,
    async ready() {
      const [first] = await when((now) => now.some(({ status }) => status === 'ready'));
      // It has just been listed.
      return models.find(first!.id)!;
    },
    [Symbol.asyncDispose]: () => models.close(),
  };
}

export interface Told {
  readonly events: readonly GenerationEvent[];
  /** `text: ...`, `thinking: ...`, or `name {input}`, in order. */
  readonly shown: readonly string[];
  readonly text: string;
  readonly end: Extract<GenerationEvent, { type: 'generation-end' }> | undefined;
  readonly error: Extract<GenerationEvent, { type: 'generation-error' }>['error'] | undefined;
  readonly start: Extract<GenerationEvent, { type: 'generation-start' }> | undefined;
}

/** Serves one request, and checks the grammar of what comes. Throws when it is declined. */
export async function tell(
  model: ReadyModel,
  request: GenerationRequest,
  options: {
    readonly signal?: AbortSignal;
    readonly onEvents?: (events: readonly GenerationEvent[]) => void;
    readonly scope?: string;
  } = {},
): Promise<Told> {
  const signal = options.signal ?? new AbortController().signal;
  const prepared = await model.prepare(request, signal);
  if (!prepared.ok) throw new Error(`declined: ${JSON.stringify(prepared.reason)}`);
  const events: GenerationEvent[] = [];
  let phase: Parameters<typeof nextPhase>[0] = 'waiting';
  for await (const batch of prepared.answer.generate({ scope: options.scope ?? 'key' }, signal)) {
    for (const event of batch) phase = nextPhase(phase, event);
    events.push(...batch);
    options.onEvents?.(batch);
  }
  return told(events);
}

function told(events: readonly GenerationEvent[]): Told {
  const shown: string[] = [];
  for (const event of events) {
    if (event.type === 'block-start') {
      shown.push(event.block.kind === 'tool-use' ? `${event.block.name} ` : `${event.block.kind}: `);
    } else if (event.type === 'block-delta') shown[shown.length - 1] += event.text;
  }
  return {
    events,
    shown,
    text: shown.flatMap((block) => (block.startsWith('text: ') ? [block.slice(6)] : [])).join(''),
    end: events.find((event) => event.type === 'generation-end'),
    error: events.find((event) => event.type === 'generation-error')?.error,
    start: events.find((event) => event.type === 'generation-start'),
  };
}

export const findTool = {
  name: 'find',
  description: 'Finds a thing.',
  inputSchema: { type: 'object', properties: { of: { type: 'string' } }, required: ['of'] },
  strict: false,
};

/** A request for a short answer, without reasoning: what a server makes of none being asked for differs. */
export const asking = (changes: Partial<GenerationRequest> = {}): GenerationRequest => ({
  model: 'any',
  messages: [{ role: 'user', text: 'Say something.' }],
  tools: [],
  toolChoice: { type: 'auto' },
  parallelToolCalls: true,
  thinking: { mode: 'off', show: true },
  output: { type: 'text' },
  sampling: {},
  stopSequences: [],
  maxTokens: 500,
  ...changes,
});
