/**
 * A tool's output as it reaches a bug report: with the terminal's colours, in a Markdown fence, quoted
 * by a mail, under the command that was typed. What the tool printed is left.
 */

/** Colours and cursor movements of a terminal (ECMA-48 control sequences). */
// biome-ignore lint/suspicious/noControlCharactersInRegex: the escape character is what they begin with
const controlSequence = /\u001b\[[0-9;?]*[ -/]*[@-~]/g;
/** `user@host:~$ lspci`, `PS C:\Users\me> powercfg /a`, `C:\>`: what stands before a command and the command. */
const prompt =
  /^(?:\[?[\w.-]{1,64}@[\w.-]{1,64}[: ][^\n$#%>]{0,200}[$#%]|PS [A-Z]:\\[^>\n]{0,200}>|[A-Z]:\\[^>\n]{0,200}>)/;

export function pastedText(text: string): string {
  let rows = text.replace(controlSequence, '').split(/\r?\n/);
  const written = rows.filter((row) => row.trim() !== '');
  if (written.length > 0 && written.every((row) => /^\s*>/.test(row)))
    rows = rows.map((row) => row.replace(/^\s*> ?/, ''));
  return rows.filter((row) => !/^\s*(?:```|~~~)[\w-]*\s*$/.test(row) && !prompt.test(row)).join('\n');
}
