/** The gateway's end of pipes over plain HTTP requests (`transport/link/poll-pipe.ts`). */
import { randomBytes } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { ApiFailure, apiError } from '../../contract/errors.ts';
import { limits as usualLimits } from '../../contract/limits.ts';
import { Crowd } from '../../transport/link/crowd.ts';
import type { Pipe, PipeHearer } from '../../transport/link/pipe.ts';
import {
  batchChars,
  frameText,
  joinFrames,
  pipeHeader,
  pollHeader,
  pollHoldMs,
  pollPaths,
  splitFrames,
  takeBatch,
} from '../../transport/link/poll-pipe.ts';
import type { LinkOrigin } from '../machine-links.ts';
import { exemptConnection } from './connection-limit.ts';
import type { VisitorOf } from './visitors.ts';

/** What `contract/limits` says of pipes. */
export interface PipeLimits {
  readonly links: number;
  readonly linkStrangers: number;
  readonly linkTriesPerMachine: number;
}

export interface PollRoutesOptions {
  readonly limits: PipeLimits;
  readonly visitorOf: VisitorOf;
  /** Whether a machine may speak over this connection: prompts never travel in clear. */
  allowsLink(request: FastifyRequest): boolean;
  onPipe(connect: (hearer: PipeHearer) => Pipe, from: LinkOrigin): void;
}

/**
 * An agent that asks for nothing this long is gone, ms: as long as a silent one is trusted. Between two of its requests lie
 * an answer and a request on a bad line, both of which may be sent again, and whatever holds the agent up.
 */
const silenceMs = usualLimits.leaseSuspectMs * usualLimits.httpLeaseFactor;

export function addPollRoutes(
  app: FastifyInstance,
  { limits, allowsLink, visitorOf, onPipe }: PollRoutesOptions,
): { close(): void } {
  const pipes = new Map<string, PollPipe>();
  /** Ids of those whose machine has not shown who it is. */
  const unproven = {
    strangers: new Crowd<string>({ most: limits.linkStrangers }),
    known: new Crowd<string>({ most: limits.linkStrangers, mostOfOne: limits.linkTriesPerMachine }),
  };

  const pipeOf = (request: FastifyRequest): PollPipe => {
    const pipe = pipes.get(String(request.headers[pipeHeader] ?? ''));
    if (pipe === undefined)
      throw new ApiFailure(apiError('not_found', `${pipeHeader}: there is no such pipe any more.`));
    if (pipe.isWelcome) exemptConnection(request.socket);
    return pipe;
  };

  app.register(async (routes) => {
    routes.removeAllContentTypeParsers();
    // Bytes, not characters: a batch of the largest frames in the largest encoding.
    routes.addContentTypeParser(
      'text/plain',
      { parseAs: 'string', bodyLimit: 4 * batchChars },
      (_request, body, done) => done(null, body),
    );
    routes.addHook('onRequest', async (request) => {
      if (!allowsLink(request)) throw new ApiFailure(apiError('permission', 'Machines link over TLS only.'));
    });
    routes.post(pollPaths.open, async (request, reply) => {
      if (pipes.size >= limits.links) throw tooMany();
      const id = randomBytes(16).toString('base64url');
      const { address, origin, isKnown } = visitorOf(request.raw);
      const crowd = isKnown ? unproven.known : unproven.strangers;
      const leaves = crowd.enter(id, origin);
      if (leaves === id) throw tooMany();
      if (leaves !== undefined) pipes.get(leaves)?.close('too many come from its address at once');
      const onWelcome = (): void => {
        crowd.leave(id);
        const pipe = pipes.get(id);
        if (pipe !== undefined) pipe.isWelcome = true;
      };
      onPipe(
        (hearer) => {
          const pipe = new PollPipe(hearer, () => {
            crowd.leave(id);
            pipes.delete(id);
          });
          pipes.set(id, pipe);
          return pipe;
        },
        { way: 'http', remoteAddress: address, onWelcome },
      );
      return text(reply, id);
    });
    routes.post(pollPaths.poll, async (request, reply) => text(reply, await pipeOf(request).poll(request)));
    routes.post(pollPaths.push, async (request, reply) => {
      pipeOf(request).receive(String(request.body ?? ''));
      return text(reply, '');
    });
  });
  return {
    close() {
      for (const pipe of pipes.values()) pipe.close('the gateway is stopping');
    },
  };
}

