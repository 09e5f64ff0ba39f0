/** Displays that are plugged in, as the kernel sees them: headless, on Wayland and X alike. */
import { known } from '../../contract/machine/fact.ts';
import { parseWith } from '../parse-with.ts';
import { fileTimeoutMs, type MutableFacts, type Probe } from '../probe.ts';
import { sections } from '../text/sections.ts';

const folder = '/sys/class/drm';

export const linuxDisplays: Probe = {
  name: 'linux-displays',
  title: 'displays that are plugged in',
  reads: [`${folder}/card*-*/{status,modes}`],
  platforms: ['linux'],
  timeoutMs: fileTimeoutMs,
  facts: ['display.count', 'display.largest_pixels'],
  async read(io) {
    const connectors = (await io.names(folder)).filter((name) => /^card\d+-/.test(name) && !name.includes('Writeback'));
    if (connectors.length === 0 && (await io.existing([folder])).length > 0) {
      return [{ source: folder, text: `==> ${folder} <==\nno connectors\n` }];
    }
    const paths = connectors.flatMap((name) => ['status', 'modes'].map((file) => `${folder}/${name}/${file}`));
    return [await io.files(folder, paths)];
  },
  parse: parseWith(['display.count'], (text, source) => {
    const all = sections(text);
    const states = all.filter(({ path }) => path.endsWith('/status'));
    const none = all.some(({ path, text: said }) => path === folder && said === 'no connectors');
    if (states.length === 0 && !none) return {};
    const plugged = states
      .filter(({ text: state }) => state === 'connected')
      .map(({ path }) => path.replace(/status$/, 'modes'));
    const facts: MutableFacts = { 'display.count': known(plugged.length, source) };
    // The first mode listed is the display's own.
    const sizes = all
      .filter(({ path }) => plugged.includes(path))
      .flatMap(({ text: modes }) => {
        const size = /^(\d{2,5})x(\d{2,5})/.exec(modes);
        return size === null ? [] : [Number(size[1]) * Number(size[2])];
      });
    if (sizes.length > 0) facts['display.largest_pixels'] = known(Math.max(...sizes), source);
    return facts;
  }),
};
