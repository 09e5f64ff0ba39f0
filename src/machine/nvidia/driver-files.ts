/**
 * The NVIDIA driver without asking it: the loaded module's version, the version in the user-space
 * library's file name, the persistence daemon. Tells a mismatch when NVML refuses to speak.
 */
import { known } from '../../contract/machine/fact.ts';
import { parseWith } from '../parse-with.ts';
import { fileTimeoutMs, type MutableFacts, type Probe } from '../probe.ts';

const moduleFile = '/proc/driver/nvidia/version';
const folders = [
  '/usr/lib/x86_64-linux-gnu',
  '/usr/lib64',
  '/usr/lib',
  '/usr/lib/aarch64-linux-gnu',
  '/usr/lib/x86_64-linux-gnu/nvidia/current',
];
const daemon = '/run/nvidia-persistenced/socket';

export const nvidiaDriverFiles: Probe = {
  name: 'nvidia-driver-files',
  title: 'versions of the NVIDIA module and library, persistence daemon',
  reads: [moduleFile, ...folders.map((folder) => `${folder}/libnvidia-ml.so.*`), daemon],
  platforms: ['linux'],
  timeoutMs: fileTimeoutMs,
  facts: ['nvidia.module_version', 'nvidia.library_version', 'nvidia.persistence_daemon'],
  async read(io) {
    const module = await io.file(moduleFile);
    const names = await Promise.all(
      folders.map(async (folder) =>
        (await io.names(folder))
          .filter((name) => /^libnvidia-ml\.so\.\d+\.\d/.test(name))
          .map((name) => `${folder}/${name}`),
      ),
    );
    const libraries = names.flat();
    const running = await io.existing([daemon]);
    return [
      module,
      ...(libraries.length === 0 ? [] : [{ source: 'libnvidia-ml.so.*', text: libraries.join('\n') }]),
      ...(module.failure === undefined
        ? [{ source: daemon, text: `persistence daemon: ${running.length > 0 ? 'yes' : 'no'}` }]
        : []),
    ];
  },
  parse: parseWith([], (text, source) => {
    const facts: MutableFacts = {};
    const module = /^NVRM version: NVIDIA UNIX .*?(?:Kernel Module|for \S+)\s+(\d+(?:\.\d+){1,2})\s/m.exec(text)?.[1];
    if (module !== undefined) facts['nvidia.module_version'] = known(module, source);
    const library = /\/libnvidia-ml\.so\.(\d+(?:\.\d+){1,2})$/m.exec(text)?.[1];
    if (library !== undefined) facts['nvidia.library_version'] = known(library, source);
    const running = /^persistence daemon: (yes|no)$/m.exec(text)?.[1];
    if (running !== undefined) facts['nvidia.persistence_daemon'] = known(running === 'yes', source);
    return facts;
  }),
};
