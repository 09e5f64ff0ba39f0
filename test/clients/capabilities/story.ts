/** A capability is a short story, written once and run by every client in every way it can ask. */
import type { RecordingProxy } from '../../support/recording-proxy.ts';
import type { Yard } from '../../support/start-yard.ts';
import type { Answer, Client, Connection, How, Question, Session } from './client.ts';

/** How a story is run: with whole answers, with streams, or where there is nothing to stream, once. */
export type Way = 'whole' | 'streamed' | 'once';

export interface Story {
  readonly ways: readonly Way[];
  /** All clients run it at the same time. */
  readonly together?: true;
  run(scene: Scene): Promise<void>;
}

/** One cell of the table while it runs. */
export interface Scene extends Session {
  readonly yard: Yard;
  readonly client: Client;
  readonly way: Way;
  /** Asks in the way of this cell. */
  ask(question: Question, how?: Partial<How>): Promise<Answer>;
  /** The same client with another connection. */
  connect(changes: Partial<Connection>): Session;
  /** Something to say that no other cell says, so that none of it is cached. */
  readonly somethingNew: string;
  /** A listener between client and gateway, for what a client does not show. */
  listen(): Promise<RecordingProxy>;
}

type Run = Story['run'];
export const bothWays = (run: Run): Story => ({ ways: ['whole', 'streamed'], run });
export const once = (run: Run): Story => ({ ways: ['once'], run });

export const user = (text: string) => ({ role: 'user', content: text }) as const;
export const assistant = (content: Answer['content'] | string) => ({ role: 'assistant', content }) as const;
export const says = (text: string) => ({ messages: [user(text)] });
/** The whole prompt as it was read, cached or not. */
export const promptTokens = ({ usage }: Answer): number => usage.input_tokens + usage.cached_tokens;
