/**
 * How good a model's answers are, guessed from what it is: nothing here was measured, and docs/models.md says so. One
 * number, so that the order of any models is the same everywhere:
 *
 *     log2(billions of parameters) + years of its family since 2023 - loss of its quantisation
 *
 * Twice the parameters are worth a point, and so is a year of progress. Of a mixture of experts the geometric mean of all
 * and of the used parameters counts. 4 bits cost less than half a point, 2 bits two: a model of twice the size at 4 bits
 * is better than one at 8, and at 2 bits it is not.
 */
import type { Artefact } from '../../contract/link/messages.ts';
import { nameParts } from '../../contract/model-name.ts';
import { generationOf } from './generations.ts';

/** Points lost, by the bits of a weight; nothing from 8 on. */
const lossOfBits: Readonly<Record<string, number>> = { 1: 3, 2: 2, 3: 1, 4: 0.4, 5: 0.2, 6: 0.1 };

export interface Weighed {
  readonly parameters: number | null;
  /** Higher is better; null when the number of parameters is unknown. Two decimals. */
  readonly quality: number | null;
}

/** Weighs a model by what its copy tells, and by its id where that tells nothing. */
export function weigh(id: string, artefact?: Artefact): Weighed {
  const named = nameParts(id);
  const parameters = artefact?.parameters ?? named.parameters;
  if (parameters === null || parameters <= 0) return { parameters: null, quality: null };
  const active = Math.min(parameters, artefact?.activeParameters ?? named.activeParameters ?? parameters);
  const billions = Math.sqrt(parameters * active) / 1e9;
  const bits = /[1-9]\d?/.exec(named.quantisation ?? '')?.[0] ?? '16';
  const quality = Math.log2(billions) + generationOf(named.family) - 2023 - (lossOfBits[bits] ?? 0);
  return { parameters, quality: Math.round(quality * 100) / 100 };
}
