/** `metalyard models ls`: what the yard has, on which machines, and what names such as `auto` mean at the moment. */

import { duration } from '../../landmines/words.ts';
import type { MinimumView } from '../../yard/loads/minimums.ts';
import type { CopyView, ModelView, NamesView } from '../../yard/names/view-names.ts';
import { CommandError } from '../command-error.ts';
import { askForNames } from '../gateway-names.ts';
import { commandLine } from '../package-files.ts';
import { runningGateway } from '../running-gateway.ts';
import { table } from '../table.ts';

export interface ModelsFlags {
  readonly dataDir: string;
  readonly json?: boolean;
}

export async function listModels(flags: ModelsFlags): Promise<void> {
  const { directory, record } = await runningGateway(flags.dataDir);
  const names = await askForNames(record);
  if (names === undefined) throw new CommandError('The gateway has just stopped.');
  process.stdout.write(flags.json ? `${JSON.stringify(names, null, 2)}\n` : namesText(names, directory.path));
}

/** Exported for its test. */
export function namesText({ models, choices, aliases, minimums }: NamesView, dataDir: string): string {
  if (models.length === 0) return `No machine serves a model. Start one: ${commandLine('agent', dataDir)}\n`;
  const rows = models.map((model) => [
    String(model.rank),
    model.id,
    sizeText(model.parameters),
    model.window > 0 ? String(model.window) : '-',
    abilities(model) || '-',
    model.copies.map(copyText).join(', '),
  ]);
  const meanings = [
    ...choices.map(({ name, means }) => [name, means ?? '-', linesOf[name] ?? '']),
    ...aliases.map(({ name, means, target, hidden }) => [
      name,
      hidden ? 'the model of that name' : (means ?? 'no machine has it'),
      `alias of ${target}`,
    ]),
  ];
  return (
    table(['rank', 'model', 'size', 'window', 'can', 'on'], rows) +
    namesakes(models) +
    minimumsText(minimums) +
    `\n${table(['name', 'means now', 'also for'], meanings)}`
  );
}

const linesOf: Readonly<Record<string, string>> = {
  auto: 'chosen for each request',
  large: 'claude-opus*',
  default: 'claude-sonnet* and other claude-* names',
  small: 'claude-haiku*',
};

function sizeText(parameters: number | null): string {
  if (parameters === null) return '-';
  if (parameters >= 1e9) return `${Math.round(parameters / 1e8) / 10} B`;
  return `${Math.max(0.1, Math.round(parameters / 1e5) / 10)} M`;
}

function abilities({ tools, thinking, vision }: ModelView): string {
  return [tools && 'tools', thinking && 'thinking', vision && 'vision'].filter(Boolean).join(' ');
}

/** `pc (Q4_K_M)`, `mac (mlx-lm 4bit, not loaded)`, `box (Q8_0, on disk, 12 s to load)`. */
function copyText({ machine, outlook, loaded, stays, format, quantisation, loadMs }: CopyView): string {
  const kind = [format === 'gguf' ? null : format, quantisation].filter((word) => word !== null).join(' ');
  const state = outlook !== 'ready' ? stateWords[outlook] : loaded ? '' : 'not loaded';
  const load = outlook === 'available' && loadMs !== null ? `${duration(loadMs)} to load` : '';
  const words = [kind, state, load, stays ?? ''].filter((word) => word !== '').join(', ');
  return words === '' ? machine : `${machine} (${words})`;
}

const stateWords = {
  loading: 'loading',
  available: 'on disk',
  shut: 'takes no work',
  failed: 'failed',
  absent: 'away',
} as const;

/** Which models are to stay loaded, where they are, and why they are not where they are not. */
export function minimumsText(minimums: readonly MinimumView[]): string {
  if (minimums.length === 0) return '';
  const rows = minimums.map(({ model, least, on, told, coming, because }) => {
    const now = [
      on.join(', '),
      told.length === 0 ? '' : `${told.join(', ')} (not confirmed)`,
      coming.length === 0 ? '' : `${coming.join(', ')} (loading)`,
    ].filter((text) => text !== '');
    const isShort = on.length + told.length + coming.length < least;
    const why = !isShort ? '' : because.length > 0 ? because.join('; ') : 'no other machine has it and takes work';
    return [model, String(least), now.join(', ') || 'none', why];
  });
  return `\n${table(['to stay loaded', 'machines', 'on', 'why not on more'], rows)}`;
}

/** Two models of one name: who meets that should not have to guess. */
function namesakes(models: readonly ModelView[]): string {
  return models
    .filter(({ id }) => id.includes('@'))
    .map(({ id, copies }) => {
      const [plain] = id.split('@');
      const where = copies.map(({ machine }) => machine).join(', ');
      return `\n${id} on ${where} is another file than ${plain}: they have one name and different content.\n`;
    })
    .join('');
}
