import { sudo } from '../commands.ts';
import { landmine } from '../landmine.ts';
import { capture, unverified } from '../sources.ts';

export const nixosLoader = landmine({
  code: 'nixos-loader',
  title: 'NixOS does not run prebuilt programs as they are',
  group: 'system',
  severity: 'warns',
  on: ['linux'],
  needs: ['os.distribution'],
  means:
    "The engine's libraries are looked for in places NixOS does not have, so it may fail to load unless nix-ld provides them.",
  story:
    'NixOS keeps every library in its own store and has no loader at the usual path. Prebuilt binaries such as the engine work once ' +
    '`nix-ld` is on and is told which libraries to show (libstdc++ among them).',
  sources: [capture('os-release of NixOS 25.05', '2026-01'), unverified('nix-ld as the remedy')],
  example: { 'os.family': 'linux', 'os.distribution': 'nixos' },
  counterExample: { 'os.family': 'linux', 'os.distribution': 'debian' },
  judge({ 'os.distribution': distribution }, facts) {
    if (distribution !== 'nixos') return 'ok';
    // An engine that runs has found its libraries.
    if (facts['engine.backend']?.known) return 'ok';
    return {
      seen: 'This is NixOS, and no engine has been seen running here.',
      remedy: [
        'In configuration.nix: programs.nix-ld.enable = true; programs.nix-ld.libraries = [ pkgs.stdenv.cc.cc ]; then',
        sudo('nixos-rebuild switch'),
      ],
    };
  },
});
