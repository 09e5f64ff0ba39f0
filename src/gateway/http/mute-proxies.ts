/** A trusted proxy that does not write down whom it speaks for: all who come through it share the room of one. Said once an hour. */
import type { Log } from '../../transport/log/log.ts';

const everyMs = 3_600_000;

/** Makes a function that hears of the address of such a proxy each time. */
export function muteProxies(log: Pick<Log, 'warn'>, nowMs: () => number): (proxy: string) => void {
  let toldAtMs = Number.NEGATIVE_INFINITY;
  return (proxy) => {
    if (nowMs() - toldAtMs < everyMs) return;
    toldAtMs = nowMs();
    log.warn(
      'a trusted proxy does not say whom it speaks for, so that all who come through it count as one address: have it set X-Forwarded-For ' +
        '(nginx: proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for)',
      { proxy },
    );
  };
}
