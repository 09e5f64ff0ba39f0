/**
 * A name as one word of a command, as every shell reads it (bash, PowerShell, cmd). `otherwise` stands for names that no quotes fit in
 * all of them.
 */
export function commandWord(name: string, otherwise: string): string {
  if (/^[\w@+:,./][\w@+:,./-]*$/.test(name)) return name;
  return /["'$`\\!%^]/.test(name) || name.startsWith('-') ? otherwise : `"${name}"`;
}
