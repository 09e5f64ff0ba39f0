import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { apiError, errorCatalogue, errorCodes } from '../../contract/errors.ts';
import { limits } from '../../contract/limits.ts';
import { errorResponse } from './error-response.ts';

describe('an error response', () => {
  it("has the envelope, the request's id and our word on trying again", () => {
    assert.deepEqual(
      errorResponse(apiError('model_not_found', 'model: nope', { pool: { models: ['tiny'] } }), 'req_1'),
      {
        status: 404,
        headers: { 'content-type': 'application/json', 'request-id': 'req_1', 'x-should-retry': 'false' },
        body: {
          type: 'error',
          error: {
            type: 'not_found_error',
            message: 'model: nope',
            details: { error_code: 'model_not_found', pool: { models: ['tiny'] } },
          },
          request_id: 'req_1',
        },
      },
    );
  });

  it("uses the API's own word for an error where it has one", () => {
    const { body } = errorResponse(apiError('invalid_request', 'm', { errorCode: 'tool_name_conflict' }), 'r');
    assert.equal(body.error.details?.error_code, 'tool_name_conflict');
  });

  it('says when to come back, in both headers, never later than the cap', () => {
    const { headers } = errorResponse(apiError('queue_full', 'full', { retryAfterMs: 1_200 }), 'r');
    assert.equal(headers['retry-after-ms'], '1200');
    assert.equal(headers['retry-after'], '2');
    const capped = errorResponse(apiError('queue_full', 'full', { retryAfterMs: 3_600_000 }), 'r').headers;
    assert.equal(capped['retry-after-ms'], String(limits.retryAfterCapMs));
    assert.equal(capped['retry-after'], String(limits.retryAfterCapMs / 1000));
  });

  it('names no time where trying again is of no use', () => {
    assert.equal(
      errorResponse(apiError('authentication', 'no', { retryAfterMs: 5 }), 'r').headers['retry-after-ms'],
      undefined,
    );
  });
});

describe('docs/errors.md', () => {
  const page = readFileSync(new URL('../../../docs/errors.md', import.meta.url), 'utf8');
  const sections = new Map(
    page
      .split(/^### /m)
      .slice(1)
      .map((section) => [section.slice(0, section.indexOf('\n')).replaceAll('`', '').trim(), section]),
  );

  it("explains every code, and no other, in the catalogue's order", () => {
    assert.deepEqual([...sections.keys()], errorCodes);
  });

  for (const code of errorCodes) {
    it(`tells the truth about ${code}`, () => {
      const { status, type, shouldRetry } = errorCatalogue[code];
      const section = sections.get(code) ?? '';
      assert.ok(section.includes(`${status} \`${type}\`, ${shouldRetry ? 'try again' : 'do not try again'}`), section);
      for (const part of ['**Seen:**', '**Means:**', '**Do:**'])
        assert.ok(section.includes(part), `${part} is missing`);
    });
  }
});
