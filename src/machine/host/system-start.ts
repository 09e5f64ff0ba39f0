/**
 * When the operating system started: files it has read and GPU code it has compiled since then are still at hand. By the
 * clock, so two readings of one start differ where the clock was set between them; whoever compares allows for a minute.
 */
import { uptime } from 'node:os';

/** Epoch milliseconds. */
export const systemStartMs = (): number => Math.round(Date.now() - uptime() * 1_000);
