/** Clients that need no installation. */
import Anthropic from '@anthropic-ai/sdk';
import { ContentTooLargeError } from '@anthropic-ai/sdk/core/error';
import { sdkClient } from './drivers/anthropic-sdk.ts';
import { fetchClient } from './drivers/fetch.ts';

export const localClients = [
  fetchClient,
  sdkClient({
    name: 'SDK 1.12',
    Sdk: Anthropic,
    errorClasses: {
      400: Anthropic.BadRequestError,
      401: Anthropic.AuthenticationError,
      404: Anthropic.NotFoundError,
      413: ContentTooLargeError,
    },
  }),
];
