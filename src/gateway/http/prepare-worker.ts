/**
 * The program of `PrepareThread`: prepares the bodies it is sent, PDFs included where the call asks for
 * it. Text that was read is remembered: a client sends its PDF again with every turn.
 */
import { createHash } from 'node:crypto';
import { parentPort, workerData } from 'node:worker_threads';
import { ApiFailure } from '../../contract/errors.ts';
import { thinkingSignatures } from '../thinking-signatures.ts';
import { prepareRequest, prepareWithPdfs } from './prepare-request.ts';
import type { PrepareAnswer, PrepareCall } from './prepare-thread.ts';

const { verify } = thinkingSignatures(workerData.signingSecret);

const rememberedPdfs = 32;
const texts = new Map<string, string>();

async function readRemembered(base64: string, path: string): Promise<string> {
  const digest = createHash('sha256').update(base64).digest('base64');
  const known = texts.get(digest);
  // Loaded with the first PDF: the library is 1.7 MB.
  const text = known ?? (await (await import('./read-pdf.ts')).readPdf(base64, path));
  texts.delete(digest);
  texts.set(digest, text);
  const oldest = texts.keys().next().value;
  if (texts.size > rememberedPdfs && oldest !== undefined) texts.delete(oldest);
  return text;
}

async function answer(call: PrepareCall): Promise<PrepareAnswer> {
  try {
    const prepared = call.withPdfs
      ? await prepareWithPdfs(call, verify, readRemembered)
      : prepareRequest(call, verify, { inLoop: false });
    if (typeof prepared === 'string') return { prepared };
    // Bytes change hands between threads; text would be copied, and encoded for the link by the main one.
    return { prepared: { ...prepared, requestJson: new TextEncoder().encode(prepared.requestJson) } };
  } catch (error) {
    if (error instanceof ApiFailure) return { error: error.error };
    return { fault: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

parentPort?.on('message', async (call: PrepareCall) => {
  const answered = await answer(call);
  const moved =
    'prepared' in answered && typeof answered.prepared !== 'string' ? [answered.prepared.requestJson.buffer] : [];
  parentPort?.postMessage(answered, moved);
});
