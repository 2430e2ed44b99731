const toolPath = '/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin'

/** Shell: tools of our own, found wherever the workload's PATH points. */
export const ownEnvironment = `PATH=${toolPath} IFS=' \t\n'`
