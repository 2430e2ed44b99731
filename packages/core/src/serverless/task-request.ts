import { z } from 'zod'

/**
 * What Scalr posts when a stage needs an agent. Actions are not listed in public, so any is taken.
 * @see https://docs.scalr.io/docs/serverless-agents
 */
export const taskRequestSchema = z.looseObject({
  task_id: z.string().min(1).max(255),
  action: z.string().max(255).default(''),
  run_id: z.string().max(255).nullish(),
  workspace_id: z.string().max(255).nullish(),
  environment_id: z.string().max(255).nullish(),
  created_at: z.string().max(64).nullish(),
})

/** A task that waits for an agent. */
export interface TaskRequest {
  readonly taskId: string
  /** e.g. `plan`; '' where none was told. */
  readonly action: string
  readonly runId: string | undefined
  readonly workspaceId: string | undefined
  readonly environmentId: string | undefined
  /** ISO 8601, by the caller's clock: for people, nothing is decided by it. */
  readonly createdAt: string | undefined
}

export function toTaskRequest(body: z.output<typeof taskRequestSchema>): TaskRequest {
  return {
    taskId: body.task_id,
    action: body.action,
    runId: body.run_id ?? undefined,
    workspaceId: body.workspace_id ?? undefined,
    environmentId: body.environment_id ?? undefined,
    createdAt: body.created_at ?? undefined,
  }
}
