/**
 * What an engine child may know of the parent's environment: enough to find libraries and to choose
 * GPUs. An allow-list, because the rest holds other people's secrets (API keys, tokens).
 */
const names = new Set([
  'PATH',
  'HOME',
  'USERPROFILE',
  'LANG',
  'LC_ALL',
  'TZ',
  // temporary files and system folders, which libraries look up by these names
  'TMPDIR',
  'TEMP',
  'TMP',
  'SYSTEMROOT',
  'WINDIR',
  'SYSTEMDRIVE',
  'COMSPEC',
  'APPDATA',
  'LOCALAPPDATA',
  'PROGRAMDATA',
  'PROGRAMFILES',
  'XDG_CACHE_HOME',
  'XDG_RUNTIME_DIR',
  // shared libraries
  'LD_LIBRARY_PATH',
  'DYLD_LIBRARY_PATH',
  'DYLD_FALLBACK_LIBRARY_PATH',
  // where Node keeps compiled sources
  'NODE_COMPILE_CACHE',
]);
/** GPU drivers and llama.cpp: CUDA, HIP/ROCm, Vulkan, Metal, OpenMP. */
const prefixes = ['CUDA_', 'NVIDIA_', 'HIP_', 'HSA_', 'ROCR_', 'ROCM_', 'GPU_DEVICE_', 'VK_', 'GGML_', 'OMP_'];

export function childEnvironment(parent: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const allowed: NodeJS.ProcessEnv = {};
  for (const [name, value] of Object.entries(parent)) {
    const upper = name.toUpperCase(); // Windows writes `Path`
    if (names.has(upper) || prefixes.some((prefix) => upper.startsWith(prefix))) allowed[name] = value;
  }
  return allowed;
}
