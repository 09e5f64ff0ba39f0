/**
 * PCI device numbers of AMD GPUs and the target each runs. Before ROCm 6.1 no tool tells the target, and some
 * releases tell no name either: the device number is the only key all of them have. Which chip a number is:
 * the list in Linux' amdgpu driver (drivers/gpu/drm/amd/amdgpu/amdgpu_drv.c) and, for chips since RDNA 3,
 * libdrm's data/amdgpu.ids; which target a chip runs: LLVM's user guide for its AMDGPU back end. 2026-11.
 */
const byTarget: Readonly<Record<string, string>> = {
  gfx900: '6860 6861 6862 6863 6864 6867 6868 6869 686a 686b 686c 686d 686e 686f 687f',
  gfx902: '15dd 15d8',
  gfx906: '66a0 66a1 66a2 66a3 66a4 66a7 66af',
  gfx908: '7388 738c 738e 7390',
  gfx90a: '7408 740c 740f 7410',
  gfx90c: '1636 1638 164c 15e7',
  gfx942: '74a0 74a1 74a2 74a5',
  gfx950: '75a0',
  gfx1010: '7310 7312 7318 7319 731a 731b 731e 731f',
  gfx1011: '7360 7362',
  gfx1012: '7340 7341 7347 734f',
  gfx1030: '73a0 73a1 73a2 73a3 73a5 73a8 73a9 73ab 73ac 73ad 73ae 73af 73bf',
  gfx1031: '73c0 73c1 73c3 73da 73db 73dc 73dd 73de 73df',
  gfx1032: '73e0 73e1 73e2 73e3 73e8 73e9 73ea 73eb 73ec 73ed 73ef 73ff',
  gfx1033: '163f',
  gfx1034: '7420 7421 7422 7423 7424 743f',
  gfx1035: '164d 1681',
  gfx1036: '164e 13c0',
  gfx1100: '7448 7449 744a 744b 744c 745e',
  gfx1101: '7460 7461 7470 747e',
  gfx1102: '7480 7483 7489 7499',
  gfx1103: '15bf 15c8 1900 1901',
  gfx1150: '150e',
  gfx1151: '1586',
  gfx1152: '1114',
  gfx1200: '7590',
  gfx1201: '7550 7551',
};

const targets: ReadonlyMap<string, string> = new Map(
  Object.entries(byTarget).flatMap(([gfx, numbers]) => numbers.split(' ').map((number) => [`1002:${number}`, gfx])),
);

/** `gfx1031` for `1002:73df`; undefined for what is not in the table. */
export const targetOfDevice = (deviceId: string): string | undefined => targets.get(deviceId);
