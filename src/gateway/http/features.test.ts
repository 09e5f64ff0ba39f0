/** Walks the feature table: each row has a request that shows it, on a model with every trait and on one without. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { knownBlockTypes, otherBlockTypes } from '../../contract/anthropic/blocks.ts';
import type { Feature, ModelTraits, Trait } from '../../contract/anthropic/features/feature.ts';
import {
  allTraits,
  type FeatureId,
  featureIds,
  features,
  supportOf,
} from '../../contract/anthropic/features/features.ts';
import { ApiFailure } from '../../contract/errors.ts';
import { namedModel } from '../../yard/names/test-models.ts';
import { type BodyExample, type FeatureExample, featureExamples } from './fixtures/feature-examples.ts';
import { headerNotes } from './header-notes.ts';
import { type PreparedRequest, prepareWithPdfs } from './prepare-request.ts';
import { readPdf } from './read-pdf.ts';

const examples: Readonly<Record<FeatureId, FeatureExample>> = featureExamples;

async function prepare(body: object, { tools, thinking, raw, schemas, vision }: ModelTraits): Promise<PreparedRequest> {
  const whole = { model: 'yard', max_tokens: 100, messages: [{ role: 'user', content: 'Hello' }], ...body };
  const tier = raw ? 'raw' : 'chat';
  const model = { ...namedModel('yard', { tools }), thinking, tier, schemas, vision } as const;
  const task = {
    body: Buffer.from(JSON.stringify(whole)),
    purpose: 'create',
    names: { models: [model], aliases: new Map(), allowed: null },
    patienceMs: 0,
  } as const;
  return prepareWithPdfs(task, () => false, readPdf);
}

async function walkBody(id: FeatureId, { body, without = {}, proof }: BodyExample, traits: ModelTraits): Promise<void> {
  const { status, how } = supportOf(id, traits);
  if (status === 'refused') {
    await assert.rejects(prepare(body, traits), (thrown: unknown) => {
      assert.ok(thrown instanceof ApiFailure);
      assert.equal(thrown.error.code, 'unsupported_feature');
      assert.ok(thrown.error.message.endsWith(how), thrown.error.message);
      return true;
    });
    return;
  }
  const prepared = await prepare(body, traits);
  const told = prepared.notes.some((note) => note.startsWith(how));
  if (how !== '') assert.equal(told, status !== 'supported', prepared.notes.join(' | '));
  if (status === 'ignored' && traits === allTraits && proof === undefined) {
    assert.equal(
      prepared.requestJson,
      (await prepare(without, traits)).requestJson,
      'ignored, and yet it changes something',
    );
  }
  for (const piece of proof ?? []) {
    const absent = piece.startsWith('!');
    assert.equal(prepared.requestJson.includes(absent ? piece.slice(1) : piece), !absent, prepared.requestJson);
  }
}

function walkHeaders(id: FeatureId, headers: Readonly<Record<string, string>>): void {
  const { status, how } = supportOf(id, allTraits);
  const notes = headerNotes(headers);
  if (status === 'supported') assert.deepEqual(notes, []);
  else
    assert.ok(
      notes.some((note) => note.startsWith(how)),
      notes.join(' | '),
    );
}

describe('each row of the feature table is what happens:', () => {
  for (const id of featureIds) {
    const example = examples[id];
    if ('http' in example) continue;
    it(id, async () => {
      if ('headers' in example) walkHeaders(id, example.headers);
      else await walkBody(id, example, allTraits);
    });
    const { lacking }: Feature = features[id];
    for (const trait of Object.keys(lacking ?? {}) as Trait[]) {
      it(`${id}, on a model without the trait "${trait}"`, async () => {
        assert.ok('body' in example);
        const { body } = example;
        await walkBody(id, { body }, { ...allTraits, [trait]: false });
      });
    }
  }

  it('every block type has a row', () => {
    const rows = featureIds.join(' ');
    for (const type of [...knownBlockTypes, ...otherBlockTypes]) assert.match(rows, new RegExp(`\\.${type}\\b`));
  });

  it('a refusal names the field and what to do instead', () => {
    for (const id of featureIds) {
      const { support }: Feature = features[id];
      if (support.status !== 'refused') continue;
      assert.match(
        support.how,
        /[.:] (Send|send|Remove|Leave|Use|Ask|Connect|Summarise|The conversation)|not available/,
        id,
      );
    }
  });
});
