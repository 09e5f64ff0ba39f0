/**
 * What the prebuilt binaries of the embedded engine ask of a machine. Read with readelf and strings from
 * the npm packages of the version pinned in package.json, 2026-11.
 */
import { measured } from '../sources.ts';

const engineVersion = '3.21.1';
export const engineBinaries = measured(
  `Binaries of node-llama-cpp ${engineVersion}, read with readelf and strings`,
  '2026-11',
);

/** Linux binaries, CPU and GPU alike. Windows and macOS bring their own. */
export const linuxFloor = {
  glibc: '2.34',
  /** Version of the symbols of libstdc++: GCC 12 brought it. */
  glibcxx: '3.4.30',
} as const;

/**
 * Libraries that the CUDA builds link and that no npm package brings, by CUDA major. On Windows cudart is
 * linked statically; the names for 12 there are what a 12 toolkit installs.
 */
export const cudaLibraries = {
  linux: { 13: ['libcudart.so.13', 'libcublas.so.13'], 12: ['libcudart.so.12', 'libcublas.so.12'] },
  windows: { 13: ['cublas64_13.dll'], 12: ['cublas64_12.dll'] },
} as const;

/** The oldest Node whose SQLite has the fix of the WAL-reset bug. */
export const oldestNode = '22.23';
