/**
 * Signatures of thinking blocks: an HMAC by this yard, so that reasoning that comes back can be
 * told from reasoning someone wrote. Checked leniently: clients also send "" or another server's.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';

export interface ThinkingSignatures {
  sign(thinking: string): string;
  verify(thinking: string, signature: string): boolean;
}

export function thinkingSignatures(secret: Uint8Array): ThinkingSignatures {
  const mac = (thinking: string): Buffer => createHmac('sha256', secret).update(thinking).digest();
  return {
    sign: (thinking) => `metalyard1.${mac(thinking).toString('base64')}`,
    verify(thinking, signature) {
      const given = Buffer.from(signature.replace(/^metalyard1\./, ''), 'base64');
      const expected = mac(thinking);
      return given.length === expected.length && timingSafeEqual(given, expected);
    },
  };
}
