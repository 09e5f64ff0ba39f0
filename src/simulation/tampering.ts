/**
 * Ways to plant a bug from outside, so that tests can show that the oracles find it. The product
 * has no switch for any of them.
 */
import { Tickets, type TicketsOptions } from '../agent/tickets.ts';
import type { AgentMessage } from '../contract/link/messages.ts';
import { IncomingLanes, type LaneLimits, OutgoingLanes } from '../session/lanes.ts';
import type { YardEffect, YardEvent } from '../yard/events.ts';
import { makeRoom } from '../yard/loads/make-room.ts';
import type { YardState } from '../yard/state.ts';

export interface Tampering {
  /** What the yard is told instead. */
  event(event: YardEvent, yard: YardState): readonly YardEvent[];
  /** What is carried out instead. */
  effect(effect: YardEffect): readonly YardEffect[];
  /** What the gateway reads instead. */
  output(message: AgentMessage & { type: 'output' }, yard: YardState): AgentMessage & { type: 'output' };
  createTickets(options: TicketsOptions): Tickets;
  /** How a machine makes room for another model. */
  makeRoom: typeof makeRoom;
  createOutgoing(limits: LaneLimits): OutgoingLanes;
  createIncoming(messageChars: number): IncomingLanes;
}

export const noTampering: Tampering = {
  event: (event) => [event],
  effect: (effect) => [effect],
  output: (message) => message,
  createTickets: (options) => new Tickets(options),
  makeRoom,
  createOutgoing: (limits) => new OutgoingLanes(limits),
  createIncoming: (messageChars) => new IncomingLanes(messageChars),
};
