/**
 * Which known values of facts are not in the text they were read from? A number must be one that
 * stands there whole (not a part of `39,32` or `1.024`), times a unit; or what the fact is defined to
 * be of such numbers: a difference, a product, a count of lines.
 */
import type { Facts } from '../../src/contract/machine/facts.ts';

export function inventedValues(facts: Facts, text: string): readonly string[] {
  const known = Object.entries(facts).flatMap(([name, fact]) => (fact.known ? leaves(fact.value, name) : []));
  if (known.length === 0) return [];
  const there = new Occurrences(text);
  return known.filter(({ path, value }) => !there.explains(path, value)).map(({ path, value }) => `${path} = ${value}`);
}

interface Leaf {
  readonly path: string;
  readonly value: unknown;
}

/** Values at every depth; of facts inside a value those that are known. */
function leaves(value: unknown, path: string): readonly Leaf[] {
  if (Array.isArray(value)) return value.flatMap((item) => leaves(item, path));
  if (typeof value !== 'object' || value === null) return [{ path, value }];
  if ('known' in value) return value.known === true && 'value' in value ? leaves(value.value, path) : [];
  return Object.entries(value).flatMap(([key, part]) => leaves(part, `${path}/${key}`));
}

/** Words a parser gives for codes and formats. */
const vocabulary = new Set(
  (
    'nvidia amd intel apple virtual other discrete integrated cpu none docker podman lxc kubernetes nspawn normal warn critical ' +
    'ac battery passive off on audit hyperv vmware kvm xen parallels virtualbox aws gcp azure alibaba openstack opentelekomcloud huawei hetzner ' +
    'on-demand integrated-only discrete-only unknown macos windows linux lowpowermode ssd rotational nvme network terminal service desktop ssh ' +
    'microsoft no-devices driver-not-loaded version-mismatch gpu-lost library-missing not-installed hung enforcing permissive disabled ' +
    'hw_slowdown hw_thermal_slowdown hw_power_brake_slowdown sw_thermal_slowdown systemd openrc runit dinit s6 shepherd'
  ).split(' '),
);

const units = [1, 1024, 1024 ** 2, 1024 ** 3, 1e6, 1e-2, 1e-3, 1e-4, 16_384, 4_096];

class Occurrences {
  readonly #text: string;
  readonly #lower: string;
  readonly #numbers: ReadonlySet<number>;
  readonly #lines: number;

  constructor(text: string) {
    this.#text = text;
    this.#lower = text.toLowerCase();
    this.#lines = text.split(/[\n ]/).length;
    // Runs of digits, points and commas that are one number; a comma or point at the end is punctuation.
    const runs = (text.match(/\d[\d.,]*/g) ?? [])
      .map((run) => run.replace(/[.,]+$/, ''))
      .filter((run) => /^\d+(\.\d+)?$/.test(run));
    // A list without spaces (`0,64,...`) is several.
    const listed = (text.match(/\d+(?:,\d+)+/g) ?? []).flatMap((run) =>
      /,\d{3}(,|$)/.test(run) ? [] : run.split(','),
    );
    this.#numbers = new Set([...runs, ...(text.includes('hex(') ? listed : [])].map(Number));
  }

  explains(path: string, value: unknown): boolean {
    // A boolean is a judgement about a word; what it may rest on is each probe's own test.
    if (typeof value === 'boolean') return true;
    if (typeof value === 'string') return this.#explainsText(path, value);
    return typeof value === 'number' && this.#explainsNumber(path, value);
  }

  #explainsNumber(path: string, value: number): boolean {
    // WSL1 and WSL2 by the kernel's name.
    if (path === 'os.wsl') return true;
    // Counts and positions.
    if (/\/index$|\.count$|cores$|\/version$/.test(path) && Number.isInteger(value) && value <= this.#lines)
      return true;
    if (path.startsWith('windows.display_registry')) return this.#hasQuadword(value);
    if (/sleep_after_(ac|battery)_min$/.test(path))
      return this.#lower.includes(`0x${(value * 60).toString(16).padStart(8, '0')}`);
    if (this.#stands(value)) return true;
    if (path.endsWith('_pixels')) return this.#anyNumber((one) => this.#numbers.has(value / one));
    if (/free_bytes|swap_used/.test(path)) return this.#scaled((whole) => this.#stands(whole - value));
    if (path === 'memory.available_bytes') return this.#isSumOfPages(value);
    return false;
  }

  /** As a number of the text in one of the units. Rounding of a decimal fraction is forgiven. */
  #stands(value: number): boolean {
    return value === 0
      ? this.#numbers.has(0) || this.#numbers.size > 0
      : this.#anyNumber((one) =>
          units.some((unit) => Math.abs(one * unit - value) <= Math.abs(value) * 1e-9 + (unit >= 1024 ? 0.51 : 0)),
        );
  }

  #anyNumber(is: (one: number) => boolean): boolean {
    for (const one of this.#numbers) if (is(one)) return true;
    return false;
  }

  #scaled(is: (whole: number) => boolean): boolean {
    return this.#anyNumber((one) => units.some((unit) => is(one * unit)));
  }

  #hasQuadword(value: number): boolean {
    const bytes = value.toString(16).padStart(16, '0').match(/../g)!.reverse().join(',');
    return this.#lower.includes(bytes) || this.#lower.includes(`0x${value.toString(16)}`);
  }

  /** vm_stat: free, speculative, purgeable, and the lesser of inactive and file-backed. */
  #isSumOfPages(value: number): boolean {
    const page = Number(/page size of (\d+) bytes/.exec(this.#text)?.[1]);
    const pages = (name: string): number[] =>
      [...this.#text.matchAll(new RegExp(`${name}"?:\\s+(\\d+)\\.`, 'g'))].map(([, count]) => Number(count));
    return pages('Pages free').some((free) =>
      pages('Pages speculative').some((speculative) =>
        pages('Pages purgeable').some((purgeable) =>
          pages('Pages inactive').some((inactive) =>
            pages('File-backed pages').some(
              (backed) => value === (free + speculative + purgeable + Math.min(inactive, backed)) * page,
            ),
          ),
        ),
      ),
    );
  }

  #explainsText(path: string, value: string): boolean {
    if (value === '' || vocabulary.has(value) || this.#text.includes(value)) return true;
    const lower = value.toLowerCase();
    if (this.#lower.includes(lower)) return true;
    if (path.endsWith('/pci')) return this.#lower.includes(lower.replace(/^0000:/, ''));
    // Vendor and device stand apart, and differ in how they are written.
    if (/device(_id)?$/.test(path))
      return lower.split(':').every((half) => this.#lower.includes(half) || ['1002', '8086'].includes(half));
    // Windows' four parts of an NVIDIA version; macOS from Darwin.
    if (path === 'nvidia.driver')
      return (
        this.#lower.includes(`${value.slice(-5, -3)}${value.slice(-2)}`) ||
        this.#lower.includes(value.replace('.', '').slice(1))
      );
    if (path === 'os.version') return this.#anyNumber((one) => Math.floor(one) >= 20) || /Darwin/.test(this.#text);
    if (path.startsWith('gpu.hybrid')) return /^(nvidia|amd|intel) /.test(value);
    if (path.endsWith('/gfx') || path.endsWith('power.sleep_states')) return false;
    return false;
  }
}
