/** The rows of the table. */
import { errorStories } from './stories/errors.ts';
import { limitStories } from './stories/limits.ts';
import { streamStories } from './stories/streams.ts';
import { surfaceStories } from './stories/surface.ts';
import { textStories } from './stories/text.ts';
import { thinkingStories } from './stories/thinking.ts';
import { toolStories } from './stories/tools.ts';
import { usageStories } from './stories/usage.ts';
import type { Story } from './story.ts';

export const allStories = {
  ...textStories,
  ...toolStories,
  ...thinkingStories,
  ...limitStories,
  ...usageStories,
  ...surfaceStories,
  ...errorStories,
  ...streamStories,
} satisfies Readonly<Record<string, Story>>;

export type CapabilityName = keyof typeof allStories;
