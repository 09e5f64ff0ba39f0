/** What models of each family write, good and broken, and what is made of it. Runs without any model. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { OutputParserOptions, OutputPart } from '../output/output-parser.ts';
import { families } from './families.ts';
import type { Family } from './family.ts';
import { fixturesOf, messyBits } from './fixtures/read-fixtures.ts';
import { hermes } from './hermes.ts';
import { plain } from './plain.ts';

/** Neighbours of one kind are one part: how text was cut is not part of the result. */
function merge(parts: readonly OutputPart[]): OutputPart[] {
  const merged: OutputPart[] = [];
  for (const part of parts) {
    const last = merged.at(-1);
    if ((part.type === 'text' || part.type === 'thinking') && last?.type === part.type) {
      merged[merged.length - 1] = { type: part.type, text: last.text + part.text };
    } else merged.push(part);
  }
  return merged;
}

function parse(family: Family, pieces: readonly string[], options: Partial<OutputParserOptions> = {}): OutputPart[] {
  const parser = family.newParser({ thinkingOpen: false, ...options });
  return merge([...pieces.flatMap((piece) => parser.push(piece)), ...parser.end()]);
}

/** As fixtures tell it: the call's own fields beside the others; what is usual is left out. */
const told = (parts: readonly OutputPart[]): unknown[] =>
  parts.map((part) => {
    if (part.type === 'text' || part.type === 'thinking') return part;
    const place = { start: part.start, ...(part.follows ? { follows: true } : {}) };
    return part.type === 'tool-call'
      ? { type: part.type, ...part.call, ...place }
      : { type: part.type, raw: part.raw, ...place };
  });

for (const family of [...families, plain]) {
  describe(`output of ${family.id}`, () => {
    for (const { kind, fixture } of fixturesOf(family.id)) {
      it(`${kind}: ${fixture.name}`, () => {
        assert.deepEqual(told(parse(family, [fixture.raw], fixture)), fixture.parts);
        assert.deepEqual(told(parse(family, fixture.raw.split(''), fixture)), fixture.parts, 'unit by unit');
      });
    }

    const messyText = fc
      .array(fc.constantFrom(...messyBits(family)), { maxLength: 14 })
      .map((pieces) => pieces.join(''));
    const anyOptions = fc.record({ thinkingOpen: fc.boolean(), json: fc.boolean(), inList: fc.boolean() });

    it('gives the same parts however the text is cut', () => {
      fc.assert(
        fc.property(messyText, anyOptions, fc.array(fc.nat(80), { maxLength: 6 }), (raw, options, cuts) => {
          const borders = [0, ...cuts.map((cut) => Math.min(cut, raw.length)).sort((a, b) => a - b), raw.length];
          const pieces = borders.slice(1).map((border, i) => raw.slice(borders[i], border));
          const whole = parse(family, [raw], options);
          assert.deepEqual(parse(family, pieces, options), whole);
          assert.deepEqual(parse(family, raw.split(''), options), whole);
        }),
        { numRuns: 300 },
      );
    });

    it('shows no tag of its own, except a quoted one', () => {
      fc.assert(
        fc.property(messyText, fc.boolean(), (raw, thinkingOpen) => {
          for (const part of parse(family, [raw], { thinkingOpen })) {
            const shown = part.type === 'tool-call' || part.type === 'broken-tool-call' ? part.raw : part.text;
            if (part.type === 'tool-call') continue; // Its strings may hold anything.
            for (const tag of family.tags) {
              const quoted = new RegExp(`(?<=([\`"']))${tag.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&')}(?=\\1)`, 'g');
              assert.ok(!shown.replaceAll(quoted, '').includes(tag), `${tag} was shown`);
            }
          }
        }),
        { numRuns: 150 },
      );
    });

    // Harmony's headings are neither tags nor shown; its fixtures say what becomes of them.
    if (family.id === 'harmony') return;
    it('loses nothing but tags, whitespace, and what stands between calls of a list', () => {
      const letters = (text: string): string => {
        let rest = text;
        for (let before = ''; rest !== before; ) {
          before = rest;
          for (const tag of family.tags) rest = rest.replaceAll(tag, '');
        }
        return rest.replaceAll(/[\s,;\]]/g, '');
      };
      fc.assert(
        fc.property(messyText, fc.boolean(), (raw, thinkingOpen) => {
          const shown = parse(family, [raw], { thinkingOpen }).map((part) =>
            part.type === 'tool-call' || part.type === 'broken-tool-call' ? part.raw : part.text,
          );
          assert.equal(letters(shown.join('')), letters(raw));
        }),
        { numRuns: 150 },
      );
    });
  });
}

describe('a parser', () => {
  it('holds back only what may become a tag', () => {
    const parser = hermes.newParser({ thinkingOpen: false });
    assert.deepEqual(parser.push('a <tool'), [{ type: 'text', text: 'a ' }]);
    assert.deepEqual(parser.push('box'), [{ type: 'text', text: '<toolbox' }]);
    assert.deepEqual(parser.push(' <'), [{ type: 'text', text: ' ' }]);
    assert.deepEqual(parser.end(), [{ type: 'text', text: '<' }]);
  });

  it('says what the text stands in', () => {
    const parser = hermes.newParser({ thinkingOpen: true });
    assert.equal(parser.inside, 'thinking');
    parser.push('</think>a');
    assert.equal(parser.inside, 'text');
    parser.push('<tool_call>');
    assert.equal(parser.inside, 'tool-call');
  });
});
