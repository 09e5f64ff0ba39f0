/**
 * Every fact a probe can report, by name. Names are dotted, units are in the last word: `_bytes`,
 * `_ms`, `_celsius`; fractions are 0..1; versions are the dotted text the source printed.
 *
 * A probe returns the facts it found (`Facts`, partial); the machine's facts are all of them merged.
 * A name that is missing was not probed. Lists hold objects whose own fields may be unknown one by one.
 */
import type { Fact } from './fact.ts';

export type OperatingSystem = 'linux' | 'windows' | 'macos';
export type Container = 'none' | 'docker' | 'podman' | 'lxc' | 'kubernetes' | 'nspawn' | 'other';
export type Virtualisation = 'none' | 'kvm' | 'vmware' | 'hyperv' | 'virtualbox' | 'xen' | 'parallels' | 'other';
export type InitSystem = 'systemd' | 'openrc' | 'runit' | 'dinit' | 's6' | 'shepherd' | 'launchd' | 'windows' | 'other';
export type GpuVendor = 'nvidia' | 'amd' | 'intel' | 'apple' | 'virtual' | 'other';
export type Pressure = 'normal' | 'warn' | 'critical';

/** One GPU as one tool describes it. A field the tool does not know is an unknown fact. */
export interface Gpu {
  vendor: GpuVendor;
  /** The tool's own number. */
  index: number;
  name: Fact<string>;
  /** Stable across tools where there is one: PCI address `0000:01:00.0`, lower case. */
  pci?: Fact<string>;
  uuid?: Fact<string>;
  vram_total_bytes: Fact<number>;
  vram_used_bytes: Fact<number>;
  vram_free_bytes: Fact<number>;
  /** Of its memory what the processor can reach; 256 MiB means no resizable BAR. */
  visible_vram_bytes?: Fact<number>;
  /** System memory the GPU may use besides (AMD GTT): on an APU the real budget, `vram` being a small carve-out. */
  gtt_total_bytes?: Fact<number>;
  gtt_used_bytes?: Fact<number>;
  /** Shared with the CPU: Apple, APUs, integrated Intel. */
  unified: Fact<boolean>;
  /** NVIDIA `8.9`. */
  compute_capability?: Fact<string>;
  /** NVIDIA's name of the generation, `Turing`, where the tool prints it. */
  architecture?: Fact<string>;
  /** AMD `gfx1030`. */
  gfx?: Fact<string>;
  display_attached: Fact<boolean>;
  temperature_celsius?: Fact<number>;
  power_watts?: Fact<number>;
  utilization?: Fact<number>;
  /** Reasons that cost speed: thermal or power-brake slowdown. A plain power cap is normal at full load and is not here. */
  throttling?: Fact<readonly string[]>;
  persistence_mode?: Fact<boolean>;
  /** PCI vendor and device, `10de:2684`. */
  device_id?: Fact<string>;
  /** MIG parent: its free memory cannot be allocated; `mig` lists what can. */
  mig_enabled?: Fact<boolean>;
  mig?: readonly MigDevice[];
  external?: Fact<boolean>;
  /** Memory bandwidth by model name, GB/s (10^9), from `gpus.json`. */
  bandwidth_gbps?: Fact<number>;
}

/** A part of an NVIDIA GPU in MIG mode; what the output does not print is absent. */
export interface MigDevice {
  index?: number;
  uuid?: string;
  name?: string;
  /** Parts with one number share that instance's memory. */
  gpu_instance?: number;
  vram_total_bytes: Fact<number>;
}

export interface Disk {
  mount: string;
  filesystem: string;
  kind: Fact<'ssd' | 'nvme' | 'rotational' | 'network' | 'virtual'>;
  free_bytes: Fact<number>;
  total_bytes: Fact<number>;
}

/** A library the dynamic linker or the system resolves. */
export interface Library {
  name: string;
  path: string;
}

