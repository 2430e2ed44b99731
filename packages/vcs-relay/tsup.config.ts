import { defineConfig } from 'tsup'

export default defineConfig({
  entry: ['src/index.ts', 'src/gateway/index.ts'],
  format: 'esm',
  target: 'node22',
  sourcemap: true,
  clean: true,
  // Without its prefix, node:sqlite would be looked for among the packages.
  removeNodeProtocol: false,
})
