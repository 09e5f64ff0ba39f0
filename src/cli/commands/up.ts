/** `metalyard up`: a gateway and an agent on this machine. */
import { startAgentProcess } from '../agent-process.ts';
import { CommandError } from '../command-error.ts';
import { startGatewayService } from '../gateway-service.ts';
import { commandLine } from '../package-files.ts';
import { openScreen } from '../screen.ts';
import { greet, serveUntilStopped } from '../serve.ts';
import { listenForStopSignals } from '../stop-signals.ts';
import { type AgentFlags, modelsToServe, readAttach } from './agent.ts';
import type { GatewayFlags } from './gateway.ts';

export type UpFlags = GatewayFlags & Omit<AgentFlags, 'gateway'>;

export async function up(flags: UpFlags): Promise<void> {
  // Said here, by the process that speaks to the person.
  modelsToServe(flags);
  readAttach(flags.attach);
  const screen = openScreen();
  const signals = listenForStopSignals();
  const service = await startGatewayService(flags, screen);
  greet(service, screen);

  const agent = startAgentProcess(agentArguments(flags, service.gateway.url), service.log);
  try {
    const stopped = serveUntilStopped(service, screen, signals);
    const gaveUp = await Promise.race([stopped, agent.gaveUp]);
    if (gaveUp !== undefined) {
      throw new CommandError(`${gaveUp} What it said last: ${commandLine('logs -n 20', flags.dataDir)}`);
    }
  } finally {
    await agent.close();
    await service.close();
    signals.release();
  }
}

function agentArguments(flags: UpFlags, url: string): string[] {
  const args = ['--gateway', url, '--data-dir', flags.dataDir, '--name', flags.name];
  for (const path of flags.model ?? []) args.push('--model', path);
  if (flags.models !== undefined) args.push('--models', flags.models);
  if (flags.preload !== undefined) args.push('--preload', flags.preload.join(','));
  if (flags.memory !== undefined) args.push('--memory', String(flags.memory));
  if (flags.unloadAfter !== undefined) args.push('--unload-after', String(flags.unloadAfter));
  if (flags.attach !== undefined) args.push('--attach', flags.attach);
  if (flags.contextWindow !== undefined) args.push('--context-window', String(flags.contextWindow));
  if (flags.slots !== undefined) args.push('--slots', String(flags.slots));
  if (flags.threads !== undefined) args.push('--threads', String(flags.threads));
  if (flags.engineProgram !== undefined) args.push('--engine-program', flags.engineProgram);
  return args;
}
