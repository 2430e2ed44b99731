// The least that can be called an agent: one request that waits, with the client that Node brings.
const [url] = process.argv.slice(2)
setTimeout(() => process.stdout.write('{}\n'), 500)
for (;;) await fetch(url).then((response) => response.text())
