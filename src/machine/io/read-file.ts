/**
 * Reads a small file that may be missing, forbidden or stuck (a driver that does not answer, a
 * network file system that is gone). A path that is stuck is not asked again until it has answered:
 * each such read holds a thread of Node's small pool.
 */
import { open } from 'node:fs/promises';
import type { ReadFailure, Reading } from '../reading.ts';
import { decodeText } from '../text/decode.ts';

/** /proc/self/mountinfo of a container host is the longest we know, about 200 kB. */
const maxFileBytes = 1024 * 1024;

const stuck = new Set<string>();

export async function readSmallFile(path: string, timeoutMs: number): Promise<Reading> {
  return { source: path, ...(await bounded(path, timeoutMs, () => readStart(path))) };
}

/** Runs an operation on a path with a time limit; a path that hangs is left alone afterwards. */
export async function bounded(
  path: string,
  timeoutMs: number,
  operation: () => Promise<string>,
): Promise<{ text: string; failure?: ReadFailure }> {
  const late = { text: '', failure: { reason: 'timeout', detail: `no answer after ${timeoutMs} ms` } } as const;
  if (stuck.has(path)) return late;
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<typeof late>((resolve) => {
    timer = setTimeout(() => {
      stuck.add(path);
      resolve(late);
    }, timeoutMs);
  });
  const work = operation()
    .then((text) => ({ text }))
    .catch((error: unknown) => ({ text: '', failure: fileFailure(error) }))
    .finally(() => stuck.delete(path));
  const result = await Promise.race([work, limit]);
  clearTimeout(timer);
  return result;
}

async function readStart(path: string): Promise<string> {
  await using file = await open(path, 'r');
  const parts: Buffer[] = [];
  let size = 0;
  // Files of /proc tell no size and come in pieces.
  while (size < maxFileBytes) {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(65_536), 0, 65_536);
    if (bytesRead === 0) break;
    parts.push(buffer.subarray(0, bytesRead));
    size += bytesRead;
  }
  return decodeText(Buffer.concat(parts));
}

function fileFailure(error: unknown): ReadFailure {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'error';
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
    case 'ENODEV':
    case 'ENXIO':
      return { reason: 'absent', detail: 'there is no such file' };
    case 'EACCES':
    case 'EPERM':
      return { reason: 'denied', detail: 'this user may not read it' };
    // What the kernel answers for a value it does not support.
    case 'EOPNOTSUPP':
    case 'EINVAL':
    case 'ENODATA':
      return { reason: 'not-reported', detail: `the system answers ${code}` };
    default:
      return { reason: 'failed', detail: `it cannot be read: ${code}` };
  }
}
