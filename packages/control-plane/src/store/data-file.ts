declare const brand: unique symbol

/** Path of a file, relative to the data directory; made by {@link dataFiles} only. */
export type DataFile = string & { readonly [brand]: true }

/** The folders below the data directory. */
export const dataFolders = [
  'configuration-versions',
  'hook-archives',
  'logs',
  'module-versions',
  'plans',
  'policy-bundles',
  'states',
  'job-files',
  'tls',
] as const
export type DataFolder = (typeof dataFolders)[number]

function dataFile(folder: DataFolder, ...parts: readonly string[]): DataFile {
  for (const part of parts) {
    // Ids and file names come from requests as well: what could leave the folder is a fault.
    if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/u.test(part)) {
      throw new TypeError(`Not a name of a stored file: ${JSON.stringify(part)}`)
    }
  }
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return [folder, ...parts].join('/') as DataFile
}

/** Where each kind of content lies. */
export const dataFiles = {
  configuration: (configurationVersionId: string): DataFile =>
    dataFile('configuration-versions', `${configurationVersionId}.tar.gz`),
  hookArchive: (archiveId: string): DataFile => dataFile('hook-archives', `${archiveId}.tar.gz`),
  log: (phaseId: string): DataFile => dataFile('logs', `${phaseId}.log`),
  moduleVersion: (moduleVersionId: string): DataFile =>
    dataFile('module-versions', `${moduleVersionId}.tar.gz`),
  planJson: (phaseId: string): DataFile => dataFile('plans', `${phaseId}.json`),
  policyBundle: (bundleId: string): DataFile => dataFile('policy-bundles', `${bundleId}.tar.gz`),
  state: (stateVersionId: string): DataFile => dataFile('states', `${stateVersionId}.tfstate`),
  /** Result files of one phase: saved plan, lock file, rescued state. */
  jobFile: (phaseId: string, name: string): DataFile => dataFile('job-files', phaseId, name),
  /** Key and certificate of the own CA. */
  tls: (name: 'ca.pem' | 'ca-key.pem'): DataFile => dataFile('tls', name),
} as const
