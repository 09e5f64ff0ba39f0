/**
 * XML as nvidia-smi and powercfg write it: elements and text, attributes kept as they stand, no
 * entities beyond the five. Broken text gives what was read up to the break. One pass, linear.
 */
export interface XmlElement {
  readonly name: string;
  readonly children: readonly XmlElement[];
  readonly text: string;
  /** Its own end tag came, and nothing but text before it: what stands in it is a whole value. */
  readonly whole: boolean;
}

interface Open {
  name: string;
  children: XmlElement[];
  text: string;
  interrupted: boolean;
  whole: boolean;
}

/** Deeper than any output we know (8); what nests further is taken as flat. */
const deepest = 64;

export function parseXml(text: string): XmlElement | undefined {
  const open: Open[] = [{ name: '', children: [], text: '', interrupted: false, whole: false }];
  let at = 0;
  for (;;) {
    const start = text.indexOf('<', at);
    const end = start < 0 ? -1 : text.indexOf('>', start);
    if (end < 0) break;
    const here = open.at(-1)!;
    here.text += text.slice(at, start);
    at = end + 1;
    const tag = text.slice(start + 1, end);
    const name = /^\/?([A-Za-z_][\w:.-]{0,80})/.exec(tag)?.[1];
    if (name === undefined) {
      here.interrupted = true;
      continue;
    }
    if (tag.startsWith('/')) {
      // A stray end tag closes nothing.
      if (open.length > 1 && here.name === name) {
        here.whole = !here.interrupted;
        open.pop();
      } else here.interrupted = true;
      continue;
    }
    const element: Open = { name, children: [], text: '', interrupted: false, whole: false };
    here.interrupted = true;
    here.children.push(element);
    if (!tag.endsWith('/') && open.length < deepest) open.push(element);
  }
  return open[0]!.children[0];
}

export const children = (element: XmlElement, name: string): readonly XmlElement[] =>
  element.children.filter((each) => each.name === name);

export const child = (element: XmlElement, name: string): XmlElement | undefined =>
  element.children.find((each) => each.name === name);

/** Trimmed text of the element at `a/b/c`; undefined when it is not there, or not whole. */
export function childText(element: XmlElement, path: string): string | undefined {
  let here: XmlElement | undefined = element;
  for (const name of path.split('/')) here = here === undefined ? undefined : child(here, name);
  return here?.whole !== true
    ? undefined
    : here.text.trim().replace(/&(lt|gt|amp|quot|apos);/g, (_, entity: string) => entities[entity]!);
}

const entities: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };
