/** Facts as people read them: name, value with its unit, and where it was read. */
import type { Fact } from '../contract/machine/fact.ts';
import type { Facts } from '../contract/machine/facts.ts';
import { plainText } from './plain-text.ts';
import { wrap } from './wrap.ts';

/**
 * One line a fact, GPUs and other lists below it; unknown facts with their reason. Broken to the width of a
 * terminal, and into a pipe not at all, so that one line stays one fact. A source that all of them share is
 * said once, at the end.
 */
export function factsText(facts: Facts, columns = process.stdout.columns ?? Number.POSITIVE_INFINITY): string {
  const entries = Object.entries(facts).sort(([a], [b]) => a.localeCompare(b));
  const width = Math.max(0, ...entries.map(([name]) => name.length));
  const sources = new Set(entries.map(([, { source }]) => source));
  const [shared] = entries.length > 1 && sources.size === 1 ? sources : [];
  const lines = entries.flatMap(([name, fact]) => factLines(name.padEnd(width), fact, columns, shared === undefined));
  return [...lines, ...(shared === undefined ? [] : ['', ...wrap(`All of it from ${shared}.`, '', columns)]), '']
    .join('\n')
    .replace(/^\n$/, '');
}

function factLines(head: string, fact: Fact<unknown>, columns: number, withSource: boolean): readonly string[] {
  const source = fact.source === undefined || !withSource ? '' : `  (${shortened(fact.source)})`;
  const line = (text: string): readonly string[] => wrapped(`${text}${source}`, `${head}  `, columns);
  if (!fact.known) return line(`unknown: ${fact.detail} [${fact.reason}]`);
  const { value } = fact;
  if (!Array.isArray(value) || !value.some((item) => typeof item === 'object'))
    return line(valueText(head.trim(), value));
  return [...line(String(value.length)), ...value.flatMap((item) => wrapped(itemText(item), '    ', columns))];
}

/** One that fits is left as it is. */
const wrapped = (said: string, first: string, columns: number): readonly string[] => {
  const text = plainText(said);
  return first.length + text.length <= columns ? [first + text] : wrap(text, first, columns);
};

/** What is known of a GPU, a disk, a library. */
function itemText(item: unknown): string {
  if (typeof item !== 'object' || item === null) return partText(item);
  return Object.entries(item)
    .flatMap(([name, part]) => {
      const value = isFact(part) ? (part.known ? part.value : undefined) : part;
      return value === undefined ? [] : [`${name} ${valueText(name, value)}`];
    })
    .join(', ');
}

const isFact = (value: unknown): value is Fact<unknown> =>
  typeof value === 'object' && value !== null && 'known' in value;

/** The unit is the last word of a name. */
export function valueText(name: string, value: unknown): string {
  if (typeof value === 'number') return numberText(name, value);
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.map(partText).join(', ');
  return partText(value);
}

function partText(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value);
  const parts = Object.entries(value).map(
    ([key, part]) => `${key} ${valueText(key, isFact(part) && part.known ? part.value : part)}`,
  );
  return parts.length === 0 ? 'none' : parts.join(', ');
}

function numberText(name: string, value: number): string {
  if (/_bytes$/.test(name)) return bytesText(value);
  if (/_bytes_per_s$/.test(name)) return `${bytesText(value)}/s`;
  if (/_celsius$/.test(name)) return `${value} °C`;
  if (/_watts$/.test(name)) return `${value} W`;
  if (/_gbps$/.test(name)) return `${value} GB/s`;
  if (/tokens_per_s$/.test(name)) return `${value} tokens/s`;
  if (/_ms$/.test(name)) return `${value} ms`;
  if (/_min$/.test(name)) return `${value} min`;
  // Fractions of a whole.
  if (/(stall|_10s|level|utilization|ratio|speed_limit)/.test(name)) return `${Number((value * 100).toFixed(1))} %`;
  return String(value);
}

function bytesText(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  const step = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log(bytes) / Math.log(1024)));
  const value = bytes / 1024 ** step;
  return `${step === 0 ? value : value.toFixed(1)} ${units[step]}`;
}

const shortened = (source: string): string => (source.length > 60 ? `${source.slice(0, 57)}...` : source);
