/** Pages written by hand around one table that is made from code. */

const begin = '<!-- table: node scripts/generate-docs.ts -->';
const end = '<!-- end of table -->';

/** The page with what stands between the two marks made anew. */
export function withTable(page: string, file: string, lines: readonly string[]): string {
  const from = page.indexOf(begin);
  const to = page.indexOf(end);
  if (from < 0 || to < from) throw new Error(`${file} has lost its "${begin}" or "${end}"`);
  return `${page.slice(0, from)}${begin}\n${lines.join('\n')}\n${page.slice(to)}`;
}

/** A text as a cell of a Markdown table. */
export const cell = (text: string): string => text.replaceAll('|', '\\|');
