import type { CompatCase } from '../../compat-case.ts';
import { redPixelPng } from '../../red-pixel.ts';
import { pass } from '../../verdict.ts';
import { answer, text, user } from '../../vocabulary.ts';

export const imageUrl: CompatCase = {
  name: 'image-url',
  group: 'content',
  title: 'An image by URL is fetched, or refused by name',
  contract: 'messages-api §4.2',
  evidence: 'sdk-types',
  refusable: /image|picture|vision|multimodal|mmproj|url/i,
  async run(target) {
    const source = { type: 'url', url: `data:image/png;base64,${redPixelPng}` };
    await answer(target, { messages: [user([{ type: 'image', source }, text('What is it?')])], max_tokens: 1 });
    return pass;
  },
};
