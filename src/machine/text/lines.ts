/**
 * Lines of a tool's output, without carriage returns. Lines longer than any we know are left out:
 * a pattern is matched against each line, and its time must not depend on a babbling tool.
 */
export function lines(text: string, longest = 1_000): readonly string[] {
  return text.split(/\r?\n/).filter((line) => line.length <= longest);
}
