// A process that does nothing.
setInterval(() => {}, 60_000)
process.stdout.write('{}\n')
