/** The cases of `usage/`, in the order of the report. */
import type { CompatCase } from '../compat-case.ts';
import { integers } from './usage/integers.ts';
import { outputWithinLimit } from './usage/output-within-limit.ts';
import { promptCounted } from './usage/prompt-counted.ts';
import { samePromptSameSize } from './usage/same-prompt-same-size.ts';

export const usageCases: readonly CompatCase[] = [integers, promptCounted, outputWithinLimit, samePromptSameSize];