const tooMany = (): ApiFailure => new ApiFailure(apiError('queue_full', 'There are too many links.'));

function text(reply: FastifyReply, body: string): FastifyReply {
  return reply.type('text/plain; charset=utf-8').send(body);
}

class PollPipe implements Pipe {
  /** The machine has shown who it is. */
  isWelcome = false;
  #hearer: PipeHearer;
  readonly #onGone: () => void;
  readonly #waiting: string[] = [];
  #waitingChars = 0;
  /** Answers the poll that is held. */
  #answer: ((frames: string) => void) | undefined;
  /** The last poll that was answered, and how: the answer may have got lost with its connection. */
  #answered = { number: '', frames: '' };
  #silence: NodeJS.Timeout;
  #closed = false;

  constructor(hearer: PipeHearer, onGone: () => void) {
    this.#hearer = hearer;
    this.#onGone = onGone;
    this.#silence = this.#expectPoll();
  }

  get bufferedBytes(): number {
    return this.#waitingChars;
  }

  send(head: string, payload: Parameters<Pipe['send']>[1]): void {
    if (this.#closed) return;
    const frame = frameText(head, payload);
    this.#waiting.push(frame);
    this.#waitingChars += frame.length;
    // Frames of one turn of the event loop travel together.
    if (this.#waiting.length === 1) setImmediate(() => this.#deliver());
  }

  hear(hearer: PipeHearer): void {
    this.#hearer = hearer;
  }

  close(reason: string): void {
    this.#deliver();
    this.#end(reason);
  }

  receive(body: string): void {
    for (const frame of splitFrames(body)) if (!this.#closed) this.#hearer.onFrame(frame);
  }

  /** Frames for the agent, as soon as there are some. */
  poll(request: FastifyRequest): Promise<string> {
    // One poll at a time: an older one belongs to a connection that is gone.
    this.#answer?.('');
    // Older agents do not number theirs.
    const number = String(request.headers[pollHeader] ?? '');
    if (number !== '' && number === this.#answered.number) {
      this.#silence = this.#expectPoll();
      return Promise.resolve(this.#answered.frames);
    }
    clearTimeout(this.#silence);
    return new Promise((resolve) => {
      const hold = setTimeout(() => answer(''), pollHoldMs);
      const gone = (): void => this.#end('the machine has hung up');
      const answer = (frames: string): void => {
        clearTimeout(hold);
        request.socket.off('close', gone);
        if (this.#answer === answer) this.#answer = undefined;
        if (!this.#closed) this.#silence = this.#expectPoll();
        this.#answered = { number, frames };
        resolve(frames);
      };
      request.socket.once('close', gone);
      this.#answer = answer;
      this.#deliver();
    });
  }

  #deliver(): void {
    if (this.#answer === undefined || this.#waiting.length === 0) return;
    const batch = takeBatch(this.#waiting);
    this.#waitingChars -= batch.reduce((sum, frame) => sum + frame.length, 0);
    this.#answer(joinFrames(batch));
    if (!this.#closed) this.#hearer.onWritable();
  }

  #expectPoll(): NodeJS.Timeout {
    clearTimeout(this.#silence);
    return setTimeout(() => this.#end('the machine asks for nothing any more'), silenceMs).unref();
  }

  #end(why: string): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#silence);
    this.#answer?.('');
    this.#onGone();
    this.#hearer.onClosed(why);
  }
}
