import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { PromptMessage } from '../../contract/generation/request.ts';
import { onePixel } from '../pictures/fixtures/one-pixel.ts';
import { assistant, call, form, hello, messagesOf, result, says, text, user } from './fixtures/requests.ts';

describe('messages in canonical form', () => {
  const cases: [sentence: string, body: object, messages: readonly PromptMessage[]][] = [
    ['a string and one text block are the same', { messages: [user(text('Hello'))] }, [says('Hello')]],
    ['text blocks of one message become one text', { messages: [user(text('a'), text('b'))] }, [says('a\n\nb')]],
    ['consecutive messages of one role become one', { messages: [hello, user(text('b'))] }, [says('Hello\n\nb')]],
    [
      'the system prompt comes first',
      { system: [text('a'), text('b')] },
      [{ role: 'system', text: 'a\n\nb' }, says('Hello')],
    ],
    [
      'the billing line is removed',
      { system: [text('x-anthropic-billing-header: cc_version=1; cch=2;'), text('a')] },
      [{ role: 'system', text: 'a' }, says('Hello')],
    ],
    [
      'the billing line is removed from a string',
      { system: 'x-anthropic-billing-header: a;\nBe brief.' },
      [{ role: 'system', text: 'Be brief.' }, says('Hello')],
    ],
    ['an empty system prompt is none', { system: '' }, [says('Hello')]],
    [
      'a system message in mid-conversation becomes tagged text where it stands',
      { messages: [hello, { role: 'system', content: 'Be brief.' }] },
      [says('Hello\n\n<system-reminder>\nBe brief.\n</system-reminder>')],
    ],
    [
      'a system message before everything else joins the system prompt',
      { system: 'a', messages: [{ role: 'system', content: [text('b')] }, hello] },
      [{ role: 'system', text: 'a\n\nb' }, says('Hello')],
    ],
    [
      'a system message alone is what there is to answer',
      { messages: [{ role: 'system', content: 'a' }] },
      [says('<system-reminder>\na\n</system-reminder>')],
    ],
    [
      'results follow in the order of their calls, then what the user said',
      {
        messages: [
          hello,
          assistant(text('Let me look.'), call('a'), call('b')),
          user(text('Go on.'), result('b'), result('a')),
        ],
      },
      [
        says('Hello'),
        {
          role: 'assistant',
          text: 'Let me look.',
          toolCalls: [
            { id: 'a', name: 'find', input: { of: 'a' } },
            { id: 'b', name: 'find', input: { of: 'b' } },
          ],
        },
        { role: 'tool', toolCallId: 'a', toolName: 'find', text: 'found a', isError: false },
        { role: 'tool', toolCallId: 'b', toolName: 'find', text: 'found b', isError: false },
        says('Go on.'),
      ],
    ],
    [
      'text blocks of a result are joined, errors are marked',
      { messages: [hello, assistant(call('a')), user(result('a', [text('x'), text('y')], { is_error: true }))] },
      [
        says('Hello'),
        { role: 'assistant', text: '', toolCalls: [{ id: 'a', name: 'find', input: { of: 'a' } }] },
        { role: 'tool', toolCallId: 'a', toolName: 'find', text: 'x\ny', isError: true },
      ],
    ],
    [
      'thinking becomes reasoning, redacted thinking is dropped',
      {
        messages: [
          hello,
          assistant(
            { type: 'thinking', thinking: 'Hm.', signature: '' },
            { type: 'redacted_thinking', data: 'x' },
            text('Hi.'),
          ),
          hello,
        ],
      },
      [says('Hello'), { role: 'assistant', text: 'Hi.', reasoning: 'Hm.' }, says('Hello')],
    ],
    [
      'a prefill stays the last message',
      { messages: [hello, assistant(text('Hi,'))] },
      [says('Hello'), { role: 'assistant', text: 'Hi,' }],
    ],
    ['an empty prefill is none', { messages: [hello, assistant()] }, [says('Hello')]],
    [
      'documents and search results become text',
      {
        messages: [
          user(
            { type: 'document', title: 'Notes', source: { type: 'text', media_type: 'text/plain', data: 'One.' } },
            { type: 'search_result', source: 'https://a', title: 'A', content: [text('Two.')] },
            text('Which?'),
          ),
        ],
      },
      [
        says(
          '<document>\ntitle: Notes\nOne.\n</document>\n\n<search_result>\nsource: https://a\ntitle: A\nTwo.\n</search_result>\n\nWhich?',
        ),
      ],
    ],
    [
      'what server tools did becomes text',
      {
        messages: [
          hello,
          assistant(
            { type: 'server_tool_use', id: 's', name: 'web_search', input: { query: 'q' } },
            {
              type: 'web_search_tool_result',
              tool_use_id: 's',
              content: [{ type: 'web_search_result', title: 'T', url: 'https://t', encrypted_content: 'zzz' }],
            },
            text('Found it.'),
          ),
          hello,
        ],
      },
      [
        says('Hello'),
        {
          role: 'assistant',
          text: '[server_tool_use]\nname: web_search\ninput: {"query":"q"}\n\n[web_search_tool_result]\ntitle: T\nurl: https://t\n\nFound it.',
        },
        says('Hello'),
      ],
    ],
  ];
  for (const [sentence, body, messages] of cases) it(sentence, () => assert.deepEqual(messagesOf(body), messages));

  it('a system message that clears vanishes once a later user message exists', () => {
    const note = { role: 'system', content: 'Only now.', clear_at: 'next_user_message' };
    assert.match(messagesOf({ messages: [hello, note] })[0]!.text, /Only now/);
    assert.doesNotMatch(
      JSON.stringify(messagesOf({ messages: [hello, note, assistant(text('a')), hello] })),
      /Only now/,
    );
  });

  it('an image in a tool result becomes a sentence for the model, and a note', () => {
    const { request, notes } = form({
      messages: [
        hello,
        assistant(call('a')),
        user(result('a', [{ type: 'image', source: { type: 'url', url: 'x' } }])),
      ],
    });
    assert.match(request.messages[2]!.text, /^\[An image was here\. You cannot see it/);
    assert.equal(notes.length, 1);
  });

  it('for a model that sees, pictures stay where they stood, those of results too', () => {
    const image = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: onePixel } };
    const picture = { mediaType: 'image/png', width: 1, height: 1, data: onePixel };
    const body = {
      messages: [
        user(text('This:'), image, text('or this:'), image),
        assistant(call('a')),
        user(result('a', [text('Shot'), image]), image),
      ],
    };
    const { request, notes } = form(body, { sees: true });
    const [asked, , shot, behind] = request.messages;
    assert.deepEqual(asked, {
      role: 'user',
      text: 'This:\n\nor this:',
      pictures: [
        { ...picture, at: 5 },
        { ...picture, at: 15 },
      ],
    });
    assert.ok(shot?.role === 'tool' && behind?.role === 'user');
    assert.equal(shot.text, 'Shot\n[An image: shown behind the results.]');
    assert.deepEqual(shot.pictures, [{ ...picture, at: 0 }]);
    assert.deepEqual([behind.text, behind.pictures?.length], ['', 1]);
    assert.deepEqual(notes, []);
    assert.doesNotMatch(JSON.stringify(form(body).request), /iVBOR/, 'a model that sees none is sent none');
  });

  it('a damaged picture of a tool becomes a sentence, never a refusal', () => {
    const damaged = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AAAA' } };
    const { request, notes } = form(
      { messages: [hello, assistant(call('a')), user(result('a', [damaged]))] },
      { sees: true },
    );
    assert.equal(request.messages[2]!.text, '[An image was here. It cannot be shown to you.]');
    assert.equal(notes.length, 1);
  });

  it('foreign thinking is kept and noted, unsigned thinking only kept', () => {
    const verified = (signature: string) =>
      form(
        { messages: [hello, assistant({ type: 'thinking', thinking: 'Hm.', signature }, text('Hi.')), hello] },
        { verifySignature: (thinking, given) => given === `ours:${thinking}` },
      );
    for (const signature of ['ours:Hm.', 'theirs', '']) {
      assert.deepEqual(verified(signature).request.messages[1], { role: 'assistant', text: 'Hi.', reasoning: 'Hm.' });
      assert.equal(verified(signature).notes.length, signature === 'theirs' ? 1 : 0);
    }
  });
});
