/**
 * A name as one word of a command, as every shell reads it (bash, PowerShell, cmd); machines choose their names, and the command is
 * there to be pasted. `otherwise` stands for names with anything but letters, digits and a few signs: PowerShell takes even
 * typographic quotes for quotes.
 */
export function commandWord(name: string, otherwise: string): string {
  if (!/^[\p{L}\p{N}_@+:,./][\p{L}\p{N} _@+:,./-]*$/u.test(name)) return otherwise;
  return /^[\w@+:,./-]+$/.test(name) ? name : `"${name}"`;
}
