import { registration } from './agent-messages.ts'

export interface Answer {
  readonly status: number
  readonly headers: Headers
  /** The JSON body; `undefined` when there is none. */
  readonly body: Record<string, unknown> | undefined
  readonly text: string
}

export interface Call {
  readonly token?: string | undefined
  readonly json?: unknown
  readonly bytes?: Uint8Array<ArrayBuffer>
  readonly headers?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal
}

export interface StartedJob {
  readonly jobId: string
  readonly fencingToken: number
  readonly token: string
  readonly runToken: string
  readonly statePath: string
  readonly headers: Readonly<Record<string, string>>
}

/** Speaks the agent protocol as an agent would, over a real socket. */
export class AgentClient {
  readonly url: string

  /** @param url of the control plane */
  constructor(url: string) {
    this.url = url
  }

  /** Calls the agent protocol. */
  async call(method: string, path: string, call: Call = {}): Promise<Answer> {
    const hasJson = call.json !== undefined
    const body = hasJson ? JSON.stringify(call.json) : call.bytes
    const response = await fetch(`${this.url}/api/agent/v1${path}`, {
      method,
      headers: {
        ...(call.token === undefined ? {} : { authorization: `Bearer ${call.token}` }),
        ...(hasJson ? { 'content-type': 'application/json' } : {}),
        ...(call.bytes === undefined ? {} : { 'content-type': 'application/octet-stream' }),
        ...call.headers,
      },
      ...(body === undefined ? {} : { body }),
      ...(call.signal === undefined ? {} : { signal: call.signal }),
    })
    const text = await response.text()
    const isJson = /json/u.test(response.headers.get('content-type') ?? '') && text !== ''
    return {
      status: response.status,
      headers: response.headers,
      body: isJson ? (JSON.parse(text) as Record<string, unknown>) : undefined,
      text,
    }
  }

  /** Registers with a token of the pool, and gives the session token. */
  async registerWith(poolToken: string, name: string): Promise<string> {
    const answer = await this.call('POST', '/sessions', {
      token: poolToken,
      json: registration(name),
    })
    return String(answer.body?.['sessionToken'])
  }

  /** Takes and starts the next job of the queue. */
  async take(sessionToken: string): Promise<StartedJob> {
    const jobs = await this.call('GET', '/sessions/self/jobs?wait=5&max=1', {
      token: sessionToken,
    })
    const list = jobs.body?.['jobs'] as { jobId: string; fencingToken: number }[] | undefined
    const [job] = list ?? []
    if (job === undefined) throw new Error(`No job was given out: ${jobs.text}`)
    const { jobId, fencingToken } = job
    const started = await this.call('POST', `/jobs/${jobId}/start`, {
      token: sessionToken,
      json: { fencingToken },
    })
    if (started.status !== 200) throw new Error(`Not started: ${started.text}`)
    return {
      jobId,
      fencingToken,
      token: String(started.body?.['jobToken']),
      runToken: String(started.body?.['runToken']),
      statePath: String(started.body?.['statePath']),
      headers: { 'scalr-agent-fencing-token': String(fencingToken) },
    }
  }
}
