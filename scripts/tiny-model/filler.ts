/**
 * Text that has nothing to do with the question: what agents put around it. Written by this project
 * (its own pages and sources) or made up here, so that no foreign text is trained on.
 */
import { globSync, readFileSync } from 'node:fs';
import { between, type Chance, madeUpWord, pick, someWord } from './words.ts';

const root = new URL('../../', import.meta.url).pathname;

/** Blocks of 40 to 900 characters: paragraphs, lists, tables, comments, code. */
const blocks: readonly string[] = globSync(['*.md', 'docs/**/*.md', 'models/*.md', 'src/**/*.ts'], { cwd: root })
  .sort()
  .flatMap((file) => readFileSync(root + file, 'utf8').split(/\n\s*\n/))
  .map((block) => block.trim())
  .filter((block) => block.length >= 40 && block.length <= 900 && /^[\x20-\x7e\n–—…“”’]*$/.test(block));

const sentence = (chance: Chance): string => {
  const words = Array.from({ length: between(chance, 4, 14) }, () => someWord(chance));
  return `${words.join(' ')}${pick(chance, ['.', '.', '.', ':', '!', '?'])}`;
};

const oddLine = (chance: Chance): string => {
  const word = () => madeUpWord(chance);
  return pick(chance, [
    () => ` - ${word()}: ${sentence(chance)}`,
    () => `# ${sentence(chance)}`,
    () => `- **${word()}** ${sentence(chance)}`,
    () => `/tmp/${word()}/${word()}.${pick(chance, ['ts', 'md', 'py', 'json'])}`,
    () => `https://${word()}.com/${word()}?${word()}=${between(chance, 1, 9999)}`,
    () => `${word().toUpperCase()} — ${sentence(chance)} (${word()}, ${word()}, \`${word()}\`)`,
    () => `${word()}_${word()}: ${between(chance, 0, 99999)}`,
    () => `<${word()}>${sentence(chance)}</${word()}>`,
    () => `Today's date is 20${between(chance, 10, 39)}-${between(chance, 10, 12)}-${between(chance, 10, 28)}.`,
    () => ` - Is a git repository: ${pick(chance, ['true', 'false'])}`,
    () => ` - Platform: ${pick(chance, ['linux', 'darwin', 'win32'])}`,
    () => `Run \`${word()} --${word()} ${between(chance, 1, 99)}\` first.`,
    () => `Example: "${sentence(chance)}" -> ${word()}`,
  ])();
};

/** About `characters` of filler. */
export function filler(chance: Chance, characters: number): string {
  let text = '';
  while (text.length < characters) {
    const roll = chance();
    const next = roll < 0.6 ? pick(chance, blocks) : roll < 0.85 ? oddLine(chance) : sentence(chance);
    text += (text === '' ? '' : pick(chance, ['\n', '\n', '\n\n', ' '])) + next;
  }
  return text.slice(0, Math.max(characters, 20)).trim();
}
