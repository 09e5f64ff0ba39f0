import type { CompatCase } from '../../compat-case.ts';
import { redPixelPng } from '../../red-pixel.ts';
import { pass } from '../../verdict.ts';
import { answer, text, user } from '../../vocabulary.ts';

export const imageBase64: CompatCase = {
  name: 'image-base64',
  group: 'content',
  title: 'An image is read, or refused by name',
  contract: 'messages-api §4.2',
  evidence: 'sdk-types',
  refusable: /image|picture|vision|multimodal|mmproj/i,
  async run(target) {
    const source = { type: 'base64', media_type: 'image/png', data: redPixelPng };
    await answer(target, { messages: [user([{ type: 'image', source }, text('What is it?')])], max_tokens: 1 });
    return pass;
  },
};
