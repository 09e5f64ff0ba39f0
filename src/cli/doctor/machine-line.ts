/** The machine in a few words, from what is known of it. */
import { knownValue } from '../../contract/machine/fact.ts';
import type { Facts } from '../../contract/machine/facts.ts';
import { gpuModel } from '../../landmines/gpus.ts';

const systemNames = { linux: 'Linux', windows: 'Windows', macos: 'macOS' } as const;
const gibibytes = (count: number): string => `${(count / 1024 ** 3).toFixed(count < 10 * 1024 ** 3 ? 1 : 0)} GiB`;

/** `Linux x64 (debian 12, docker), 16 cores, 31 GiB; NVIDIA GeForce RTX 3060, 12 GiB`. */
export function machineLine(facts: Facts): string {
  const system = knownValue(facts['os.family']);
  const container = knownValue(facts['os.container']);
  const wsl = knownValue(facts['os.wsl']) ?? 0;
  const distribution = [knownValue(facts['os.distribution']), knownValue(facts['os.version'])].filter(
    (word) => word !== undefined && word !== system,
  );
  const inside = [
    distribution.join(' '),
    wsl > 0 ? `WSL ${wsl}` : '',
    container === undefined || container === 'none' ? '' : `container: ${container}`,
  ].filter((word) => word !== '');
  const cores = knownValue(facts['cpu.physical_cores']) ?? knownValue(facts['cpu.logical_cores']);
  const memory = knownValue(facts['memory.total_bytes']);
  const parts = [
    [
      system === undefined ? 'an unknown system' : systemNames[system],
      knownValue(facts['os.architecture']) ?? '',
      inside.length === 0 ? '' : `(${inside.join(', ')})`,
    ]
      .filter((word) => word !== '')
      .join(' '),
    knownValue(facts['apple.chip']) ?? knownValue(facts['cpu.name']) ?? '',
    cores === undefined ? '' : `${cores} cores`,
    memory === undefined ? '' : gibibytes(memory),
  ].filter((word) => word !== '');
  return `${parts.join(', ')}; ${gpuLine(facts)}`;
}

function gpuLine(facts: Facts): string {
  const gpus = knownValue(facts['gpu.all']);
  if (gpus === undefined) return 'GPUs unknown';
  if (gpus.length === 0) return 'no GPU';
  return gpus
    .map((gpu) => {
      const memory = knownValue(gpu.unified) === true ? undefined : knownValue(gpu.vram_total_bytes);
      return `${gpuModel(gpu)}${memory === undefined ? '' : `, ${gibibytes(memory)}`}`;
    })
    .join('; ');
}
