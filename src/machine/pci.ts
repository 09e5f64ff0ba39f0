/** PCI addresses as tools print them, in one form: `0000:01:00.0`, lower case. */
export function pciAddress(text: string | undefined): string | undefined {
  const match = /^(?:(?:0{4})?([0-9a-f]{4}):)?([0-9a-f]{2}):([0-9a-f]{2})\.([0-7])$/i.exec(text?.trim() ?? '');
  if (match === null) return undefined;
  const [, domain = '0000', bus, device, fn] = match;
  return `${domain}:${bus}:${device}.${fn}`.toLowerCase();
}
