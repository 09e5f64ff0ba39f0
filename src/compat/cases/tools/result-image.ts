import type { CompatCase } from '../../compat-case.ts';
import { redPixelPng } from '../../red-pixel.ts';
import { callAndResult, question, withColourTool } from '../../tools.ts';
import { pass } from '../../verdict.ts';
import { answer } from '../../vocabulary.ts';

/** Claude Code sends what it read of an image file that way. */
export const resultImage: CompatCase = {
  name: 'result-image',
  group: 'tools',
  title: 'An image in a tool result is read, replaced, or refused by name',
  contract: 'clients §3',
  evidence: 'measured-client',
  refusable: /image|picture|vision|multimodal|mmproj/i,
  async run(target) {
    const source = { type: 'base64', media_type: 'image/png', data: redPixelPng };
    const result = callAndResult({ content: [{ type: 'image', source }] });
    await answer(target, { ...withColourTool, messages: [question, ...result] });
    return pass;
  },
};
