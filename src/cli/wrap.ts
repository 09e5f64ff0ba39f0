/** Text in columns. */

/**
 * Lines of at most `columns` characters, the first behind `first`, the others indented as far. A word
 * that is longer than a line is left whole: it is a path or a command, which is copied.
 */
export function wrap(text: string, first: string, columns: number): readonly string[] {
  const indent = ' '.repeat(first.length);
  const lines: string[] = [];
  let line = '';
  // What a tool printed may hold sequences that move the cursor or worse.
  for (const word of text.replace(/\p{Cc}/gu, ' ').split(/\s+/)) {
    if (line !== '' && indent.length + line.length + 1 + word.length > columns) {
      lines.push(line);
      line = '';
    }
    line = line === '' ? word : `${line} ${word}`;
  }
  if (line !== '') lines.push(line);
  return lines.map((each, index) => `${index === 0 ? first : indent}${each}`);
}
