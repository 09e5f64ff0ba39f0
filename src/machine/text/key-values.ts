import { lines } from './lines.ts';

/** Lines of `key: value` or `key=value`, in order. Keys may repeat. */
export interface KeyValue {
  readonly key: string;
  readonly value: string;
  /** Spaces before the key. */
  readonly indent: number;
}

export function keyValues(text: string, separator: ':' | '=' = ':'): readonly KeyValue[] {
  const found: KeyValue[] = [];
  for (const line of lines(text)) {
    const at = line.indexOf(separator);
    if (at <= 0) continue;
    const key = line.slice(0, at);
    found.push({ key: key.trim(), value: line.slice(at + 1).trim(), indent: key.length - key.trimStart().length });
  }
  return found;
}

/** The same as a record; the first of a repeated key counts. */
export function record(text: string, separator: ':' | '=' = ':'): Readonly<Record<string, string>> {
  const found: Record<string, string> = Object.create(null);
  for (const { key, value } of keyValues(text, separator)) found[key] ??= value;
  return found;
}
