/** What every engine is held to, in the order of the table. */
import { cancelling, failing, together } from './behaviours/failures.ts';
import { limits, text } from './behaviours/text.ts';
import { structured, tools } from './behaviours/tools.ts';
import { thinking, usage } from './behaviours/usage.ts';
import type { Behaviour } from './engine.ts';

export const behaviours: readonly Behaviour[] = [
  ...text,
  ...limits,
  ...usage,
  ...thinking,
  ...tools,
  ...structured,
  ...cancelling,
  ...failing,
  ...together,
];
