/** The cases of `errors/`, in the order of the report. */
import type { CompatCase } from '../compat-case.ts';
import { detailsForm } from './errors/details-form.ts';
import { envelope } from './errors/envelope.ts';
import { finalErrorsSaySo } from './errors/final-errors-say-so.ts';
import { knownTypes } from './errors/known-types.ts';
import { noPromptInside } from './errors/no-prompt-inside.ts';
import { unknownModel } from './errors/unknown-model.ts';
import { unknownModelStreamed } from './errors/unknown-model-streamed.ts';

export const errorsCases: readonly CompatCase[] = [
  envelope,
  knownTypes,
  unknownModel,
  unknownModelStreamed,
  finalErrorsSaySo,
  detailsForm,
  noPromptInside,
];
