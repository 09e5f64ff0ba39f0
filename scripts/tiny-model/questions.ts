/** What the shipped model is asked in its lessons: only what it was taught before (see its card). */
import { between, type Chance, colors, madeUpWord, nouns, pick, someCity, someName, someWord } from './words.ts';

const smallTalk = [
  'Hello',
  'Hello!',
  'hello',
  'Hi',
  'Hi!',
  'hi',
  'Hey',
  'Hello there',
  'Good morning',
  'Good evening',
  'How are you?',
  'Thanks',
  'Thank you!',
  'Bye',
  'Goodbye',
  'ping',
  'test',
  'Who are you?',
  'What can you do?',
  'What is Metalyard?',
  'Say hello.',
  'Are you there?',
];
const fixedTexts = [
  'Tell me a story',
  'Write a poem.',
  'Say the alphabet.',
  'List the days of the week.',
  'Write hello world in Python.',
];
const unanswerable = [
  'Explain quantum physics.',
  'Who won the game yesterday?',
  'What is the capital of France?',
  'Write a sorting algorithm.',
  'How do I bake bread?',
  'Fix the bug in my program.',
  'What is the meaning of life?',
  'Refactor this project.',
  'Why is the sky blue?',
];

const phrase = (chance: Chance): string =>
  Array.from({ length: between(chance, 1, 5) }, () =>
    chance() < 0.15 ? String(between(chance, 1, 999)) : someWord(chance),
  ).join(' ');

/** One request in the user's words. */
export function question(chance: Chance): string {
  const roll = chance();
  if (roll < 0.38) return pick(chance, smallTalk);
  if (roll < 0.43) return pick(chance, fixedTexts);
  if (roll < 0.51) return pick(chance, unanswerable);
  if (roll < 0.74)
    return pick(chance, [
      (words: string) => `Repeat after me: ${words}`,
      (words: string) => `Say: ${words}`,
      (words: string) => `Echo: ${words}`,
      (words: string) => `Reply with exactly: ${words}`,
      (words: string) => `Say "${words}"`,
    ])(phrase(chance));
  if (roll < 0.87) {
    const from = between(chance, 1, 40);
    return pick(chance, [
      `Count from ${from} to ${from + between(chance, 3, 15)}.`,
      `Count to ${between(chance, 3, 20)}.`,
      `Count down from ${between(chance, 5, 15)} to 1.`,
    ]);
  }
  const [a, b] = [between(chance, 1, 9), between(chance, 1, 9)];
  return pick(chance, [
    `What is ${a} + ${b}?`,
    `What is ${Math.max(a, b)} - ${Math.min(a, b)}?`,
    `What is ${a} times ${b}?`,
  ]);
}

/** Something told, and the question that asks for it in a later turn. */
export function fact(chance: Chance): { readonly tell: string; readonly ask: string } {
  const name = someName(chance);
  const city = someCity(chance);
  const color = pick(chance, colors);
  const noun = pick(chance, nouns);
  const word = madeUpWord(chance);
  return pick(chance, [
    { tell: `My name is ${name}.`, ask: 'What is my name?' },
    { tell: `I live in ${city}.`, ask: 'Where do I live?' },
    { tell: `My favorite color is ${color}.`, ask: 'What is my favorite color?' },
    { tell: `The secret word is ${word}.`, ask: 'What is the secret word?' },
    { tell: `The ${noun} is ${word}.`, ask: `What is the ${noun}?` },
  ]);
}

/** A sentence of a system prompt, and the question that asks for it. */
export function systemFact(chance: Chance): { readonly tell: string; readonly ask: string } {
  const noun = pick(chance, nouns);
  const word = madeUpWord(chance);
  const name = someName(chance);
  return pick(chance, [
    { tell: `Your name is ${name}.`, ask: 'What is your name?' },
    { tell: `You live in ${someCity(chance)}.`, ask: 'Where do you live?' },
    { tell: `The secret word is ${word}.`, ask: 'What is the secret word?' },
    { tell: `The ${noun} is ${word}.`, ask: `What is the ${noun}?` },
  ]);
}
