import { serveWorkspaces } from './serve-workspaces.ts'

await serveWorkspaces()
