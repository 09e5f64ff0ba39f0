/** JSON as templates print it: like Python's `json.dumps`, with a space after each comma and colon. */

/** Of a plain value. */
export const plainJson = (value: unknown): string => write(value, (part) => part);

/** Of what a value of the template engine holds: its objects are Maps, and parts are values of the engine. Throws for a function. */
export const engineJson = (held: unknown): string => write(held, (part) => (part as { readonly value: unknown }).value);

function write(value: unknown, held: (part: unknown) => unknown): string {
  if (value === null || value === undefined) return 'null';
  if (Array.isArray(value)) return `[${value.map((item) => write(held(item), held)).join(', ')}]`;
  if (typeof value === 'object') {
    const fields = value instanceof Map ? [...value] : Object.entries(value);
    return `{${fields.map(([key, part]) => `${JSON.stringify(key)}: ${write(held(part), held)}`).join(', ')}}`;
  }
  if (typeof value === 'function') throw new Error('A function cannot be written as JSON.');
  return JSON.stringify(value);
}
