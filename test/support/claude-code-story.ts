/** What the stories of Claude Code begin with: the client itself, and a yard whose model follows a script. */
import { type ClaudeCode, type ClaudeCodeSettings, claudeCodeVersion, openClaudeCode } from './claude-code.ts';
import { claudeCodeProgram, installClients } from './install-clients.ts';
import { type LiveYard, type LiveYardOptions, startLiveYard } from './live-yard.ts';

/** A busy machine included, ms. */
const patienceMs = 240_000;

const installed = await installClients([`@anthropic-ai/claude-code@${claudeCodeVersion}`]);
const found = installed.ok ? claudeCodeProgram(installed.directory) : null;
/** Path of the installed Claude Code; empty where there is none, and `skip` says why. */
export const program = found ?? '';
export const skip: string | false = installed.ok
  ? found === null && `Claude Code ${claudeCodeVersion} has no program for ${process.platform} ${process.arch}`
  : installed.reason;

export interface Story extends AsyncDisposable {
  readonly yard: LiveYard;
  readonly claude: ClaudeCode;
}

export type StoryOptions = LiveYardOptions & Partial<Omit<ClaudeCodeSettings, 'program' | 'baseUrl' | 'timeoutMs'>>;

export async function startStory(options: StoryOptions): Promise<Story> {
  const yard = await startLiveYard(options);
  const claude = await openClaudeCode({
    apiKey: yard.key,
    model: yard.model,
    ...options,
    program,
    baseUrl: yard.url,
    timeoutMs: patienceMs,
  });
  return {
    yard,
    claude,
    async [Symbol.asyncDispose]() {
      await claude[Symbol.asyncDispose]();
      await yard[Symbol.asyncDispose]();
    },
  };
}
