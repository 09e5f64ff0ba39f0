/**
 * Libraries an engine build needs, as the dynamic linker resolves them (`ldconfig -p`), and the
 * newest symbols libstdc++ offers. A toolkit that is unpacked somewhere does not help a build that
 * cannot find it, so folders of toolkits are not searched.
 */
import { known } from '../../contract/machine/fact.ts';
import type { Library } from '../../contract/machine/facts.ts';
import { parseWith } from '../parse-with.ts';
import { type MutableFacts, type Probe, toolTimeoutMs } from '../probe.ts';
import { lines } from '../text/lines.ts';

const kinds = {
  'libraries.cuda': /^lib(cuda|cudart|cublas|cublasLt|nccl|nvidia-ml)\.so/,
  'libraries.rocm': /^lib(amdhip64|hipblas|hipblaslt|rocblas|hsa-runtime64)\.so/,
  'libraries.vulkan': /^libvulkan\.so/,
} as const;

export const linuxLibraries: Probe = {
  name: 'linux-libraries',
  title: 'CUDA, ROCm, Vulkan and C++ libraries that really resolve',
  reads: ['ldconfig -p', 'GLIBCXX_ names in libstdc++.so.6'],
  platforms: ['linux'],
  timeoutMs: toolTimeoutMs,
  facts: ['libraries.cuda', 'libraries.rocm', 'libraries.vulkan', 'vulkan.loader', 'os.glibcxx'],
  async read(io) {
    let list = await io.run('ldconfig', ['-p']);
    // Not on an ordinary user's PATH on Debian.
    if (list.failure?.reason === 'absent') list = await io.run('/sbin/ldconfig', ['-p']);
    const extra = (io.env.LD_LIBRARY_PATH ?? '').split(':').filter((folder) => folder.startsWith('/'));
    const found = await Promise.all(
      extra.map(async (folder) =>
        (await io.names(folder))
          .filter((name) => name.includes('.so'))
          .map((name) => `\t${name} (LD_LIBRARY_PATH) => ${folder}/${name}`),
      ),
    );
    const readings = [{ ...list, text: [...found.flat(), list.text].join('\n') }];
    const standard = /^\s*libstdc\+\+\.so\.6 .*=> (\S+)$/m.exec(list.text)?.[1];
    // `grep -o` reads the binary without loading it.
    if (standard !== undefined) readings.push(await io.run('grep', ['-aoE', 'GLIBCXX_3\\.4\\.[0-9]+', standard]));
    return readings;
  },
  parse: parseWith(['libraries.cuda'], (text, source) => {
    const facts: MutableFacts = {};
    const resolved = lines(text).flatMap((line): Library[] => {
      const match = /^\s*(lib\S+) \(([^)]*)\) => (\/\S+)$/.exec(line);
      return match === null ? [] : [{ name: match[1]!, path: match[3]! }];
    });
    if (/^\d+ libs found in cache/m.test(text) || resolved.length > 0) {
      for (const [name, pattern] of Object.entries(kinds)) {
        facts[name as keyof typeof kinds] = known(
          resolved.filter((library) => pattern.test(library.name)),
          source,
        );
      }
      facts['vulkan.loader'] = known(
        resolved.some(({ name }) => name === 'libvulkan.so.1'),
        source,
      );
    }
    const newest = Math.max(...[...text.matchAll(/\bGLIBCXX_3\.4\.(\d{1,3})\b/g)].map(([, minor]) => Number(minor)));
    if (Number.isFinite(newest)) facts['os.glibcxx'] = known(`3.4.${newest}`, source);
    return facts;
  }),
};
