/** The cases of `keys/`, in the order of the report. */
import type { CompatCase } from '../compat-case.ts';
import { bearer } from './keys/bearer.ts';
import { beforeTheBody } from './keys/before-the-body.ts';
import { everywhere } from './keys/everywhere.ts';
import { missing } from './keys/missing.ts';
import { wrong } from './keys/wrong.ts';
import { wrongKeyFinal } from './keys/wrong-key-final.ts';
import { xApiKey } from './keys/x-api-key.ts';

export const keysCases: readonly CompatCase[] = [
  xApiKey,
  bearer,
  missing,
  wrong,
  wrongKeyFinal,
  beforeTheBody,
  everywhere,
];
