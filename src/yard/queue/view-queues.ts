/** Who waits for which model, for `metalyard status`. Reads only. */
import { type ServiceClass, serviceClasses } from '../../contract/service-class.ts';
import type { YardState } from '../state.ts';
import { expectedWaits } from './expected-waits.ts';
import { queueOrder } from './positions.ts';

export interface QueueView {
  readonly model: string;
  /** Requests that wait, by class. */
  readonly waiting: Readonly<Record<ServiceClass, number>>;
  /** For about how long the first and the last will wait, ms; null where nothing can be said. */
  readonly firstMs: number | null;
  readonly lastMs: number | null;
  /** The longest that one of them has waited, ms. */
  readonly longestMs: number;
}

/** Models that nobody waits for are left out; those that most wait for come first. */
export function viewQueues(yard: YardState): readonly QueueView[] {
  const queues = Array.from(yard.queues.values(), (queue): QueueView => {
    const tickets = queueOrder(queue);
    const waits = expectedWaits(yard, queue.model);
    const waitOf = (index: number): number | null => {
      const ticket = tickets[index];
      return ticket === undefined ? null : waits(ticket, index + 1);
    };
    const sizes = serviceClasses.map((name) => [name, queue.lanes[name].size] as const);
    return {
      model: queue.model,
      waiting: Object.fromEntries(sizes) as Record<ServiceClass, number>, // of all classes
      firstMs: waitOf(0),
      lastMs: waitOf(tickets.length - 1),
      longestMs: tickets.reduce((longest, { submittedAtMs }) => Math.max(longest, yard.nowMs - submittedAtMs), 0),
    };
  });
  return queues.filter((queue) => count(queue) > 0).toSorted((one, other) => count(other) - count(one));
}

const count = ({ waiting }: QueueView): number => serviceClasses.reduce((sum, name) => sum + waiting[name], 0);