export interface FactTable {
  // --- operating system
  'os.family': OperatingSystem;
  /** `ID` of os-release, `windows`, `macos`. */
  'os.distribution': string;
  'os.version': string;
  'os.kernel': string;
  'os.architecture': 'x64' | 'arm64' | 'other';
  'os.libc': { kind: 'glibc' | 'musl' | 'bionic'; version: string };
  /** Highest `GLIBCXX_` version of the libstdc++ that resolves: `3.4.30`. */
  'os.glibcxx': string;
  'os.init': InitSystem;
  'os.container': Container;
  'os.virtualisation': Virtualisation;
  /** `aws`, `gcp`, `azure`, ... or `none`. */
  'os.cloud': string;
  /** 0: not WSL. */
  'os.wsl': 0 | 1 | 2;
  'os.is_root': boolean;
  'os.language': string;
  // --- how this process lives
  'session.kind': 'ssh' | 'desktop' | 'service' | 'terminal' | 'container';
  /** systemd keeps user processes after logout. */
  'session.linger': boolean;
  /** SIGHUP is ignored (nohup) or there is no terminal to lose. */
  'session.survives_hangup': boolean;
  // --- processor
  'cpu.name': string;
  'cpu.physical_cores': number;
  'cpu.logical_cores': number;
  /** CPU time a container may use, in cores; absent means no limit. */
  'cpu.quota_cores': number;
  'cpu.features': readonly string[];
  'cpu.load_1m': number;
  /** PSI `some avg10`, 0..1: work waited for the processor. */
  'cpu.stall_10s': number;
  // --- memory
  'memory.total_bytes': number;
  /** What a new allocation can really get without swapping. */
  'memory.available_bytes': number;
  /** The container's limit. */
  'memory.limit_bytes': number;
  'memory.limit_used_bytes': number;
  'memory.swap_total_bytes': number;
  'memory.swap_used_bytes': number;
  'memory.pressure': Pressure;
  /** PSI `some avg10`, 0..1. */
  'memory.stall_10s': number;
  'memory.stall_full_10s': number;
  /** macOS: memory the compressor itself takes up. */
  'memory.compressor_bytes': number;
  /** macOS: pages written to swap since start; rising between two readings is the alarm. */
  'memory.swapouts': number;
  /** macOS: bytes written to swap in the last 30 s; only while it is watched. */
  'memory.swapped_out_30s': number;
  // --- disks
  'disk.all': readonly Disk[];
  /** The disk that holds the models. */
  'disk.models': Disk;
  /** Read speed of a model file's uncached bytes, measured. */
  'disk.models_read_bytes_per_s': number;
  'disk.data_writable': boolean;
  /** PSI `some avg10`, 0..1: work waited for a disk. */
  'disk.stall_10s': number;
  // --- power and heat
  'power.source': 'ac' | 'battery';
  'power.battery_level': number;
  'power.battery_present': boolean;
  /** Power-plan GUID (Windows) or profile name (Linux, macOS `lowpowermode`). */
  'power.plan': string;
  'power.saver': boolean;
  'power.sleep_states': readonly string[];
  'power.modern_standby': boolean;
  /** Minutes of idleness until the machine sleeps on its present power source; 0: never. */
  'power.sleep_after_min': number;
  /** The same for each power source, where the system tells both. */
  'power.sleep_after_ac_min': number;
  'power.sleep_after_battery_min': number;
  'power.sleep_inhibited': boolean;
  'power.lid_closed': boolean;
  'thermal.fanless': boolean;
  'thermal.max_celsius': number;
  /** Share of full speed the system allows the processor, 0..1 (Intel Macs). */
  'thermal.speed_limit': number;
  // --- displays and GPUs
  'display.count': number;
  'display.largest_pixels': number;
  /** Graphics cards on the PCI bus, whatever drivers and tools are there or not. */
  'gpu.on_bus': readonly {
    pci: string;
    vendor: GpuVendor;
    device_id?: string;
    name?: string;
    driver?: string;
    /** It may be pulled out: in a case of its own (eGPU). */
    external?: boolean;
  }[];
  /** All usable GPUs, each once, however many tools saw it. */
  'gpu.all': readonly Gpu[];
  'nvidia.gpus': readonly Gpu[];
  'nvidia.driver': string;
  /** Driver of the user-space libraries where it differs in origin from the module's. */
  'nvidia.library_version': string;
  'nvidia.module_version': string;
  /** Highest CUDA the driver supports (not an installed toolkit). */
  'nvidia.cuda_driver': string;
  /** What nvidia-smi's failure was, by exit code and English text. */
  'nvidia.failure':
    | 'none'
    | 'not-installed'
    | 'driver-not-loaded'
    | 'no-devices'
    | 'version-mismatch'
    | 'gpu-lost'
    | 'library-missing'
    | 'hung'
    | 'other';
  /** A PCI device of vendor 10de exists, whatever the driver. */
  'nvidia.hardware_present': boolean;
  'nvidia.nouveau_bound': boolean;
  'nvidia.persistence_daemon': boolean;
  'amd.gpus': readonly Gpu[];
  'amd.kfd_present': boolean;
  'amd.kfd_readable': boolean;
  'amd.rocm_version': string;
  /** `HSA_OVERRIDE_GFX_VERSION` and its numbered forms as set in the environment. */
  'amd.override': string;
  'amd.driver': string;
  'intel.gpus': readonly Gpu[];
  'apple.chip': string;
  'apple.gpu_cores': number;
  'apple.model': string;
  /** Metal's recommended maximum working set. */
  'apple.working_set_bytes': number;
  /** `iogpu.wired_limit_mb` as bytes; 0: the default applies. */
  'apple.wired_limit_bytes': number;
  'vulkan.devices': readonly {
    name: string;
    kind: 'discrete' | 'integrated' | 'cpu' | 'virtual' | 'other';
    uuid: string;
    driver: string;
    vendor?: GpuVendor;
    /** PCI address, where the tool prints it. */
    pci?: string;
  }[];
  'vulkan.loader': boolean;
  'windows.adapters': readonly Gpu[];
  'windows.basic_display': boolean;
  /** Display adapters the registry remembers, also ones that were taken out: the only place with their true memory. */
  'windows.display_registry': readonly {
    device: string;
    name: string;
    driver?: string;
    vram_total_bytes: Fact<number>;
  }[];
  /** Profile of Ubuntu's `prime-select`. */
  'gpu.prime_mode': 'on-demand' | 'integrated-only' | 'discrete-only';
  /** Hybrid graphics: which GPU drives the display. */
  'gpu.hybrid': {
    integrated: string;
    discrete: string;
    mode: 'on-demand' | 'integrated-only' | 'discrete-only' | 'unknown';
  };
  // --- libraries an engine build needs
  'libraries.cuda': readonly Library[];
  'libraries.rocm': readonly Library[];
  'libraries.vulkan': readonly Library[];
  /** Linux NVIDIA libraries installed inside WSL, where the Windows driver's must be used. */
  'wsl.linux_driver_installed': boolean;
  'wsl.gpu_device': boolean;
  'wsl.config': Readonly<Record<string, string>>;
  /** Distributions installed on this Windows. */
  'wsl.distributions': readonly { name: string; version: 1 | 2; default: boolean }[];
  /** Address of the Windows side. */
  'wsl.host_address': string;
  // --- containers
  'container.gpu_devices': readonly string[];
  'container.driver_capabilities': readonly string[];
  'container.rootless': boolean;
  // --- network, clock, security
  'network.proxy': Readonly<Record<string, string>>;
  'network.ipv6': boolean;
  'network.has_route': boolean;
  /** Issuer of the certificate chain the gateway's address shows, when it is not the pinned one; empty when it is. */
  'network.tls_intercepted_by': string;
  /** A WebSocket upgrade to the gateway works. */
  'network.websocket': boolean;
  /** Known to the gateway: where a second program with this machine's key came from while the first was linked; empty: from nowhere. */
  'link.second_program': string;
  /** Known to the gateway: why the link could not be understood lately, as a clause; empty: it could. */
  'link.malformed': string;
  /** Gateway clock minus ours, by round trip. */
  'clock.offset_ms': number;
  'clock.synchronised': boolean;
  'security.defender_mode': 'normal' | 'passive' | 'off' | 'other';
  'security.defender_exclusions': readonly string[];
  'security.controlled_folder_access': 'off' | 'on' | 'audit';
  'security.selinux': 'enforcing' | 'permissive' | 'disabled';
  /** Files of ours that carry the macOS quarantine attribute. */
  'security.quarantined': readonly string[];
  // --- ourselves
  'metalyard.version': string;
  'metalyard.node': string;
  /** The port a gateway would listen on. */
  'metalyard.port': number;
  /** What answers on that port and is no gateway of this data directory; empty when nothing does. */
  'metalyard.port_taken_by': string;
  'metalyard.data_directory_filesystem': string;
  /** Backend the embedded engine really runs on. */
  'engine.backend': 'cpu' | 'cuda' | 'vulkan' | 'metal' | 'rocm';
  /** Backends for which this installation has a binary. */
  'engine.builds': readonly string[];
  'engine.gpu_layers': { offloaded: number; total: number };
  /** At which the engine writes now: the middle one of its last comparable answers. */
  'engine.tokens_per_s': number;
  /** That speed against what `engine.speed_basis` says: 1 is as good as it should be. */
  'engine.speed_ratio': number;
  /** The faster of the two: the best here with the same model, build and device; half of what the GPU's bandwidth allows. */
  'engine.speed_basis': 'own-best' | 'bandwidth';
  /** NVIDIA/AMD driver when a model was last loaded onto the GPU, in an earlier start of the agent. */
  'engine.last_good_driver': string;
  /** Time to load the present model: the first time with this build and device, and the latest time after that. */
  'engine.first_load_ms': number;
  'engine.later_load_ms': number;
}

export type FactName = keyof FactTable;

/** What is known of a machine, by name. */
export type Facts = { readonly [Name in FactName]?: Fact<FactTable[Name]> };
