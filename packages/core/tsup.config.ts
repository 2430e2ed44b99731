import { defineConfig } from 'tsup'

export default defineConfig({
  entry: [
    'src/index.ts',
    'src/container/index.ts',
    'src/protocol/index.ts',
    'src/runtime/index.ts',
    'src/serverless/index.ts',
    'src/testing/index.ts',
  ],
  format: 'esm',
  target: 'node22',
  sourcemap: true,
  clean: true,
  // Without its prefix, node:sqlite would be looked for among the packages.
  removeNodeProtocol: false,
})
