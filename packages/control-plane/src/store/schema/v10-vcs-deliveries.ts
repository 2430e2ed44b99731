/** Events of a VCS that were taken, whichever agents they came through. */
export const vcsDeliveriesSchema = `
-- By the forge's own id of the delivery: two agents may get the same one, each under an id of its own.
CREATE TABLE vcs_deliveries (
  vcs_provider_id TEXT NOT NULL REFERENCES vcs_providers(id) ON DELETE CASCADE,
  delivery_id TEXT NOT NULL, received_at TEXT NOT NULL, PRIMARY KEY (vcs_provider_id, delivery_id)
) STRICT;
CREATE INDEX vcs_deliveries_by_age ON vcs_deliveries(received_at);
`
