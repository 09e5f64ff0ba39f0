/** The cases of `models/`, in the order of the report. */
import type { CompatCase } from '../compat-case.ts';
import { capabilitiesWhole } from './models/capabilities-whole.ts';
import { entryShape } from './models/entry-shape.ts';
import { limit } from './models/limit.ts';
import { limitsStated } from './models/limits-stated.ts';
import { list } from './models/list.ts';
import { nextPage } from './models/next-page.ts';
import { retrieve } from './models/retrieve.ts';
import { unknown } from './models/unknown.ts';

export const modelsCases: readonly CompatCase[] = [
  list,
  entryShape,
  limit,
  nextPage,
  retrieve,
  unknown,
  limitsStated,
  capabilitiesWhole,
];
