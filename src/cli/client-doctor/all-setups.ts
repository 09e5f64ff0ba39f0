/** What is set up on this computer: of one client, or of every client that has an address of a gateway. */
import type { Client } from '../client-settings.ts';
import { claudeCodeSetup } from './claude-code.ts';
import { opencodeSetups } from './opencode.ts';
import { piSetups } from './pi.ts';
import { sdkSetup } from './sdk.ts';
import type { ClientSetup } from './setup.ts';
import type { World } from './world.ts';

/** At least one: that nothing is set up is something to be said. */
export function setupsOf(client: Client, world: World): readonly ClientSetup[] {
  switch (client) {
    case 'claude-code':
      return [claudeCodeSetup(world)];
    case 'anthropic-sdk':
    case 'ai-sdk':
      return [sdkSetup(client, world)];
    case 'opencode':
      return opencodeSetups(world);
    case 'pi':
      return piSetups(world);
    default:
      return client satisfies never;
  }
}

/**
 * The programs that are set up for a server of their own. The SDKs are not among them: they read the variables of Claude
 * Code, and which of them a program uses cannot be seen.
 */
export function setupsThatAre(world: World): readonly ClientSetup[] {
  return (['claude-code', 'opencode', 'pi'] as const)
    .flatMap((client) => setupsOf(client, world))
    .filter(({ baseUrl }) => baseUrl !== undefined);
}
