/** The cases of `counting/`, in the order of the report. */
import type { CompatCase } from '../compat-case.ts';
import { answers } from './counting/answers.ts';
import { equalsUsage } from './counting/equals-usage.ts';
import { manyAtOnce } from './counting/many-at-once.ts';
import { modelUnknown } from './counting/model-unknown.ts';
import { optionsAccepted } from './counting/options-accepted.ts';
import { partsCounted } from './counting/parts-counted.ts';
import { steady } from './counting/steady.ts';
import { validates } from './counting/validates.ts';

export const countingCases: readonly CompatCase[] = [
  answers,
  equalsUsage,
  partsCounted,
  steady,
  manyAtOnce,
  optionsAccepted,
  validates,
  modelUnknown,
];
