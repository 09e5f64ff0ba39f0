/** `metalyard gateway`: the API and the queue, without a model on this machine. */
import { startGatewayService } from '../gateway-service.ts';
import { commandLine } from '../package-files.ts';
import type { ReachFlags } from '../reach.ts';
import { openScreen } from '../screen.ts';
import { greet, serveUntilStopped } from '../serve.ts';
import { listenForStopSignals } from '../stop-signals.ts';

export interface GatewayFlags extends ReachFlags {
  readonly dataDir: string;
  readonly port: number;
  readonly name: string;
}

export async function gateway(flags: GatewayFlags): Promise<void> {
  const screen = openScreen();
  const signals = listenForStopSignals();
  const service = await startGatewayService(flags, screen);
  try {
    greet(service, screen);
    screen.write(`No machine serves a model yet. In another terminal: ${commandLine('agent', flags.dataDir)}\n\n`);
    await serveUntilStopped(service, screen, signals);
  } finally {
    await service.close();
    signals.release();
  }
}
