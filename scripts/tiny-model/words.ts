/** Words, made-up words and chance for the lessons of the shipped model. */

export type Chance = () => number;

/** mulberry32: the same lessons from the same seed. */
export function chanceFrom(seed: number): Chance {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A whole number from `low` to `high`, both included. */
export const between = (chance: Chance, low: number, high: number): number =>
  low + Math.floor(chance() * (high - low + 1));

export const pick = <Item>(chance: Chance, items: readonly Item[]): Item =>
  items[between(chance, 0, items.length - 1)]!;

/** Small values as likely as large ones of the same ratio. */
export const logUniform = (chance: Chance, low: number, high: number): number =>
  Math.round(low * (high / low) ** chance());

const starts = [
  'b',
  'br',
  'd',
  'dr',
  'f',
  'g',
  'gl',
  'k',
  'kr',
  'l',
  'm',
  'n',
  'p',
  'pl',
  'r',
  's',
  'st',
  't',
  'tr',
  'v',
  'w',
  'z',
];
const vowels = ['a', 'e', 'i', 'o', 'u'];
const ends = ['', '', 'n', 'r', 'l', 'm', 'x', 'rt', 'nd', 'sk'];

export function madeUpWord(chance: Chance): string {
  const syllables = between(chance, 1, 3);
  return Array.from({ length: syllables }, () => pick(chance, starts) + pick(chance, vowels) + pick(chance, ends)).join(
    '',
  );
}

export const names = [
  'Ann',
  'Ben',
  'Carla',
  'David',
  'Emma',
  'Frank',
  'Grace',
  'Henry',
  'Ida',
  'Jonas',
  'Karin',
  'Leo',
  'Mia',
  'Nora',
  'Oscar',
  'Paul',
];
export const cities = [
  'Oslo',
  'Paris',
  'Rome',
  'Berlin',
  'Madrid',
  'Lisbon',
  'Tokyo',
  'Bergen',
  'Vienna',
  'Prague',
  'Dublin',
  'Athens',
];
export const colors = ['red', 'blue', 'green', 'yellow', 'purple', 'orange', 'white', 'black'];
export const nouns = [
  'lamp',
  'river',
  'garden',
  'table',
  'train',
  'bridge',
  'fox',
  'apple',
  'door',
  'window',
  'paper',
  'stone',
  'cloud',
  'boat',
];

export const capitalised = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);

/** A listed word or a made-up one. */
export const someWord = (chance: Chance): string => (chance() < 0.5 ? pick(chance, nouns) : madeUpWord(chance));
export const someName = (chance: Chance): string =>
  chance() < 0.4 ? pick(chance, names) : capitalised(madeUpWord(chance));
export const someCity = (chance: Chance): string =>
  chance() < 0.5 ? pick(chance, cities) : capitalised(madeUpWord(chance));
