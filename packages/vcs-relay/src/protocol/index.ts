export {
  agentMessageSchema,
  gatewayMessageSchema,
  helloSchema,
  requestMessageSchema,
  welcomeSchema,
  type AgentMessage,
  type GatewayMessage,
  type Hello,
  type RefusalReason,
  type RequestMessage,
  type Welcome,
} from './control-messages.ts'
export {
  answerHeadSchema,
  webhookHeadSchema,
  type AnswerHead,
  type WebhookHead,
} from './frame-heads.ts'
export {
  pollRequestSchema,
  pollResponseSchema,
  postMessagesSchema,
  type PollResponse,
} from './poll-calls.ts'
export { framesMediaType, relayLimits, relayPath, relayProtocolVersion } from './relay-limits.ts'
export { FrameDecoder, type FrameDecoderOptions } from './frame-decoder.ts'
export { FrameEncoder, type FrameEncoderOptions } from './frame-encoder.ts'
export { frameTypes, makeFrame, makeJsonFrame } from './frame.ts'
export { IdleWatch } from './idle-watch.ts'
