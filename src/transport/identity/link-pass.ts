/**
 * What a gateway gives a machine that it has let in, to be shown when it comes again: such machines stand in a line of their
 * own. It opens nothing: who has one must still show who it is. An HMAC over the machine's id, so nothing is
 * remembered, and it outlives the gateway's restart, when it is needed most.
 */
import { createHmac, createSecretKey, timingSafeEqual } from 'node:crypto';

/** Where an agent shows it, with an upgrade and with `open`. */
export const passHeader = 'metalyard-pass';

const macBytes = 16;

export interface LinkPasses {
  of(machineId: string): string;
  /** The machine it was given to; undefined when it is none of ours. */
  machineOf(pass: string): string | undefined;
}

export function linkPasses(secret: Uint8Array): LinkPasses {
  // Of bytes Node would make one each time, which takes longer than all the rest.
  const key = createSecretKey(secret);
  const macOf = (machineId: string): Buffer =>
    createHmac('sha256', key).update(`metalyard-pass-1\n${machineId}`).digest().subarray(0, macBytes);
  return {
    of: (machineId) => `${machineId}.${macOf(machineId).toString('base64url')}`,
    machineOf(pass) {
      const [, machineId = '', mac = ''] = /^(\w{1,64})\.([\w-]{1,64})$/.exec(pass) ?? [];
      const given = Buffer.from(mac, 'base64url');
      return given.length === macBytes && timingSafeEqual(given, macOf(machineId)) ? machineId : undefined;
    },
  };
}
