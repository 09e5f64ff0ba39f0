/**
 * AMD's names for what a GPU can run. Which targets are APUs: LLVM's user guide for its AMDGPU
 * back end, table of processors.
 */

/** `gfx_target_version` of the kernel, 110001, as the name compilers use: gfx1101. Steps are hexadecimal. */
export function gfxName(version: number): string | undefined {
  const [major, minor, step] = [Math.floor(version / 10_000), Math.floor(version / 100) % 100, version % 100];
  if (!Number.isInteger(version) || major < 7 || major > 99 || minor > 15 || step > 15) return undefined;
  return `gfx${major}${minor.toString(16)}${step.toString(16)}`;
}

export const gfxPattern = /^gfx[0-9a-f]{3,5}$/;

const apus = new Set(
  'gfx902 gfx909 gfx90c gfx1013 gfx1033 gfx1035 gfx1036 gfx1103 gfx1150 gfx1151 gfx1152 gfx1153'.split(' '),
);
const cards = /^gfx(900|906|908|90a|942|950|1010|1011|1012|1030|1031|1032|1034|1100|1101|1102|1200|1201)$/;

/** Does it share the processor's memory? Undefined for targets that are both (gfx904) or new. */
export function sharesMemory(gfx: string | undefined): boolean | undefined {
  if (gfx === undefined) return undefined;
  return apus.has(gfx) ? true : cards.test(gfx) ? false : undefined;
}
