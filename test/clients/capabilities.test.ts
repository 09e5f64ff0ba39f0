/**
 * The table of capabilities with all clients, those included that are installed for it: the last
 * Anthropic SDK of the 0.x line, and the Vercel AI SDK.
 */
import { test } from 'node:test';
import { importClient, installClients } from '../support/install-clients.ts';
import { aiSdkClient } from './capabilities/drivers/ai-sdk.ts';
import { sdkClient } from './capabilities/drivers/anthropic-sdk.ts';
import { localClients } from './capabilities/local-clients.ts';
import { runTable } from './capabilities/run-table.ts';

const installed = await installClients([
  '@anthropic-ai/sdk@0.137.0',
  'ai@6.0.326',
  '@ai-sdk/anthropic@3.0.139',
  'zod@4.6.7',
]);
if (installed.ok) {
  const load = (name: string) => importClient(installed.directory, name);
  const { default: Sdk, ...errors } = await load('@anthropic-ai/sdk');
  const old = sdkClient({
    name: 'SDK 0.137',
    Sdk,
    errorClasses: {
      400: errors.BadRequestError,
      401: errors.AuthenticationError,
      404: errors.NotFoundError,
      // It has no class of its own for 413.
      413: errors.APIError,
    },
  });
  const ai = aiSdkClient('AI SDK 6', { ai: await load('ai'), provider: await load('@ai-sdk/anthropic') });
  runTable([...localClients, old, ai]);
} else {
  test('all clients', { skip: installed.reason }, () => {});
}
