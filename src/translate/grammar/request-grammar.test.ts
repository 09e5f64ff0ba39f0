import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { form, hello, tool } from '../request/fixtures/requests.ts';
import { visibleTools } from './request-grammar.ts';

describe('the tools a model has been shown', () => {
  it('are those of the request, and those a result or a system message brought', () => {
    const late = (name: string) => tool(name, { defer_loading: true });
    const addition = { type: 'tool_addition', tool: { type: 'tool_reference', name: 'added' } };
    const { request } = form({
      tools: [tool('find'), late('referenced'), late('added'), late('never')],
      messages: [
        hello,
        { role: 'assistant', content: [{ type: 'tool_use', id: 'a', name: 'find', input: {} }] },
        {
          role: 'user',
          content: [
            { type: 'tool_result', tool_use_id: 'a', content: [{ type: 'tool_reference', tool_name: 'referenced' }] },
          ],
        },
        { role: 'system', content: [addition] },
      ],
    });
    assert.deepEqual(
      visibleTools(request).map(({ name }) => name),
      ['find', 'referenced', 'added'],
    );
  });
});
