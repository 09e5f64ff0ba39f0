import assert from 'node:assert/strict';
import { test } from 'node:test';
import { csvCell } from './csv-cell.ts';

test('a cell is quoted where it must be, and no text is a formula', () => {
  const cells: readonly (readonly [string | number, string])[] = [
    ['desk', 'desk'],
    [-3, '-3'],
    ['a,b', '"a,b"'],
    ['say "x"', '"say ""x"""'],
    ['=1+2', "'=1+2"],
    ['@SUM(A1)', "'@SUM(A1)"],
    ['=HYPERLINK("http://evil","x")', `"'=HYPERLINK(""http://evil"",""x"")"`],
  ];
  for (const [value, cell] of cells) assert.equal(csvCell(value), cell);
});
