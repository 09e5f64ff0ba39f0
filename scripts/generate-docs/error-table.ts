/** The table of `docs/errors.md`, from the catalogue; the rest of that page is written by hand. */
import { type ErrorCode, errorCatalogue, errorCodes } from '../../src/contract/errors.ts';
import { withTable } from './marked-table.ts';

/** When a code is sent, in the words of a pool. Codes that are about the request alone have none. */
const poolStates: Partial<Record<ErrorCode, string>> = {
  no_machine: 'no machine with the model is connected and able',
  queue_full: 'every slot is busy and the queue is full',
  queue_too_long: 'every slot is busy, and would be for longer than the request may wait',
  overloaded: 'the same, and the key was told so too often to be asked to try again',
  queue_timeout: 'every slot stayed busy for as long as a request waits',
  model_loading: 'the model is being loaded, or waits for room',
  draining: 'the gateway or the engine is shutting down',
  machine_lost: 'the machine at work on it is gone, and no other could take over unseen',
  engine_failed: 'the engine ran out of memory or failed',
  engine_crashed: "the engine's process ended",
  request_crashes_engines: 'the request took engines down, again and again',
  engine_stalled: 'the engine made no progress',
  output_unusable: 'the model wrote what breaks a promise of the request',
  model_load_failed: 'the model cannot be loaded on its machine',
  internal: 'a fault of ours',
};

/** The page with its table made anew. */
export function withErrorTable(page: string): string {
  const rows = errorCodes.map((code) => {
    const { status, type, shouldRetry } = errorCatalogue[code];
    return `| \`${code}\` | ${status} | \`${type}\` | ${shouldRetry ? 'yes' : 'no'} | ${poolStates[code] ?? ''} |`;
  });
  return withTable(page, 'docs/errors.md', [
    '| Code | Status | Type | Try again | State of the pool |',
    '| --- | --- | --- | --- | --- |',
    ...rows,
  ]);
}
