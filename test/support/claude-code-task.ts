/** An agent task as a good model would do it, for the scripted engine. */
import type { ScriptedConfig } from './scripted/config.ts';

/** A tool call as the scripted model writes it. */
export const toolCall = (name: string, input: Readonly<Record<string, unknown>>): string =>
  `<tool_call>\n${JSON.stringify({ name, arguments: input })}\n</tool_call>`;

export const taskPrompt = 'Find out what the note says.';
export const noteText = 'The quince is ripe.';
export const taskAnswer = `The note says: ${noteText}`;

/** Runs a command, reads a file (told its full path by the command), and reports. */
export function scriptedTask(): ScriptedConfig {
  return {
    window: 65_536,
    rules: [
      // Reading answers with numbered lines.
      { answered: 2, lastTurn: noteText, say: taskAnswer },
      { answered: 1, lastTurn: 'hello', say: toolCall('Read', { file_path: 'note.txt' }) },
      {
        answered: 0,
        say: `I will look around first.\n${toolCall('Bash', { command: 'echo hello', description: 'Say hello' })}`,
      },
    ],
    otherwise: 'The script does not know this turn.',
  };
}
