/** The Terraform variables that a plan was made with; what follows it takes the same. Gone with the run's end. */
export const planVariablesSchema = `
CREATE TABLE plan_variables (
  run_id TEXT PRIMARY KEY REFERENCES runs(id) ON DELETE CASCADE, variables_json TEXT NOT NULL
) STRICT;
CREATE TRIGGER plan_variables_end AFTER UPDATE OF finished_at ON runs WHEN NEW.finished_at IS NOT NULL
BEGIN DELETE FROM plan_variables WHERE run_id = NEW.id; END;
`
