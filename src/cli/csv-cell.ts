/** RFC 4180. A label, and what a machine calls itself, may begin as formulas do: spreadsheets show such a text behind a quote, and run nothing. */
export function csvCell(value: string | number): string {
  const given = String(value);
  const text = typeof value === 'string' && /^[=+\-@\t\r]/.test(given) ? `'${given}` : given;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
