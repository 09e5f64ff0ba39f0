import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { noNeeds, type RequestNeeds } from '../../contract/generation/request-needs.ts';
import { chooseAuto, chooseTier, type Tier } from './choose-model.ts';
import type { NamedModel } from './named-model.ts';
import { namedModel } from './test-models.ts';

const big = namedModel('qwen3-32b-q4', { window: 16_384 });
const middle = namedModel('qwen3-8b-q4', { window: 65_536 });
const little = namedModel('qwen3-1.7b-q4', { window: 32_768 });
const toy = namedModel('metalyard-tiny-q8', { window: 65_536, parameters: 3e6, quality: -7 });
const cold = (model: NamedModel, readyInMs: number | null): NamedModel => ({ ...model, warm: false, readyInMs });
const loading = (model: NamedModel, readyInMs: number): NamedModel => ({
  ...cold(model, readyInMs),
  outlook: 'loading',
  window: 0,
  tools: false,
});

interface Story {
  readonly models: readonly NamedModel[];
  readonly needs?: Partial<RequestNeeds>;
  readonly patienceMs?: number;
  readonly chosen: string | undefined;
}
const wishOf = ({ needs, patienceMs = 60_000 }: Story) => ({ needs: { ...noNeeds, ...needs }, patienceMs });

describe('auto takes', () => {
  const stories: Readonly<Record<string, Story>> = {
    'the best of those in memory': { models: [little, middle, big], chosen: big.id },
    'a lesser model in memory before the best that would have to be loaded': {
      models: [cold(big, 5_000), middle],
      chosen: middle.id,
    },
    'one that serves before a better one whose machines take no work': {
      models: [{ ...big, outlook: 'shut', warm: false, readyInMs: null }, middle],
      chosen: middle.id,
    },
    'the best with a window that holds the prompt': {
      models: [big, middle, little],
      needs: { estimatedTokens: 20_000 },
      chosen: middle.id,
    },
    'the best with a window that holds it, whose prompts turned out longer than they look': {
      models: [{ ...big, tokensPerEstimate: 2 }, middle],
      needs: { estimatedTokens: 9_000 },
      chosen: middle.id,
    },
    'the best that leaves room for an answer too': {
      models: [big, middle],
      needs: { estimatedTokens: 15_000, maxTokens: 32_000 },
      chosen: middle.id,
    },
    'the best that can call tools, when there are tools': {
      models: [{ ...big, tools: false }, middle],
      needs: { tools: true },
      chosen: middle.id,
    },
    'the best whether it can call tools or not, when there are none': {
      models: [{ ...big, tools: false }, middle],
      chosen: big.id,
    },
    'one that can be held to a schema, when there is one': {
      models: [{ ...big, schemas: false }, middle],
      needs: { schemas: true },
      chosen: middle.id,
    },
    'one that can see, when there are pictures': {
      models: [big, { ...little, vision: true }],
      needs: { vision: true },
      chosen: little.id,
    },
    'no other for the sake of reasoning': { models: [middle], needs: { thinking: true }, chosen: middle.id },
    'the one that is ready first, when none is in memory': {
      models: [cold(big, 40_000), cold(middle, 8_000)],
      chosen: middle.id,
    },
    'the better one, when two are ready at once': {
      models: [cold(little, 8_000), cold(middle, 8_000)],
      chosen: middle.id,
    },
    'one that is being loaded, when it is ready first': {
      models: [cold(big, 40_000), loading(middle, 2_000)],
      chosen: middle.id,
    },
    'only what is ready within the patience of the client': {
      models: [cold(big, 40_000), cold(middle, 8_000)],
      patienceMs: 10_000,
      chosen: middle.id,
    },
    'the best all the same, when nothing is ready in time': {
      models: [cold(big, 40_000), cold(middle, 20_000)],
      patienceMs: 10_000,
      chosen: big.id,
    },
    'a cold one that can serve before a warm one that cannot': {
      models: [big, cold(middle, 8_000)],
      needs: { estimatedTokens: 30_000 },
      chosen: middle.id,
    },
    'the largest window, when no window holds the prompt: its refusal tells how much there is': {
      models: [big, middle, little],
      needs: { estimatedTokens: 200_000 },
      chosen: middle.id,
    },
    'a model that failed before one that nobody has': {
      models: [
        { ...cold(big, null), outlook: 'absent' },
        { ...cold(middle, null), outlook: 'failed' },
      ],
      chosen: middle.id,
    },
    'nothing, where there is nothing': { models: [], chosen: undefined },
  };
  for (const [sentence, story] of Object.entries(stories)) {
    test(sentence, () => assert.equal(chooseAuto(story.models, wishOf(story))?.id, story.chosen));
  }
});

describe('a tier takes', () => {
  const stories: Readonly<Record<string, Story & { readonly tier: Tier }>> = {
    'large: the best': { tier: 'large', models: [little, middle, big], chosen: big.id },
    'large: the best even if it must be loaded': { tier: 'large', models: [cold(big, 40_000), middle], chosen: big.id },
    'large: the best even if it is on disk': {
      tier: 'large',
      models: [{ ...cold(big, 40_000), outlook: 'available' }, middle],
      chosen: big.id,
    },
    'large: but not one that is not there yet': {
      tier: 'large',
      models: [loading(big, 1_000), middle],
      chosen: middle.id,
    },
    'large: the best that holds the prompt': {
      tier: 'large',
      models: [big, middle],
      needs: { estimatedTokens: 20_000 },
      chosen: middle.id,
    },
    'default: as auto': { tier: 'default', models: [cold(big, 5_000), middle, little], chosen: middle.id },
    'small: the least': { tier: 'small', models: [big, middle, little], chosen: little.id },
    'small: the least in memory, so that nothing is loaded for a side call': {
      tier: 'small',
      models: [big, middle, cold(little, 1_000)],
      chosen: middle.id,
    },
    'small: no toy, where there is more': { tier: 'small', models: [toy, middle, big], chosen: middle.id },
    'small: a toy, where there is nothing else': { tier: 'small', models: [toy], chosen: toy.id },
    'small: none of unknown size, where one is known': {
      tier: 'small',
      models: [namedModel('my-model'), middle],
      chosen: middle.id,
    },
    'small: the least that can call tools': {
      tier: 'small',
      models: [big, middle, { ...little, tools: false }],
      needs: { tools: true },
      chosen: middle.id,
    },
    'small: a cold one, when no warm one can serve': {
      tier: 'small',
      models: [big, cold(middle, 1_000)],
      needs: { estimatedTokens: 30_000 },
      chosen: middle.id,
    },
    'any: the one there is': { tier: 'large', models: [loading(middle, 9_000)], chosen: middle.id },
  };
  for (const [sentence, story] of Object.entries(stories)) {
    test(sentence, () => assert.equal(chooseTier(story.tier, story.models, wishOf(story))?.id, story.chosen));
  }
});
