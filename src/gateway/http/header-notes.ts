/** What a caller is told about its headers: those without effect here, and betas. */
import type { IncomingHttpHeaders } from 'node:http';
import { allTraits, type FeatureId } from '../../contract/anthropic/features/features.ts';
import { betaNames, headerFeatures } from '../../contract/anthropic/features/headers.ts';
import { FeatureNotes } from '../../translate/request/feature-notes.ts';

const judged = Object.keys(headerFeatures).map((id) => ({
  id: id as FeatureId, // a key of the table
  name: id.slice('header.'.length),
}));

export function headerNotes(headers: IncomingHttpHeaders): readonly string[] {
  const notes = new FeatureNotes(allTraits);
  for (const { id, name } of judged) if (headers[name] !== undefined) notes.add(id);
  for (const beta of String(headers['anthropic-beta'] ?? '').split(',')) {
    const name = beta.trim();
    if (name === '') continue;
    const feature = betaNames.find(({ pattern }) => pattern.test(name))?.feature;
    if (feature === undefined) notes.add('beta.unknown', name);
    else notes.add(feature);
  }
  return notes.sentences();
}
