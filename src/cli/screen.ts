/** The terminal: whole lines, and one line of progress that replaces itself where that is possible. */
import { styleText } from 'node:util';

export interface Screen {
  readonly colour: boolean;
  /** Writes text that ends in a newline, above the progress line. */
  write(text: string): void;
  /** Shows what is going on. On something that is no terminal only a changed `what` is written. */
  progress(what: string, detail: string): void;
  /** Takes the progress line away. */
  settle(): void;
  heading(text: string): string;
}

export function openScreen(stream: NodeJS.WriteStream = process.stdout): Screen {
  const live = stream.isTTY === true;
  // A terminal that was closed, or `| head`: nobody reads any more, which is no reason to end.
  stream.on('error', () => {});
  // Obeys NO_COLOR and FORCE_COLOR; hasColors exists on terminals only.
  const colour = live && stream.hasColors() && !process.env.NO_COLOR;
  let shown = '';
  const clear = (): void => {
    if (live && shown !== '') stream.write('\r\u001b[K');
  };
  return {
    colour,
    write(text) {
      clear();
      stream.write(text);
      if (live && shown !== '') stream.write(shown);
    },
    progress(what, detail) {
      if (live) {
        clear();
        shown = `${what} ${detail}`.slice(0, (stream.columns || 80) - 1);
        stream.write(shown);
      } else if (shown !== what) {
        shown = what;
        stream.write(`${what}\n`);
      }
    },
    settle() {
      clear();
      shown = '';
    },
    heading: (text) => (colour ? styleText('bold', text, { validateStream: false }) : text),
  };
}
