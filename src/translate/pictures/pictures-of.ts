/** The pictures of a canonical request, wherever they stand. */
import type { GenerationRequest, Picture, PromptMessage } from '../../contract/generation/request.ts';
import { pictureTokens } from './read-picture.ts';

export const picturesIn = (message: PromptMessage): readonly Picture[] =>
  message.role === 'user' || message.role === 'tool' ? (message.pictures ?? []) : [];

export const picturesOf = ({ messages }: GenerationRequest): readonly Picture[] => messages.flatMap(picturesIn);

/** A guess, tokens. */
export const tokensOfPictures = (pictures: readonly Picture[]): number =>
  pictures.reduce((sum, picture) => sum + pictureTokens(picture), 0);

/** The same conversation for a reader that sees none. */
export function withoutPictures(request: GenerationRequest): GenerationRequest {
  return {
    ...request,
    messages: request.messages.map((message) => {
      if (picturesIn(message).length === 0) return message;
      const { pictures: _, ...blind } = message as Extract<PromptMessage, { role: 'user' | 'tool' }>; // they alone have some
      return blind;
    }),
  };
}
