import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { createOutputParser, type OutputParserOptions, type OutputPart } from './parser.ts';
import { tags } from './tags.ts';

interface Fixture extends Partial<OutputParserOptions> {
  readonly name: string;
  readonly raw: string;
  readonly parts: readonly OutputPart[];
}
const fixtures = (file: string): readonly Fixture[] =>
  JSON.parse(readFileSync(new URL(`fixtures/${file}`, import.meta.url), 'utf8'));

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

function parse(pieces: readonly string[], options: Partial<OutputParserOptions> = {}): OutputPart[] {
  const parser = createOutputParser({ format: 'hermes', thinkingOpen: false, ...options });
  return merge([...pieces.flatMap((piece) => parser.push(piece)), ...parser.end()]);
}

const optionsOf = ({ format = 'hermes', thinkingOpen = false }: Partial<OutputParserOptions>) => ({
  format,
  thinkingOpen,
});

for (const file of ['good.json', 'broken.json']) {
  describe(`model output, ${file}`, () => {
    for (const fixture of fixtures(file)) {
      it(fixture.name, () => {
        assert.deepEqual(parse([fixture.raw], optionsOf(fixture)), fixture.parts);
        assert.deepEqual(parse([...fixture.raw], optionsOf(fixture)), fixture.parts, 'character by character');
      });
    }
  });
}

/** Text made of everything a parser could stumble over. */
const messyText = fc
  .array(
    fc.oneof(
      fc.constantFrom(...tags),
      fc.constantFrom('<', '</', '`', '"', '{', '}', '\n', ' ', '\\', 'x', '<tool_', 'é', '😀'),
      fc.constantFrom('{"name": "a", "arguments": {}}', '{"name": "a", "arguments": {"s": "</tool_call>"}}'),
    ),
    { maxLength: 14 },
  )
  .map((pieces) => pieces.join(''));
const anyOptions = fc.record({
  format: fc.constantFrom('hermes' as const, 'plain' as const, 'json' as const),
  thinkingOpen: fc.boolean(),
});

describe('the output parser', () => {
  it('gives the same parts however the text is cut', () => {
    fc.assert(
      fc.property(messyText, anyOptions, fc.array(fc.nat(80), { maxLength: 6 }), (raw, options, cuts) => {
        const borders = [0, ...cuts.map((cut) => Math.min(cut, raw.length)).sort((a, b) => a - b), raw.length];
        const pieces = borders.slice(1).map((border, i) => raw.slice(borders[i], border));
        const whole = parse([raw], options);
        assert.deepEqual(parse(pieces, options), whole);
        assert.deepEqual(parse(raw.split(''), options), whole);
      }),
      { numRuns: 2000 },
    );
  });

  it('shows no tag of its own, except a quoted one', () => {
    fc.assert(
      fc.property(messyText, fc.boolean(), (raw, thinkingOpen) => {
        for (const part of parse([raw], { thinkingOpen })) {
          const shown = part.type === 'tool-call' ? '' : part.type === 'broken-tool-call' ? part.raw : part.text;
          for (const tag of tags) {
            const unquoted = shown.replaceAll(new RegExp(`(?<=([\`"']))${tag}(?=\\1)`, 'g'), '');
            assert.ok(!unquoted.includes(tag), `${tag} was shown`);
          }
        }
      }),
    );
  });

  it('loses nothing but tags and whitespace', () => {
    const letters = (text: string) => {
      let rest = text;
      for (const tag of tags) rest = rest.replaceAll(tag, '');
      return rest.replaceAll(/\s/g, '');
    };
    fc.assert(
      fc.property(messyText, fc.boolean(), (raw, thinkingOpen) => {
        const shown = parse([raw], { thinkingOpen }).map((part) =>
          part.type === 'tool-call' ? part.json : part.type === 'broken-tool-call' ? part.raw : part.text,
        );
        assert.equal(letters(letters(shown.join(''))), letters(letters(raw)));
      }),
      { numRuns: 1000 },
    );
  });

  it('holds back only what may become a tag', () => {
    const parser = createOutputParser({ format: 'hermes', thinkingOpen: false });
    assert.deepEqual(parser.push('a <tool'), [{ type: 'text', text: 'a ' }]);
    assert.deepEqual(parser.push('box'), [{ type: 'text', text: '<toolbox' }]);
    assert.deepEqual(parser.push(' <'), [{ type: 'text', text: ' ' }]);
    assert.deepEqual(parser.end(), [{ type: 'text', text: '<' }]);
  });

  it('says what the text stands in', () => {
    const parser = createOutputParser({ format: 'hermes', thinkingOpen: true });
    assert.equal(parser.inside, 'thinking');
    parser.push('</think>a');
    assert.equal(parser.inside, 'text');
    parser.push('<tool_call>');
    assert.equal(parser.inside, 'tool-call');
  });
});
