/** Who is let in: the machine that says hello is known, has its key, may come in, and is not there already. */
import { commandWord } from '../contract/command-word.ts';
import { limits } from '../contract/limits.ts';
import { type AgentMessage, type GatewayMessage, linkProtocol } from '../contract/link/messages.ts';
import { readBoundedAgentMessage } from '../contract/link/nesting.ts';
import type { Log } from '../transport/log/log.ts';
import type { Machine } from '../transport/store/store.ts';
import type { Time } from '../transport/time.ts';
import type { LinkTroubles } from './link-troubles.ts';
import type { LinkOrigin, LinksWorld, MachineLinksStore, MachineSession } from './machine-links.ts';

export type Hello = Extract<AgentMessage, { type: 'hello' }>;
export type Challenge = Extract<GatewayMessage, { type: 'challenge' }>;
export type Refusal = Extract<GatewayMessage, { type: 'refused' }>;

/** The machine, when it is who it says and may come in; else why not. */
export type HelloCheck = (hello: Hello, challenge: Challenge, from: LinkOrigin) => Promise<Machine | Refusal>;

type OtherSession = Pick<MachineSession, 'program' | 'toldHeartbeatMs' | 'link'>;

export interface HelloCheckOptions {
  readonly store: MachineLinksStore;
  readonly log: Log;
  readonly troubles: Pick<LinkTroubles, 'sharesKey' | 'unreadable'>;
  readonly world: Pick<LinksWorld, 'time' | 'verifyProof'>;
  /** The latest session of a machine. */
  sessionOf(machineId: string): OtherSession | undefined;
}

/** A program that does not answer within this time leaves the machine's place to another one: on a bad line an answer takes seconds, ms. */
const probeMs = 4_000;
/** How often it is looked whether there is one, ms. */
const probeLookMs = 50;

export function helloCheck({ store, log, troubles, world, sessionOf }: HelloCheckOptions): HelloCheck {
  return async (hello, challenge, { remoteAddress }) => {
    const refuse = (reason: Refusal['reason'], message: string): Refusal => {
      log.warn('machine refused', { machineId: hello.machineId, reason, address: remoteAddress });
      return { type: 'refused', reason, message };
    };
    if (hello.protocol[0] > linkProtocol[1] || hello.protocol[1] < linkProtocol[0]) {
      return refuse(
        'protocol',
        `This gateway speaks link protocol ${linkProtocol.join(' to ')}, the agent ${hello.protocol.join(' to ')}: update the older one.`,
      );
    }
    const isSigned = await world.verifyProof(hello.publicKey, challenge, hello.machineId, hello.signature);
    const isTaken = isSigned && (await isAtWork(sessionOf(hello.machineId), hello, world.time));
    // Looked up last: what its owner has changed by now holds.
    const machine = await store.machines.get(hello.machineId);
    if (machine === undefined || machine.standing === 'removed' || machine.publicKey !== hello.publicKey) {
      return refuse(
        'unknown-machine',
        'This gateway does not know the machine. Make a join line on the gateway: metalyard token create',
      );
    }
    if (!isSigned) {
      return refuse('bad-signature', "The signature does not match the machine's key.");
    }
    if (machine.standing === 'pending') {
      return refuse(
        'pending',
        `The machine waits to be let in. On the gateway: metalyard machines approve ${commandWord(machine.name, machine.machineId)}`,
      );
    }
    const unreadable = troubles.unreadable(machine.machineId);
    if (unreadable !== undefined) {
      return refuse('malformed', `The link has ended again and again because ${unreadable}. Update the older end.`);
    }
    if (isTaken) {
      troubles.sharesKey(machine, remoteAddress);
      return refuse(
        'already-connected',
        `Another program uses the key of ${machine.name} and is linked. Where this disk is a copy of that machine's, delete ` +
          'machine-key.pem and joined-gateway.json here and join again.',
      );
    }
    return machine;
  };
}

/**
 * Whether another program with the machine's key is at work: it has a connection, and answers what it is asked. One that was
 * killed has lost its connection; of one whose computer lost its power the connection may seem to be there.
 */
async function isAtWork(other: OtherSession | undefined, { program }: Hello, { nowMs, after }: Time): Promise<boolean> {
  if (program === undefined || other?.program === undefined || other.program === program) return false;
  const { link } = other;
  const untilMs = nowMs() + probeMs;
  // What it is told changes nothing; that it has arrived is confirmed at once, and only by a program that works.
  if (link.isAttached) link.send({ type: 'heartbeat', heartbeatMs: other.toldHeartbeatMs });
  const { added } = link.control;
  while (link.isAttached && nowMs() < untilMs) {
    if (link.control.confirmed >= added) return true;
    await new Promise<void>((passed) => after(probeLookMs, passed));
  }
  return false;
}

/** The hello in a frame, or what is wrong with it. */
export function readHello(frame: string): Hello | string {
  if (frame.length > limits.linkHelloBytes) return 'too long for a hello';
  const result = readBoundedAgentMessage(frame);
  if (result.kind === 'malformed') return `malformed (${result.why})`;
  return result.kind === 'message' && result.message.type === 'hello' ? result.message : 'expected hello';
}
