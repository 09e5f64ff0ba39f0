/** The table of `docs/support-matrix.md`; the rest of that page is written by hand. */
import { platforms } from '../../src/landmines/data/support.ts';
import { cell, withTable } from './marked-table.ts';

export const withSupportTable = (page: string): string =>
  withTable(page, 'docs/support-matrix.md', [
    '| Tier | Platform | Engine | Run by us | Outputs of real machines that tests read |',
    '| --- | --- | --- | --- | --- |',
    ...platforms.map(
      ({ tier, name, engine, run, captures }) =>
        `| ${[String(tier), name, engine, run ?? '**never**', captures ?? 'not needed'].map(cell).join(' | ')} |`,
    ),
  ]);
