/**
 * `metalyard doctor`: what is wrong with this machine, what it means, what to type. Needs no gateway and
 * no network. Exit status 0 when nothing blocks or breaks, 1 when something does, 2 when doctor itself
 * could not do its work.
 */
import { allLandmines, landmineOf } from '../../landmines/index.ts';
import { collectFacts } from '../../machine/collect.ts';
import { writeBundle } from '../doctor/bundle.ts';
import { ownFacts } from '../doctor/own-facts.ts';
import { listText, pageText } from '../doctor/page-text.ts';
import { coloured, type Paint, plain } from '../doctor/paint.ts';
import { type DoctorReport, examine, exitStatus, reportJson } from '../doctor/report.ts';
import { allText, screenText } from '../doctor/screen-text.ts';
import { shippedModel, version } from '../package-files.ts';
import { openScreen } from '../screen.ts';

export interface DoctorFlags {
  readonly dataDir: string;
  readonly port: number;
  readonly model?: string;
  readonly json?: boolean;
  readonly list?: boolean;
  readonly all?: boolean;
  /** `true` when no file is named. */
  readonly bundle?: string | boolean;
}

const couldNotRun = 2;

export async function doctor(code: string | undefined, flags: DoctorFlags): Promise<void> {
  try {
    await run(code, flags);
  } catch (error) {
    process.stderr.write(`metalyard doctor: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = couldNotRun;
  }
}

async function run(code: string | undefined, flags: DoctorFlags): Promise<void> {
  const paint = openScreen().colour ? coloured : plain;
  if (flags.list) return printList(flags, paint);
  if (code !== undefined) return await explain(code, flags, paint);
  const report = await examineHere(flags);
  if (flags.bundle !== undefined && flags.bundle !== false) {
    const file = writeBundle(report, flags.bundle === true ? undefined : flags.bundle, Date.now());
    process.stderr.write(
      `Written to ${file}: facts and results without names, keys and addresses. Read it before you send it.\n`,
    );
  }
  if (flags.json) printJson(reportJson(report));
  else
    process.stdout.write(
      flags.all ? `${allText(report, paint)}\n${screenText(report, paint)}` : screenText(report, paint),
    );
  process.exitCode = exitStatus(report);
}

async function examineHere({ dataDir, port, model }: DoctorFlags): Promise<DoctorReport> {
  const startedMs = performance.now();
  // Whoever names a model wants to know about it: its disk is measured, with a quarter of a gigabyte.
  const facts = await collectFacts({ version, modelsPath: model ?? shippedModel, measure: model !== undefined });
  const own = await ownFacts({ dataDir, port }, facts);
  return examine(version, { ...facts, ...own }, performance.now() - startedMs);
}

function printList({ json }: DoctorFlags, paint: Paint): void {
  if (json) {
    return printJson(allLandmines.map(({ code, title, group, severity }) => ({ code, title, group, severity })));
  }
  process.stdout.write(listText(paint));
}

async function explain(code: string, flags: DoctorFlags, paint: Paint): Promise<void> {
  const landmine = landmineOf(code);
  if (landmine === undefined) throw new Error(`there is no landmine "${code}". ${nearest(code)}`);
  const { facts } = await examineHere(flags);
  const here = landmine.check(facts);
  if (!flags.json) return void process.stdout.write(pageText(landmine, here, paint));
  const { title, group, severity, means, story, belief, dependsOn = [], sources } = landmine;
  printJson({ code, title, group, severity, means, story, belief, dependsOn, sources, here });
}

function nearest(code: string): string {
  const words = code.toLowerCase().split(/[^a-z0-9]+/);
  const similar = allLandmines.filter((each) => words.some((word) => word.length > 2 && each.code.includes(word)));
  const names = similar.slice(0, 5).map((each) => each.code);
  return names.length === 0
    ? 'metalyard doctor --list shows all.'
    : `Did you mean ${names.join(' or ')}? --list shows all.`;
}

const printJson = (value: unknown): void => void process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
