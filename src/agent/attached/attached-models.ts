/** Every model of every attached server, under names of this yard. */
import { createHash } from 'node:crypto';
import type { ChatServer, ListedModel } from '../../contract/engine/chat.ts';
import type { Artefact, MachineModel } from '../../contract/link/messages.ts';
import type { ToldName } from '../../contract/model-name.ts';
import type { AttachTarget, AttachWishes } from '../../engines/attached/attach-target.ts';
import { usualAddresses } from '../../engines/attached/usual-addresses.ts';
import type { Log } from '../../transport/log/log.ts';
import type { LoadAnswer, ModelSource, ReadyModel } from '../ready-model.ts';
import { AttachedServer } from './attached-server.ts';
import type { ChatModel } from './chat-model.ts';
import { openKeptLoads } from './load-watch.ts';
import { nameModels } from './model-ids.ts';
import { openProbeStore } from './probe-store.ts';
import type { Probed } from './probed.ts';

export interface AttachedModelsOptions {
  readonly wishes: AttachWishes;
  readonly log: Log;
  /** Names that models of other sources have. */
  isTaken(id: string): boolean;
  onChange(): void;
  /** File in which what probes find is kept; otherwise in memory. */
  readonly probesFile?: string | undefined;
  /** The same for how long loads took. */
  readonly loadsFile?: string | undefined;
  /** Instead of the usual ones, for tests. */
  readonly addresses?: readonly string[];
}

interface Found {
  /** What its server says of its name. */
  readonly told: ToldName;
  /** Kind of the server, for telling namesakes apart. */
  readonly server: string;
  readonly at: ChatServer;
  readonly model: ChatModel;
}

export class AttachedModels implements ModelSource {
  readonly #options: AttachedModelsOptions;
  readonly #servers: readonly AttachedServer[];

