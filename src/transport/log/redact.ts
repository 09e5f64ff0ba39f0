/** Takes credentials out of a line before anyone keeps it: ours, and those clients bring by mistake. */

/** The name of one of our keys stays readable, its secret part does not. */
const ourKey = /\b(my_[0-9A-Za-z]{12}_)[0-9A-Za-z_-]{8,}/g;
const adminToken = /\b(admin_)[0-9A-Za-z_-]{16,}/g;
const foreignKey = /\b(sk-|hf_|ghp_)[0-9A-Za-z_-]{12,}/g;
const bearer = /\b(bearer\s+)(?!my_|admin_|sk-|hf_|ghp_)[^\s"'\\]+/gi;

export function redact(line: string): string {
  return line
    .replace(ourKey, '$1***')
    .replace(adminToken, '$1***')
    .replace(foreignKey, '$1***')
    .replace(bearer, '$1***');
}
