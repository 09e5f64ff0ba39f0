/** The whole table, and how code asks it. */
import { type ApiError, apiError } from '../../errors.ts';
import { blockFeatures } from './blocks.ts';
import { endpointFeatures } from './endpoints.ts';
import type { Feature, ModelTraits, Support, Trait } from './feature.ts';
import { betaFeatures, headerFeatures } from './headers.ts';
import { parameterFeatures } from './parameters.ts';
import { thinkingFeatures } from './thinking.ts';
import { toolFeatures } from './tools.ts';

export const features = {
  ...parameterFeatures,
  ...thinkingFeatures,
  ...blockFeatures,
  ...toolFeatures,
  ...headerFeatures,
  ...betaFeatures,
  ...endpointFeatures,
} as const;

export type FeatureId = keyof typeof features;
export const featureIds = Object.keys(features) as readonly FeatureId[];

/** Says whether code may ask for a row it put together from a client's word. */
export const isFeature = (id: string): id is FeatureId => Object.hasOwn(features, id);

/** A model that can do everything: what the first column of the page is about. */
export const allTraits: ModelTraits = { tools: true, thinking: true, raw: true, schemas: true, vision: true };

/** What becomes of a feature on a model. */
export function supportOf(id: FeatureId, traits: ModelTraits): Support {
  const { support, lacking }: Feature = features[id];
  if (lacking !== undefined) {
    for (const trait of Object.keys(lacking) as Trait[]) {
      const instead = lacking[trait];
      if (instead !== undefined && !traits[trait]) return instead;
    }
  }
  return support;
}

/** The sentence a caller is told in `x-metalyard-notes`, or undefined where nothing is lost. */
export function noteOn(id: FeatureId, traits: ModelTraits): string | undefined {
  const { status, how } = supportOf(id, traits);
  return status === 'degraded' || status === 'ignored' ? how : undefined;
}

/** The refusal of a feature, or undefined. `path` is the field; '' where the text stands alone. */
export function refusalOf(id: FeatureId, traits: ModelTraits, path: string): ApiError | undefined {
  const support = supportOf(id, traits);
  if (support.status !== 'refused') return undefined;
  const { how, errorCode } = support;
  const message = path === '' ? how : `${path}: ${how}`;
  return apiError('unsupported_feature', message, errorCode === undefined ? {} : { errorCode });
}
