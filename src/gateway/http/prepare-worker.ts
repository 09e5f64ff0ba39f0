/** The worker thread of `Preparation`: prepares large bodies, one at a time. */
import { parentPort, workerData } from 'node:worker_threads';
import { ApiFailure } from '../../contract/errors.ts';
import { thinkingSignatures } from '../thinking-signatures.ts';
import type { PrepareAnswer, PrepareCall } from './preparation.ts';
import { prepareRequest } from './prepare-request.ts';

const { verify } = thinkingSignatures(workerData.signingSecret);

parentPort?.on('message', ({ callId, body, purpose, models }: PrepareCall) => {
  let answer: PrepareAnswer;
  try {
    answer = { callId, prepared: prepareRequest(body, purpose, models, verify) };
  } catch (error) {
    answer =
      error instanceof ApiFailure
        ? { callId, error: error.error }
        : { callId, fault: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
  parentPort?.postMessage(answer);
});
