/** Is an Intel GPU a part of the processor? By its name: Arc cards have a letter and a number. */
export function intelShares(name: string): boolean | undefined {
  if (/\bArc(\(TM\))? (Pro )?[AB]\d{2,3}M?\b/.test(name)) return false;
  if (/\b(UHD|HD|Iris)\b/.test(name)) return true;
  return undefined;
}
