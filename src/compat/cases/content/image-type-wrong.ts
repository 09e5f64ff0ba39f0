import type { CompatCase } from '../../compat-case.ts';
import { redPixelPng } from '../../red-pixel.ts';
import { pass } from '../../verdict.ts';
import { refuse, text, user } from '../../vocabulary.ts';

export const imageTypeWrong: CompatCase = {
  name: 'image-type-wrong',
  group: 'content',
  title: 'An image of a type that does not exist here is refused',
  contract: 'messages-api §8.1',
  evidence: 'recorded',
  async run(target) {
    const source = { type: 'base64', media_type: 'image/tiff', data: redPixelPng };
    const messages = [user([{ type: 'image', source }, text('What is it?')])];
    await refuse(target, { messages, max_tokens: 1 }, { message: /image|media_type|picture/i });
    return pass;
  },
};
