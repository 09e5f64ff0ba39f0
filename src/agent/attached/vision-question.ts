/**
 * Whether a model at a server sees: a red square and the question of its colour, and the same question without it.
 * A server may take a picture and drop it, and a model may guess the colour: only what the picture changes counts.
 */

/** A PNG of 64 by 64 pixels, all red, base64: some servers refuse smaller ones. */
export const redSquare = {
  mediaType: 'image/png',
  width: 64,
  height: 64,
  at: 0,
  data:
    'iVBORw0KGgoAAAANSUhEUgAAAEAAAABACAIAAAAlC+aJAAAAS0lEQVR42u3PQQkAAAgAsetfWiP4FgYrsKZeS0BAQEBAQEBAQEBAQEBA' +
    'QEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEDgsqnc8OJg6Ln3AAAAAElFTkSuQmCC',
} as const;

export const colourQuestion = 'Which colour is this? Answer with one word.';

export interface Look {
  /** Status of a refusal, 0: no answer; null: it answered. */
  readonly refused: number | null;
  readonly text: string;
  readonly promptTokens: number | null;
}

/** The fewest tokens any known model spends on a picture; a template's own words for it are fewer. */
const leastTokens = 16;

export function visionVerdict(shown: Look, blind: Look): 'yes' | 'no' | 'unknown' {
  if (shown.refused !== null) return isRefusal(shown.refused) ? 'no' : 'unknown';
  if (blind.refused !== null) return 'unknown';
  const named = ({ text }: Look): boolean => /\bred\b/i.test(text);
  if (named(shown) && !named(blind)) return 'yes';
  if (shown.promptTokens === null || blind.promptTokens === null) return 'unknown';
  return shown.promptTokens - blind.promptTokens >= leastTokens ? 'yes' : 'no';
}

/** Of what was asked. No answer, a server that is busy or that failed say nothing of pictures. */
const isRefusal = (status: number): boolean => status >= 400 && status < 500 && status !== 408 && status !== 429;
