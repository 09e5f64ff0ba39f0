import { landmine } from '../landmine.ts';
import { vendor } from '../sources.ts';
import { olderThan } from '../versions.ts';

const oldest = '14';

export const macosTooOld = landmine({
  code: 'macos-too-old',
  title: 'macOS is older than Metalyard is made for',
  group: 'macos',
  severity: 'warns',
  on: ['macos'],
  needs: ['os.version'],
  means: 'Nothing is promised before macOS 14. The GPU memory limit has another name there, for one.',
  story:
    'Version 13 keeps the limit of GPU memory in debug.iogpu.wired_limit (bytes), from 14 on it is iogpu.wired_limit_mb (MiB). Metal itself differs as well.',
  sources: [vendor('Apple, sysctl names of macOS 13 and 14, as seen in public reports', '2026-08')],
  example: { 'os.family': 'macos', 'os.version': '13.7' },
  counterExample: { 'os.family': 'macos', 'os.version': '26.3' },
  judge({ 'os.version': version }) {
    const old = olderThan(version, oldest);
    if (old === undefined) return { cannotTell: `the version of macOS reads "${version}"` };
    return old
      ? {
          seen: `This is macOS ${version}; ${oldest} is the oldest we support.`,
          remedy: ['Upgrade macOS (System Settings > General > Software Update).'],
        }
      : 'ok';
  },
});
