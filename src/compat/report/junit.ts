/** The report as JUnit XML, for CI: a failure fails, unsupported and not applicable are skipped. */
import type { ResultFile, ResultLine } from './result-file.ts';

export function junit(file: ResultFile): string {
  const groups = [...new Set(file.results.map(({ group }) => group))];
  const suites = groups.map((group) => {
    const lines = file.results.filter((line) => line.group === group);
    return `  <testsuite name="${group}" ${figures(lines)}>\n${lines.map(testCase).join('')}  </testsuite>\n`;
  });
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="metalyard compat" ${figures(file.results)}>\n${suites.join('')}</testsuites>\n`;
}

function figures(lines: readonly ResultLine[]): string {
  const failed = lines.filter(({ status }) => status === 'fail').length;
  const skipped = lines.filter(isSkipped).length;
  return `tests="${lines.length}" failures="${failed}" skipped="${skipped}" time="${seconds(lines.reduce((sum, { durationMs }) => sum + durationMs, 0))}"`;
}

const isSkipped = ({ status }: ResultLine): boolean => status === 'unsupported' || status === 'not-applicable';
const seconds = (ms: number): string => (ms / 1000).toFixed(3);

function testCase(line: ResultLine): string {
  const head = `    <testcase classname="${line.group}" name="${line.name}" time="${seconds(line.durationMs)}"`;
  const why = escapeXml(`${line.title} (${line.contract}): ${line.detail ?? ''}`);
  if (line.status === 'fail') return `${head}><failure message="${why}"/></testcase>\n`;
  if (isSkipped(line)) return `${head}><skipped message="${line.status}: ${why}"/></testcase>\n`;
  if (line.status === 'degraded') return `${head}><system-out>degraded: ${why}</system-out></testcase>\n`;
  return `${head}/>\n`;
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escapeXml = (text: string): string => text.replace(/[&<>"]/g, (character) => entities[character] ?? '');
