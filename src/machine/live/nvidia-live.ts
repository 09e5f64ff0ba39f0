/** NVIDIA memory, heat and slowdowns every few seconds, from one nvidia-smi that keeps running. */
import { known, unknown } from '../../contract/machine/fact.ts';
import type { Facts, Gpu } from '../../contract/machine/facts.ts';
import { nvidiaSmi } from '../nvidia/nvidia-smi.ts';
import { slowdowns } from '../nvidia/smi-report.ts';
import { lineTool } from './line-tool.ts';
import type { LiveTool } from './live-tool.ts';

const fields =
  'index,uuid,pci.bus_id,driver_version,memory.total,memory.used,memory.free,temperature.gpu,power.draw,utilization.gpu';
const nvidiaLiveSeconds = 5;
const source = 'nvidia-smi --query-gpu --loop';

/** Undefined where the whole probe found no GPU that answers. */
export function nvidiaLive(whole: Facts, env: NodeJS.ProcessEnv): LiveTool | undefined {
  const gpus = whole['nvidia.gpus'];
  if (!gpus?.known || gpus.value.length === 0) return undefined;
  // Only what this driver is known to have: one unknown field would end the whole query.
  const tells = gpus.value.some(({ throttling }) => throttling?.known);
  const query = tells ? [fields, ...slowdowns.map((reason) => `clocks_event_reasons.${reason}`)].join(',') : fields;
  const rows = new Map<string, Gpu>();
  let driver: Facts['nvidia.driver'];
  let head = '';
  let ended: string | undefined;
  const tool = lineTool({
    command: 'nvidia-smi',
    args: [`--query-gpu=${query}`, '--format=csv', `--loop=${nvidiaLiveSeconds}`],
    env,
    onLine(line) {
      ended = undefined;
      if (line.startsWith('index')) {
        head = line;
        return;
      }
      const told = nvidiaSmi.parse([{ source, text: `${head}\n${line}` }]);
      const gpus = told['nvidia.gpus'];
      for (const gpu of gpus?.known ? gpus.value : []) rows.set(String(gpu.index), gpu);
      driver = told['nvidia.driver'] ?? driver;
    },
    onEnded(why) {
      ended = why;
      rows.clear();
      head = '';
    },
  });
  return {
    tool,
    waits: false,
    get facts(): Facts {
      if (ended !== undefined) return { 'nvidia.gpus': unknown('failed', ended, source) };
      if (rows.size === 0) return {};
      return {
        'nvidia.gpus': known([...rows.values()], source),
        ...(driver === undefined ? {} : { 'nvidia.driver': driver }),
      };
    },
  };
}
