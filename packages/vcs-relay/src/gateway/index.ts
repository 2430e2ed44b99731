export type { RelayGateway, RelayGatewayOptions, RelayPrincipal } from './relay-gateway.ts'
export type { RelayAnswer, RelayLane, RelayRequest } from '../relay-exchange.ts'
export type { RelayWebhook } from '../relay-webhook.ts'
