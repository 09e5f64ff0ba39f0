/** How long loads of a model take on a machine, as people read it. */
import type { LoadTimes } from '../contract/link/load-times.ts';
import type { MachineModel } from '../contract/link/messages.ts';
import { duration } from '../landmines/words.ts';

type Told = Pick<MachineModel, 'loadMs' | 'loadTimes'>;

/** A first load, a later one, and the next: cells of a table. */
export function loadTimeCells({ loadMs, loadTimes }: Told): readonly [first: string, later: string, next: string] {
  const [first, later] = [msText(loadTimes?.firstMs), msText(loadTimes?.laterMs)];
  if (loadMs === undefined) return [first, later, '-'];
  const kind = loadTimes === undefined ? '' : isGuessed(loadTimes) ? ' (guessed)' : ` (${loadTimes.next})`;
  return [first, later, `${duration(loadMs)}${kind}`];
}

/** `the first since the machine started; later ones took 2.1 s`. */
export function loadKindText(times: LoadTimes): string {
  const { firstMs, laterMs, next } = times;
  if (isGuessed(times)) return 'guessed: it was never loaded there';
  if (next === 'first') {
    const later = laterMs === undefined ? '' : `; later ones took ${duration(laterMs)}`;
    return `the first since the machine started, or file or driver changed${later}`;
  }
  return firstMs === undefined ? 'a later one' : `a later one; the first took ${duration(firstMs)}`;
}

const msText = (ms: number | undefined): string => (ms === undefined ? '-' : duration(ms));
const isGuessed = ({ firstMs, laterMs }: LoadTimes): boolean => firstMs === undefined && laterMs === undefined;
