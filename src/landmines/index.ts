/** Facts about a machine become findings. Pure: see README.md. */
export { allLandmines, landmineOf } from './all.ts';
export {
  type Checked,
  checkAll,
  type FindingTree,
  findingsOf,
  findingTrees,
  harm,
  worst,
} from './check-all.ts';
export { effectsOf, effectText } from './effects.ts';
export { type Group, groups, type Landmine } from './landmine.ts';
export { noteLooks } from './looked-at.ts';
export { type PressureSign, pressureOf } from './memory/pressure.ts';
export { gpuReserve, ramReserve } from './memory/reserves.ts';
export type { Source } from './sources.ts';
