/** Facts that follow from several probes together. Each names the fact it follows from as its source. */
import { type Fact, known, unknown } from '../contract/machine/fact.ts';
import type { Facts } from '../contract/machine/facts.ts';
import { allGpus } from './gpu-merge.ts';
import type { MutableFacts } from './probe.ts';

export function derived(told: Facts): Facts {
  const found: MutableFacts = {};
  const adapters = adaptersWithMemory(told);
  if (adapters !== undefined) found['windows.adapters'] = adapters;
  const facts = { ...told, ...found };
  const all = gpuAll(facts);
  if (all !== undefined) found['gpu.all'] = all;
  const container = facts['os.container'];
  const wsl = facts['os.wsl'];
  // A container shares the kernel of the WSL machine it runs on, but what helps WSL does not help it.
  if (wsl?.known && wsl.value > 0 && container?.known && container.value !== 'none') {
    found['os.wsl'] = known(0, `${container.source}: a container on WSL's kernel`);
  }
  const sleeps = sleepsAfter(facts);
  if (sleeps !== undefined) found['power.sleep_after_min'] = sleeps;
  const hybrid = facts['gpu.hybrid'];
  const mode = facts['gpu.prime_mode'];
  if (hybrid?.known && mode?.known) found['gpu.hybrid'] = known({ ...hybrid.value, mode: mode.value }, mode.source);
  return found;
}

/** Unknown only when nothing that could see a GPU was read. */
function gpuAll(facts: Facts): Fact<ReturnType<typeof allGpus>> | undefined {
  const lookers = [
    'nvidia.gpus',
    'amd.gpus',
    'intel.gpus',
    'windows.adapters',
    'apple.chip',
    'vulkan.devices',
    'nvidia.hardware_present',
  ] as const;
  const seen = lookers.map((name) => facts[name]).filter((fact) => fact?.known === true);
  const gpus = allGpus(facts);
  const [first] = seen;
  if (first?.known) return known(gpus, [...new Set(seen.map((fact) => (fact?.known ? fact.source : '')))].join(' + '));
  const asked = lookers.map((name) => facts[name]).find((fact) => fact !== undefined);
  return asked === undefined || asked.known ? undefined : unknown(asked.reason, asked.detail, asked.source);
}

/** Of what a system tells for mains and for battery, what applies now. Without a battery it is on mains. */
function sleepsAfter(facts: Facts): Facts['power.sleep_after_min'] {
  const [mains, battery] = [facts['power.sleep_after_ac_min'], facts['power.sleep_after_battery_min']];
  if (facts['power.sleep_after_min'] !== undefined || mains === undefined || battery === undefined) return undefined;
  const source = facts['power.source'];
  if (source?.known) return source.value === 'ac' ? mains : battery;
  const present = facts['power.battery_present'];
  if (present?.known && !present.value) return mains;
  return unknown('not-reported', 'it is not known whether the machine is on mains or on battery', mains.source);
}

/** The registry knows the true memory, WMI which cards are there. */
function adaptersWithMemory(facts: Facts): Facts['windows.adapters'] {
  const adapters = facts['windows.adapters'];
  const registry = facts['windows.display_registry'];
  if (!adapters?.known || !registry?.known) return undefined;
  return known(
    adapters.value.map((gpu) => {
      const entry = registry.value.find(
        ({ device, vram_total_bytes: size }) => size.known && gpu.device_id?.known && device === gpu.device_id.value,
      );
      return entry === undefined || gpu.vendor === 'intel' ? gpu : { ...gpu, vram_total_bytes: entry.vram_total_bytes };
    }),
    adapters.source,
  );
}
