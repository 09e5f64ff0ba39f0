/** Diagnoses as people read them at a terminal, and as JSON. */
import { clients } from '../client-settings.ts';
import { findingLines, label, labelled } from '../doctor/finding-text.ts';
import { colourOf, type Paint } from '../doctor/paint.ts';
import type { Diagnosis } from './examine.ts';
import { clientNames } from './setup.ts';

export function reportText(diagnoses: readonly Diagnosis[], paint: Paint): string {
  if (diagnoses.length === 0) {
    return (
      'Neither Claude Code nor opencode nor pi is set up here for a server of its own.\n' +
      `Name the one you mean: metalyard doctor --client NAME, of ${clients.join(', ')}.\n`
    );
  }
  return diagnoses.map((diagnosis) => diagnosisText(diagnosis, paint)).join('\n');
}

function diagnosisText({ client, provider, baseUrl, findings, notChecked }: Diagnosis, paint: Paint): string {
  const which = provider === undefined ? '' : `, provider ${provider}`;
  const lines = [
    paint('bold', `${clientNames[client]}${which}${baseUrl === undefined ? '' : `: ${baseUrl}`}`),
    ...findings.flatMap((finding) => [
      '',
      `${paint(colourOf[finding.severity], finding.severity.padEnd(label('').length))}${paint('bold', finding.title)} (${finding.code})`,
      ...findingLines(finding, paint),
    ]),
    ...notChecked.flatMap((what) => ['', ...labelled('Unknown', what, paint)]),
    ...(findings.length === 0 && notChecked.length === 0 ? ['', 'Nothing found.'] : []),
  ];
  return lines.map((line) => `${line}\n`).join('');
}

/** 0: nothing found. 1: something was. 2: nothing was, but not everything could be checked. */
export function exitStatus(diagnoses: readonly Diagnosis[]): number {
  if (diagnoses.some(({ findings }) => findings.length > 0)) return 1;
  return diagnoses.length === 0 || diagnoses.some(({ notChecked }) => notChecked.length > 0) ? 2 : 0;
}
