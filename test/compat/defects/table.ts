import type { Defect } from '../server/scripted-server.ts';

/** By the id of the case that must notice the defect. */
export type DefectTable = Readonly<Record<string, Defect>>;
