/** What a started job was told, for as long as it is started. */
export const jobSpecsSchema = `
CREATE TABLE job_specs (
  job_id TEXT PRIMARY KEY REFERENCES jobs(id) ON DELETE CASCADE,
  spec_json TEXT NOT NULL, issuer TEXT NOT NULL
) STRICT;
CREATE TRIGGER job_specs_end AFTER UPDATE OF state ON jobs WHEN NEW.state <> 'started'
BEGIN DELETE FROM job_specs WHERE job_id = NEW.id; END;
`
