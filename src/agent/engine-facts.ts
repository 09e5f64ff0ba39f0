/** What a loaded engine says of itself, as facts: the checks hold it against the GPUs of the machine. */
import type { LoadedModel } from '../contract/engine/raw.ts';
import { known } from '../contract/machine/fact.ts';
import type { Facts } from '../contract/machine/facts.ts';
import { installedBuilds } from '../engines/embedded/installed-builds.ts';

/** Nothing about the back end of an engine that does not tell. */
export function engineFacts({ build, device }: Pick<LoadedModel, 'build' | 'device'>): Facts {
  return {
    'engine.builds': known(installedBuilds(), 'packages of node-llama-cpp'),
    ...(device === undefined
      ? {}
      : {
          'engine.backend': known(device.backend, build),
          'engine.gpu_layers': known({ offloaded: device.offloadedLayers, total: device.totalLayers }, build),
        }),
  };
}
