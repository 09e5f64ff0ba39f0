/** What an owner wants of a model on its machines (`metalyard models load|unload|pin|unpin`), and what they say to it. */
import { ApiFailure, apiError } from '../contract/errors.ts';
import type { AgentMessage, GatewayMessage, ModelWish } from '../contract/link/messages.ts';
import { nowMs } from '../transport/clock.ts';
import { pause } from '../transport/pause.ts';
import type { MachineLinks, MachineSession } from './machine-links.ts';

export type OwnerWish = 'load' | ModelWish;

/** What became of a wish on one machine. */
export interface WishAnswer {
  readonly machine: string;
  /** Why it is not done, as a sentence; null: it is done or begun. */
  readonly declined: string | null;
}

type Declined = Extract<AgentMessage, { type: 'load-declined' }>;

/** A machine that was told nothing new within this time is out of reach, or much too busy, ms. */
const patienceMs = 10_000;
/** It is looked so often whether the wish has arrived, ms. */
const lookMs = 20;

export class ModelWishes {
  readonly #links: Pick<MachineLinks, 'sessions'>;
  readonly #nameOn: (machineId: string, model: string) => string;
  readonly #waiting = new Set<(session: MachineSession, message: Declined) => void>();

  /** `nameOn`: what a machine itself calls a model. */
  constructor(links: Pick<MachineLinks, 'sessions'>, nameOn: (machineId: string, model: string) => string) {
    this.#links = links;
    this.#nameOn = nameOn;
  }

  /** A machine declined something; it may be one of these wishes. */
  declined(session: MachineSession, message: Declined): void {
    for (const hear of this.#waiting) hear(session, message);
  }

  /** Tells the machine of that name, or all that have the model. Throws an ApiFailure where there is none. */
  async tell(model: string, wish: OwnerWish, machine: string | undefined): Promise<readonly WishAnswer[]> {
    const sessions = this.#links.sessions.filter(({ name, machineId, models }) => {
      const isMeant = machine === undefined || machine === name || machine === machineId;
      return isMeant && models.some(({ id }) => id === this.#nameOn(machineId, model));
    });
    if (sessions.length === 0) {
      const where = machine === undefined ? 'No machine that is linked' : `No linked machine called ${machine}`;
      throw new ApiFailure(apiError('not_found', `model: ${where} has ${model}. See: metalyard models ls`));
    }
    return Promise.all(sessions.map((session) => this.#tell(session, this.#nameOn(session.machineId, model), wish)));
  }

  async #tell(session: MachineSession, model: string, wish: OwnerWish): Promise<WishAnswer> {
    const answered = new AbortController();
    let declined: string | null = null;
    const hear = (from: MachineSession, message: Declined): void => {
      if (from !== session || message.model !== model) return;
      declined = message.message;
      answered.abort();
    };
    this.#waiting.add(hear);
    const message: GatewayMessage = wish === 'load' ? { type: 'load', model } : { type: 'model-wish', model, wish };
    const { link } = session;
    link.send(message);
    // Who does as it was told says nothing. Who declines says so before it confirms that the wish has arrived.
    const { added } = link.control;
    const untilMs = nowMs() + patienceMs;
    while (declined === null && link.control.confirmed < added && nowMs() < untilMs)
      await pause(lookMs, answered.signal);
    this.#waiting.delete(hear);
    if (declined === null && link.control.confirmed < added)
      declined = `did not answer within ${patienceMs / 1_000} s; it is told when it can be reached. See: metalyard status`;
    return { machine: session.name, declined };
  }
}
