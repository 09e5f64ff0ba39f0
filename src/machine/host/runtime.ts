/** What the running process knows of its machine without asking anybody. */
import { freemem, release, totalmem } from 'node:os';
import { known } from '../../contract/machine/fact.ts';
import { parseWith } from '../parse-with.ts';
import { everywhere, fileTimeoutMs, type MutableFacts, type Probe } from '../probe.ts';
import { isObject, parseJson } from '../text/json.ts';

const families = { linux: 'linux', win32: 'windows', darwin: 'macos' } as const;

export const hostRuntime: Probe = {
  name: 'host-runtime',
  title: 'system, architecture, C library, language, user',
  reads: ['process.report', 'os'],
  platforms: everywhere,
  timeoutMs: fileTimeoutMs,
  facts: ['os.family', 'os.architecture', 'os.libc', 'os.is_root', 'os.language', 'os.kernel', 'metalyard.node'],
  async read(io) {
    const told = reportHeader();
    // musl names itself in its loader's own message.
    const libc =
      process.platform === 'linux' && told.glibcVersionRuntime === undefined
        ? (await io.run('ldd', ['--version'])).text
        : '';
    const runtime = {
      platform: process.platform,
      arch: process.arch,
      release: release(),
      glibcVersionRuntime: told.glibcVersionRuntime,
      ldd: libc.slice(0, 200),
      root: process.getuid?.() === 0,
      language: io.env.LC_ALL || io.env.LC_MESSAGES || io.env.LANG || Intl.DateTimeFormat().resolvedOptions().locale,
      node: process.versions.node,
      memory: process.platform === 'win32' ? { total: totalmem(), free: freemem() } : undefined,
    };
    return [{ source: 'the running process', text: JSON.stringify(runtime) }];
  },
  parse: parseWith(['os.family'], (text, source) => {
    const told = parseJson(text);
    if (!isObject(told)) return {};
    const facts: MutableFacts = {};
    const { platform, arch, release: kernel, glibcVersionRuntime: glibc, ldd, root, language, node, memory } = told;
    const family =
      typeof platform === 'string' && Object.hasOwn(families, platform)
        ? families[platform as keyof typeof families]
        : undefined;
    if (family !== undefined) facts['os.family'] = known(family, source);
    if (typeof arch === 'string')
      facts['os.architecture'] = known(arch === 'x64' || arch === 'arm64' ? arch : 'other', source);
    if (typeof kernel === 'string') facts['os.kernel'] = known(kernel, source);
    if (typeof glibc === 'string') facts['os.libc'] = known({ kind: 'glibc', version: glibc }, source);
    const musl = typeof ldd === 'string' && /\bmusl\b/.test(ldd) ? /\bVersion (\d[\d.]*)/.exec(ldd)?.[1] : undefined;
    if (musl !== undefined) facts['os.libc'] = known({ kind: 'musl', version: musl }, 'ldd --version');
    if (typeof root === 'boolean' && family !== 'windows') facts['os.is_root'] = known(root, source);
    if (typeof language === 'string') facts['os.language'] = known(language, source);
    if (typeof node === 'string') facts['metalyard.node'] = known(node, source);
    // On macOS and Linux other probes tell what free memory is worth; Windows counts it as we do.
    if (
      isObject(memory) &&
      family === 'windows' &&
      typeof memory.total === 'number' &&
      typeof memory.free === 'number'
    ) {
      facts['memory.total_bytes'] = known(memory.total, source);
      facts['memory.available_bytes'] = known(memory.free, source);
    }
    return facts;
  }),
};

/** Node's diagnostic report, without the network, which it would look up names for. */
function reportHeader(): Readonly<Record<string, unknown>> {
  // Node 22 has it, its types not yet.
  const report: { excludeNetwork?: boolean; getReport(): unknown } = process.report;
  const before = report.excludeNetwork ?? false;
  report.excludeNetwork = true;
  const told = report.getReport();
  report.excludeNetwork = before;
  return isObject(told) && isObject(told.header) ? told.header : {};
}
