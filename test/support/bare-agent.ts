/** For tests: the agent's own end of a link, with nothing behind it: no engine, no model, no facts. */
import { EventEmitter, once } from 'node:events';
import { type GatewayLinkOptions, linkToGateway } from '../../src/agent/gateway-link.ts';
import { Tickets, type TicketsOptions } from '../../src/agent/tickets.ts';
import { type Log, silentLog } from '../../src/transport/log/log.ts';

export interface LinkNews {
  readonly text: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

export interface BareAgent extends AsyncDisposable {
  /** The next line of its log with this text; those that were written already count first. */
  next(text: string): Promise<LinkNews>;
  close(): Promise<void>;
}

type Chosen = 'gatewayUrl' | 'trust' | 'identity' | 'name';

export function bareAgent(options: Pick<GatewayLinkOptions, Chosen> & Partial<GatewayLinkOptions>): BareAgent {
  const lines = new EventEmitter();
  const unread: LinkNews[] = [];
  const note = (text: string, fields: LinkNews['fields'] = {}): void => {
    unread.push({ text, fields });
    lines.emit('line');
  };
  const log: Log = { ...silentLog, info: note, warn: note, error: note };
  const link = linkToGateway({
    version: '0.0.0',
    log,
    tickets: bareTickets(() => undefined),
    wishes: { load: () => undefined, wish: () => undefined, keep: () => {}, keepNone: () => {} },
    models: () => [],
    draining: () => false,
    pressedBecause: () => null,
    facts: () => ({}),
    liveFacts: () => ({}),
    way: { linked() {}, failed() {} },
    ...options,
  });
  return {
    async next(text) {
      for (;;) {
        const index = unread.findIndex((line) => line.text === text);
        const [found] = index < 0 ? [] : unread.splice(index, 1);
        if (found !== undefined) return found;
        await once(lines, 'line');
      }
    },
    close: () => link.close(),
    [Symbol.asyncDispose]: () => link.close(),
  };
}

/** Of an agent whose models are always as they are: nobody drains it and no memory is short. `find`: the model of that id. */
export function bareTickets(find: TicketsOptions['models']['find'], log: Log = silentLog): Tickets {
  return new Tickets({
    models: {
      find,
      count: () => undefined,
      givesWay: () => false,
      unavailableBecause: () => undefined,
      forgiveCrash() {},
    },
    log,
    draining: () => false,
    pressedBecause: () => null,
  });
}
