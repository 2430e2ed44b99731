export type {
  JobCaches,
  PrepareCachesRequest,
  PreparedCaches,
  ToolLocation,
  ToolName,
  ToolRequest,
} from './job-caches.ts'
