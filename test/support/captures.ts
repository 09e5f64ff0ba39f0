/** Recorded requests of real clients (prose replaced, structure untouched). */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Body } from './ask.ts';

const folder = join(import.meta.dirname, '../../src/translate/request/fixtures/captures');

export interface CapturedRequest {
  /** `file.json #2`. */
  readonly name: string;
  readonly file: string;
  readonly client: string;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Body | null;
}

export function readCaptures(): CapturedRequest[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .sort()
    .flatMap((file) => {
      const { _meta: meta, requests } = JSON.parse(readFileSync(join(folder, file), 'utf8'));
      return requests.map((request: Record<string, unknown>, index: number) => ({
        name: `${file} #${index + 1}`,
        file,
        client: meta.client,
        method: request.method,
        path: request.url,
        headers: request.headers,
        body: request.body,
      }));
    });
}

/** Bytes of a request's body. */
export const bodyBytes = (request: CapturedRequest): number => JSON.stringify(request.body ?? '').length;
