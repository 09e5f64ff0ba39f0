/**
 * `rocm-smi --json`. Its keys changed over the years: `Card series` and `Card Series`, `GPU ID` and
 * `Device ID`, `GFX Version` only since 6.1; old versions print the vendor's number where a name
 * should be. Does not work in WSL.
 */
import { known } from '../../contract/machine/fact.ts';
import type { Gpu } from '../../contract/machine/facts.ts';
import { parseWith } from '../parse-with.ts';
import { pciAddress } from '../pci.ts';
import { type MutableFacts, type Probe, toolTimeoutMs } from '../probe.ts';
import { isObject, type JsonObject, parseJson } from '../text/json.ts';
import { decimal, integer } from '../text/numbers.ts';
import { amdGpu } from './amd-gpu.ts';
import { gfxPattern } from './targets.ts';

const what = [
  '--showid',
  '--showproductname',
  '--showmeminfo',
  'vram',
  'gtt',
  '--showtemp',
  '--showpower',
  '--showuse',
  '--showbus',
  '--showdriverversion',
];

export const rocmSmi: Probe = {
  name: 'rocm-smi',
  title: 'AMD GPUs as ROCm sees them',
  reads: [`rocm-smi ${what.join(' ')} --json`],
  platforms: ['linux'],
  timeoutMs: toolTimeoutMs,
  facts: ['amd.gpus', 'amd.driver'],
  async read(io) {
    const reading = await io.run('rocm-smi', [...what, '--json']);
    return [
      reading.failure?.reason === 'absent' ? await io.run('/opt/rocm/bin/rocm-smi', [...what, '--json']) : reading,
    ];
  },
  parse: parseWith(['amd.gpus'], (text, source) => {
    const report = parseJson(text);
    if (!isObject(report)) return {};
    const cards = Object.entries(report).flatMap(([name, card]): Gpu[] => {
      const index = integer(/^card(\d+)$/.exec(name)?.[1]);
      return index === undefined || !isObject(card) ? [] : [rocmCard(card, index, source)];
    });
    if (cards.length === 0) return {};
    const facts: MutableFacts = { 'amd.gpus': known(cards, source) };
    const driver = isObject(report.system) ? report.system['Driver version'] : undefined;
    if (typeof driver === 'string' && /^\d[\w.-]*$/.test(driver)) facts['amd.driver'] = known(driver, source);
    return facts;
  }),
};

function rocmCard(card: JsonObject, index: number, source: string): Gpu {
  const values = new Map(Object.entries(card).map(([key, value]) => [key.toLowerCase(), value]));
  const first = (...keys: string[]): string | undefined => {
    const printed = keys.map((key) => values.get(key)).find((value) => typeof value === 'string' && value !== 'N/A');
    return typeof printed === 'string' ? printed : undefined;
  };
  const name = first('card series', 'card model', 'device name');
  const gfx = first('gfx version');
  const busy = integer(first('gpu use (%)'));
  return amdGpu(
    {
      index,
      // 0x1002 is AMD itself, 0x6601 a board.
      name: name === undefined || /^0x[0-9a-f]+$/i.test(name) ? undefined : name,
      pci: pciAddress(first('pci bus')),
      gfx: gfx !== undefined && gfxPattern.test(gfx) ? gfx : undefined,
      deviceId: /^0x([0-9a-f]{4})$/i.exec(first('device id', 'gpu id') ?? '')?.[1]?.toLowerCase(),
      totalBytes: integer(first('vram total memory (b)')),
      usedBytes: integer(first('vram total used memory (b)')),
      visibleBytes: integer(first('vis_vram total memory (b)')),
      gttTotalBytes: integer(first('gtt total memory (b)')),
      gttUsedBytes: integer(first('gtt total used memory (b)')),
      celsius: decimal(first('temperature (sensor edge) (c)', 'temperature (sensor junction) (c)')),
      watts: decimal(first('average graphics package power (w)', 'current socket graphics package power (w)')),
      busy: busy === undefined || busy > 100 ? undefined : busy / 100,
    },
    source,
  );
}
