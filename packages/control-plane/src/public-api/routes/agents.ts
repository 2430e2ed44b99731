import { conflict } from '../json-api/index.ts'
import { does, nothing } from '../openapi/index.ts'
import { idOf, userOf, type PublicApi } from '../public-api.ts'
import { agents } from '../resources/index.ts'

import { registerReads } from './read-routes.ts'

/** Agents make themselves known; here they are only seen and removed. */
export function registerAgents(api: PublicApi): void {
  const { app, db, engine } = api
  registerReads(api, agents)

  app.delete(
    '/agents/:id',
    does({ id: 'delete_agent', summary: 'Delete an Agent', answer: nothing(), refusals: [409] }),
    (request, reply) => {
      const id = idOf(request)
      db.transaction(() => {
        api.reader.row(agents, userOf(request).accountId, id)
        const status = engine.agentStatus(id)
        const holdsJobs = db.get(
          "SELECT 1 FROM jobs WHERE agent_id = ? AND state IN ('assigned', 'started') LIMIT 1",
          id,
        )
        if (status === 'busy' || holdsJobs !== undefined) {
          throw conflict("The agent is busy and can't be deleted.")
        }
        if (status === 'idle') {
          throw conflict("The agent is online and can't be deleted. Stop it first.")
        }
        db.run('DELETE FROM agents WHERE id = ?', id)
      })
      return reply.code(204).send()
    },
  )
}
