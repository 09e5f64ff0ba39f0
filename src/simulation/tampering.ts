/**
 * Ways to plant a bug from outside, so that tests can show that the oracles find it. The product
 * has no switch for any of them.
 */
import { Tickets, type TicketsOptions } from '../agent/tickets.ts';
import type { GatewayCore } from '../gateway/gateway-core.ts';
import type { Quotas } from '../gateway/quotas.ts';
import type { After } from '../session/after.ts';
import { IncomingLanes, type LaneLimits, OutgoingLanes } from '../session/lanes.ts';
import type { RequestReport } from '../transport/request-report.ts';
import type { YardEffect, YardEvent } from '../yard/events.ts';
import { makeRoom } from '../yard/loads/make-room.ts';
import type { YardState } from '../yard/state.ts';

export interface Tampering {
  /** What the yard is told instead. */
  event(event: YardEvent, yard: YardState): readonly YardEvent[];
  /** What is carried out instead. */
  effect(effect: YardEffect): readonly YardEffect[];
  /** Done to a gateway that has just started. */
  gateway(core: GatewayCore): void;
  /** What is entered in its books instead. */
  report(report: RequestReport): readonly RequestReport[];
  /** Machines that such a one waits for instead. */
  expected(machineIds: readonly string[]): readonly string[];
  createTickets(options: TicketsOptions): Tickets;
  /** The timers of an agent's link, and how long it waits before it dials again. */
  linkAfter(after: After): After;
  redialMs(ms: number): number;
  /** Done to the quotas of a gateway that has just started. */
  quotas(quotas: Quotas): void;
  /** How a machine makes room for another model. */
  makeRoom: typeof makeRoom;
  createOutgoing(limits: LaneLimits): OutgoingLanes;
  createIncoming(messageChars: number): IncomingLanes;
}

export const noTampering: Tampering = {
  event: (event) => [event],
  effect: (effect) => [effect],
  gateway() {},
  report: (report) => [report],
  expected: (machineIds) => machineIds,
  createTickets: (options) => new Tickets(options),
  linkAfter: (after) => after,
  redialMs: (ms) => ms,
  quotas() {},
  makeRoom,
  createOutgoing: (limits) => new OutgoingLanes(limits),
  createIncoming: (messageChars) => new IncomingLanes(messageChars),
};
