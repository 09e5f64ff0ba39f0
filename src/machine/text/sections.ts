/**
 * Several files in one text, as `tail -n +1 FILE...` and `head FILE...` print them:
 *
 *     ==> /proc/meminfo <==
 *     MemTotal: ...
 *
 * Probes that read several files keep them in this form, so that anybody can make the same text with
 * a command every system has, and `probe replay` can read it.
 */
export interface Section {
  /** Empty when the text had no headings: the content of one file. */
  readonly path: string;
  readonly text: string;
}

export function sections(text: string): readonly Section[] {
  const found: { path: string; lines: string[] }[] = [];
  for (const line of text.split('\n')) {
    const path = /^==> (.+) <==\r?$/.exec(line)?.[1];
    if (path !== undefined) found.push({ path, lines: [] });
    else if (found.length > 0) found.at(-1)!.lines.push(line);
    else if (line.trim() !== '') found.push({ path: '', lines: [line] });
  }
  return found.map(({ path, lines }) => ({ path, text: lines.join('\n').trim() }));
}

export function sectionsText(files: readonly Section[]): string {
  return files.map(({ path, text }) => `==> ${path} <==\n${text.trimEnd()}\n`).join('\n');
}

/** The section whose path ends like this. */
export function section(all: readonly Section[], ending: string): string | undefined {
  return all.find(({ path }) => path.endsWith(ending))?.text;
}
