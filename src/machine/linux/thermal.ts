/** The hottest sensor of the processor and board. GPUs tell their own. */
import { known } from '../../contract/machine/fact.ts';
import { parseWith } from '../parse-with.ts';
import { fileTimeoutMs, type Probe } from '../probe.ts';
import { sections } from '../text/sections.ts';

const folder = '/sys/class/thermal';

export const linuxThermal: Probe = {
  name: 'linux-thermal',
  title: 'temperature of the hottest zone',
  reads: [`${folder}/thermal_zone*/{type,temp}`],
  platforms: ['linux'],
  timeoutMs: fileTimeoutMs,
  facts: ['thermal.max_celsius'],
  async read(io) {
    const zones = (await io.names(folder)).filter((name) => /^thermal_zone\d+$/.test(name));
    return [
      await io.files(
        folder,
        zones.flatMap((zone) => ['type', 'temp'].map((file) => `${folder}/${zone}/${file}`)),
      ),
    ];
  },
  parse: parseWith(['thermal.max_celsius'], (text, source) => {
    // Thousandths of a degree; some firmware reports 0 or nonsense for zones without a sensor.
    const celsius = sections(text)
      .filter(({ path }) => path.endsWith('/temp'))
      .filter(({ text: value }) => /^\d{4,6}$/.test(value))
      .map(({ text: value }) => Number(value) / 1000)
      .filter((value) => value > 0 && value < 150);
    return celsius.length === 0 ? {} : { 'thermal.max_celsius': known(Math.max(...celsius), source) };
  }),
};
