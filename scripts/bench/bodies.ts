/** Request bodies for the benchmark: a small one, and a Claude Code session of a given size. */
import type { Body } from '../../test/support/ask.ts';
import { readCaptures } from '../../test/support/captures.ts';

const encode = (body: Body): Buffer => Buffer.from(JSON.stringify(body));

/** A short question, `stream: true`. */
export function smallBody(model: string): Buffer {
  const messages = [{ role: 'user', content: 'Write something of a reasonable length.' }];
  return encode({ model, max_tokens: 4000, stream: true, messages });
}

/** The recorded session with twelve tools, continued with tool turns until it has `bytes`. */
export function sessionBody(model: string, bytes: number): Buffer {
  const recorded = readCaptures().find(({ name }) => name === 'cc-print-bash-read.json #3')?.body;
  if (!recorded || !Array.isArray(recorded.messages)) throw new Error('the recorded session is missing');
  const messages: unknown[] = [...recorded.messages];
  const body = (): Body => ({ ...recorded, model, max_tokens: 4000, stream: true, messages });
  const output = 'src/yard/step.ts: a line of a file that was read, with "quotes" and\ttabs\n'.repeat(25);
  for (let turn = 1; encode(body()).length < bytes; turn++) {
    const id = `toolu_bench${turn}`;
    const input = { command: `cat file-${turn}.ts`, description: 'Read a file' };
    messages.push(
      { role: 'assistant', content: [{ type: 'tool_use', id, name: 'Bash', input }] },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: id, content: output, is_error: false }] },
    );
  }
  return encode(body());
}
