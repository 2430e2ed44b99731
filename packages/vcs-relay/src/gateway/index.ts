export type { RelayGateway, RelayGatewayOptions, RelayPrincipal } from './relay-gateway.ts'
