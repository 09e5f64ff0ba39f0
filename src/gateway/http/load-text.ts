/** The load a request waits for, in words, as one line: it stands in a comment of a stream. */
import type { AwaitedLoad } from '../../yard/loads/awaited-load.ts';

export function loadText(load: AwaitedLoad): string {
  return says(load).replace(/\s+/g, ' ');
}

function says(load: AwaitedLoad): string {
  const { model } = load;
  switch (load.stage) {
    case 'loading': {
      const left = load.leftMs === null ? '' : `, for about ${seconds(load.leftMs)}`;
      return `${model} is being loaded on ${load.machine}, ${Math.floor(load.fraction * 100)} %${left}`;
    }
    case 'asked':
      return `${model} is about to be loaded`;
    case 'waiting': {
      const because = load.because === null ? '' : ` (${load.because})`;
      const again = load.againMs === null ? '' : `; a machine is asked again in about ${seconds(load.againMs)}`;
      return `${model} is not loaded yet${because}${again}`;
    }
    default:
      return load satisfies never;
  }
}

const seconds = (ms: number): string => `${Math.ceil(ms / 1_000)} s`;
