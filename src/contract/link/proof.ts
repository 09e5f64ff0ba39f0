import type { GatewayMessage } from './messages.ts';

/** The text an agent signs to prove its identity to one gateway start. */
export function linkProof(challenge: Omit<GatewayMessage & { type: 'challenge' }, 'type'>, machineId: string): string {
  return `metalyard-link-1\n${challenge.gatewayId}\n${challenge.epoch}\n${challenge.nonce}\n${machineId}`;
}
