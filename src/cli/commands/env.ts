/**
 * `metalyard env`: what to set so that a client uses the running gateway. Standard output holds that
 * alone, fit for `eval`; what a person should know besides goes to standard error.
 */
import { type Client, clientSettings } from '../client-settings.ts';
import { CommandError } from '../command-error.ts';
import { keyPlaceholder } from '../connect-text.ts';
import { askForNames } from '../gateway-names.ts';
import { modelsToUse } from '../models-to-use.ts';
import { commandLine } from '../package-files.ts';
import { runningGateway } from '../running-gateway.ts';
import { type Shell, shellText, usualShell } from '../shell-text.ts';

export interface EnvFlags {
  readonly dataDir: string;
  readonly client: Client;
  readonly shell?: Shell;
  readonly key?: string;
  readonly model?: string;
}

export async function env(flags: EnvFlags): Promise<void> {
  const { directory, record, status } = await runningGateway(flags.dataDir);
  const {
    model,
    tiers,
    notes: tierNotes,
  } = modelsToUse(status.models, await askForNames(record), directory.path, flags.model);
  const settings = clientSettings(flags.client, { url: record.url, key: flags.key ?? keyPlaceholder, model, tiers });
  const notes = [...settings.notes, ...(usesTiers(flags.client) ? tierNotes : [])];
  if (flags.key === undefined) {
    notes.unshift(
      `${keyPlaceholder} stands for an API key: only hashes of keys are stored, so none can be shown. ` +
        `Give yours with --key, or make one: ${commandLine('keys create', directory.path)}`,
    );
  }
  if (settings.form === 'file') {
    if (flags.shell !== undefined && flags.shell !== 'json') {
      throw new CommandError(`${flags.client} is set up by a JSON file, not by variables: leave out --shell.`);
    }
    process.stdout.write(`${settings.text}\n`);
  } else {
    const shell = flags.shell ?? usualShell(process.platform);
    if (shell === 'json' && settings.unset.length > 0) notes.push(`Must not be set: ${settings.unset.join(', ')}`);
    process.stdout.write(`${shellText(shell, settings.set, settings.unset)}\n`);
  }
  for (const note of notes) process.stderr.write(`# ${note}\n`);
}

/** The clients that ask for several models. */
const usesTiers = (client: Client): boolean => client === 'claude-code' || client === 'opencode';
