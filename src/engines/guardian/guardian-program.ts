/**
 * Ends engines whose agent is gone. The agent holds the other end of this program's stdin; when that
 * closes, however the agent died, every process still watched is killed. SIGKILL also ends a process
 * that is stopped, which would never notice its closed IPC channel.
 */
import { createInterface } from 'node:readline';

const watched = new Set<number>();

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {}); // outlive the agent

createInterface({ input: process.stdin })
  .on('line', (line) => {
    const [command, text] = line.split(' ');
    const pid = Number(text);
    if (!Number.isSafeInteger(pid) || pid <= 1) return;
    if (command === 'watch') watched.add(pid);
    if (command === 'forget') watched.delete(pid);
  })
  .on('close', () => {
    for (const pid of watched) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // already gone
      }
    }
    process.exit(0);
  });
