import { StateStore } from '../state/index.ts'
import { AgentSessions } from './agent-sessions.ts'
import { createEngineContext, type EngineOptions } from './engine-context.ts'
import type { Engine } from './engine.ts'
import { FileRetention } from './file-retention.ts'
import { FinishJob } from './finish-job.ts'
import { JobDispatcher } from './job-dispatcher.ts'
import { JobFiles } from './job-files.ts'
import { JobLeases } from './job-leases.ts'
import { JobStart } from './job-start.ts'
import { PolicyGate } from './policy-gate.ts'
import { Reaper } from './reaper.ts'
import { RunAdvance } from './run-advance.ts'
import { RunCancel } from './run-cancel.ts'
import { RunControl } from './run-control.ts'
import { RunLedger } from './run-ledger.ts'
import { RunOutcome } from './run-outcome.ts'
import { RunQueue } from './run-queue.ts'
import { SavedPlans } from './saved-plans.ts'
import { WaitingRoom } from './waiting-room.ts'

/** Wires the parts of the engine. */
export function createEngine(options: EngineOptions): Engine {
  const context = createEngineContext(options)
  const { db, jobs, timing, at } = context
  const room = new WaitingRoom(context.clock)
  const onQueued = (poolId: string): void => {
    dispatcher.jobsQueued(poolId)
    options.onQueued?.()
  }
  const retention = new FileRetention(context)
  const ledger = new RunLedger(context, { onEnded: (runId) => retention.review(runId) })
  const queue = new RunQueue(context, ledger, { onQueued })
  const leases = new JobLeases(context, { ledger, queue, onQueued })
  const sessions = new AgentSessions(context, leases)
  const dispatcher = new JobDispatcher(context, { sessions, room })
  const advance = new RunAdvance({ ledger, queue })
  const policies = new PolicyGate(context, { ledger, queue, advance })
  const savedPlans = new SavedPlans(context, ledger)
  const outcome = new RunOutcome(context, {
    ledger,
    queue,
    leases,
    advance,
    policies,
    savedPlans,
    onSlotFree: onQueued,
  })
  const control = new RunControl(context, { ledger, queue, savedPlans })
  const canceling = new RunCancel(context, {
    ledger,
    queue,
    onSignal: (agentId) => dispatcher.signalRaised(agentId),
  })
  const starting = new JobStart(context, { sessions, ledger })
  const jobFiles = new JobFiles(context, { leases, retention })
  const finishing = new FinishJob(context, { leases, outcome, states: new StateStore(context) })
  const reaper = new Reaper(context, { sessions, leases, queue, retention })

  return {
    createRun: (input) => control.create(input),
    confirm: (runId, by) => control.confirm(runId, by),
    discard: (runId, by) => control.discard(runId, by),
    cancel: (runId, how) => canceling.cancel(runId, how),
    overridePolicyCheck: (checkId, override) => policies.override(checkId, override),
    policyBundleReplaced: () => retention.reviewPolicyBundles(),
    configurationUploaded: (id, run) => control.configurationUploaded(id, run),
    workspaceChanged: (id) => db.transaction(() => queue.advance(id)),
    poolWebhookChanged: (poolId) => {
      context.agentCalls.hasten(poolId, at())
      db.afterCommit(() => options.onQueued?.())
    },
    sessionChanged: (agentId) => dispatcher.sessionChanged(agentId),
    isPoolBusy: (poolId) => jobs.isPoolBusy(poolId),
    agentStatus: (agentId) => sessions.status(agentId),
    positionInQueue: (runId) => queue.position(runId),
    waitingReason: (runId) => queue.waitingReason(runId),

    register: (poolId, request) => {
      const session = sessions.register(poolId, request)
      dispatcher.sessionChanged(session.agentId)
      return session
    },
    heartbeat: (session, request) => sessions.heartbeat(session, request),
    acquire: (session, request) => dispatcher.acquire(session, request),
    signals: (session, request) => dispatcher.signals(session, request),
    start: (session, job) => starting.start(session, job),
    checkJob: (job) => void leases.require(job),
    appendLog: (job, offset, bytes) => jobFiles.appendLog(job, offset, bytes),
    logOffset: (job) => jobFiles.logOffset(job),
    openFile: (job, name) => jobFiles.open(job, name),
    storeFile: (job, name, upload) => jobFiles.store(job, name, upload),
    finish: (job, request) => finishing.finish(job, request),
    disconnect: (session) => {
      sessions.disconnect(session)
      dispatcher.sessionChanged(session.agentId)
    },

    checkRelay: (session) => sessions.requireVcsAgent(session),

    open: () => {
      // While we were away nobody could renew, which is no agent's fault. Agents stop their plans by their
      // own clock at two thirds of a lease and their applies at two thirds and the grace, so a later end
      // here is always the safer one: it only delays that a plan is given to another.
      db.transaction(() => jobs.extendAll(at(timing.leaseMs), at(timing.acceptMs)))
      retention.sweep()
      reaper.start()
    },
    reap: () => reaper.pass(),
    close: async () => {
      room.close()
      await reaper.stop()
      await retention.settled()
    },
  }
}