  constructor(options: AttachedModelsOptions) {
    this.#options = options;
    const { wishes, log } = options;
    const onChange = () => options.onChange();
    const probes = openProbeStore(options.probesFile);
    const loads = openKeptLoads(options.loadsFile);
    this.#servers = allTargets(wishes, options.addresses).map(
      (target) => new AttachedServer({ target, log, probes, loads, onChange }),
    );
  }

  start(): void {
    for (const server of this.#servers) server.start();
    if (this.#options.wishes.auto) void this.#tellIfNone();
  }

  /** Silence would look as if it had not been looked for. */
  async #tellIfNone(): Promise<void> {
    await Promise.all(this.#servers.map(({ firstLook }) => firstLook));
    if (this.#servers.some(({ server }) => server !== undefined)) return;
    const looked = this.#servers.map(({ target }) => target.url).join(' ');
    this.#options.log.warn('no server to attach was found; one that starts later is', { looked });
  }

  describe(busySlots: (model: ReadyModel) => number): readonly MachineModel[] {
    return [...this.#named()].map(([id, found]) => describeModel(id, found, busySlots(found.model)));
  }

  find(id: string): ReadyModel | undefined {
    const model = this.#named().get(id)?.model;
    return model?.listed.state === 'loading' ? undefined : model;
  }

  /** A server counts with what it has loaded, or estimates. */
  count(): undefined {}

  givesWay(): boolean {
    return false;
  }

  /** The server loads its models itself, when it is asked something. */
  load(id: string): LoadAnswer | undefined {
    return this.#named().has(id) ? { ok: true } : undefined;
  }

  wish(id: string): string | undefined {
    const found = this.#named().get(id);
    return found === undefined ? undefined : `${found.at.title} itself decides which of its models stay loaded.`;
  }

  /** Its server decides. */
  keep(): void {}
  keepNone(): void {}

  unavailableBecause(id: string): string | undefined {
    const found = this.#named().get(id);
    return found === undefined ? undefined : `${found.at.title} is still loading the model.`;
  }

  /** The memory is that of programs of the owner's: ours is only what was loaded for us. */
  rest(because: string): void {
    for (const server of this.#servers) server.giveBack(because);
  }

  wake(): void {}

  forgiveCrash(): void {
    // A crash of somebody else's server is counted nowhere.
  }

  async close(): Promise<void> {
    await Promise.all(this.#servers.map((server) => server.close()));
  }

  #named(): ReadonlyMap<string, Found> {
    const seen = new Set<string>();
    const found = this.#servers.flatMap((attached): Found[] => {
      const { server } = attached;
      if (server === undefined) return [];
      // The Windows side of a WSL2 with mirrored network: one server, seen at two addresses.
      const face = faceOf(server, attached.models);
      if (face !== null && seen.has(face)) return [];
      if (face !== null) seen.add(face);
      return [...attached.models].map(([name, model]) => ({
        told: { ...model.listed, name },
        server: server.kind,
        at: server,
        model,
      }));
    });
    return nameModels(found, (id) => this.#options.isTaken(id));
  }
}

/** Addresses that were named first; none twice. */
function allTargets(
  { auto, targets }: AttachWishes,
  addresses: readonly string[] | undefined,
): readonly AttachTarget[] {
  const named = new Set(targets.map(({ url }) => url.replace('//localhost', '//127.0.0.1')));
  const usual = auto ? (addresses ?? usualAddresses()) : [];
  const guessed = usual.filter((url) => !named.has(url));
  return [...targets, ...guessed.map((url): AttachTarget => ({ url, probe: 'loaded', guessed: true }))];
}

/** What two addresses of one server have in common and two servers hardly ever do; null: nothing to tell by. */
function faceOf(server: ChatServer, models: ReadonlyMap<string, ChatModel>): string | null {
  if (models.size === 0) return null;
  const listed = [...models.values()].map(({ listed }) => listed);
  if (!listed.some(({ digest, createdAtMs }) => digest !== null || createdAtMs > 0)) return null;
  const { port } = new URL(server.url);
  return JSON.stringify([server.kind, server.version, port, listed]);
}

function describeModel(id: string, { told: { name }, at, model }: Found, busySlots: number): MachineModel {
  const { listed, probed, window, slots } = model;
  const { dialect } = at;
  return {
    id,
    digest:
      listed.digest ??
      createHash('sha256')
        .update(`${at.kind}\n${withoutFolder(name)}`)
        .digest('hex'),
    artefact: artefactOf(at.kind, name, listed),
    displayName: listed.displayName,
    status: listed.state === 'loading' ? 'loading' : 'ready',
    window: window.tokens,
    slots,
    busySlots,
    thinking: listed.thinking ?? (probed !== undefined && probed.thinking !== 'none'),
    tools: listed.tools !== false && probed?.tools !== 'refused',
    ...(sees(listed, probed) ? { vision: true } : {}),
    tier: 'chat',
    schemas:
      dialect.jsonSchema !== 'none' && (probed === undefined || probed.json === 'yes' || probed.json === 'unseen'),
    createdAtMs: listed.createdAtMs,
    ...model.loadTimes,
    attached: {
      server: at.title,
      loaded: listed.state === 'loaded',
      counting: at.counts ? 'exact' : 'estimated',
      cacheReporting:
        probed === undefined
          ? dialect.cacheUsage
            ? 'reported'
            : 'none'
          : probed.usage === 'with-cache'
            ? 'reported'
            : 'none',
      windowFrom: window.from,
      ...(probed === undefined ? {} : { probe: shownProbe(model) }),
    },
  };
}

/** A file is the same file wherever it lies; what stands before the slash of other names says whose copy it is. */
const withoutFolder = (name: string): string => (/\.gguf$/i.test(name) ? (name.split(/[/\\]/).at(-1) ?? name) : name);

function artefactOf(format: string, name: string, { quantisation, parameters }: ListedModel): Artefact {
  return {
    format,
    name: withoutFolder(name),
    ...(typeof quantisation === 'string' ? { quantisation } : {}),
    ...(typeof parameters === 'number' ? { parameters } : {}),
  };
}

/** The findings as words, by capability. */
function shownProbe({ probed }: ChatModel): Record<string, string> {
  const { thinkingOpen: _, ...shown } = probed ?? {};
  return shown as Record<string, string>; // every other field is a word
}

/** What was tried counts; until then, and where that told nothing, the server's own word. */
const sees = ({ vision }: ListedModel, probed: Probed | undefined): boolean =>
  probed === undefined || probed.vision === 'unknown' ? vision === true : probed.vision === 'yes';
