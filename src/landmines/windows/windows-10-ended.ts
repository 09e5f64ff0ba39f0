import { landmine } from '../landmine.ts';
import { vendor } from '../sources.ts';
import { versionParts } from '../versions.ts';

/** First build number of Windows 11. */
const windows11Build = 22_000;

export const windows10Ended = landmine({
  code: 'windows-10-ended',
  title: 'Windows 10 is out of support',
  group: 'windows',
  severity: 'notes',
  on: ['windows'],
  needs: ['os.version'],
  means: 'It may work; Metalyard is not made for it, and AMD supports its HIP SDK on Windows 11 only.',
  story:
    'Microsoft ended Windows 10 in October 2025. Both call themselves version 10.0; the build number tells them apart, from 22000 on it is ' +
    'Windows 11.',
  sources: [
    vendor('AMD, HIP SDK 7.2 for Windows, system requirements', '2026-07-31'),
    vendor('Microsoft, life cycle of Windows 10', '2025-10'),
  ],
  example: { 'os.family': 'windows', 'os.version': '10.0.19045' },
  counterExample: { 'os.family': 'windows', 'os.version': '10.0.26100' },
  judge({ 'os.version': version }) {
    const [major, , build] = versionParts(version) ?? [];
    if (major === undefined || build === undefined) return { cannotTell: `the version of Windows reads "${version}"` };
    if (build >= windows11Build) return 'ok';
    return {
      seen: `The build of Windows is ${build}; Windows 11 begins at ${windows11Build}.`,
      remedy: ['Upgrade to Windows 11 where the PC can.'],
    };
  },
});
