import { arch, platform } from 'node:os'

const systems: Readonly<Record<string, string>> = { win32: 'windows', sunos: 'solaris' }
const architectures: Readonly<Record<string, string>> = { x64: 'amd64', ia32: '386' }

/** This machine in the words of the tools: `linux_amd64`. */
export function ownPlatform(): string {
  return `${systems[platform()] ?? platform()}_${architectures[arch()] ?? arch()}`
}
