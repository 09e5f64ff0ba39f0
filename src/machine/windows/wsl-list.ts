/**
 * `wsl.exe --list --verbose`: UTF-16 without a mark, headings and states translated. Name and
 * version are the first and last word of a line; an old wsl.exe prints its usage instead.
 */
import { known } from '../../contract/machine/fact.ts';
import { parseWith } from '../parse-with.ts';
import { type Probe, toolTimeoutMs } from '../probe.ts';
import { lines } from '../text/lines.ts';

export const windowsWslList: Probe = {
  name: 'windows-wsl-list',
  title: 'WSL distributions',
  reads: ['wsl.exe --list --verbose'],
  platforms: ['windows'],
  timeoutMs: toolTimeoutMs,
  facts: ['wsl.distributions'],
  read: async (io) => [await io.run('wsl.exe', ['--list', '--verbose'])],
  parse: parseWith(['wsl.distributions'], (text, source) => {
    const [head = '', ...rows] = lines(text).filter((line) => line.trim() !== '');
    const listed = rows.flatMap((row) => {
      const match = /^([* ]) ([\w.-]+)\s+\S.*\s([12])\s*$/.exec(row);
      return match === null ? [] : [{ name: match[2]!, version: Number(match[3]) as 1 | 2, default: match[1] === '*' }];
    });
    // A heading of three columns and nothing but rows below it.
    const isTable = head.startsWith('  ') && rows.length > 0 && listed.length === rows.length;
    return isTable ? { 'wsl.distributions': known(listed, source) } : {};
  }),
};
