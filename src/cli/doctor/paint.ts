/** Colours of doctor's screen; without them every word is still there. */
import { styleText } from 'node:util';
import type { Severity } from '../../contract/machine/finding.ts';

type Style = 'bold' | 'dim' | 'red' | 'yellow' | 'cyan' | 'green';
export type Paint = (style: Style, text: string) => string;

export const plain: Paint = (_style, text) => text;
export const coloured: Paint = (style, text) => styleText(style, text, { validateStream: false });

export const colourOf: Readonly<Record<Severity, Style>> = {
  blocks: 'red',
  breaks: 'red',
  slows: 'yellow',
  warns: 'yellow',
  notes: 'cyan',
};
