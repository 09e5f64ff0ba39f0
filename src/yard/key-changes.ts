/** The owner changes a key while requests of it wait: they go by what it may use now. What runs already ends where it is. */
import type { KeyPlaces } from '../contract/key-places.ts';
import { confineAnew } from './queue/queue.ts';
import { keyRevoked } from './rejections.ts';
import { joinCircle, leaveCircle } from './routing/circles.ts';
import type { YardState } from './state.ts';
import { giveUpHope, reject } from './tickets.ts';

/** The machines a key may use are these now; null: all. */
export function placeKey(yard: YardState, keyId: string, places: KeyPlaces | null): void {
  for (const ticket of yard.tickets.values()) {
    if (ticket.keyId !== keyId) continue;
    ticket.isRevoked = false;
    const before = ticket.circle;
    const after = joinCircle(yard, { wishes: before?.confines.wishes ?? null, places });
    if (ticket.state.phase === 'queued' && after !== before) {
      giveUpHope(yard, ticket);
      confineAnew(yard, ticket, after);
    }
    ticket.circle = after;
    leaveCircle(yard, before);
  }
}

/** It works no more: nothing that waits is begun, nor what comes to nothing begun again. */
export function revokeKey(yard: YardState, keyId: string): void {
  for (const ticket of yard.tickets.values()) {
    if (ticket.keyId !== keyId) continue;
    ticket.isRevoked = true;
    if (ticket.state.phase === 'queued') reject(yard, ticket, keyRevoked());
  }
}
