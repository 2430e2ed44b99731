/** Bytes as Kubernetes writes them. */
export function bytesQuantity(bytes: number): string {
  return String(Math.max(1, Math.floor(bytes)))
}

/** Cores as Kubernetes writes them: thousandths, never none. */
export function cpuQuantity(cpus: number): string {
  return `${Math.max(1, Math.ceil(cpus * 1000))}m`
}
