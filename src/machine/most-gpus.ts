/**
 * More GPUs than any machine has: servers hold 16, and a card may show itself in 8 parts. A tool that lists more babbles;
 * what is behind them is not read, because every list is compared with every other, and is sent to the gateway.
 */
export const mostGpus = 256;
