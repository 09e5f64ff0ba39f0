/** JSON as opencode and pi take it: with comments and trailing commas. */

const comments = /("(?:[^"\\]|\\.)*")|\/\/[^\n]*|\/\*[\s\S]*?\*\//g;
const trailingCommas = /("(?:[^"\\]|\\.)*")|,(?=\s*[}\]])/g;

/** Throws a SyntaxError as JSON.parse does. */
export function parseJsonc(text: string): unknown {
  const keepStrings = (_: string, string: string | undefined) => string ?? '';
  return JSON.parse(text.replace(comments, keepStrings).replace(trailingCommas, keepStrings));
}
