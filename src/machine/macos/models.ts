/** What follows from a Mac's model identifier. */

/** MacBook Air since M2 under the newer naming: Apple's support pages on identifying models. */
const fanlessIdentifiers = new Set(['Mac14,2', 'Mac14,15', 'Mac15,12', 'Mac15,13', 'Mac16,12', 'Mac16,13']);

/** Undefined for newer identifiers that are not listed: their number does not tell a laptop from a desktop. */
export function fanless(model: string): boolean | undefined {
  if (fanlessIdentifiers.has(model)) return true;
  if (/^MacBookAir10,/.test(model)) return true;
  if (/^(MacBookPro|MacBookAir|Macmini|iMac|iMacPro|MacPro)\d/.test(model)) return false;
  return undefined;
}

/** By the name people know: "MacBook Air", which does not tell Intel from Apple. */
export function fanlessByName(name: string, chip: string): boolean | undefined {
  if (!chip.startsWith('Apple ')) return undefined;
  return name === 'MacBook Air' || name === 'MacBook Neo';
}
