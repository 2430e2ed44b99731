/** Agents that were called for jobs of pools whose agents come when a webhook is called. */
export const agentCallsSchema = `
CREATE TABLE agent_calls (
  -- Task id and idempotency key of the webhook, the same in each attempt.
  id TEXT PRIMARY KEY,
  -- What asks for an agent is the job while it is queued: in this pool, since it was last taken.
  job_id TEXT NOT NULL UNIQUE REFERENCES jobs(id) ON DELETE CASCADE,
  pool_id TEXT NOT NULL, fencing_token INTEGER NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0, due_at TEXT NOT NULL, created_at TEXT NOT NULL,
  -- When it was accepted; a job that is still queued when it is due again gets another call.
  accepted_at TEXT, error_message TEXT
) STRICT;
CREATE INDEX agent_calls_by_due ON agent_calls(due_at);
`
