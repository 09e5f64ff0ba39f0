import { createTaggedParser } from '../output/tagged-parser.ts';
import { type TaggedSyntax, tagsOf } from '../output/tagged-syntax.ts';
import type { Family, FamilyCalls } from './family.ts';

interface TaggedFamily extends FamilyCalls {
  readonly id: string;
  readonly title: string;
  readonly syntax: TaggedSyntax;
  /** The call of the probe as this family's templates print it. */
  readonly probe: RegExp;
}

/** A family whose reasoning and calls stand between tags: nearly all. */
export function taggedFamily({ id, title, syntax, probe, ...calls }: TaggedFamily): Family {
  return {
    id,
    title,
    thinking: syntax.thinking,
    tags: tagsOf(syntax),
    writesCall: (rendered) => probe.test(rendered),
    newParser: (options) => createTaggedParser(syntax, options),
    calls,
  };
}

export const thinkTags = ['<think>', '</think>'] as const;
