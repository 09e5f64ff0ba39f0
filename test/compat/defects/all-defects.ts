import { response, streaming } from './streaming.ts';
import type { DefectTable } from './table.ts';

export const defects: DefectTable = { ...streaming, ...response };
